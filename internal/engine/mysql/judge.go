package mysql

import (
	"context"
	"slices"
	"strings"

	"github.com/safemigrate/safemigrate/internal/engine/mysql/catalog"
	"github.com/safemigrate/safemigrate/snapshot"
)

// The ways in which a table goes back.
const (
	wayInPlace   = "in place"     // its definition alone; every row stays
	wayCorrected = "corrected"    // the rows that the batch wrote, by key; others stay
	wayPutBack   = "put back"     // its definition, and the values of lost columns by key; every row stays
	wayRefilled  = "refilled"     // all rows from the copy
	wayRebuilt   = "rebuilt"      // made again, and filled from the copy
	wayBack      = "brought back" // it was dropped
	wayDropped   = "dropped"      // it was made by the batch
	wayRenamed   = "renamed back"
)

// tableWay is what the batch left of one table, and how it goes back.
type tableWay struct {
	Name string `json:"name"`
	Way  string `json:"way"`
	Why  string `json:"why,omitempty"`
	// From is what it is called after the batch, where the batch renamed it.
	From string `json:"from,omitempty"`
	// Hashes is the table with the hashes of its rows as the batch left them,
	// and Rows their number.
	Hashes string `json:"hashes,omitempty"`
	Rows   int64  `json:"rows,omitempty"`
}

// after is what a batch left.
type after struct {
	State catalog.State `json:"state"`
	Ways  []tableWay    `json:"ways,omitempty"`
}

// judge finds how each table goes back that is not as it was before. Lost are those that have
// no way back, since their rows were not kept.
func (d *DB) judge(ctx context.Context, k *kept, now catalog.State) (ways []tableWay, lost []string, err error) {
	gone, come := map[string]bool{}, map[string]bool{}
	for _, key := range catalog.Keys(k.before.State, now) {
		was, inB := k.before.State.Objects[key]
		is, inA := now.Objects[key]
		if was.Kind != catalog.Table && is.Kind != catalog.Table {
			continue
		}
		switch {
		case !inB:
			come[is.Name] = true
		case !inA:
			gone[was.Name] = true
		case k.before.twofold(now, is):
			lost = append(lost, was.Name)
		default:
			way, back, err := d.judgeTable(ctx, k, was, is)
			switch {
			case err != nil:
				return nil, nil, err
			case !back:
				lost = append(lost, was.Name)
			case way.Way != "":
				ways = append(ways, way)
			}
		}
	}
	renamed, err := d.renames(ctx, k, now, gone, come)
	if err != nil {
		return nil, nil, err
	}
	ways = append(ways, renamed...)
	for name := range gone {
		// Of one that was left out the definition comes back, unless its rows may be in another.
		if _, ok := wholeCopyOf(k.manifest, name); !ok && (len(come) > 0 || !slices.Contains(k.before.LeftOut, name)) {
			lost = append(lost, name)
		}
		ways = append(ways, tableWay{Name: name, Way: wayBack})
	}
	for name := range come {
		ways = append(ways, tableWay{Name: name, Way: wayDropped})
	}
	slices.SortFunc(ways, func(a, b tableWay) int { return strings.Compare(a.Name, b.Name) })
	slices.Sort(lost)
	return ways, lost, nil
}

// unkept says of tables that they have no way back.
func (b *before) unkept(tables []string) []string {
	out := make([]string, len(tables))
	for i, name := range tables {
		out[i] = "the rows of table " + name + " were not kept, and what the batch changed of them cannot be brought back"
		if lost := b.Partly[name]; lost != nil {
			out[i] = "of table " + name + " only " + strings.Join(lost, ", ") + " were kept, and it has to be there with its other columns as they were"
		} else if as := b.Moved[name]; as != "" {
			out[i] = "table " + name + " got the name " + as + ", and cannot be told from another one, or its definition cannot be put back in place; no row of it was kept, since the batch changes no value of it"
		} else if slices.Contains(b.Spared, name) {
			out[i] = "the definition of table " + name + " cannot be put back in place, and no row of it was kept, since the batch changes no value of it"
		}
	}
	return out
}

