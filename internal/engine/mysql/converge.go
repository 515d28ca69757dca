package mysql

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/safemigrate/safemigrate/internal/engine/mysql/catalog"
	"github.com/safemigrate/safemigrate/internal/failpoint"
)

// converge makes the database what is wanted. Every step looks at what is there
// and does what is missing, so that it can be done again from wherever it
// stopped. Foreign keys are not checked meanwhile: they are all as they were when
// it is done, and rows come from where they were checked.
func (v *revert) converge(ctx context.Context) error {
	for _, step := range []func(context.Context) error{
		v.dropObjects, v.moveTables, v.dropTablesOfBatch, v.loosen, v.sequences, v.tables, v.tighten, v.straighten, v.dropSequences, v.writeCounters, v.database, v.rearm, v.createObjects,
	} {
		if err := step(ctx); err != nil {
			return err
		}
		failpoint.Hit("mysql.revert.step")
	}
	return nil
}

// unstored are the kinds that hold no rows, in the order in which they go: what
// acts by itself first. They come in the other order.
var unstored = []string{catalog.Event, catalog.Trigger, catalog.View, catalog.Function, catalog.Procedure, catalog.Body, catalog.Package, catalog.Library}

// dropObjects drops what holds no rows and is not as wanted, and the triggers on
// tables whose rows are written, so that none fires, but for those that linger.
func (v *revert) dropObjects(ctx context.Context) error {
	for _, kind := range unstored {
		for _, key := range catalog.Keys(v.now) {
			o := v.now.Objects[key]
			want, wanted := v.want.Objects[key]
			if o.Kind != kind || wanted && want == o && (kind != catalog.Trigger || !v.disturbs(o)) || v.lingers(o) {
				continue
			}
			if err := v.dropUnstored(ctx, o); err != nil {
				return err
			}
		}
	}
	return nil
}

func (v *revert) dropUnstored(ctx context.Context, o catalog.Object) error {
	v.tellf("drop %s", o.Key())
	if err := v.own.exec(ctx, "DROP "+strings.ToUpper(o.Kind)+" IF EXISTS "+quote(o.Name)); err != nil {
		return fmt.Errorf("drop %s: %w", o.Key(), err)
	}
	return nil
}

// disturbs reports whether a trigger is on a table whose rows are written, or
// fires at the same time as one that has to be made again before it.
func (v *revert) disturbs(o catalog.Object) bool {
	src := v.source[o.Table]
	for from := range v.moves {
		if v.moves[from][0] == o.Table {
			src = v.source[v.moves[from][1]]
		}
	}
	if src != nil && src.way != wayInPlace && src.way != wayRenamed || len(v.unfits[o.Table]) > 0 {
		return true
	}
	for _, key := range catalog.Changed(v.now, v.want) {
		other, ok := v.want.Objects[key]
		if ok && other.Kind == catalog.Trigger && other.Table == o.Table && moment(other) == moment(o) {
			return true
		}
	}
	return false
}

// moment is when a trigger fires, without its place among others.
func moment(o catalog.Object) string { return o.Order[:strings.LastIndexByte(o.Order, ' ')+1] }

func (v *revert) moveTables(ctx context.Context) error {
	for _, m := range v.moves {
		if err := v.makeRoom(ctx, m[1]); err != nil {
			return fmt.Errorf("rename table %s: %w", m[0], err)
		}
		v.tellf("rename %s back to %s", m[0], m[1])
		if err := v.own.exec(ctx, "RENAME TABLE "+quote(m[0])+" TO "+quote(m[1])); err != nil {
			return fmt.Errorf("rename table %s: %w", m[0], err)
		}
	}
	return nil
}

// dropTablesOfBatch drops what the batch made.
func (v *revert) dropTablesOfBatch(ctx context.Context) error {
	for _, name := range v.drops {
		v.tellf("drop table %s", name)
		if err := v.dropFollowed(ctx, name); err != nil {
			return fmt.Errorf("drop table %s: %w", name, err)
		}
	}
	return nil
}

