package mysql

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/safemigrate/safemigrate/internal/engine/mysql/catalog"
	"github.com/safemigrate/safemigrate/internal/failpoint"
	"github.com/safemigrate/safemigrate/migrate"
	"github.com/safemigrate/safemigrate/snapshot"
)

// Columns that a batch dropped go back into the rows that are there: ALTER TABLE makes them
// again, and their values come from the copy, by key. No row comes or goes. Until the values
// are back and the restore has noted that (notePut), whatever a crash leaves is put back
// again: each step is the same, done or not. From then on what the columns hold is others'.

// put are values that go back by key.
type put struct {
	table snapshot.Table // the copy
	of    shape          // of the copy: the key and the values
	names []string       // of what was kept, also of what others take the place of (putOnto)
	lost  []string       // the columns that the batch dropped or gave another type
	// retyped are those of another type that go back, and hashes is what the batch left of all
	// these (left); "" after one that stopped half-way, and where a newer one loses them, too.
	retyped, left []string
	hashes        string
	stage         int // whose values they are
	later         int // number of the tables for the values of later rows (convert.go)
}

// putOnto adds what a stage puts back to what newer ones do to a table. It is given a number.
func (v *revert) putOnto(s *stage, have *source, w tableWay, kept snapshot.Table) *source {
	if have == nil || have.way == wayInPlace || have.way == wayRenamed {
		have = &source{way: wayPutBack}
	}
	if have.copy != "" && have.form.Create == "" {
		have.form, have.formed = s.after.State.Objects[catalog.Table+" "+w.Name], slices.Index(v.stages, s)
	}
	v.laters++
	have.apart = append(have.apart, s.lostKeys(w, have.puts)...)
	lost := s.before.Partly[w.Name]
	left := s.before.retyped(w.Name, s.after.State.Objects[catalog.Table+" "+w.Name].Create)
	own := put{table: kept, of: s.shapes[w.Name], names: s.shapes[w.Name].names(), lost: lost, retyped: left, left: left, hashes: w.Hashes, stage: slices.Index(v.stages, s), later: v.laters}
	for i := range have.puts {
		newer := &have.puts[i]
		if catalog.Meet(newer.lost, own.retyped) { // what it kept of them is not in the table
			own.hashes = ""
		}
		// A column of this name came in between, and is another one, or has another type.
		newer.of, newer.retyped = newer.of.without(lost), minus(newer.retyped, lost)
	}
	have.puts = append(have.puts, own)
	return have
}

// retyped lists those columns of a table that the batch gives another type, and that a
// definition has.
func (b *before) retyped(table, create string) []string {
	have := catalog.Columns(create)
	return slices.DeleteFunc(slices.Clone(b.Retyped[table]), func(c string) bool { return !slices.Contains(have, c) })
}

// minus leaves some names out of others.
func minus(names, some []string) []string {
	return slices.DeleteFunc(slices.Clone(names), func(n string) bool { return slices.Contains(some, n) })
}

// lostKeys tells that values which go back to a newer batch were kept by a key that goes for
// what an older one puts back.
func (s *stage) lostKeys(w tableWay, puts []put) (apart []string) {
	lost := s.before.Partly[w.Name]
	for _, newer := range puts {
		if catalog.Meet(newer.of.key, lost) {
			apart = append(apart, fmt.Sprintf("table %s: what goes back to a newer batch was kept by %s, which is another column before that",
				w.Name, strings.Join(newer.of.key, ", ")))
		}
	}
	return apart
}

// puts are the values that go back into a table.
func (v *revert) puts(table string) []put {
	if src := v.source[table]; src != nil {
		return src.puts
	}
	return nil
}

// lost are the columns of a table that are put back.
func (v *revert) lost(table string) (names []string) {
	for _, p := range v.puts(table) {
		names = append(names, p.lost...)
	}
	return names
}

// formOf is the definition that a table has while its rows come from a copy, under the name
// that it has in the end; foreign keys come at the end (tighten). Columns of one whose rows are
// corrected get their names back before.
func (v *revert) formOf(want catalog.Object) catalog.Object {
	src := v.source[want.Name]
	form := src.form
	if src.way == wayCorrected {
		form.Create, _ = catalog.Rename(form.Create, v.traced(catalog.Columns(form.Create), v.nowName(want.Name), src.formed, len(v.stages)))
	}
	want.Create = catalog.WithoutForeignKeys(catalog.Renamed(form.Create, form.Name, want.Name), want.Name)
	want.Engine = form.Engine
	return want
}

