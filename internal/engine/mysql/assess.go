package mysql

import (
	"context"
	"fmt"
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

// standingQuery lists the sessions in this database that wait for a metadata
// lock, or have a transaction open: whatever it has read or written cannot be
// altered before its end, and everybody else queues behind who tries. Which tables
// these are the server does not tell.
const standingQuery = `SELECT p.id, p.user, coalesce(p.state, ''), p.command, coalesce(t.trx_started, ''), coalesce(timestampdiff(SECOND, t.trx_started, now()), 0)
	FROM information_schema.processlist p LEFT JOIN information_schema.innodb_trx t ON t.trx_mysql_thread_id = p.id
	WHERE p.db = database() AND p.id NOT IN ($1, $2, $3) ORDER BY p.id`

const (
	// longTransaction is from how many seconds on a transaction is a long one.
	longTransaction = 30
	// idleTransaction is from how many seconds on a session that does nothing in one
	// is more than one between two statements.
	idleTransaction = 1
)

// standing looks for those who stand in the way.
func (d *DB) standing(ctx context.Context) ([]migrate.SessionNote, error) {
	rows, err := d.ledger.query(ctx, standingQuery, d.ledger.id, d.own.id, d.app.id)
	if isCode(err, codeNeedsPrivilege) {
		return []migrate.SessionNote{{Kind: kindUnseen, Text: "the user lacks the privilege PROCESS, so open transactions that up would have to wait for are not seen; GRANT PROCESS ON *.* TO … shows them"}}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("look for open transactions: %w", err)
	}
	var out []migrate.SessionNote
	for _, r := range rows {
		n := migrate.SessionNote{Role: r.Text(1), Since: r.Text(4)}
		if n.PID, err = strconv.ParseInt(r.Text(0), 10, 64); err != nil {
			return nil, fmt.Errorf("look for open transactions: %w", err)
		}
		who := fmt.Sprintf("connection %s (%s)", r.Text(0), r.Text(1))
		seconds, err := strconv.ParseInt(r.Text(5), 10, 64)
		if err != nil {
			return nil, fmt.Errorf("look for open transactions: %w", err)
		}
		switch {
		case r.Text(2) == "Waiting for table metadata lock":
			n.Kind, n.Text = kindWaiting, who+" waits for a table's metadata lock: up may queue behind it"
		case n.Since != "" && r.Text(3) == "Sleep" && seconds >= idleTransaction:
			n.Kind, n.Text = kindIdle, fmt.Sprintf("%s has had a transaction open for %d s and does nothing: up has to wait for its end where it has used a table of the batch", who, seconds)
		case n.Since != "" && seconds >= longTransaction:
			n.Kind, n.Text = kindLong, fmt.Sprintf("%s has had a transaction open for %d s: up may have to wait for it", who, seconds)
		default:
			continue
		}
		out = append(out, n)
	}
	return out, nil
}
