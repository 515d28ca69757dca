package mysql

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/safemigrate/safemigrate/internal/engine/mysql/catalog"
	"github.com/safemigrate/safemigrate/internal/engine/mysql/footprint"
	"github.com/safemigrate/safemigrate/migrate"
	"github.com/safemigrate/safemigrate/snapshot"
)

// A column that a batch gave another type goes back as one that it dropped: it goes, comes
// again, and gets its values from the copy. Rows of after the copy have none there. In a
// rollback the server makes them of those that they have now, in tables beside, and what it
// does not make back into the very same, to the last byte, does not fit. In a restore, which
// a crash may have stopped behind the column's going, such rows are taken out, as all are of a
// table that changes places with its copy.

// beside are the tables in which the values of later rows are converted: was has the columns as
// they were before the batch, is as they are now.
type beside struct{ was, is string }

const laterPrefix = ours + "later_"

func (p put) tablesOfLater() beside {
	n := strconv.Itoa(p.later)
	return beside{was: laterPrefix + n + "_was", is: laterPrefix + n + "_is"}
}

// dropLater drops such tables. Where that fails, the next sweep does it.
func (d *DB) dropLater(ctx context.Context) {
	_ = d.dropTables(context.WithoutCancel(ctx), laterPrefix, nil) // see above
}

// laterThan is a condition: a row of a table is not in the copy, which goes by a name that the
// query does not use a second time, since LOCK TABLES locks each apart.
func (p put) laterThan(table, as string) string {
	return "NOT EXISTS (SELECT 1 FROM " + quote(p.table.At) + " AS " + as + " WHERE " + p.of.sameKey(as, quote(table)) + ")"
}

// converts reports whether what later rows hold in columns of another type can be made what
// these held: it is in the table, under its name, and no newer batch has a say in it.
func (v *revert) converts(table string, p put) bool {
	return !v.req.Incomplete && len(p.retyped) > 0 && p.hashes != "" && v.source[table].copy == "" && v.laterMade[p.later]
}

// strangers are the later rows that hold a value which cannot be put into a column again.
func (v *revert) strangers(table string, p put) misfit {
	m := misfit{words: "of after the snapshot, whose values cannot be put into columns of another type again", columns: p.of.key, condition: p.laterThan(table, twice(p.table.At))}
	if v.converts(table, p) {
		m.condition += " AND NOT EXISTS (SELECT 1 FROM " + quote(p.tablesOfLater().was) + " WHERE " + p.of.sameKey(quote(p.tablesOfLater().was), quote(table)) + ")"
	}
	return m
}

// makeLater makes the tables for a put, where its values can be converted at all.
func (v *revert) makeLater(ctx context.Context, is, want catalog.Object, p put) error {
	if v.req.Incomplete || len(p.retyped) == 0 || p.hashes == "" || v.laterLast[p.later] {
		return nil
	}
	names := slices.Concat(p.of.key, p.retyped)
	at := p.tablesOfLater()
	was, okWas := catalog.Part(want.Create, at.was, names, nil)
	now, okNow := catalog.Part(is.Create, at.is, names, nil)
	alike, err := v.keepMeaning(ctx, is.Name, p)
	if err != nil || !okWas || !okNow || !alike {
		return err
	}
	err = v.own.execAll(ctx, "DROP TABLE IF EXISTS "+quote(at.was)+", "+quote(at.is))
	if err == nil {
		err = v.own.execAll(ctx, slices.Concat(v.again(at.was, was), v.again(at.is, now))...)
	}
	if err != nil {
		return fmt.Errorf("prepare the values of later rows: %w", err)
	}
	v.laterMade[p.later] = true
	return nil
}

// keepMeaning reports whether a value that comes back as the same, in the column that a table
// has now, means the same in the one that it had: not so the time of a zone in one without, nor
// a time of day, to which the server adds a day.
func (v *revert) keepMeaning(ctx context.Context, table string, p put) (bool, error) {
	now, err := v.shapeOf(ctx, table)
	if err != nil {
		return false, err
	}
	is, okIs := now.only(p.retyped)
	was, okWas := p.of.only(p.retyped)
	if !okIs || !okWas {
		return false, nil
	}
	for i, c := range is.columns {
		for _, kind := range []string{"timestamp", "time", "year"} {
			if (c.kind == kind) != (was.columns[i].kind == kind) {
				return false, nil
			}
		}
	}
	return true, nil
}

// convert fills them from a table: afterwards was has the rows whose values are, made back,
// what the table holds. The server's IGNORE makes something of any value.
func (v *revert) convert(ctx context.Context, table string, p put) error {
	if v.laterLast[p.later] { // an earlier try has begun with the columns
		return nil
	}
	of, err := v.shapeOf(ctx, table)
	if err != nil {
		return err
	}
	of, _ = of.only(p.retyped) // they are there
	at, t := p.tablesOfLater(), quote(table)
	was, is := quote(at.was), quote(at.is)
	names := slices.Concat(p.of.key, p.retyped)
	err = v.own.execAll(ctx, "DELETE FROM "+was, "DELETE FROM "+is,
		"INSERT IGNORE INTO "+was+" ("+quoteAll(names)+") "+selected(table, names)+" WHERE "+p.laterThan(table, quote(p.table.At)),
		"INSERT IGNORE INTO "+is+" ("+quoteAll(names)+") "+selected(at.was, names),
		"DELETE "+was+" FROM "+was+" JOIN "+t+" ON "+p.of.sameKey(t, was)+" LEFT JOIN "+is+" ON "+p.of.sameKey(is, was)+
			" WHERE "+noRow(is+"."+quote(p.of.key[0]))+" OR NOT ("+of.same(t, is)+")")
	if err != nil {
		return fmt.Errorf("convert the values of later rows: %w", err)
	}
	return nil
}