// displaces reports whether values that others may have written make room for those that are
// put back: of columns that go, or that are there already. So do those of columns that a
// rollback which was killed had put back.
func (v *revert) displaces(table string) bool {
	is := v.now.Objects[catalog.Table+" "+v.nowName(table)]
	again := v.req.Incomplete && v.req.Batches[0].Operation == migrate.OpRollback
	return (again || len(v.puts(table)) > 0) && loses(v.named(table, is), v.want.Objects[catalog.Table+" "+table]) || v.replacesValues(table)
}

// replacesValues reports whether a column is there into which values are put back.
func (v *revert) replacesValues(table string) bool {
	have := catalog.Columns(v.now.Objects[catalog.Table+" "+v.nowName(table)].Create)
	return slices.ContainsFunc(v.puts(table), func(p put) bool {
		return catalog.Meet(p.of.values().names(), have)
	})
}

// into is the put as far as a definition has its columns.
func (p put) into(create string) put {
	have := catalog.Columns(create)
	gone := minus(p.of.names(), have)
	p.of, p.retyped = p.of.without(gone), minus(p.retyped, gone)
	return p
}

// shed is why values go back into a table.
const shed = "columns of it were dropped"

// judgePart judges a table of which only the columns that go were kept. One that was not
// given free yet may lack values: a restore has begun to put them back, or somebody has made
// the columns again.
func (d *DB) judgePart(ctx context.Context, k *kept, way *tableWay, was, is catalog.Object, free bool) (back bool, err error) {
	kept, have := copyOf(k.manifest, was.Name)
	lost := k.before.Partly[was.Name]
	if !have || was.Engine != is.Engine || !catalog.Holds(is.Create, was.Create, lost) {
		return false, nil // nothing else was kept
	}
	// Of a rollback, until a restore has begun: columns that are there never went.
	never := k.before.Rollback && !slices.Contains(k.before.Touched, was.Name)
	if never && was.Create == is.Create {
		return true, nil
	}
	a, exact, err := d.alteration(ctx, is, was, false, nil)
	if err != nil {
		return false, err
	}
	retyped := k.before.retyped(was.Name, is.Create)
	if exact = exact && (!a.Rewrites || len(retyped) > 0 && !free); exact && !free && !never {
		same, err := d.sameValues(ctx, k, kept, a)
		if err != nil {
			return false, err
		}
		exact = same && !slices.Contains(k.before.Touched, was.Name)
	}
	switch {
	case !exact:
		way.Way, way.Why = wayPutBack, shed
		if len(retyped) > 0 {
			way.Why = "what columns of it hold was changed"
		}
		_, back, err = d.backwards(ctx, is, route{remade: others(is.Create, was.Create, lost)}, was.Create, lost)
		return back, err
	case was.Create != is.Create:
		way.Way = wayInPlace
	}
	return true, nil
}

// sameValues reports whether a table that is there with all its columns holds the values that
// are kept of it. Where a column is stored in another way, it has to have these very rows, and
// whatever it gets to hold has to be the same in the column that comes back.
func (d *DB) sameValues(ctx context.Context, k *kept, t snapshot.Table, a catalog.Alteration) (bool, error) {
	if a.Rewrites {
		widens, err := d.widensBack(ctx, t.Name, t.At)
		if err != nil || !widens {
			return false, err
		}
		same, _, err := d.sameRows(ctx, k, t, t.Name)
		return same, err
	}
	n, err := d.differing(ctx, t.Name, put{table: t, of: k.shapes[t.Name]})
	return n == 0, err
}

// backwards finds in which ways keys have to be made again on the way from a table as it is
// to a definition that has columns which it lost: the first step makes those, and no key
// over them, the second one the keys. Columns that are remade have the name of a lost one.
func (d *DB) backwards(ctx context.Context, is catalog.Object, way route, want string, lost []string) (again []bool, ok bool, err error) {
	way.made, way.start = d.made(d.twinOf(is)), d.asTwin(is.Create)
	return d.backward(ctx, way, d.asTwin(want), lost)
}

