package postgres

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/rows"
	"github.com/safemigrate/safemigrate/internal/sqltext"
	"github.com/safemigrate/safemigrate/migrate"
)

// errEnded is a statement that ended the transaction it ran in.
var errEnded = errors.New("the statement ended the transaction that it ran in")

// Split cuts a migration into statements.
func (d *DB) Split(m migrate.Migration) ([]sqltext.Statement, error) {
	return sqltext.Split(sqltext.PostgreSQL, m.Text)
}

// Begin opens the transaction of a step. Once the snapshot stands, the tables
// that it holds are locked again, so that between two steps nobody's rows are
// taken for the batch's.
func (d *DB) Begin(ctx context.Context, s migrate.Step) error {
	if err := d.script(ctx, "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"); err != nil {
		return err
	}
	d.own, d.setAll = false, false
	if err := d.ownSettings(ctx); err != nil {
		return err
	}
	if d.batch == nil {
		return nil
	}
	d.batch.save()
	if !s.Transaction {
		return nil
	}
	tables, err := d.batchTables(ctx)
	if err != nil {
		return err
	}
	if err := d.lockTables(ctx, tables); err != nil {
		return err
	}
	if err := d.carry(ctx, tables); err != nil {
		return err
	}
	return d.readBase(ctx)
}

// Run runs one statement of a file under the file's settings.
func (d *DB) Run(ctx context.Context, st sqltext.Statement) error {
	if d.dirty {
		if err := d.fileSettings(ctx); err != nil {
			return err
		}
	}
	d.middle, d.setAll = true, d.setAll || setsConstraints.MatchString(st.Text)
	within := d.conn.PgConn().TxStatus() != 'I'
	if !within && d.batch != nil {
		d.batch.outside = true
		d.batch.uncounted = d.batch.uncounted || mayWrite(st.Verb)
	}
	err := d.watched(ctx, st, within)
	if st.Traits&(sqltext.SessionSetting|sqltext.Savepoint) != 0 {
		d.unbound()
	}
	switch {
	case err != nil:
		return statementError(err)
	case within && d.conn.PgConn().TxStatus() == 'I':
		return errEnded
	case st.Verb == "DISCARD ALL" || st.Verb == "DEALLOCATE":
		// It took safemigrate's own prepared statements with it.
		return plain(d.conn.DeallocateAll(ctx))
	}
	return nil
}

// dispatch sends a statement with a bound on its wait for locks.
func (d *DB) dispatch(ctx context.Context, st sqltext.Statement, within bool) error {
	if !within {
		return d.sendPatiently(ctx, st)
	}
	if err := d.bound(ctx, d.patience(st)); err != nil {
		return err
	}
	return d.send(ctx, st)
}

// send uses the simple protocol, as plain tools do; rows that come back are
// read and dropped one by one.
func (d *DB) send(ctx context.Context, st sqltext.Statement) (err error) {
	if st.Traits.Has(sqltext.CopyFromStdin) {
		_, err = d.conn.PgConn().CopyFrom(ctx, bytes.NewReader(st.Data), st.Text)
		return plain(err)
	}
	results := d.conn.PgConn().Exec(ctx, st.Text)
	for results.NextResult() {
		for r := results.ResultReader(); r.NextRow(); {
			continue
		}
	}
	return plain(results.Close())
}

// needsCommit lists the answers to a statement that only lacks a commit before
// it: a new enum value that is used too early, a table with pending trigger
// events of deferred constraints.
var needsCommit = map[string]bool{"55P04": true, "55006": true}

// needsOutside lists the answers to a statement that no transaction can hold and
// whose text does not show it: REINDEX of a partitioned table, CALL of a
// procedure that commits.
var needsOutside = map[string]bool{"25001": true, "2D000": true}

func statementError(err error) error {
	var answer *pgconn.PgError
	if !errors.As(err, &answer) {
		return err
	}
	err = plain(err)
	return &migrate.StatementError{Char: int(answer.Position), Code: answer.Code,
		NeedsCommit: needsCommit[answer.Code], NeedsOutside: needsOutside[answer.Code], Busy: notGot(err), Err: err}
}

// EndFile has deferred constraints checked as a commit at this place would, and
// takes back what the file set for its session.
func (d *DB) EndFile(ctx context.Context) error {
	constraints, err := d.deferrable(ctx, d.raw) // what they call may rely on the file's settings
	if err != nil {
		return err
	}
	if err := d.script(ctx, constraints.check()); err != nil {
		return statementError(err)
	}
	d.middle, d.kept = false, nil
	if err := d.holdLocks(ctx); err != nil {
		return err
	}
	if constraints, err = d.deferrable(ctx, d.Query); err != nil {
		return err
	}
	return d.script(ctx, constraints.anew())
}

// Commit ends the transaction for good.
func (d *DB) Commit(ctx context.Context) error {
	tag, err := d.conn.PgConn().Exec(ctx, "COMMIT").ReadAll()
	d.own = false
	if d.lost(err) {
		return &migrate.UnknownCommitError{Err: plain(err)}
	}
	if err != nil {
		return plain(err)
	}
	if d.batch != nil {
		d.batch.committed = true
	}
	if got := tag[0].CommandTag.String(); got != "COMMIT" {
		return fmt.Errorf("the server answered COMMIT with %s", got)
	}
	d.cloned = ""
	d.recordDump(ctx)
	return nil
}

// Abort undoes the open transaction.
func (d *DB) Abort(ctx context.Context) error {
	d.own, d.dirty, d.middle, d.kept = false, true, false, nil
	if d.conn.IsClosed() {
		return errors.New("the connection is closed")
	}
	if d.conn.PgConn().TxStatus() == 'I' {
		return d.forgetClone(ctx)
	}
	if err := errors.Join(d.script(ctx, "ROLLBACK"), d.forgetDump(ctx), d.forgetClone(ctx)); err != nil {
		return err
	}
	if d.batch == nil {
		return nil
	}
	if d.batch.committed {
		d.batch.goBack()
		return nil
	}
	return d.liftSequences(ctx)
}

// liftSequences puts sequences forward that the undone transaction had set
// back: setval is not undone with it, and values would be given twice. One that
// was moved forward stays, since others may have taken values from it.
func (d *DB) liftSequences(ctx context.Context) error {
	now, err := rows.Sequences(ctx, d.conn)
	if err != nil {
		return plain(err)
	}
	was := map[uint32]rows.Sequence{}
	for _, s := range d.batch.kept.Sequences {
		was[s.OID] = s
	}
	d.spent = map[uint32]spent{}
	for _, s := range now {
		old, ok := was[s.OID]
		if !ok {
			continue
		}
		if !s.Behind(old) {
			d.spent[s.OID] = spent{old, s}
			continue
		}
		if err := d.Exec(ctx, `SELECT pg_catalog.setval($1::oid::regclass, $2, $3)`, s.OID, old.Last, old.Called); err != nil {
			return fmt.Errorf("put sequence %s forward again: %w", s.Name, err)
		}
	}
	return nil
}
