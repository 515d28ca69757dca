package postgres

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/catalog"
	"github.com/safemigrate/safemigrate/internal/engine/postgres/revert"
	"github.com/safemigrate/safemigrate/migrate"
)

// A rehearsal tries the way back in a savepoint, before COMMIT: a definition
// that the server prints in other words once it has read it back is found out
// while the batch can still be undone as a whole. Rows are not moved. A crash in
// it ends the transaction, and with it the batch.

const (
	// rehearsalPatience is how long a rehearsal waits for a lock that the batch
	// does not hold, in milliseconds. It is shorter than the server's usual
	// deadlock_timeout, so that nobody else is ended for its sake.
	rehearsalPatience = 500
	// smallTable is the size in bytes up to which a table stays as it is in a
	// rehearsal; a larger one, and one whose rows changed, is emptied for the
	// time, so that the cost does not grow with the rows.
	smallTable = 1 << 20
)

// rehearse tries a way back where that can tell more than planning it. The note
// says why it could not be tried.
func (d *DB) rehearse(ctx context.Context, plan *revert.Plan, after *catalog.State, changed map[uint32]bool) (note string, err error) {
	need := plan.Rehearsal()
	if !need.Due {
		return "", nil
	}
	emptied, err := d.emptiedFor(ctx, need.Tables, changed)
	if err != nil {
		return "", err
	}
	trial, err := revert.New(revert.Input{Before: d.batch.before, After: after, Now: after, Copies: d.batch.kept.Copies,
		RowsChanged: emptied, Filtered: d.filtered, Read: readOptions(d.batch.history), Rehearsal: true})
	if err != nil {
		return "", fmt.Errorf("rehearse the way back: %w", err)
	}
	if len(trial.Conflicts) > 0 {
		return "the way back was planned, and could not be tried: " + trial.Conflicts[0], nil
	}
	wrong, failed, err := d.inSavepoint(ctx, trial)
	switch {
	case err != nil:
		return "", fmt.Errorf("rehearse the way back: %w", err)
	case inconclusive(failed):
		return "the way back was planned, and could not be tried: " + inWords(failed), nil
	case failed != nil:
		return "", &migrate.GuardError{Unexplained: []string{"the way back was tried, and fails at " + inWords(failed)}}
	case len(wrong) > 0:
		return "", &migrate.GuardError{Unexplained: wrong}
	}
	return "", nil
}

// inSavepoint tries a way back and undoes it. What the trial locked, and what it
// set, goes with the savepoint. failed is why the way back does not work; an
// error is of the session.
func (d *DB) inSavepoint(ctx context.Context, trial *revert.Plan) (wrong []string, failed, err error) {
	const name = "safemigrate_rehearsal"
	if err := d.script(ctx, fmt.Sprintf("SAVEPOINT %s; SET LOCAL lock_timeout = %d", name, rehearsalPatience)); err != nil {
		return nil, nil, err
	}
	wrong, failed = trial.Rehearse(ctx, d.conn)
	if failed != nil && (ctx.Err() != nil || d.lost(failed)) {
		return nil, nil, failed
	}
	err = d.script(context.WithoutCancel(ctx), "ROLLBACK TO SAVEPOINT "+name+"; RELEASE SAVEPOINT "+name)
	return wrong, failed, err
}

// inWords is an error of the way back for people: what was tried, and the
// server's answer.
func inWords(err error) string {
	answer, ok := errors.AsType[*pgconn.PgError](err)
	if !ok {
		return err.Error()
	}
	return strings.TrimSuffix(err.Error(), answer.Error()) + plain(answer).Error()
}

// emptiedFor chooses the tables that a rehearsal empties for the time.
func (d *DB) emptiedFor(ctx context.Context, busy []uint32, changed map[uint32]bool) (map[uint32]bool, error) {
	emptied := map[uint32]bool{}
	if len(busy) == 0 {
		return emptied, nil
	}
	found, err := d.conn.Query(ctx, `SELECT t, pg_catalog.pg_table_size(t) > $2 FROM pg_catalog.unnest($1::oid[]) t`, busy, smallTable)
	if err != nil {
		return nil, fmt.Errorf("measure the tables of the way back: %w", plain(err))
	}
	defer found.Close()
	for found.Next() {
		var oid uint32
		var large bool
		if err := found.Scan(&oid, &large); err != nil {
			return nil, fmt.Errorf("measure the tables of the way back: %w", err)
		}
		if large || changed[oid] {
			emptied[oid] = true
		}
	}
	return emptied, plain(found.Err())
}

// inconclusive lists the answers that tell nothing of the way back itself: locks
// that others hold, events that wait for the commit, a label of an enum that
// cannot be used before it, rows that only the kept ones would satisfy, and a
// server short of memory, disk or locks.
var inconclusiveCodes = []string{"55P03", "40P01", "55006", "55P04"}

func inconclusive(err error) bool {
	c := code(err)
	return slices.Contains(inconclusiveCodes, c) || slices.ContainsFunc([]string{"22", "23", "53"},
		func(class string) bool { return strings.HasPrefix(c, class) })
}