func (d *DB) backward(ctx context.Context, way route, want string, lost []string) (again []bool, ok bool, err error) {
	way.path, way.bare = []string{catalog.WithoutKeysOver(want, lost), want}, true
	err = d.strict(ctx, func() error {
		for _, again = range [][]bool{{false, false}, {false, true}, {true, false}, {true, true}} {
			way.again = again
			if ok, err = d.leads(ctx, way); ok || err != nil {
				return err
			}
		}
		return nil
	})
	return again, ok, err
}

// others lists those of some columns of a definition that are other ones than another
// definition has under their names: no value of theirs is one of these.
func others(is, want string, columns []string) (names []string) {
	have := catalog.Columns(is)
	for _, c := range columns {
		if slices.Contains(have, c) && !catalog.SameColumns(is, want, []string{c}) {
			names = append(names, c)
		}
	}
	return names
}

// others are those of the lost columns which are there that are other ones. After a whole
// batch all are, for a newer one has made them.
func (v *revert) others(is, want string, lost []string) []string {
	if v.req.Incomplete {
		return others(is, want, lost)
	}
	have := catalog.Columns(is)
	return slices.DeleteFunc(slices.Clone(lost), func(c string) bool { return !slices.Contains(have, c) })
}

// strict does something while the server refuses rather than cuts a value.
func (d *DB) strict(ctx context.Context, do func() error) error {
	if err := d.own.exec(ctx, "SET SESSION sql_mode = 'STRICT_ALL_TABLES,"+ownMode+"'"); err != nil {
		return err
	}
	return errors.Join(do(), d.own.exec(context.WithoutCancel(ctx), "SET SESSION sql_mode = "+literal(ownMode)))
}

// putBack brings a table whose rows stay to its definition, and the values of columns into
// them.
func (v *revert) putBack(ctx context.Context, want, is catalog.Object, puts []put) error {
	if is.Create == "" {
		return errors.New("it is not there, and only columns of it were kept")
	}
	for i := range puts {
		puts[i] = puts[i].into(want.Create)
	}
	now := is
	var err error
	if now.Create, err = v.own.definition(ctx, want.Name); err != nil { // an earlier try may have begun
		return err
	}
	lost := v.lost(want.Name)
	named, names := catalog.Rename(now.Create, v.names[want.Name])
	way := route{remade: v.others(named, want.Create, lost), names: v.names[want.Name]}
	again, proved, err := v.backwards(ctx, now, way, want.Create, lost)
	if err != nil {
		return err
	}
	middle := catalog.WithoutKeysOver(want.Create, lost)
	columns, known := catalog.Alter(named, middle, true, proved && again[0], way.remade...)
	columns.Names = names
	keys, too := catalog.Alter(middle, want.Create, false, proved && again[1])
	if !proved || !known || !too {
		return errors.New("its definition cannot be put back in place")
	}
	for _, p := range puts {
		if err := v.makeLater(ctx, is, want, p); err != nil {
			return err
		}
	}
	if err := v.lockToPut(ctx, want, puts); err != nil {
		return err
	}
	err = v.putLocked(ctx, v.named(want.Name, is).Create, want, puts, func(first bool) error {
		if first {
			return v.altered(ctx, want.Name, columns.Statements(catalog.Bare(middle, v.server.maria)))
		}
		return v.altered(ctx, want.Name, keys.Statements(catalog.Bare(want.Create, v.server.maria)))
	})
	return v.unlocked(ctx, err)
}

// lockToPut locks what putting back reads and writes.
func (v *revert) lockToPut(ctx context.Context, want catalog.Object, puts []put) error {
	relatives, err := v.relatives(ctx, want.Name, catalog.ForeignKeys(want.Create))
	if err != nil {
		return err
	}
	locks := append([]string{quote(want.Name) + " WRITE"}, v.locksToFollow(want.Name)...)
	for _, p := range puts {
		locks = append(locks, quote(p.table.At)+" READ", quote(p.table.At)+" AS "+twice(p.table.At)+" READ")
		locks = append(locks, v.locksOfLater(want.Name, p)...)
	}
	for _, name := range relatives {
		locks = append(locks, quote(name)+" WRITE")
	}
	return v.lock(ctx, want.Name, locks)
}

