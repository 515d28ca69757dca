package revert

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/catalog"
)

// Built is a table that was made beside the one whose place it takes.
type Built struct {
	Table uint32 // OID of the table in whose place it comes
	Name  string // quoted, qualified; until Apply
	Way   Way
	Early bool // it was made long before, and holds the rows that it has to
}

// Prepare does what takes long: it gives things their old names, makes the tables
// that are made anew beside the present ones, with their rows, indexes and foreign
// keys, and corrects rows where nothing else of their tables changes. Who reads the
// tables goes on reading them; what has to wait comes in Apply.
func (p *Plan) Prepare(ctx context.Context, conn Conn) ([]Built, error) {
	if len(p.Conflicts) > 0 {
		return nil, fmt.Errorf("%w: %s", ErrConflict, p.Conflicts[0])
	}
	r := &run{conn: conn, plan: p, ren: newRenumbered(), before: p.in.Before, cur: p.in.Now}
	if err := r.exec(ctx, []step{{sql: "SET LOCAL check_function_bodies = off", what: "preparing"}}); err != nil {
		return nil, err
	}
	if err := p.Silence(ctx, conn); err != nil {
		return nil, err
	}
	if p.stale {
		if err := r.read(ctx); err != nil {
			return nil, err
		}
	}
	if err := r.names(ctx); err != nil {
		return nil, err
	}
	if err := r.decide(); err != nil {
		return nil, err
	}
	p.prepared = r
	if p.in.Rehearsal {
		return nil, nil // it moves no rows, so that nothing takes long
	}
	if err := r.work.ask(ctx, conn, false); err != nil {
		return nil, err
	}
	if err := r.exec(ctx, r.work.lookOver()); err != nil {
		return nil, err
	}
	if err := r.countLate(ctx); err != nil {
		return nil, err
	}
	built, steps := r.work.besideSteps()
	if r.work.onlyRows() {
		steps = append(steps, r.work.correctSteps()...)
	}
	return built, r.exec(ctx, append(steps, r.work.dropFits()...))
}

// onlyRows says whether nothing but rows changes of the tables that are corrected.
func (w *work) onlyRows() bool {
	touched := w.rebounded()
	for _, set := range []map[address]bool{w.drop, w.make, w.alter, w.dropColumn, w.retype} {
		for a := range set {
			touched[whole(a)] = true
			for _, x := range []*index{w.before, w.cur} {
				if o := x.objects[whole(a)]; o != nil {
					touched[o.Parent] = true
					w.referred(x, o, func(parent address) { touched[parent] = true })
				}
			}
		}
	}
	for a := range w.correct {
		if w.onTouchedDomain(w.cur.objects[a], touched) || touched[a] || len(alterTable(w, w.expect[a], w.cur.objects[a])) > 0 {
			return false
		}
	}
	return true
}

// onTouchedDomain says whether a table holds values of a domain that gets or loses a default,
// a check or its NOT NULL: old rows need not pass what the domain has now.
func (w *work) onTouchedDomain(o *object, touched map[address]bool) bool {
	for a := range touched {
		if d := w.cur.objects[a]; d != nil && d.Kind == catalog.KindDomain && w.uses(o, a) {
			return true
		}
	}
	return false
}

// readers says what happens to sessions that read a table meanwhile.
func (w *work) readers(t TableWay) string {
	a := address{Catalog: "pg_class", OID: t.OID}
	cur := w.cur.objects[a]
	const goOn, briefly, wait = "go on", "wait briefly", "wait"
	switch {
	case cur == nil || cur.Table == nil:
		return "" // there is nothing to read
	case t.Way == Refilled:
		return wait
	case t.Way == Corrected:
		silent := len(w.hangers(cur, catalog.KindRule)) == 0 && !w.forced(cur) && !w.untold(cur)
		return either(silent && w.onlyRows(), goOn, wait)
	case t.Way == Rebuilt || t.Way == PutBack:
		want := w.expect[a]
		ok := !cur.Table.ForceRLS && want != nil && want.Table.Key == "" && want.Of == "" && !want.Table.ByParents() && w.settled(want) && !w.keysWait(a)
		return either(ok, briefly, wait)
	}
	return briefly
}

// besideSchema is where a table is made until it takes its place; each has one of
// its own, so that all names can be the final ones.
func besideSchema(table address) string { return fmt.Sprintf("safemigrate_beside_%d", table.OID) }