// foreseeLater converts once beforehand, so that what does not fit is known.
func (v *revert) foreseeLater(ctx context.Context, table string, is, want catalog.Object) error {
	for _, p := range v.puts(table) {
		p = p.into(want.Create)
		if err := v.makeLater(ctx, is, want, p); err != nil {
			return err
		}
		if v.converts(table, p) {
			if err := v.convert(ctx, table, p); err != nil {
				return err
			}
		}
	}
	return nil
}

// altering notes that columns are about to go: a second try has no values but those that are
// converted by now.
func (v *revert) altering(puts []put) {
	for _, p := range puts {
		v.laterLast[p.later] = true
	}
}

// locksOfLater are the locks that a put needs for its later rows.
func (v *revert) locksOfLater(table string, p put) (locks []string) {
	if p.hashes != "" && v.source[table].copy == "" {
		locks = append(locks, quote(p.hashes)+" READ")
	}
	if at := p.tablesOfLater(); v.converts(table, p) {
		locks = append(locks, quote(at.was)+" WRITE", quote(at.is)+" WRITE")
	}
	return locks
}

// later converts again, under the lock. What that makes is put back, too.
func (v *revert) later(ctx context.Context, table string, puts []put) (all []put, err error) {
	for _, p := range puts {
		if !v.converts(table, p) {
			continue
		}
		if err := v.convert(ctx, table, p); err != nil {
			return nil, err
		}
		of, _ := p.of.only(slices.Concat(p.of.key, p.retyped))
		all = append(all, put{table: snapshot.Table{Name: table, At: p.tablesOfLater().was}, of: of})
	}
	return all, nil
}

// countRetyped counts the rows in which somebody has changed, since a batch, what it left in
// columns of another type: the old values take their place.
func (v *revert) countRetyped(ctx context.Context, t *migrate.TableReport, s *stage, w tableWay, place string, of shape) error {
	kept := s.shapes[w.Name]
	n, err := v.otherThanLeft(ctx, w.Hashes, place, of, kept.key, s.before.retyped(w.Name, s.after.State.Objects[catalog.Table+" "+w.Name].Create))
	v.changed[w.Hashes] = n
	t.Written += n
	return err
}

func (v *revert) otherThanLeft(ctx context.Context, hashes, place string, of shape, key, retyped []string) (int64, error) {
	keyed, known := of.only(key)
	values, there := of.only(retyped)
	if !known || !there {
		return 0, fmt.Errorf("compare the values of %s: it has not the columns any more", place)
	}
	n, err := v.own.number(ctx, "SELECT count(*) FROM (SELECT unhex("+keyed.rowHash()+") AS k, unhex("+values.rowHash()+") AS h FROM "+of.from(place)+") AS x JOIN "+
		quote(hashes)+" ON "+quote(hashes)+".k = x.k WHERE "+quote(hashes)+".h <> x.h")
	if err != nil {
		return 0, fmt.Errorf("compare the values of %s: %w", place, err)
	}
	return n, nil
}

// overwrites counts them again, under the lock, and asks again whether they may be overwritten.
func (v *revert) overwrites(ctx context.Context, table string, puts []put) error {
	for _, p := range puts {
		if p.hashes == "" || v.source[table].copy != "" || v.laterLast[p.later] {
			continue
		}
		of, err := v.shapeOf(ctx, table)
		if err != nil {
			return err
		}
		n, err := v.otherThanLeft(ctx, p.hashes, table, of, p.of.key, p.left)
		if err != nil {
			return err
		}
		more := n - v.changed[p.hashes]
		v.changed[p.hashes] = n
		for i := range v.report.Tables {
			if t := &v.report.Tables[i]; t.Name == table && more > 0 {
				t.Written += more
				if err := v.req.Decided(v.report); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// widensBack reports whether the columns of a copy hold every value that those of its table,
// as it is now, can hold.
func (d *DB) widensBack(ctx context.Context, table, place string) (bool, error) {
	rows, err := d.ledger.query(ctx, `SELECT i.column_type, coalesce(i.character_set_name, ''), w.column_type, coalesce(w.character_set_name, '')
		FROM information_schema.columns w JOIN information_schema.columns i ON i.table_schema = w.table_schema AND i.column_name = w.column_name
		WHERE w.table_schema = $1 AND w.table_name = $2 AND i.table_name = $3`, d.name, place, table)
	if err != nil {
		return false, fmt.Errorf("compare the types of %s: %w", table, err)
	}
	return !slices.ContainsFunc(rows, func(r migrate.Row) bool { return !footprint.Widens(r.Text(0), r.Text(1), r.Text(2), r.Text(3)) }), nil
}
