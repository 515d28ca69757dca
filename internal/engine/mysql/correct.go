package mysql

import (
	"context"
	"errors"
	"fmt"
	"slices"
)

// correction is how the rows of a table, of its copy and of what the batch left of it are told
// from each other. They go by their own names, for LOCK TABLES locks each name of a table apart.
type correction struct {
	same             string // the table's and the copy's have one key
	liveKey, keptKey string // the keys of the two, as they are recorded
	gone             string // the copy has none
	changed          string // the batch made another row of the copy's
	left, lost       string // the batch left one, or none
}

func (src *source) correction(table string, live shape) correction {
	t, c, h := quote(table), quote(src.copy), quote(src.hashes)
	return correction{
		same: src.of.sameKey(c, t), gone: noRow(c + "." + quote(src.of.key[0])),
		liveKey: h + ".k = unhex(" + live.in(t).keyHash() + ")", keptKey: h + ".k = unhex(" + src.of.in(c).keyHash() + ")",
		changed: "unhex(" + src.of.in(c).rowHash() + ") <> " + h + ".b", left: h + ".k IS NOT NULL", lost: h + ".k IS NULL",
	}
}

// correct puts back the rows that the batch changed, took out or put in; whatever others
// wrote under other keys stays. They find the table as it was or as it becomes; where it has
// triggers, which are away meanwhile, they wait.
func (v *revert) correct(ctx context.Context, table string, src *source) error {
	live, err := v.shapeOf(ctx, table)
	if err != nil {
		return err
	}
	put := func() error { return v.putRowsBack(ctx, table, src, live) }
	if len(v.remade(table)) == 0 {
		return v.heldRows(ctx, table, put)
	}
	if err := v.lock(ctx, table, v.locksToCorrect(table, src)); err != nil {
		return err
	}
	if err = v.disarm(ctx, table); err == nil {
		err = v.atOnce(ctx, put)
	}
	if err == nil {
		err = v.arm(ctx, table)
	}
	return v.unlocked(ctx, err)
}

// heldRows does something in one transaction while nobody else writes to a table.
func (v *revert) heldRows(ctx context.Context, table string, do func() error) error {
	// What was read stays as it is: under the server's own isolation a join reads without locks.
	err := v.own.execAll(ctx, "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ", "START TRANSACTION")
	if err == nil && v.held(table) != nil {
		_, err = v.own.number(ctx, "SELECT count(*) FROM "+quote(table)+" FORCE INDEX (PRIMARY) FOR UPDATE")
	}
	if err == nil {
		err = do()
	}
	if err == nil {
		err = v.own.exec(ctx, "COMMIT")
	}
	if err != nil {
		return errors.Join(err, v.own.exec(context.WithoutCancel(ctx), "ROLLBACK"))
	}
	return nil
}

// putRowsBack does it in the open transaction.
func (v *revert) putRowsBack(ctx context.Context, table string, src *source, live shape) error {
	if held := v.held(table); held != nil {
		if err := v.follow(ctx, table, held, v.overwritten(ctx, table)); err != nil {
			return err
		}
	}
	if err := errors.Join(v.unaltered(ctx, table), v.untriggered(ctx, table)); err != nil {
		return err
	}
	t, c, h, by := quote(table), quote(src.copy), quote(src.hashes), src.correction(table, live)
	err := v.own.execAll(ctx,
		"DELETE "+t+" FROM "+t+" JOIN "+h+" ON "+by.liveKey+" LEFT JOIN "+c+" ON "+by.same+" WHERE "+by.gone+" OR "+by.changed,
		"DELETE "+t+" FROM "+t+" JOIN "+c+" ON "+by.same+" LEFT JOIN "+h+" ON "+by.liveKey+" WHERE "+by.lost,
		"INSERT INTO "+t+" ("+quoteAll(src.of.names())+") SELECT "+src.of.valuesIn(c+".")+" FROM "+c+" LEFT JOIN "+h+" ON "+by.keptKey+" WHERE "+by.lost+" OR "+by.changed)
	if err != nil {
		return fmt.Errorf("put its rows back: %w", err)
	}
	return nil
}

// locksToCorrect are the locks that putRowsBack needs, with the names by which countCorrected
// reads what it has to.
func (v *revert) locksToCorrect(table string, src *source) []string {
	read := []string{src.copy, src.hashes}
	for _, s := range v.stages {
		for _, w := range s.after.Ways {
			if kept, ok := copyOf(s.manifest, table); ok && w.Name == table && w.Hashes != "" {
				read = append(read, kept.At, w.Hashes)
			}
		}
	}
	locks := append([]string{quote(table) + " WRITE"}, v.locksToFollow(table)...)
	for i, name := range read {
		if !slices.Contains(read[:i], name) {
			locks = append(locks, quote(name)+" READ", quote(name)+" AS "+twice(name)+" READ")
		}
	}
	return locks
}

// twice is what a table is called where a query names it a second time.
func twice(table string) string { return quote(table + " again") }
