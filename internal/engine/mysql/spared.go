package mysql

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/safemigrate/safemigrate/internal/engine/mysql/catalog"
	"github.com/safemigrate/safemigrate/internal/engine/mysql/footprint"
	"github.com/safemigrate/safemigrate/migrate"
)

// A table is spared, and none of its rows is kept, where a batch changes its definition alone:
// names, keys, constraints, defaults, options, or types that hold whatever the old ones held. Then
// that goes back in place, and every row stays. Since there is nothing else to take it back
// from, that is proved before the first statement: the batch's own statements run on a twin,
// and from each definition that they leave there ALTER TABLE has to lead back to the last byte.

// spare takes out of what is endangered the tables of which, as far as the text tells, nothing
// but their definition is changed, in ways that can be rehearsed.
func (d *DB) spare(s catalog.State, f *footprint.Footprint, b *before, scripts []migrate.Script) {
	if b.Any != "" {
		return
	}
	b.Moved, b.Columns = map[string]string{}, map[string]map[string]string{}
	for _, name := range b.Endangered {
		o, there := s.Objects[catalog.Table+" "+name]
		if !there || o.Engine != "InnoDB" || !catalog.Contained(o.Create) || !definesOnly(f.Tables[name]) {
			continue
		}
		r, known := d.rehearse(s, o, scripts)
		if t := f.Tables[name]; !known || (r.as != "") != (t != nil && t.Renamed) {
			continue
		}
		b.rehearsals[name] = r
		if b.Spared = append(b.Spared, name); r.as != "" {
			b.Moved[name] = r.as
		}
		if len(r.columns) > 0 {
			b.Columns[name] = r.columns
		}
	}
	b.Endangered = minus(b.Endangered, b.Spared)
	b.Touched, b.rewritten = minus(b.Touched, b.Spared), slices.DeleteFunc(slices.Clone(b.Spared), func(name string) bool { return !slices.Contains(b.Touched, name) })
}

// definesOnly reports whether no row of a table comes, goes or loses a value.
func definesOnly(t *footprint.Touched) bool {
	if t == nil {
		return true
	}
	if t.Inserts || t.Deletes || t.Updates || t.Dropped {
		return false
	}
	for _, v := range t.Columns {
		if v != migrate.Untouched && v != migrate.AddedTo && v != migrate.Renamed && v != migrate.Rewritten {
			return false
		}
	}
	return true
}

// spareNot has tables that were to be spared kept whole; those among them that are written anew
// may have other rows afterwards, as far as can be told then.
func (b *before) spareNot(names []string) {
	b.Spared = minus(b.Spared, names)
	for _, name := range names {
		delete(b.Moved, name)
		delete(b.Columns, name)
		if slices.Contains(b.rewritten, name) {
			b.Touched = append(b.Touched, name)
		}
	}
	slices.Sort(b.Touched)
}

// twofold reports whether a table that gets another name, or a column of it that does, is there by
// both of them: somebody else has made one. Which of the two holds what was there cannot be told.
func (b *before) twofold(now catalog.State, is catalog.Object) bool {
	if as := b.Moved[is.Name]; as != "" {
		for _, o := range now.Objects {
			if o.Kind == catalog.Table && o.Name != is.Name && strings.EqualFold(o.Name, as) {
				return true
			}
		}
	}
	have := catalog.Columns(is.Create)
	for to, from := range b.Columns[is.Name] {
		if slices.Contains(have, to) && slices.Contains(have, from) {
			return true
		}
	}
	return false
}

// proveSpared endangers those again of which it is not proved that they come back in place.
func (d *DB) proveSpared(ctx context.Context, s catalog.State, b *before) error {
	var not []string
	for _, name := range b.Spared {
		proved, err := d.returns(ctx, s.Objects[catalog.Table+" "+name], b)
		if err != nil {
			return fmt.Errorf("prove that the definition of %s can be put back: %w", name, err)
		}
		if !proved {
			not = append(not, name)
		}
	}
	b.Endangered = append(b.Endangered, not...)
	b.unproved = append(b.unproved, not...)
	b.spareNot(not)
	return nil
}

// returns rehearses what a batch makes of a table, and reports whether all of it goes back, and
// every row with it.
func (d *DB) returns(ctx context.Context, o catalog.Object, b *before) (bool, error) {
	defer d.dropTwin(ctx)
	was, r := d.asTwin(o.Create), b.rehearsals[o.Name]
	var left, states []string // as the statements leave them, and with the columns' names of before
	for n := range r.steps {
		is, ok, err := d.rehearsed(ctx, was, r.steps[:n+1])
		if err != nil || !ok {
			return false, err
		}
		if is == was || slices.Contains(left, is) {
			continue
		}
		left = append(left, is)
		named, _ := catalog.Rename(is, r.columns)
		states = append(states, named)
		if ok, err := d.leadsBack(ctx, is, was, r.steps[:n+1], r.columns); err != nil || !ok {
			return false, err
		}
	}
	if err := d.broken(ctx, o, states, b); err != nil {
		return false, err
	}
	refusing, known := refusing(was, states)
	if !known || !r.told(left) {
		return false, nil
	}
	if told, err := d.rewritten(ctx, was, states); err != nil || told {
		return false, err
	}
	refused, err := d.any(ctx, o.Name, refusing)
	if refused {
		b.Unruly = append(b.Unruly, o.Name)
	}
	return !refused && err == nil, trouble(err)
}