// putLocked does it under the lock; alter takes the first or the second step to the
// definition.
func (v *revert) putLocked(ctx context.Context, is string, want catalog.Object, puts []put, alter func(first bool) error) error {
	later, err := v.readyToPut(ctx, is, want, puts)
	if err != nil {
		return err
	}
	v.altering(puts)
	if err := alter(true); err != nil {
		return err
	}
	failpoint.Hit("mysql.revert.columns")
	all := slices.Concat(puts, later)
	for _, p := range all {
		if err := v.putValues(ctx, want.Name, p); err != nil {
			return err
		}
	}
	if err := alter(false); err != nil {
		return err
	}
	for _, p := range all {
		if err := v.havePut(ctx, want.Name, p); err != nil {
			return err
		}
	}
	if err := v.arm(ctx, want.Name); err != nil {
		return err
	}
	return v.notePut(ctx, want.Name)
}

// readyToPut takes away what is in the way, and looks again at what was looked at without the
// lock. It returns what goes back into later rows.
func (v *revert) readyToPut(ctx context.Context, is string, want catalog.Object, puts []put) (later []put, err error) {
	if err := errors.Join(v.unaltered(ctx, want.Name), v.disarm(ctx, want.Name)); err != nil {
		return nil, err
	}
	if v.held(want.Name) != nil && (v.displaces(want.Name) || len(v.unfits[want.Name]) > 0) {
		if err := v.followed(ctx, want.Name, stays); err != nil {
			return nil, err
		}
	}
	if err := v.overwrites(ctx, want.Name, puts); err != nil {
		return nil, err
	}
	if later, err = v.later(ctx, want.Name, puts); err != nil {
		return nil, err
	}
	if err := v.fit(ctx, want.Name); err != nil {
		return nil, err
	}
	return later, v.stillFits(ctx, is, want, puts)
}

// altered gives a table one definition after another.
func (v *revert) altered(ctx context.Context, table string, steps [][]string) error {
	return v.strict(ctx, func() error {
		for _, clauses := range steps {
			v.tellf("table %s: %s", table, strings.Join(clauses, ", "))
			if err := v.unfit(table, v.own.exec(ctx, alter(table, clauses))); err != nil {
				return err
			}
			delete(v.names, table) // they come first
		}
		return nil
	})
}

// putValues writes the values, portion after portion, each of which commits by itself. A
// column that an UPDATE moves by itself is told to stay.
func (v *revert) putValues(ctx context.Context, table string, p put) error {
	t, c := quote(table), quote(p.table.At)
	var set []string
	for _, value := range p.of.values().columns {
		set = append(set, t+"."+quote(value.name)+" = "+value.value(c+"."))
	}
	if len(set) == 0 {
		return nil
	}
	moves, err := v.ledger.query(ctx, "SELECT column_name FROM information_schema.columns WHERE table_schema = $1 AND table_name = $2 AND extra LIKE '%on update%'", v.name, table)
	if err != nil {
		return fmt.Errorf("read the columns of %s: %w", table, err)
	}
	for _, r := range moves {
		if name := r.Text(0); !slices.Contains(p.of.values().names(), name) {
			set = append(set, t+"."+quote(name)+" = "+t+"."+quote(name))
		}
	}
	parts, err := v.portionsOf(ctx, v.own, p.table.At, p.of)
	if err != nil {
		return err
	}
	parts.order = parts.order.in(c)
	v.tellf("table %s: put back %s", table, strings.Join(p.of.values().names(), ", "))
	return parts.each(ctx, v.own, func(where string) error {
		err := v.own.exec(ctx, "UPDATE "+c+" STRAIGHT_JOIN "+t+" ON "+p.of.sameKey(c, t)+" SET "+strings.Join(set, ", ")+" WHERE "+where)
		if err != nil {
			return fmt.Errorf("put values back: %w", err)
		}
		failpoint.Hit("mysql.revert.values")
		return nil
	})
}

// havePut reads them back.
func (v *revert) havePut(ctx context.Context, table string, p put) error {
	n, err := v.differing(ctx, table, p)
	if err == nil && n > 0 {
		err = fmt.Errorf("%d of its rows do not hold the values that were kept", n)
	}
	return err
}

