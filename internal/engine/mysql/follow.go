package mysql

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/safemigrate/safemigrate/internal/engine/mysql/catalog"
	"github.com/safemigrate/safemigrate/migrate"
	"github.com/safemigrate/safemigrate/snapshot"
)

// Others write between the moment at which a table is kept in the quarantine and the one
// at which it is locked to be replaced, for the locks of the first end before statements
// that change other definitions. What they wrote is brought into the quarantine under the
// second lock, together with the manifest that says so, in one transaction: a crash
// before its COMMIT leaves the table and what was kept of it, one after it leaves the
// table and all of it.

// heldAs is what is kept of a table in a query beside it, where no table has this name.
const heldAs = "safemigrate_held"

// held is a table that the quarantine keeps, as it is called now; nil once what was kept
// is gone.
func (v *revert) held(table string) *snapshot.Table {
	if v.gone[table] {
		return nil
	}
	return v.quarantined(table)
}

// quarantined is a table that the quarantine keeps, whether or not it is still there.
func (v *revert) quarantined(table string) *snapshot.Table {
	if v.kept == nil {
		return nil
	}
	i := slices.IndexFunc(v.kept.manifest.Tables, func(t snapshot.Table) bool { return t.Name == v.nowName(table) })
	if i < 0 {
		return nil
	}
	return &v.kept.manifest.Tables[i]
}

// follows reports whether what is kept of a table can follow it, row by row.
func (v *revert) follows(h *snapshot.Table) bool {
	of := v.kept.shapes[h.Name]
	_, keyed := of.only(of.key)
	return keyed && len(of.key) > 0 && !of.history && v.now.Objects[catalog.Table+" "+h.Name].Engine == "InnoDB"
}

// locksToFollow are the locks that followed needs besides that on the table.
func (v *revert) locksToFollow(table string) []string {
	if h := v.quarantined(table); h != nil && v.follows(h) {
		return []string{quote(h.At) + " WRITE", quote(h.At) + " AS " + heldAs + " WRITE", "safemigrate_snapshot WRITE"}
	}
	return nil
}

// followed has the quarantine follow a table that is locked against writers, and commits.
// late is told of rows that are going to be taken out and that nobody counted.
func (v *revert) followed(ctx context.Context, table string, late func(written, gone int64) error) error {
	if err := v.unaltered(ctx, table); err != nil {
		return err
	}
	h := v.held(table)
	if h == nil {
		return nil
	}
	if !v.follows(h) {
		is, err := v.own.sumOf(ctx, table, v.kept.shapes[h.Name])
		if err == nil && is != (sum{h.Rows, h.Sum}) {
			err = errors.New("somebody wrote to it while it was kept, and what is kept of such a table cannot follow: keep writers away")
		}
		return err
	}
	return v.atOnce(ctx, func() error { return v.follow(ctx, table, h, late) })
}

// atOnce does something in one transaction that leaves LOCK TABLES in force, which START
// TRANSACTION would end.
func (v *revert) atOnce(ctx context.Context, do func() error) error {
	if err := v.own.exec(ctx, "SET SESSION autocommit = 0"); err != nil {
		return err
	}
	end := "COMMIT"
	err := do()
	if err != nil {
		end = "ROLLBACK"
	}
	return errors.Join(err, v.own.execAll(context.WithoutCancel(ctx), end, "SET SESSION autocommit = 1"))
}

// strayed keeps what somebody wrote between the making of a table and its being locked,
// and takes it out: it must not be taken for what the snapshot held.
func (v *revert) strayed(ctx context.Context, table string) error {
	n, err := v.own.number(ctx, "SELECT count(*) FROM "+quote(table))
	if err != nil || n == 0 {
		return err
	}
	h := v.quarantined(table)
	if h == nil || !v.follows(h) {
		return fmt.Errorf("somebody wrote %d rows into it while it was made again", n)
	}
	made, err := v.shapeOf(ctx, table)
	if err != nil {
		return err
	}
	kept := v.kept.shapes[h.Name]
	names := quoteAll(slices.DeleteFunc(made.names(), func(c string) bool { return !slices.Contains(kept.names(), c) }))
	return v.atOnce(ctx, func() error {
		err := v.own.execAll(ctx, "INSERT INTO "+quote(h.At)+" ("+names+") SELECT "+names+" FROM "+quote(table), "DELETE FROM "+quote(table))
		if err != nil {
			return fmt.Errorf("keep what was written meanwhile: %w", err)
		}
		return v.noteLate(ctx, table, h, n, 0, v.takenOut(table))
	})
}