// tables brings every table to its definition and rows. One can stand in the way
// of another (a foreign key needs the other's index), so what fails is tried
// again as long as others succeed.
func (v *revert) tables(ctx context.Context) error {
	now, err := v.census(ctx, v.req.History.Table)
	if err != nil {
		return err
	}
	var todo []catalog.Object
	for _, key := range catalog.Keys(v.want) {
		o := v.want.Objects[key]
		is, there := now.Objects[key]
		_, mine := v.mine[key]
		if src := v.source[o.Name]; o.Kind == catalog.Table && mine && (!there || is != o || src != nil && (src.copy != "" || len(src.puts) > 0)) {
			todo = append(todo, o)
		}
	}
	return eachUntilDone(todo, func(o catalog.Object) error {
		is, there := now.Objects[o.Key()]
		if !there {
			is = catalog.Object{}
		}
		if err := v.table(ctx, v.forNow(o), is); err != nil {
			return fmt.Errorf("table %s: %w", o.Name, err)
		}
		failpoint.Hit("mysql.revert.table")
		return nil
	})
}

// eachUntilDone does something to all, and again to those where it failed, while
// that gets any further.
func eachUntilDone(todo []catalog.Object, do func(catalog.Object) error) error {
	for len(todo) > 0 {
		var failed []catalog.Object
		var errs []error
		for _, o := range todo {
			if err := do(o); err != nil {
				failed, errs = append(failed, o), append(errs, err)
			}
		}
		if len(failed) == len(todo) {
			return errors.Join(errs...)
		}
		todo = failed
	}
	return nil
}

// table brings one table to its definition and rows, to these in another form where it had that
// when they were kept, and then lost columns back into them.
func (v *revert) table(ctx context.Context, want, is catalog.Object) error {
	src, puts := v.source[want.Name], v.puts(want.Name)
	formed := src != nil && src.form.Create != ""
	if len(puts) == 0 && !formed {
		return v.rows(ctx, want, is)
	}
	if formed {
		if err := v.rows(ctx, v.formOf(want), is); err != nil {
			return err
		}
		now, err := v.own.definition(ctx, want.Name)
		if err != nil {
			return err
		}
		is.Kind, is.Name, is.Engine, is.Create = want.Kind, want.Name, want.Engine, now
	}
	if len(puts) == 0 {
		return v.alter(ctx, want, is)
	}
	v.tellf("table %s: %s", want.Name, wayPutBack)
	return v.putBack(ctx, want, is, puts)
}

// rows brings one table to its definition and rows.
func (v *revert) rows(ctx context.Context, want, is catalog.Object) error {
	if err := v.makeRoom(ctx, want.Name); err != nil {
		return err
	}
	src := v.source[want.Name]
	if src == nil || src.copy == "" {
		return v.alter(ctx, want, is)
	}
	if err := v.failed[want.Name]; err != nil { // others may have written to what is there
		return err
	}
	v.tellf("table %s: %s", want.Name, src.way)
	if x, ok := v.exchanges[want.Name]; ok {
		return v.exchange(ctx, x)
	}
	if src.way == wayCorrected {
		if err := v.correct(ctx, want.Name, src); err != nil {
			return v.unfit(want.Name, err)
		}
		v.gone[want.Name] = true // the quarantine must not follow what was corrected
		return v.alter(ctx, want, is)
	}
	keys, err := v.lateKeys(ctx, want, src)
	if err != nil {
		return err
	}
	if is.Create == want.Create && is.Engine == want.Engine && empties(is, src.of) {
		return v.locked(ctx, want.Name, src, keys, nil, v.following(ctx, want.Name, func() error { return v.own.exec(ctx, "TRUNCATE TABLE "+quote(want.Name)) }))
	}
	if is.Create != "" {
		for _, again := range []func(context.Context, catalog.Object, catalog.Object, *source, late) (bool, error){v.replace, v.refit} {
			if done, err := again(ctx, want, is, src, keys); done {
				return err
			}
		}
		if err := v.dropFollowed(ctx, want.Name); err != nil {
			return fmt.Errorf("make it again: %w", err)
		}
	}
	if err := v.makeTable(ctx, want); err != nil {
		return fmt.Errorf("make it again: %w", err)
	}
	return v.locked(ctx, want.Name, src, keys, nil, func() error { return v.strayed(ctx, want.Name) })
}