func copyOf(m *snapshot.Manifest, table string) (snapshot.Table, bool) {
	i := slices.IndexFunc(m.Tables, func(t snapshot.Table) bool { return t.Name == table })
	if i < 0 {
		return snapshot.Table{}, false
	}
	return m.Tables[i], true
}

// wholeCopyOf is a copy that holds whole rows.
func wholeCopyOf(m *snapshot.Manifest, table string) (snapshot.Table, bool) {
	t, have := copyOf(m, table)
	return t, have && len(t.Columns) == 0
}

// judgeTable judges a table that is there before and after; false: there is no way back.
func (d *DB) judgeTable(ctx context.Context, k *kept, was, is catalog.Object) (tableWay, bool, error) {
	way := tableWay{Name: was.Name}
	back := slices.Contains(k.back, was.Name) // what is in it since is not the batch's
	mayWrite := !back && (k.before.Any != "" || slices.Contains(k.before.Touched, was.Name))
	changed := was.Create != is.Create || was.Engine != is.Engine
	if k.before.Partly[was.Name] != nil && (changed || !back) {
		back, err := d.judgePart(ctx, k, &way, was, is, back)
		return way, back, err
	}
	if slices.Contains(k.before.Spared, was.Name) {
		if !changed {
			return way, true, nil
		}
		way.Way = wayInPlace
		_, exact, err := d.alteration(ctx, is, was, false, k.before.Columns[was.Name])
		return way, exact, err
	}
	if !changed && !mayWrite {
		return way, true, nil
	}
	kept, have := copyOf(k.manifest, was.Name)
	leftOut := slices.Contains(k.before.LeftOut, was.Name)
	var alteration catalog.Alteration
	exact := !changed
	if changed {
		var err error
		if alteration, exact, err = d.alteration(ctx, is, was, leftOut, nil); err != nil {
			return way, false, err
		}
	}
	exact = exact && (!changed || !have || !slices.Contains(k.before.Unruly, was.Name))
	same := !mayWrite && exact && !alteration.Rewrites
	likewise := false
	if !same && have {
		var err error
		if same, likewise, err = d.sameRows(ctx, k, kept, was.Name); err != nil {
			return way, false, err
		}
	}
	switch {
	case !changed && (same || !have):
		return way, true, nil // nothing happened to it, or nobody wanted it kept
	case exact && same:
		way.Way = wayInPlace
	case !have && exact && leftOut:
		way.Way = wayInPlace // as far as it goes: what its rows held is gone, as was accepted
	case !have:
		return way, false, nil
	case exact && likewise && d.correctable(k, was, is, alteration):
		way.Way = wayCorrected
	case !changed && empties(was, k.shapes[was.Name]):
		way.Way, way.Why = wayRefilled, rowsChanged
	case !changed:
		way.Way, way.Why = wayRebuilt, rowsChanged
	default:
		way.Way, way.Why = wayRebuilt, "its rows or what they hold were changed"
	}
	return way, true, nil
}

// rowsChanged is why the rows of a table come from the copy whose definition is as it was.
const rowsChanged = "its rows were changed"

// empties reports whether a table can be emptied without being made again: ARCHIVE, and a
// table with a history, take no TRUNCATE.
func empties(o catalog.Object, of shape) bool { return o.Engine != "ARCHIVE" && !of.history }

// correctable reports whether single rows can be put back by their key, in one
// transaction.
func (d *DB) correctable(k *kept, was, is catalog.Object, a catalog.Alteration) bool {
	of := k.shapes[was.Name]
	return len(of.key) > 0 && !of.history && was.Engine == "InnoDB" && is.Engine == "InnoDB" && !a.Rewrites &&
		!slices.ContainsFunc(a.Clauses, func(c string) bool {
			return strings.HasPrefix(c, "DROP PRIMARY") || strings.HasPrefix(c, "ADD PRIMARY") || strings.HasPrefix(c, "DROP KEY") || strings.HasPrefix(c, "DROP CONSTRAINT")
		})
}