// beside is how one table is made beside the one whose place it takes, without
// what ties it to other tables.
type beside struct {
	table address
	place []step // a schema of its own, and the table in it
	rows  []step
	check []step // what must hold of the rows
	parts []step // indexes, checks, statistics
}

func (b *beside) all() []step { return slices.Concat(b.place, b.rows, b.check, b.parts) }

// besideSteps make the tables beside that can be made there.
func (w *work) besideSteps() ([]Built, []step) {
	var built []Built
	var steps, keys []step
	all := w.besides()
	for _, b := range all {
		made, early := w.standing(b)
		steps = append(steps, made...)
		built = append(built, Built{Table: b.table.OID, Name: w.built[b.table], Way: w.tables[b.table].Way, Early: early})
	}
	for _, b := range all {
		keys = append(keys, w.besideKeys(b.table)...)
	}
	return built, append(steps, keys...)
}

// besides lists the tables that can be made beside.
func (w *work) besides() []*beside {
	var all []*beside
	for _, a := range addresses(w.cur, w.before) {
		if b, ok := w.besideTable(a); ok {
			all = append(all, b)
		}
	}
	for _, b := range all {
		b.parts = append(w.besideParts(b.table), step{sql: "ANALYZE " + w.built[b.table], what: "counting " + w.built[b.table], runs: true})
	}
	return all
}

// besideTable makes one table, with its rows. One that is gone can be made where it
// belongs; beside only where it is made long before.
func (w *work) besideTable(a address) (*beside, bool) {
	want, cur := w.expect[a], w.cur.objects[a]
	if want == nil || want.Table == nil || !w.make[a] || cur == nil && !w.early(a) || cur != nil && (cur.Table == nil || !w.drop[a]) {
		return nil, false
	}
	if want.Table.Key != "" || want.Of != "" || want.Table.ByParents() || !w.settled(want) {
		return nil, false
	}
	name := catalog.Qualified(besideSchema(a), want.Name)
	create, ok := placed(want.Create, "TABLE "+want.Identity+" (", "TABLE "+name+" (")
	for i := range want.Table.Columns {
		if s := want.Table.Columns[i].IdentitySeq; s != nil && ok {
			create, ok = placed(create, "(SEQUENCE NAME "+s.Name, "(SEQUENCE NAME "+catalog.Qualified(besideSchema(a), sequenceName(want, s)))
		}
	}
	if !ok {
		return nil, false
	}
	w.built[a] = name
	what := "making " + label(want) + " beside"
	b := &beside{table: a, place: []step{{sql: "CREATE SCHEMA " + besideSchema(a), what: what}, {sql: create, what: what}}}
	if !w.mend[a] {
		b.rows = []step{{sql: fill(want, name, w.in.Copies[a.OID]), what: what, runs: true}}
		return b, true
	}
	if cur.Table.ForceRLS {
		b.place = append(b.place, step{sql: "ALTER TABLE ONLY " + cur.Identity + " NO FORCE ROW LEVEL SECURITY", what: what})
	}
	b.rows, b.check = w.mendSteps(want, cur, name, "")
	return b, true
}

// sequenceName is the bare name of an identity sequence, which lies in the schema
// of its table.
func sequenceName(table *object, s *catalog.Sequence) string {
	name := strings.TrimPrefix(s.Name, catalog.Quote(table.Schema)+".")
	if quoted, ok := strings.CutPrefix(name, `"`); ok {
		name = strings.ReplaceAll(strings.TrimSuffix(quoted, `"`), `""`, `"`)
	}
	return name
}

// placed puts one text in the place of another that must be there exactly once.
func placed(s, old, now string) (string, bool) {
	return strings.Replace(s, old, now, 1), strings.Count(s, old) == 1
}

// besideParts make the indexes and checks of a table that is made beside.
func (w *work) besideParts(table address) []step {
	want := w.expect[table]
	var steps []step
	for _, a := range w.creates() {
		o := w.expect[a]
		if o == nil || o.Parent != table || !w.make[a] || isForeignKey(o) || notValid(o) || !w.settled(o) || isExclusionPart(o) || w.in.Behind[a] {
			continue
		}
		var sql string
		var ok bool
		switch o.Kind {
		case catalog.KindIndex:
			sql, ok = placed(o.Create, " ON "+want.Identity+" USING ", " ON "+w.built[table]+" USING ")
		case catalog.KindConstraint:
			sql, ok = w.onBeside(o, want)
		}
		if ok {
			w.ready[a] = true
			steps = append(steps, step{sql: sql, what: "making " + label(o) + " beside", runs: true})
		}
	}
	return steps
}