// makeTable makes a table that is not there. MariaDB can keep foreign keys of one of that
// name, which others refer to and which one ALTER TABLE copied and renamed: it takes none of
// their names then, and gives them to the next table that is called so.
func (v *revert) makeTable(ctx context.Context, want catalog.Object) error {
	err := v.own.execAll(ctx, v.again(want.Name, want.Create)...)
	without := catalog.WithoutForeignKeys(want.Create, want.Name)
	if !v.server.maria || !isCode(err, codeCannotCreate) || without == want.Create {
		return err
	}
	v.loose[want.Name] = true // tighten adds what does not come so
	return v.own.execAll(ctx, v.again(want.Name, without)...)
}

// again are the statements by which a table is made as its definition says.
func (d *DB) again(table, create string) []string {
	if before, ended := catalog.Ended(create); d.server.maria && ended {
		return append([]string{before, alter(table, []string{"DROP SYSTEM VERSIONING"})}, d.bare(table, create)...)
	}
	if d.server.maria {
		return append([]string{create}, d.bare(table, create)...)
	}
	var out []string
	text, steps := catalog.Inherited(catalog.Again(create))
	for _, clauses := range steps {
		out = append(out, alter(table, clauses))
	}
	return slices.Concat([]string{text}, out, d.bare(table, create))
}

// bare takes the defaults from a new table that the server gives to columns which have none.
func (d *DB) bare(table, create string) []string {
	clauses := catalog.Bare(create, d.server.maria)
	if len(clauses) == 0 {
		return nil
	}
	return []string{alter(table, clauses)}
}

func alter(table string, clauses []string) string {
	return "ALTER TABLE " + quote(table) + " " + strings.Join(clauses, ", ")
}

// alter changes a definition in place. The clauses were proved on a table
// without rows; strict mode has the server refuse rather than cut a later value.
func (v *revert) alter(ctx context.Context, want, is catalog.Object) error {
	if is.Create == want.Create {
		return nil
	}
	if src := v.source[want.Name]; is.Create == "" && src != nil && src.way == wayBack && v.req.Incomplete {
		return v.makeTable(ctx, want) // without the rows that somebody has left out
	}
	if is.Create == "" {
		return errors.New("it is not there, and no copy of it was kept")
	}
	var err error
	if is.Create, err = v.own.definition(ctx, want.Name); err != nil || is.Create == want.Create { // an earlier try may have begun
		return err
	}
	if words, _ := v.mine.strange(want.Name, is.Create); len(words) > 0 {
		return conflict(words)
	}
	a, exact, err := v.alteration(ctx, is, want, v.req.Incomplete && slices.Contains(v.stages[0].before.LeftOut, want.Name), v.names[want.Name])
	if err != nil {
		return err
	}
	if !exact {
		return errors.New("its definition cannot be put back in place")
	}
	do := func() error { return v.alterHeld(ctx, want, is, a) }
	if sameColumns(v.named(want.Name, is), want) { // nothing can be cut, and what is computed need not be valid in rows that are there
		return do()
	}
	return v.strict(ctx, do)
}

// alterHeld runs the clauses while nobody else writes to what they can cut.
func (v *revert) alterHeld(ctx context.Context, want, is catalog.Object, a catalog.Alteration) error {
	named := v.named(want.Name, is)
	cut := shortened(named, want, nil)
	unlock, err := v.holdStill(ctx, want.Name, len(cut) > 0, loses(named, want) || len(v.unfits[want.Name]) > 0, catalog.ForeignKeys(want.Create)...)
	if err == nil {
		err = v.unaltered(ctx, want.Name)
	}
	if err == nil {
		err = v.unwrittenTo(ctx, is, want)
	}
	if err == nil {
		err = v.fit(ctx, want.Name)
	}
	if err == nil {
		err = v.keepsValues(ctx, want.Name, cut)
	}
	for _, clauses := range a.Statements(catalog.Bare(want.Create, v.server.maria)) {
		if err != nil {
			break
		}
		v.tellf("table %s: %s", want.Name, strings.Join(clauses, ", "))
		if err = v.unfit(want.Name, v.change(ctx, want.Name, is.Create, clauses)); err == nil {
			delete(v.names, want.Name) // they come first
		}
	}
	if err == nil {
		err = v.arm(ctx, want.Name)
	}
	return errors.Join(err, unlock())
}

