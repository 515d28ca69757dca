package mysql

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/safemigrate/safemigrate/migrate"
)

// replica warns where the server takes writes and receives those of another one, too: what
// is changed here is not changed there. Some do so on purpose, so it is no refusal. Where
// nothing that this user may ask tells, it is silent.
func (d *DB) replica(ctx context.Context) ([]string, error) {
	source, err := d.source(ctx)
	if source == "" || err != nil {
		return nil, err
	}
	return []string{"the server is a replica of " + source + ", and takes writes (read_only is off): what is changed here is not changed there, " +
		"and replication may stop at the difference; name the server that is written to, unless this one is meant"}, nil
}

// source names the server whose writes this one is set up to receive, "" for none.
func (d *DB) source(ctx context.Context) (string, error) {
	ask := "SHOW REPLICA STATUS"
	switch {
	case d.server.maria:
		ask = "SHOW ALL SLAVES STATUS"
	case d.rules.Version < replicaStatusSince:
		ask = "SHOW SLAVE STATUS"
	}
	names, rows, err := d.ledger.read(ctx, ask)
	if isCode(err, codeAccessDenied) {
		return d.receives(ctx)
	}
	if err != nil {
		return "", fmt.Errorf("ask for a source of replication: %w", err)
	}
	for _, r := range rows {
		if strings.HasPrefix(field(names, r, "Channel_Name"), "group_replication_") {
			continue // a member of a group that takes writes is meant to
		}
		host, port := field(names, r, "Source_Host", "Master_Host"), field(names, r, "Source_Port", "Master_Port")
		if host != "" {
			return host + ":" + port, nil
		}
	}
	return "", nil
}

// replicaStatusSince is the first MySQL that knows SHOW REPLICA STATUS; newer ones know
// nothing else.
const replicaStatusSince = 80022

// field is the value of the first of the columns that there is.
func field(names []string, r migrate.Row, columns ...string) string {
	for _, c := range columns {
		if i := slices.Index(names, c); i >= 0 {
			return r.Text(i)
		}
	}
	return ""
}

// receives asks what needs no privilege, or another one: MariaDB counts the running threads
// for everybody, MySQL lists them for those who see all processes.
func (d *DB) receives(ctx context.Context) (string, error) {
	const unnamed = "another server"
	if !d.server.maria {
		lines, err := d.processes(ctx)
		if err == nil && slices.ContainsFunc(lines, func(r migrate.Row) bool { return r.Text(1) == "system user" }) {
			return unnamed, nil
		}
		return "", err
	}
	rows, err := d.ledger.query(ctx, "SHOW GLOBAL STATUS LIKE 'Slaves_running'")
	if err != nil {
		return "", fmt.Errorf("ask for a source of replication: %w", err)
	}
	if len(rows) == 0 {
		return "", nil
	}
	if n, err := strconv.Atoi(rows[0].Text(1)); err != nil || n == 0 {
		return "", nil //nolint:nilerr // no number is no answer
	}
	return unnamed, nil
}
