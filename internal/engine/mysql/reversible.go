package mysql

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/safemigrate/safemigrate/internal/engine/mysql/catalog"
)

// The quarantine of a rollback keeps what that can destroy: no row of a table that goes back in
// place with all that it holds, also where columns come back into it, and of one that sheds
// columns these, and the primary key. Then the undo, and recover after a crash, have nothing else
// to bring it back from. So it is proved before anything is changed: from each definition that the
// rollback leaves on its way, ALTER TABLE has to lead to the one that the table has now, to the
// last byte.

// destroys finds what a rollback can destroy of a table: nothing, the columns that go, or, as
// long as nothing else is proved, all of it.
func (v *revert) destroys(ctx context.Context, table string) (lost []string, whole bool, err error) {
	is, want := v.now.Objects[catalog.Table+" "+v.nowName(table)], v.want.Objects[catalog.Table+" "+table]
	if v.req.Incomplete || !v.inPlace(table) || is.Engine != "InnoDB" || want.Engine != "InnoDB" || !catalog.Contained(is.Create) || !catalog.Contained(want.Create) {
		return nil, true, nil
	}
	if is.Name != table {
		return nil, !v.movesAlone(is, want), nil
	}
	lost = minus(catalog.Columns(v.named(table, is).Create), catalog.Columns(want.Create))
	// Where a crash has left the table is told by names that no column has now.
	if names := slices.Collect(maps.Values(v.names[table])); len(names) > 0 && (len(lost) > 0 || catalog.Meet(names, catalog.Columns(is.Create))) {
		return nil, true, nil
	}
	for _, holds := range []func(context.Context, catalog.Object, catalog.Object, []string) (bool, error){v.keepsAllBut, v.reversible} {
		if ok, err := holds(ctx, is, want, lost); err != nil || !ok {
			return nil, true, err
		}
	}
	return lost, false, nil
}

// inPlace reports whether nothing but the definition of a table goes back, its name, and columns
// that it does not have.
func (v *revert) inPlace(table string) bool {
	src := v.source[table]
	if src == nil || len(v.unfits[table]) > 0 {
		return false
	}
	return src.way == wayInPlace || src.way == wayRenamed || src.way == wayPutBack && !catalog.Meet(v.lost(table), catalog.Columns(v.now.Objects[catalog.Table+" "+v.nowName(table)].Create))
}

// movesAlone reports whether a table gets its name back and nothing else, and no other table has
// one of the two names, before or after.
func (v *revert) movesAlone(is, want catalog.Object) bool {
	_, before := v.now.Objects[catalog.Table+" "+want.Name]
	_, after := v.want.Objects[catalog.Table+" "+is.Name]
	others := slices.ContainsFunc(v.moves, func(m [2]string) bool {
		return m != [2]string{is.Name, want.Name} && (slices.Contains(m[:], is.Name) || slices.Contains(m[:], want.Name))
	})
	return !before && !after && !others && len(v.names[want.Name]) == 0 && catalog.Renamed(is.Create, is.Name, want.Name) == want.Create
}

// keepsAllBut reports whether a table keeps all its values on its way back, but for those of
// columns that go and can be put back by key.
func (v *revert) keepsAllBut(ctx context.Context, is, want catalog.Object, lost []string) (bool, error) {
	is = v.named(want.Name, is)
	switch {
	case len(lost) > 0:
		if !catalog.Holds(want.Create, is.Create, lost) {
			return false, nil
		}
		return v.separable(ctx, is, lost)
	case len(v.lost(is.Name)) > 0:
		return catalog.Holds(want.Create, is.Create, nil), nil
	case loses(is, want):
		return false, nil
	case len(catalog.RetypedColumns(is.Create, want.Create)) == 0:
		return true, nil
	case len(v.names[want.Name]) > 0:
		return false, nil
	}
	defer v.dropTwin(ctx)
	if ok, err := v.makeTwin(ctx, v.again(twin, v.asTwin(want.Create))); !ok {
		return false, err
	}
	holds, err := v.widensBack(ctx, is.Name, twin)
	if err == nil && !holds { // all values that are there fit (fits), and what comes later is refused
		holds, err = v.widensBack(ctx, twin, is.Name)
	}
	return holds, err
}

// separable reports whether columns of a table can be kept with its key alone, and put back.
func (v *revert) separable(ctx context.Context, o catalog.Object, lost []string) (bool, error) {
	of, err := v.shapeOf(ctx, o.Name)
	if err != nil {
		return false, err
	}
	part := of.part(lost)
	if tied(v.now, o, lost, nil) || !part.putable() {
		return false, nil
	}
	return v.partible(ctx, o, part, lost, nil)
}

// reached is a definition of the twin, and the statements that make it.
type reached struct {
	create string
	making []string
}