// differing counts the rows of a table that do not hold the values which are kept under
// their keys.
func (d *DB) differing(ctx context.Context, table string, p put) (int64, error) {
	t, c := quote(table), quote(p.table.At)
	n, err := d.own.number(ctx, "SELECT count(*) FROM "+c+" STRAIGHT_JOIN "+t+" ON "+p.of.sameKey(c, t)+" WHERE NOT ("+p.of.values().same(t, c)+")")
	if err != nil {
		return 0, fmt.Errorf("compare the values of %s with those that were kept: %w", table, err)
	}
	return n, nil
}

// valueless are the rows, of a table into which values are put back, that would have none
// where there has to be one: they came later. While a batch that stopped half-way is taken
// back, nobody can decide what becomes of two that would have the same one.
func (v *revert) valueless(is string, want catalog.Object, puts []put) (found []misfit) {
	for _, p := range puts {
		p = p.into(want.Create)
		others := v.others(is, want.Create, p.lost)
		stays := staying(is, p.of.values().names(), others)
		comes := p.of.values().without(stays).names()
		strange := catalog.Meet(p.retyped, others)
		if !v.req.Incomplete {
			comes, strange = minus(comes, p.retyped), len(p.retyped) > 0
		}
		names := catalog.Valueless(want.Create, comes)
		if v.req.Incomplete {
			names = append(names, catalog.Alike(want.Create, comes)...)
		}
		if strange {
			found = append(found, v.strangers(want.Name, p))
			if v.req.Incomplete { // these are all later rows
				continue
			}
		}
		later := p.laterThan(want.Name, quote(p.table.At))
		if taken, columns := p.taken(want, stays); len(names) > 0 {
			found = append(found, misfit{words: "without a value for " + strings.Join(names, ", "), columns: p.of.key, condition: later})
		} else if taken != "" {
			found = append(found, misfit{words: "with a value that comes back in another row", columns: slices.Concat(p.of.key, columns), condition: later + " AND " + taken})
		}
	}
	return found
}

// staying lists those of some columns that a definition has, and that are no other ones.
func staying(is string, columns, others []string) []string {
	have := catalog.Columns(is)
	return slices.DeleteFunc(slices.Clone(columns), func(c string) bool { return !slices.Contains(have, c) || slices.Contains(others, c) })
}

// taken is a condition: a row holds, in columns that stay, what is kept of one, where no two
// can. It is "" where any two can.
func (p put) taken(want catalog.Object, stays []string) (condition string, columns []string) {
	again := twice(p.table.At)
	var ways []string
	for _, key := range catalog.UniqueOver(want.Create, stays) {
		ways = append(ways, shape{key: key}.sameKey(again, quote(want.Name)))
		columns = append(columns, key...)
	}
	if len(ways) == 0 {
		return "", nil
	}
	return "EXISTS (SELECT 1 FROM " + quote(p.table.At) + " AS " + again + " WHERE " + strings.Join(ways, " OR ") + ")", columns
}

// stillFits looks again, under the lock, for such rows that nobody has counted.
func (v *revert) stillFits(ctx context.Context, is string, want catalog.Object, puts []put) error {
	for _, m := range v.valueless(is, want, puts) {
		n, err := v.own.number(ctx, "SELECT count(*) FROM "+quote(want.Name)+" WHERE "+m.condition)
		if err != nil {
			return fmt.Errorf("look for rows that do not fit: %w", err)
		}
		if n > 0 {
			return conflict([]string{fmt.Sprintf("table %s: %d rows %s were written meanwhile", want.Name, n, m.words)})
		}
	}
	return nil
}

// partPut lists the tables into which restores of a batch have put values back.
const partPut = "put"

// notePut has the next restore leave a table alone.
func (v *revert) notePut(ctx context.Context, table string) error {
	if !v.req.Incomplete {
		return nil
	}
	id := v.req.Batches[0].ID
	all, err := v.readPut(ctx, id)
	if err == nil {
		_, err = v.putPart(ctx, v.ledger, id, partPut, append(all, table))
	}
	failpoint.Hit("mysql.revert.put")
	return err
}

func (d *DB) readPut(ctx context.Context, id string) (tables []string, err error) {
	n, err := d.ledger.number(ctx, "SELECT count(*) FROM safemigrate_part WHERE batch = $1 AND name = $2", id, partPut)
	if err != nil || n == 0 {
		return nil, err
	}
	err = d.part(ctx, id, partPut, "", &tables)
	return tables, err
}