// sameRows compares the columns that a table had with what they hold now.
// Likewise is false where one of them is gone.
func (d *DB) sameRows(ctx context.Context, k *kept, t snapshot.Table, table string) (same, likewise bool, err error) {
	now, err := d.shapeOf(ctx, table)
	if err != nil {
		return false, false, err
	}
	old, ok := now.only(k.shapes[t.Name].names())
	if !ok {
		return false, false, nil
	}
	for i, c := range k.shapes[t.Name].columns {
		if (c.kind == "set") != (old.columns[i].kind == "set") { // by number an enum's first values are its
			return false, true, nil
		}
	}
	var got sum
	err = d.own.atOneMoment(ctx, func() (err error) {
		got, err = d.own.sumOf(ctx, table, old)
		return err
	})
	if err != nil {
		return false, false, err
	}
	return got.rows == t.Rows && got.text == t.Sum, true, nil
}

// alteration finds the clauses that turn the definition of a table with rows into another
// one. With bare columns that are gone are made without what they held; names are those that
// columns get, by the ones that they have.
func (d *DB) alteration(ctx context.Context, from, to catalog.Object, bare bool, names map[string]string) (a catalog.Alteration, exact bool, err error) {
	err = d.strict(ctx, func() (err error) { // as alter does it
		a, exact, err = d.redefinition(ctx, from, to, bare, names)
		return err
	})
	return a, exact && !swaps(a), err
}

// redefinition finds such clauses, and proves on a table without rows that the result is
// exact.
func (d *DB) redefinition(ctx context.Context, from, to catalog.Object, bare bool, names map[string]string) (catalog.Alteration, bool, error) {
	renamed, clauses := catalog.Rename(from.Create, names)
	for _, again := range []bool{false, true} {
		a, ok := catalog.Alter(renamed, to.Create, bare, again)
		if !ok {
			return a, false, nil
		}
		a.Names = clauses
		way := d.between(from, to, again)
		way.bare, way.names = bare, names
		exact, err := d.leads(ctx, way)
		if exact && !d.server.maria {
			a.Foreign = append(a.Foreign, catalog.Asked(to.Create, a.Foreign)...)
		}
		if err != nil || exact {
			return a, exact, err
		}
	}
	return catalog.Alteration{}, false, nil
}

// swaps reports whether columns go and others come: those may be these by another name.
func swaps(a catalog.Alteration) bool {
	has := func(what string) bool {
		return slices.ContainsFunc(a.Clauses, func(c string) bool { return strings.HasPrefix(c, what+" COLUMN ") })
	}
	return has("DROP") && has("ADD")
}

const (
	twin = ours + "twin"
	// twinMark is before the names of its checks.
	twinMark = "~"
)

// asTwin is a definition as the twin has it: without foreign keys, and on MySQL, where names
// of checks are the whole schema's, with others.
func (d *DB) asTwin(create string) string {
	if !d.server.maria {
		create = catalog.WithChecksNamed(create, twinMark)
	}
	return catalog.WithoutForeignKeys(create, twin)
}

// dropTwin drops it. Where that fails, the next proof does, and so does the next sweep.
func (d *DB) dropTwin(ctx context.Context) {
	_ = d.own.exec(context.WithoutCancel(ctx), "DROP TABLE IF EXISTS "+twin) // see above
}

// prove alters a table without rows and compares its definition. Whatever the
// server refuses is no proof.
func (d *DB) prove(ctx context.Context, from, to catalog.Object) (bool, error) {
	return d.leads(ctx, d.between(from, to, false))
}

// twinOf are the statements that make the twin of a table. LIKE gives checks other names in
// MySQL.
func (d *DB) twinOf(o catalog.Object) []string {
	if d.server.maria {
		return []string{"CREATE TABLE " + twin + " LIKE " + quote(o.Name)}
	}
	return d.again(twin, d.asTwin(o.Create))
}

// made makes it by statements.
func (d *DB) made(making []string) func(context.Context) (bool, error) {
	return func(ctx context.Context) (bool, error) { return d.makeTwin(ctx, making) }
}

// makeTwin makes it; false: the server refuses.
func (d *DB) makeTwin(ctx context.Context, making []string) (bool, error) {
	if err := d.own.execAll(ctx, append([]string{"DROP TABLE IF EXISTS " + twin}, making...)...); err != nil {
		return false, trouble(err)
	}
	return true, nil
}

