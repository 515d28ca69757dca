package mysql

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/safemigrate/safemigrate/internal/engine/mysql/hazard"
	"github.com/safemigrate/safemigrate/migrate"
)

// Assess tells which locks the batch takes, what about it may hurt, and who
// stands in its way now.
func (d *DB) Assess(ctx context.Context, r migrate.AssessRequest) (migrate.Assessment, error) {
	a := migrate.Assessment{Known: hazard.Words()}
	if err := d.openApp(ctx); err != nil { // its sql_mode is the statements'
		return a, err
	}
	facts, err := hazard.Read(ctx, d.app, d.server.maria, d.server.number)
	if err != nil {
		return a, err
	}
	if r.Scripts, err = d.spelled(ctx, r.Scripts); err != nil {
		return a, err
	}
	b := hazard.Of(facts, r)
	a.Hazards, a.Locks = b.Hazards, b.Locks
	if len(a.Locks) > 0 {
		a.Sessions, err = d.standing(ctx)
	}
	return a, err
}

// codeNeedsPrivilege is ER_SPECIFIC_ACCESS_DENIED_ERROR.
const codeNeedsPrivilege = 1227

// Kinds of a session that stands in the way, as on PostgreSQL.
const (
	kindWaiting = "waiting"
	kindIdle    = "idle-in-transaction"
	kindLong    = "long-transaction"
	kindUnseen  = "unseen"
)

// openQuery lists open transactions: whatever one has read or written cannot be
// altered before its end, and everybody else queues behind who tries. Which tables
// these are the server does not tell.
const openQuery = "SELECT trx_mysql_thread_id, trx_started, timestampdiff(SECOND, trx_started, now()) FROM information_schema.innodb_trx"

const (
	// longTransaction is from how many seconds on a transaction is a long one.
	longTransaction = 30
	// idleTransaction is from how many seconds on a session that does nothing in one
	// is more than one between two statements.
	idleTransaction = 1
)

// standing looks for those who stand in the way: sessions in this database that wait
// for a metadata lock, or have a transaction open.
func (d *DB) standing(ctx context.Context) ([]migrate.SessionNote, error) {
	found, err := d.ledger.query(ctx, openQuery)
	if isCode(err, codeNeedsPrivilege) {
		return []migrate.SessionNote{{Kind: kindUnseen, Text: "the user lacks the privilege PROCESS, so open transactions that up would have to wait for are not seen; GRANT PROCESS ON *.* TO … shows them"}}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("look for open transactions: %w", err)
	}
	open := map[string]migrate.Row{}
	for _, r := range found {
		open[r.Text(0)] = r
	}
	lines, err := d.processes(ctx)
	if err != nil {
		return nil, err
	}
	var out []migrate.SessionNote
	for _, line := range lines {
		if line.Text(3) != d.name {
			continue
		}
		n, err := noteOf(line, open[line.Text(0)])
		if err != nil {
			return nil, err
		}
		if n.Kind != "" && n.PID != d.ledger.id && n.PID != d.own.id && n.PID != d.app.id {
			out = append(out, n)
		}
	}
	slices.SortFunc(out, func(a, b migrate.SessionNote) int { return cmp.Compare(a.PID, b.PID) })
	return out, nil
}

// noteOf judges a line of SHOW PROCESSLIST, and the open transaction of its session,
// nil where it has none. Without a kind it stands in nobody's way.
func noteOf(line, open migrate.Row) (n migrate.SessionNote, err error) {
	if n.PID, err = strconv.ParseInt(line.Text(0), 10, 64); err != nil {
		return n, fmt.Errorf("look for open transactions: %w", err)
	}
	var seconds int64
	if open != nil {
		n.Since = open.Text(1)
		if seconds, err = strconv.ParseInt(open.Text(2), 10, 64); err != nil {
			return n, fmt.Errorf("look for open transactions: %w", err)
		}
	}
	n.Role = line.Text(1)
	who := fmt.Sprintf("connection %d (%s)", n.PID, n.Role)
	switch {
	case line.Text(6) == "Waiting for table metadata lock":
		n.Kind, n.Text = kindWaiting, who+" waits for a table's metadata lock: up may queue behind it"
	case open != nil && line.Text(4) == "Sleep" && seconds >= idleTransaction:
		n.Kind, n.Text = kindIdle, fmt.Sprintf("%s has had a transaction open for %d s and does nothing: up has to wait for its end where it has used a table of the batch", who, seconds)
	case open != nil && seconds >= longTransaction:
		n.Kind, n.Text = kindLong, fmt.Sprintf("%s has had a transaction open for %d s: up may have to wait for it", who, seconds)
	}
	return n, nil
}