// reversible reports whether the definition of a table comes back from all that its way to
// another one, and the ways back, leave of it, with every row that is there now.
func (v *revert) reversible(ctx context.Context, is, want catalog.Object, lost []string) (bool, error) {
	was, names := v.asTwin(is.Create), v.names[want.Name]
	states, proved, err := v.departs(ctx, was, v.pathTo(want), names)
	for i := 0; proved && err == nil && i < len(states); i++ {
		if len(lost) > 0 {
			_, proved, err = v.backward(ctx, route{made: v.made(states[i].making), start: states[i].create}, was, lost)
			continue
		}
		var more []reached
		more, proved, err = v.wayTo(ctx, states[i], v.namesThere(want.Name), was)
		for _, s := range more {
			if s.create != was && !slices.Contains(definitions(states), s.create) {
				states = append(states, s)
			}
		}
	}
	if err != nil || !proved {
		return false, err
	}
	refusing, known := refusing(was, definitions(states))
	if !known {
		return false, nil
	}
	refused, err := v.any(ctx, is.Name, refusing)
	if err != nil {
		return false, fmt.Errorf("look for rows that could not come back: %w", err)
	}
	return !refused, nil
}

func definitions(states []reached) (all []string) {
	for _, s := range states {
		all = append(all, s.create)
	}
	return all
}

// pathTo are the definitions to which a table is brought, one after the other.
func (v *revert) pathTo(want catalog.Object) []string {
	to := v.asTwin(want.Create)
	if lost := v.lost(want.Name); len(lost) > 0 {
		return []string{catalog.WithoutKeysOver(to, lost), to}
	}
	return []string{to}
}

// departs is wayTo for a table with a row, or, where the other definition takes none such as
// may be there, without: which it does not take of those that are there is known (fits).
func (d *DB) departs(ctx context.Context, from string, path []string, names map[string]string) (states []reached, exact bool, err error) {
	if states, exact, err = d.wayTo(ctx, reached{from, d.withRow(from)}, names, path...); exact || err != nil {
		return states, exact, err
	}
	states, exact, err = d.wayTo(ctx, reached{from, d.again(twin, from)}, names, path...)
	for i := range states {
		states[i].making = d.withRow(states[i].create)
	}
	return states, exact, err
}

// withRow are the statements that make the twin, with one row in it as far as one can be
// without a value named.
func (d *DB) withRow(create string) []string {
	return append(d.again(twin, create), "INSERT IGNORE INTO "+twin+" () VALUES ()")
}

// wayTo lists the definitions that ALTER TABLE leaves of the twin on the way from one over others
// to the last one; false where it does not lead there. Columns come on the first of two steps.
func (d *DB) wayTo(ctx context.Context, from reached, names map[string]string, path ...string) (states []reached, exact bool, err error) {
	err = d.strict(ctx, func() error {
		for i, to := range path {
			more, ok, err := d.stepTo(ctx, from, to, i < len(path)-1, names)
			if err != nil || !ok {
				return err
			}
			if states = append(states, more...); len(more) > 0 {
				from = more[len(more)-1]
			}
		}
		exact = true
		return nil
	})
	return states, exact, err
}

func (d *DB) stepTo(ctx context.Context, from reached, to string, bare bool, names map[string]string) (states []reached, exact bool, err error) {
	renamed, clauses := catalog.Rename(from.create, names)
	for _, again := range []bool{false, true} {
		a, known := catalog.Alter(renamed, to, bare, again)
		a.Names = clauses
		if !known {
			return nil, false, nil
		}
		if states, exact, err = d.runOnTwin(ctx, from, to, a.Statements(catalog.Bare(to, d.server.maria))); exact || err != nil {
			return states, exact, err
		}
	}
	return nil, false, nil
}

func (d *DB) runOnTwin(ctx context.Context, from reached, to string, steps [][]string) (states []reached, exact bool, err error) {
	defer d.dropTwin(ctx)
	if ok, err := d.makeTwin(ctx, from.making); !ok {
		return nil, false, err
	}
	is := from
	for _, clauses := range steps {
		text := alter(twin, clauses)
		if err := d.own.exec(ctx, text); err != nil {
			return nil, false, trouble(err)
		}
		is.making = append(slices.Clone(is.making), text)
		if is.create, err = d.own.definition(ctx, twin); err != nil {
			return nil, false, err
		}
		states = append(states, is)
	}
	return states, is.create == to, nil
}

// proved are the ways of tables of which that was proved, and cannot be seen any more: others
// have added something to them meanwhile.
func (b *before) proved(tables []string) (ways []tableWay) {
	for _, name := range tables {
		switch {
		case slices.Contains(b.Spared, name):
			ways = append(ways, tableWay{Name: name, Way: wayInPlace})
		case b.Partly[name] != nil:
			ways = append(ways, tableWay{Name: name, Way: wayPutBack, Why: shed})
		}
	}
	return ways
}