// rewritten reports whether values are going to be written in another way, and an earlier batch
// can have hashes of rows as they are written now: where that goes back together with this one,
// it would tell every row as written since.
func (d *DB) rewritten(ctx context.Context, was string, states []string) (bool, error) {
	alike := func(is string) bool {
		return !slices.ContainsFunc(catalog.RetypedColumns(was, is), func(c catalog.Retyped) bool { return !c.Alike() })
	}
	if !slices.ContainsFunc(states, func(is string) bool { return !alike(is) }) {
		return false, nil
	}
	n, err := d.own.number(ctx, "SELECT EXISTS (SELECT 1 FROM information_schema.tables WHERE table_schema = database() AND table_name LIKE $1)", strings.ReplaceAll(ours, "_", `\_`)+`h\_%`)
	return n > 0, err
}

// any reports whether a row of a table meets one of some conditions.
func (d *DB) any(ctx context.Context, table string, conditions []string) (bool, error) {
	if len(conditions) == 0 {
		return false, nil
	}
	n, err := d.own.number(ctx, "SELECT EXISTS (SELECT 1 FROM "+quote(table)+" WHERE "+strings.Join(conditions, " OR ")+")")
	return n > 0, err
}

// broken notes the checks that are going to come back and that rows break already, so that nobody
// takes these for later ones. MariaDB lets them in while it is told not to check.
func (d *DB) broken(ctx context.Context, o catalog.Object, states []string, b *before) error {
	for _, is := range states {
		for _, c := range catalog.NewChecks(is, o.Create) {
			if !d.server.maria || slices.Contains(b.Broken[o.Name], c.Name) {
				continue
			}
			is, err := d.any(ctx, o.Name, []string{"NOT (" + c.Expression + ")"})
			if _, told := refusal(err); told && ctx.Err() == nil {
				continue // nobody can ask it later, either
			}
			if err != nil {
				return fmt.Errorf("look for rows that check %s forbids: %w", c.Name, err)
			}
			if is {
				b.Broken[o.Name] = append(b.Broken[o.Name], c.Name)
			}
		}
	}
	return nil
}

// rehearsed makes the twin, with one row in it, as far as one can be without a value named, and
// runs statements on it in the session in which those of the batch are going to run. It returns
// the definition that they leave; false where the server refuses one.
func (d *DB) rehearsed(ctx context.Context, was string, steps []string) (is string, ok bool, err error) {
	if ok, err := d.makeTwin(ctx, d.withRow(was)); !ok {
		return "", false, err
	}
	for _, text := range steps {
		if err := d.app.exec(ctx, text); err != nil {
			return "", false, trouble(err)
		}
	}
	is, err = d.own.definition(ctx, twin)
	return is, err == nil, err
}

// rehearsing makes the twin as statements leave it.
func (d *DB) rehearsing(was string, steps []string) func(context.Context) (bool, error) {
	return func(ctx context.Context) (bool, error) {
		_, ok, err := d.rehearsed(ctx, was, steps)
		return ok, err
	}
}

// leadsBack reports whether ALTER TABLE leads back from what statements leave of the twin.
func (d *DB) leadsBack(ctx context.Context, is, was string, steps []string, names map[string]string) (proved bool, err error) {
	err = d.strict(ctx, func() error {
		for _, again := range []bool{false, true} {
			proved, err = d.leads(ctx, route{made: d.rehearsing(was, steps), start: is, path: []string{was}, again: []bool{again}, names: names})
			if err != nil || proved {
				return err
			}
		}
		return nil
	})
	return proved, err
}

// roundTrips are the character sets whose every text comes back from one that holds it, where
// it does so in the row itself.
var roundTrips = []string{"latin1", "utf8mb3", "utf8mb4"}

// moments are the types of times that come back from those that hold them, and days those of
// them that name a day.
var (
	moments = map[string]string{"date": "datetime", "datetime": "datetime", "timestamp": "timestamp", "time": "time"}
	days    = []string{"date", "datetime", "timestamp"}
)

// refusing lists conditions of rows which were in a table and could not be in it once it has got
// its definition back, since they have broken a rule of it before, or since the server puts
// something into their place. It is false where that cannot be told.
func refusing(was string, states []string) (conditions []string, known bool) {
	retypes := false
	for _, is := range states {
		for _, f := range catalog.FilledColumns(was, is) {
			conditions = append(conditions, f.Condition)
		}
		for _, c := range catalog.RetypedColumns(was, is) {
			retypes = true
			q, kind := quote(c.Column), catalog.Kind(c.From)
			switch {
			case c.From != c.To && (moments[kind] != "" || kind == "year") && moments[kind] != catalog.Kind(c.To):
				return nil, false
			case c.From != c.To && slices.Contains(days, kind): // a day that there cannot be
				conditions = append(conditions, fmt.Sprintf("%[1]s IS NOT NULL AND last_day(%[1]s) IS NULL OR day(%[1]s) > day(last_day(%[1]s))", q))
			case c.From != c.To && kind == "enum":
				conditions = append(conditions, q+" + 0 = 0")
			}
			switch {
			case c.FromSet == c.ToSet:
			case !slices.Contains(roundTrips, c.FromSet):
				return nil, false
			default:
				conditions = append(conditions, catalog.Unspeakable(q, c.FromSet, c.ToSet))
			}
		}
	}
	if retypes { // what is computed is computed again
		for _, c := range catalog.ComputedColumns(was) {
			conditions = append(conditions, "NOT ("+quote(c.Column)+" <=> "+computed(c)+")")
		}
	}
	slices.Sort(conditions)
	return slices.Compact(conditions), true
}

// computed is what a column is computed to be; where that is not rounded or cut as its type
// does it, it counts as another value.
func computed(c catalog.Computed) string {
	if sizes := catalog.Sizes(c.Type); catalog.Kind(c.Type) == "decimal" && len(sizes) == 2 {
		return fmt.Sprintf("round(%s, %d)", c.Expression, sizes[1])
	}
	return "(" + c.Expression + ")"
}