// route is a way from one definition of the twin over others to the last one.
type route struct {
	made   func(context.Context) (bool, error) // makes the twin as it is at the start; false: the server refuses
	start  string
	path   []string
	bare   bool              // columns that are gone are made, too
	again  []bool            // for each step, whether keys are made once more
	remade []string          // columns that are other ones after the first step
	names  map[string]string // which columns get before it, by those that they have
}

// between is the way from one definition of a table to another one.
func (d *DB) between(from, to catalog.Object, again bool) route {
	return route{made: d.made(d.twinOf(from)), start: d.asTwin(from.Create), path: []string{d.asTwin(to.Create)}, again: []bool{again}}
}

// leads reports whether ALTER TABLE leads along a route, each time to the last byte.
func (d *DB) leads(ctx context.Context, r route) (bool, error) {
	defer d.dropTwin(ctx)
	if ok, err := r.made(ctx); !ok {
		return false, err
	}
	start, clauses := catalog.Rename(r.start, r.names)
	if len(clauses) > 0 {
		if ok, err := d.altersTwin(ctx, start, clauses); !ok {
			return false, err
		}
	}
	for i, end := range r.path {
		a, ok := catalog.Alter(start, end, r.bare, r.again[i], r.remade...)
		if !ok {
			return false, nil
		}
		r.remade = nil
		if ok, err := d.altersTwin(ctx, end, a.Statements(catalog.Bare(end, d.server.maria))...); !ok {
			return false, err
		}
		start = end
	}
	return true, nil
}

// altersTwin reports whether clauses give the twin a definition.
func (d *DB) altersTwin(ctx context.Context, end string, steps ...[]string) (bool, error) {
	for _, clauses := range steps {
		if err := d.own.exec(ctx, alter(twin, clauses)); err != nil {
			return false, trouble(err)
		}
	}
	is, err := d.own.definition(ctx, twin)
	return is == end, err
}

// moved pairs tables of which nothing is kept with those that they have become by another name,
// where only what the batch added is to be taken from them.
func (d *DB) moved(ctx context.Context, k *kept, now catalog.State, gone, come map[string]bool) (out []tableWay, err error) {
	for old, as := range k.before.Moved {
		fresh := as
		for name := range come {
			if !come[as] && strings.EqualFold(name, as) { // the server can write it in small letters
				fresh = name
			}
		}
		if !gone[old] || !come[fresh] {
			continue
		}
		is, was := now.Objects[catalog.Table+" "+fresh], k.before.State.Objects[catalog.Table+" "+old]
		exact := is.Engine == was.Engine
		if is.Create = catalog.Renamed(is.Create, fresh, old); exact && is.Create != was.Create {
			_, exact, err = d.alteration(ctx, is, was, false, nil)
		}
		if err != nil {
			return nil, err
		}
		if exact {
			out = append(out, tableWay{Name: old, From: fresh, Way: wayRenamed})
			delete(gone, old)
			delete(come, fresh)
		}
	}
	return out, nil
}

// renames pairs tables that are gone with such that came and are the same, in
// definition and rows: to name them back is exact, whatever the batch did.
func (d *DB) renames(ctx context.Context, k *kept, now catalog.State, gone, come map[string]bool) ([]tableWay, error) {
	out, err := d.moved(ctx, k, now, gone, come)
	if err != nil {
		return nil, err
	}
	for old := range gone {
		kept, have := wholeCopyOf(k.manifest, old)
		if !have {
			continue
		}
		for fresh := range come {
			a, b := now.Objects[catalog.Table+" "+fresh], k.before.State.Objects[catalog.Table+" "+old]
			if catalog.Renamed(a.Create, fresh, old) != b.Create {
				continue
			}
			same, _, err := d.sameRows(ctx, k, kept, fresh)
			if err != nil {
				return nil, err
			}
			if !same {
				continue
			}
			out = append(out, tableWay{Name: old, From: fresh, Way: wayRenamed})
			delete(gone, old)
			delete(come, fresh)
			break
		}
	}
	return out, nil
}
