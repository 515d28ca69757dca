package mysql

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/safemigrate/safemigrate/internal/client"
	"github.com/safemigrate/safemigrate/migrate"
)

// EndOrphan looks for the sessions of dead runs. The server notices that a client is gone
// only when the statement is over, so those of a client that is known to be dead are
// killed, and their end is awaited: the statement may still be running. Living ones, and
// those of which nothing is known, are left alone: the locks decide whether they are awaited.
func (d *DB) EndOrphan(ctx context.Context, b migrate.Batch) (string, error) {
	lines, err := d.processes(ctx)
	if err != nil {
		return "", err
	}
	names, err := d.clients(ctx)
	if err != nil {
		return "", err
	}
	var ended []string
	run := ""
	for _, line := range lines {
		id, err := strconv.ParseInt(line.Text(0), 10, 64)
		if err != nil {
			return "", fmt.Errorf("list the connections: %w", err)
		}
		name, _ := runOf(line, names)
		if name == "" && d.ran(b.By, id) {
			name = fmt.Sprintf(client.Form, b.Operation, b.By.PID, b.By.Host)
		}
		if line.Text(3) != d.name || !client.Dead(name) {
			continue
		}
		if err := d.end(ctx, id); err != nil {
			return "", err
		}
		ended, run = append(ended, line.Text(0)), name
	}
	if len(ended) == 0 {
		return "", nil
	}
	return fmt.Sprintf("ended connection %s of a dead run (%s)", strings.Join(ended, " and "), run), nil
}

// ran reports whether a connection is one of a run's. Nobody else's is killed,
// also where the server was started again since and gave the number once more.
func (d *DB) ran(a migrate.Actor, id int64) bool {
	const tolerance = 5 // seconds, within which two readings of a clock agree
	var app, own, started int64
	if _, err := fmt.Sscanf(a.Session, sessionForm, &app, &own, &started); err != nil {
		return false
	}
	return (id == app || id == own) && max(started-d.server.started, d.server.started-started) <= tolerance
}

// end kills a connection and awaits its end.
func (d *DB) end(ctx context.Context, id int64) error {
	const most = 30 * time.Second
	// It may have ended by itself: then there is nobody to kill.
	killErr := d.ledger.exec(ctx, fmt.Sprintf("KILL %d", id))
	for deadline := time.Now().Add(most); time.Now().Before(deadline); {
		row, err := d.process(ctx, id)
		if err != nil {
			return fmt.Errorf("await the end of connection %d: %w", id, err)
		}
		if row == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pollEvery):
		}
	}
	return errors.Join(fmt.Errorf("connection %d does not end", id), killErr)
}

// processes are the lines of SHOW PROCESSLIST. MySQL's information_schema fails where
// any statement under way holds bytes that are no text.
func (d *DB) processes(ctx context.Context) ([]migrate.Row, error) {
	rows, err := d.ledger.query(ctx, "SHOW PROCESSLIST")
	if err != nil {
		return nil, fmt.Errorf("list the connections: %w", err)
	}
	return rows, nil
}

// process is the line about a connection; nil where there is none.
func (d *DB) process(ctx context.Context, id int64) (migrate.Row, error) {
	rows, err := d.processes(ctx)
	if err != nil {
		return nil, err
	}
	for _, r := range rows {
		if r.Text(0) == strconv.FormatInt(id, 10) {
			return r, nil
		}
	}
	return nil, nil
}