// follow does it in the open transaction, whose locks keep the rows of the table as they
// are until its end.
func (v *revert) follow(ctx context.Context, table string, h *snapshot.Table, late func(written, gone int64) error) error {
	of := v.kept.shapes[h.Name]
	t, q, first := quote(table), quote(h.At), quote(of.key[0])
	on := of.sameKey(heldAs, t)
	if as, err := v.asKept(ctx, t, q, on, of); err != nil || as {
		return err
	}
	gone, err := v.changes(ctx, "DELETE "+heldAs+" FROM "+q+" AS "+heldAs+" LEFT JOIN "+t+" ON "+on+
		" WHERE "+noRow(t+"."+first)+" OR NOT ("+of.same(t, heldAs)+")")
	if err != nil {
		return err
	}
	written, err := v.changes(ctx, "INSERT INTO "+q+" ("+quoteAll(of.names())+") SELECT "+of.valuesIn(t+".")+
		" FROM "+t+" LEFT JOIN "+q+" AS "+heldAs+" ON "+on+" WHERE "+noRow(heldAs+"."+first))
	if err != nil || written == 0 && gone == 0 {
		return err
	}
	return v.noteLate(ctx, table, h, written, gone, late)
}

// asKept reports whether a table holds the rows that are kept of it, and no others: as many
// pairs of them with the same key are the same as there are rows in each.
func (v *revert) asKept(ctx context.Context, t, q, on string, of shape) (bool, error) {
	same, err := v.own.number(ctx, "SELECT count(*) FROM "+t+" JOIN "+q+" AS "+heldAs+" ON "+on+" WHERE "+of.same(t, heldAs))
	for _, table := range []string{t, q} {
		var n int64
		if err == nil {
			n, err = v.own.number(ctx, "SELECT count(*) FROM "+table)
		}
		if err != nil {
			return false, fmt.Errorf("compare with what is kept: %w", err)
		}
		if n != same {
			return false, nil
		}
	}
	return true, nil
}

// noteLate has the manifest say what is kept of a table by now.
func (v *revert) noteLate(ctx context.Context, table string, h *snapshot.Table, written, gone int64, late func(written, gone int64) error) error {
	is, err := v.own.sumOf(ctx, h.At, v.kept.shapes[h.Name])
	if err != nil {
		return err
	}
	h.Rows, h.Sum = is.rows, is.text
	for i := range v.report.Tables {
		if t := &v.report.Tables[i]; v.nowName(t.Name) == h.Name && t.Place != "" {
			t.Kept = h.Rows
		}
	}
	if err := late(written, gone); err != nil {
		return err
	}
	v.tellf("keep what was written to %s meanwhile: %d rows", table, written)
	if err := v.kept.manifest.Close(); err != nil {
		return err
	}
	return v.putManifest(ctx, v.kept.manifest)
}

// changes runs a statement and returns how many rows it changed.
func (v *revert) changes(ctx context.Context, statement string) (int64, error) {
	if err := v.own.exec(ctx, statement); err != nil {
		return 0, fmt.Errorf("keep what was written meanwhile: %w", err)
	}
	return v.own.number(ctx, "SELECT ROW_COUNT()")
}

// takenOut counts rows that were written late to a table all of whose rows are replaced,
// and asks again whether they may be.
func (v *revert) takenOut(table string) func(written, gone int64) error {
	return func(written, gone int64) error {
		for i := range v.report.Tables {
			if t := &v.report.Tables[i]; t.Name == table {
				t.Written += written
				t.Gone += gone
			}
		}
		return v.req.Decided(v.report)
	}
}

// overwritten counts the rows of a corrected table anew: those that the batch did not
// write stay.
func (v *revert) overwritten(ctx context.Context, table string) func(written, gone int64) error {
	return func(int64, int64) error {
		var again migrate.TableReport
		contents := map[string]content{}
		for _, s := range v.stages {
			for _, w := range s.after.Ways {
				if w.Name != table {
					continue
				}
				if err := v.countTable(ctx, &again, s, w, contents); err != nil {
					return err
				}
			}
		}
		for i := range v.report.Tables {
			if t := &v.report.Tables[i]; t.Name == table {
				t.Written, t.Gone = again.Written, again.Gone
			}
		}
		return v.req.Decided(v.report)
	}
}