// sameColumns reports whether a table is going to have the columns that it has.
func sameColumns(is, want catalog.Object) bool {
	have := catalog.Columns(is.Create)
	return len(have) == len(catalog.Columns(want.Create)) && catalog.SameColumns(is.Create, want.Create, have)
}

// loses reports whether a table has columns that go, or are computed then, whatever is in them.
func loses(is, want catalog.Object) bool {
	stay := catalog.Stored(want.Create)
	return slices.ContainsFunc(catalog.Stored(is.Create), func(c string) bool { return !slices.Contains(stay, c) })
}

// locked fills a table while nobody else reads or writes it, nor others that are named;
// first is what comes before its rows.
func (v *revert) locked(ctx context.Context, table string, src *source, keys late, others []string, first func() error) error {
	locks := []string{quote(table) + " WRITE", quote(src.copy) + " READ"}
	locks = append(locks, v.locksToFollow(table)...)
	for _, name := range others {
		locks = append(locks, quote(name)+" WRITE")
	}
	if err := v.lock(ctx, table, locks); err != nil {
		return err
	}
	err := first()
	if err == nil {
		if err = keys.around(ctx, v.own, table, func() error { return v.fill(ctx, table, src) }); err == nil {
			err = v.filled(ctx, table, src)
		}
		v.failed[table] = err
	}
	if err == nil {
		err = v.arm(ctx, table)
	}
	return v.unlocked(ctx, err)
}

// sequenceLocks lock the sequences: a default that takes its value from one opens it.
func sequenceLocks(s catalog.State) (locks []string) {
	for _, key := range catalog.Keys(s) {
		if o := s.Objects[key]; o.Kind == catalog.Sequence {
			locks = append(locks, quote(o.Name)+" WRITE")
		}
	}
	return locks
}

// sequencesThere lock those of before and of the batch that are there by now: a table that is
// not yet as it has to be can draw from either.
func (v *revert) sequencesThere(ctx context.Context) ([]string, error) {
	known := append(sequenceLocks(v.now), sequenceLocks(v.want)...)
	if len(known) == 0 {
		return nil, nil
	}
	rows, err := v.ledger.query(ctx, "SELECT table_name FROM information_schema.tables WHERE table_schema = $1 AND table_type = 'SEQUENCE'", v.name)
	if err != nil {
		return nil, fmt.Errorf("look for sequences: %w", err)
	}
	var locks []string
	for _, r := range rows {
		if one := quote(r.Text(0)) + " WRITE"; slices.Contains(known, one) {
			locks = append(locks, one)
		}
	}
	return locks, nil
}

// fill writes the rows of the copy, as far as the table has their columns.
func (v *revert) fill(ctx context.Context, table string, src *source) error {
	of, err := v.shapeOf(ctx, table)
	if err != nil {
		return err
	}
	rows, err := v.transferOf(ctx, src.copy, table, of, src.of)
	if err == nil {
		err = rows.run(ctx, v.own)
	}
	if err != nil {
		return fmt.Errorf("write its rows: %w", err)
	}
	return nil
}

// filled reads the rows back.
func (v *revert) filled(ctx context.Context, table string, src *source) error {
	of, err := v.shapeOf(ctx, table)
	if err != nil {
		return err
	}
	got, err := v.own.sumOf(ctx, table, of)
	if err != nil {
		return err
	}
	want := sum{src.sum.Rows, src.sum.Sum}
	if !slices.Equal(of.names(), src.of.names()) { // the copy has columns of a newer batch besides
		of.order = src.of.order
		if want, err = v.own.sumOf(ctx, src.copy, of); err != nil {
			return err
		}
	}
	if got != want {
		return fmt.Errorf("its %d rows are not the %d that were kept", got.rows, want.rows)
	}
	return nil
}