// onBeside turns a statement that adds a constraint to a table into one that adds
// it to the table made beside.
func (w *work) onBeside(o, table *object) (string, bool) {
	for _, head := range []string{"ALTER TABLE ONLY ", "ALTER TABLE "} {
		if rest, ok := strings.CutPrefix(o.Create, head+table.Identity+" ADD CONSTRAINT "); ok {
			return head + w.built[table.Address] + " ADD CONSTRAINT " + rest, true
		}
	}
	return "", false
}

// besideKeys make the foreign keys of tables made beside, and those that others
// have to them, the latter under a name of their own until they take their place.
func (w *work) besideKeys(table address) []step {
	var steps []step
	for _, a := range addresses(w.before) {
		o := w.expect[a]
		if o == nil || !w.make[a] || w.ready[a] || w.aside[a] != "" || o.Kind != catalog.KindConstraint || !isForeignKey(o) || notValid(o) {
			continue
		}
		_, _, parent := w.foreignKey(w.before, o)
		child := w.expect[o.Parent]
		if parent == nil || child == nil || child.Table == nil || child.Table.Key != "" || o.Parent != table && parent.Address != table || !w.keyStands(o, parent) || w.rowsToCome(o, parent) || w.hiding(w.cur.objects[o.Parent], w.cur.objects[parent.Address]) != nil {
			continue
		}
		sql := o.Create
		ok := true
		if w.built[parent.Address] != "" {
			sql, ok = placed(sql, " REFERENCES "+parent.Identity+"(", " REFERENCES "+w.built[parent.Address]+"(")
		}
		moved := *o
		moved.Create = sql
		if w.built[child.Address] != "" && ok {
			sql, ok = w.onBeside(&moved, child)
		} else if ok {
			aside := fmt.Sprintf("safemigrate_beside_%d", a.OID)
			sql, ok = placed(sql, " ADD CONSTRAINT "+catalog.Quote(o.Name)+" FOREIGN KEY ", " ADD CONSTRAINT "+aside+" FOREIGN KEY ")
			w.aside[a] = either(ok, aside, "")
		}
		if ok {
			w.ready[a] = true
			schema, name := child.Schema, child.Identity
			if w.built[child.Address] != "" {
				schema, name = besideSchema(child.Address), w.built[child.Address]
			}
			steps = append(append(steps, w.lend(o)...), w.asPartition(o, schema, name, step{sql: sql, what: "making " + label(o) + " beside", runs: true})...)
		}
	}
	return steps
}

// keyStands says whether both tables of a foreign key are there, or made beside,
// with the columns and the index that it needs.
func (w *work) keyStands(o, parent *object) bool {
	return !slices.ContainsFunc(dependencies(o), func(d address) bool {
		a := whole(d)
		if w.built[a] != "" || w.ready[a] {
			return false
		}
		if x := w.expect[a]; x != nil && w.built[x.Parent] != "" && x.Parent == parent.Address {
			return !w.ready[a]
		}
		return !w.stands(d, address{})
	})
}

// takePlace moves a table made beside to where it belongs; its indexes, constraints
// and identity sequences go along. It moves under another name: only where a table gets a
// name does the server find one for its array type that nothing else has.
func (w *work) takePlace(o *object) (steps []step) {
	aside := fmt.Sprintf("safemigrate_aside_%d", o.Address.OID)
	for _, sql := range []string{
		"ALTER TABLE " + w.built[o.Address] + " RENAME TO " + aside,
		"ALTER TABLE " + catalog.Qualified(besideSchema(o.Address), aside) + " SET SCHEMA " + catalog.Quote(o.Schema),
		"ALTER TABLE " + catalog.Qualified(o.Schema, aside) + " RENAME TO " + catalog.Quote(o.Name),
		"DROP SCHEMA " + besideSchema(o.Address),
	} {
		steps = append(steps, step{sql: sql, what: "putting " + label(o) + " in its place"})
	}
	return steps
}

// takeName gives a foreign key that was made beside its name.
func (w *work) takeName(o *object) []step {
	aside := w.aside[o.Address]
	if aside == "" {
		return nil
	}
	table := w.expect[o.Parent]
	return []step{{sql: "ALTER TABLE " + table.Identity + " RENAME CONSTRAINT " + aside + " TO " + catalog.Quote(o.Name), what: "naming " + label(o)}}
}