// stays is for a table whose rows stay.
func stays(int64, int64) error { return nil }

// following has the quarantine follow a locked table before something is done to it.
func (v *revert) following(ctx context.Context, table string, then func() error) func() error {
	return func() error {
		err := v.replaceable(ctx, table)
		if err == nil {
			err = then()
			v.gone[table] = err == nil
		}
		return err
	}
}

// replaceable has the quarantine follow a locked table that is going to be replaced or dropped.
func (v *revert) replaceable(ctx context.Context, table string) error {
	if err := v.disarm(ctx, table); err != nil {
		return err
	}
	if v.gone[table] { // an earlier try took its rows out: these are others'
		return errors.Join(v.unaltered(ctx, table), v.strayed(ctx, table))
	}
	return v.followed(ctx, table, v.takenOut(table))
}

// holdStill locks a table whose definition changes, where its triggers go meanwhile, where its
// values are looked at (cut), or where only columns or single rows go (loses), which the
// quarantine follows then; unlock ends that. parents are tables that its foreign keys are going
// to refer to.
func (v *revert) holdStill(ctx context.Context, table string, cut, loses bool, parents ...string) (unlock func() error, err error) {
	unlock = func() error { return nil }
	loses = loses && (v.held(table) != nil || v.req.Incomplete)
	if !cut && !loses && len(v.lingering(table)) == 0 {
		return unlock, nil
	}
	if err := v.lockFollowed(ctx, table, parents...); err != nil {
		return unlock, err
	}
	unlock = func() error { return v.unlocked(ctx, nil) }
	if len(v.lingering(table)) > 0 {
		err = v.disarm(ctx, table)
	}
	if err == nil && loses {
		err = v.followed(ctx, table, stays)
	}
	return unlock, err
}

// lockFollowed locks a table for a change of its definition.
func (v *revert) lockFollowed(ctx context.Context, table string, parents ...string) error {
	locks := append([]string{quote(table) + " WRITE"}, v.locksToFollow(table)...)
	relatives, err := v.relatives(ctx, table, parents)
	if err != nil {
		return err
	}
	for _, name := range relatives {
		locks = append(locks, quote(name)+" WRITE")
	}
	return v.lock(ctx, table, locks)
}

// relatives are the tables that foreign keys tie to one, or are going to: under LOCK
// TABLES, MySQL changes it only where they are locked, too.
func (v *revert) relatives(ctx context.Context, table string, parents []string) ([]string, error) {
	if v.server.maria {
		return nil, nil
	}
	rows, err := v.ledger.query(ctx, `SELECT DISTINCT if(table_name = $1, referenced_table_name, table_name) FROM information_schema.key_column_usage
		WHERE table_schema = $2 AND referenced_table_schema = $2 AND (table_name = $1 OR referenced_table_name = $1)`, table, v.name)
	if err != nil {
		return nil, fmt.Errorf("read the foreign keys of %s: %w", table, err)
	}
	for _, r := range rows {
		parents = append(parents, r.Text(0))
	}
	slices.Sort(parents)
	var names []string
	for _, name := range slices.Compact(parents) {
		there, err := v.ledger.number(ctx, "SELECT count(*) FROM information_schema.tables WHERE table_schema = $1 AND table_name = $2", v.name, name)
		if err != nil {
			return nil, fmt.Errorf("read the foreign keys of %s: %w", table, err)
		}
		if name != table && there > 0 { // a parent can be gone while keys are not checked
			names = append(names, name)
		}
	}
	return names, nil
}

// dropFollowed drops a table under a lock under which the quarantine has followed it.
func (v *revert) dropFollowed(ctx context.Context, table string) error {
	err := v.lockFollowed(ctx, table)
	if isCode(err, codeNoTable) {
		return nil // an earlier try dropped it
	}
	if err != nil {
		return err
	}
	if err = v.replaceable(ctx, table); err == nil {
		err = v.own.exec(ctx, "DROP TABLE "+quote(table))
		v.gone[table] = err == nil
	}
	return v.unlocked(ctx, err)
}
