package mysql

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/safemigrate/safemigrate/internal/engine/mysql/catalog"
	"github.com/safemigrate/safemigrate/internal/engine/mysql/footprint"
	"github.com/safemigrate/safemigrate/internal/sqltext"
	"github.com/safemigrate/safemigrate/migrate"
)

// A table is kept in part where a batch can destroy nothing of it but columns, or their
// values: the copy holds those and the primary key, and what goes back are their values
// (putback.go). No guard counts afterwards what a session wrote, so whatever is not certain
// keeps it whole.

// partly finds the tables of which columns go or get another type, and nothing else can be
// lost, with those columns, as far as the text of the batch and the schema tell.
func (d *DB) partly(ctx context.Context, s catalog.State, f *footprint.Footprint, b *before, scripts []migrate.Script) error {
	b.Partly, b.Retyped = map[string][]string{}, map[string][]string{}
	for name, t := range f.Tables {
		lost := losesOnly(t)
		o, there := s.Objects[catalog.Table+" "+name]
		if len(lost) == 0 || !there || o.Engine != "InnoDB" {
			continue
		}
		retyped, known := retypedOnly(t, lost, scripts, false)
		if !known {
			if r, all := d.rehearse(s, o, scripts); all && r.as == "" && len(r.columns) == 0 {
				b.rehearsals[name] = r
				retyped, known = retypedOnly(t, lost, scripts, true)
			}
		}
		if !known || tied(s, o, lost, retyped) {
			continue
		}
		of, err := d.shapeOf(ctx, name)
		if err != nil {
			return err
		}
		part := of.part(lost)
		if _, known := catalog.Part(o.Create, name, part.names(), lost); known && part.putable() && part.holds(retyped) {
			b.Partly[name] = lost
			if len(retyped) > 0 {
				b.Retyped[name] = retyped
			}
		}
	}
	return nil
}

// losesOnly lists the columns of a table that go or are changed, where at most columns come
// besides; none where not even a value of one is lost.
func losesOnly(t *footprint.Touched) (lost []string) {
	if t.Inserts || t.Deletes || t.Updates || t.Rewrites || t.Renamed || t.Dropped {
		return nil
	}
	loses := false
	for name, v := range t.Columns {
		switch v {
		case migrate.DroppedAway, migrate.LosesRows:
			lost, loses = append(lost, name), true
		case migrate.Rewritten:
			lost = append(lost, name)
		case migrate.AddedTo, migrate.Untouched:
		default:
			return nil
		}
	}
	if !loses {
		return nil
	}
	slices.Sort(lost)
	return lost
}

// retypedOnly lists the columns of a table that get another type. It is false unless every
// statement that alters the table does so, or drops or adds, in a way that is known here, and
// these columns go or are changed by it and come by none. Where it is rehearsed, it may do to keys,
// constraints, defaults and options what it likes.
func retypedOnly(t *footprint.Touched, lost []string, scripts []migrate.Script, rehearsed bool) (retyped []string, known bool) {
	var all clauses
	for _, script := range scripts {
		for _, st := range script.Statements {
			alters := strings.HasPrefix(st.Verb, "ALTER") || strings.HasPrefix(st.Verb, "DROP INDEX")
			said := wordsOf(st.Text)
			if !said[strings.ToLower(t.Name)] {
				continue
			}
			all.bound = all.bound || said["references"]
			if !alters && !said["alter"] || rehearsed && st.Verb == "DROP INDEX" {
				continue
			}
			table, some, known := clausesOf(st, rehearsed)
			if known && !strings.EqualFold(table, t.Name) {
				continue
			}
			if !known {
				return nil, false
			}
			all.drops, all.adds, all.retypes = append(all.drops, some.drops...), append(all.adds, some.adds...), append(all.retypes, some.retypes...)
			all.bound = all.bound || some.bound
		}
	}
	return all.retypes, all.explain(t, lost)
}

// clauses are what ALTER TABLE does to columns.
type clauses struct {
	drops, adds, retypes []string
	// bound: what it adds may rest on other columns, so that these could not go any more.
	bound bool
}

// explain reports whether columns go, or are changed under the very names that they have.
func (x clauses) explain(t *footprint.Touched, lost []string) bool {
	in := func(all []string, name string) bool {
		return slices.ContainsFunc(all, func(c string) bool { return strings.EqualFold(c, name) })
	}
	if len(x.retypes) > 0 && x.bound || slices.ContainsFunc(x.retypes, func(c string) bool { return !slices.Contains(lost, c) }) {
		return false
	}
	return !slices.ContainsFunc(lost, func(c string) bool {
		return in(x.adds, c) || !in(x.drops, c) && (t.Columns[c] == migrate.DroppedAway || !slices.Contains(x.retypes, c))
	})
}

// clausesOf lists the columns that an ALTER TABLE drops, adds and changes; false where it does
// anything else than that, or than adding a key, and where it is rehearsed, to the primary key.
func clausesOf(st sqltext.Statement, rehearsed bool) (table string, all clauses, known bool) {
	tokens := st.Tokens()
	at := sqltext.After(tokens, 2, "IF", "EXISTS")
	if len(tokens) < at+2 || !tokens[0].Is("ALTER") || !tokens[1].Is("TABLE") || tokens[at+1].Is(".") {
		return "", all, false
	}
	for _, clause := range sqltext.Divide(tokens[at+1:]) {
		if len(clause) < 2 {
			return "", all, false
		}
		i := sqltext.After(clause, 1, "COLUMN", "IF", "NOT", "EXISTS")
		switch {
		case clause[0].Is("DROP") && len(clause) == i+1:
			all.drops = append(all.drops, clause[i].Value())
		case clause[0].Is("ADD") && len(clause) > i:
			some, ok := columnsAdded(clause[i:])
			if !ok {
				return "", all, false
			}
			all.adds, all.bound = append(all.adds, some...), all.bound || binds(clause)
		case clause[0].Is("MODIFY", "CHANGE"):
			name, ok := retypes(clause)
			if !ok {
				return "", all, false
			}
			all.retypes = append(all.retypes, name)
		case clause[0].Is("ALGORITHM", "LOCK"):
		case rehearsed && clause[0].Is("DROP", "RENAME") && clause[1].Is("INDEX", "KEY", "FOREIGN", "CONSTRAINT", "CHECK"):
		case rehearsed && clause[0].Is("ALTER", "COMMENT"):
		default:
			return "", all, false
		}
	}
	return tokens[at].Value(), all, true
}

// retypes is the column that MODIFY or CHANGE gives another definition, under its own name;
// false where that says more than how it is stored, what it holds by itself and where it stands.
func retypes(clause []sqltext.Token) (name string, known bool) {
	i := sqltext.After(clause, 1, "COLUMN", "IF", "EXISTS")
	if len(clause) < i+2 || binds(clause) || sqltext.Has(clause, "PRIMARY", "UNIQUE", "KEY", "AUTO_INCREMENT", "SERIAL", "VERSIONING", "PERIOD") {
		return "", false
	}
	name = clause[i].Value()
	if clause[0].Is("CHANGE") && clause[i+1].Value() != name {
		return "", false
	}
	return name, true
}

// binds reports whether a clause may make something that is computed from, checks or refers to
// columns, beside a key over them.
func binds(clause []sqltext.Token) bool {
	for i := range clause[1:] {
		if clause[i+1].Is("(") && clause[i].Is("(", "DEFAULT") {
			return true
		}
	}
	return sqltext.Has(clause, "AS", "GENERATED", "CHECK", "REFERENCES", "FOREIGN", "VIRTUAL", "STORED", "PERSISTENT")
}

// columnsAdded lists the columns behind ADD; none for a key, and false for what is neither.
func columnsAdded(clause []sqltext.Token) (names []string, known bool) {
	switch {
	case clause[0].Is("INDEX", "KEY", "UNIQUE", "FULLTEXT", "CONSTRAINT", "FOREIGN"):
		return nil, true
	case clause[0].Is("PRIMARY", "PARTITION", "SYSTEM", "PERIOD", "SPATIAL", "VECTOR", "CHECK"):
		return nil, false
	case !clause[0].Is("("):
		return []string{clause[0].Value()}, true
	}
	for _, one := range sqltext.Divide(clause[1 : len(clause)-1]) {
		if len(one) > 0 {
			names = append(names, one[0].Value())
		}
	}
	return names, true
}

// tied reports whether a foreign key refers to one of some columns of a table, is over one that
// gets another type, or can rest on a key over one of them and others, which is another one while
// they are gone. One over a column that goes comes back once its values are there (touched).
func tied(s catalog.State, o catalog.Object, lost, retyped []string) bool {
	for _, other := range s.Objects {
		if other.Kind != catalog.Table {
			continue
		}
		all, known := catalog.References(other.Create)
		for _, r := range all {
			if r.Parent == o.Name && catalog.Meet(r.ParentColumns, lost) || other.Name == o.Name && catalog.Meet(r.Columns, retyped) {
				return true
			}
		}
		if !known && other.Name == o.Name {
			return true
		}
	}
	return catalog.JoinedKeys(o.Create, lost) && !alone(o.Name, s)
}

// part is what is kept of a table that loses columns, or their values: the key, and these as
// far as they are stored.
func (s shape) part(lost []string) shape {
	out := s
	out.columns = slices.DeleteFunc(slices.Clone(s.columns), func(c column) bool {
		return !slices.Contains(s.key, c.name) && !slices.Contains(lost, c.name)
	})
	return out
}

// values is what a part holds beside the key.
func (s shape) values() shape { return s.without(s.key) }

// putable reports whether rows of a part can be found by their key, and its values put back
// and compared.
func (s shape) putable() bool {
	return len(s.order) > 0 && !s.history && !slices.ContainsFunc(s.columns, func(c column) bool {
		return c.written("") != "" && c.kind != "json"
	})
}

// holds reports whether a shape has some columns whose values can be compared with what becomes
// of them, whatever their size.
func (s shape) holds(retyped []string) bool {
	of, all := s.only(retyped)
	return all && !slices.ContainsFunc(of.columns, func(c column) bool { return c.written("") != "" })
}

// narrow has the tables in scope kept in part where they can be; of those kept whole the
// batch may have written every row.
func (b *before) narrow(scope []string, want migrate.Scope) {
	for name := range b.Partly {
		if want.Mode == migrate.ScopeAll || !slices.Contains(scope, name) {
			delete(b.Partly, name)
			delete(b.Retyped, name)
		}
	}
	b.Touched = slices.DeleteFunc(b.Touched, func(name string) bool { return b.Partly[name] != nil })
	b.spareNot(slices.DeleteFunc(slices.Clone(scope), func(name string) bool { return !slices.Contains(b.Spared, name) }))
}

// provePartly keeps those whole of which it cannot be proved, on a twin, that
// ALTER TABLE gives their definition back.
func (d *DB) provePartly(ctx context.Context, s catalog.State, b *before) error {
	for name, lost := range b.Partly {
		o := s.Objects[catalog.Table+" "+name]
		proved, err := d.comesBack(ctx, o, lost, b.Retyped[name])
		if r := b.rehearsals[name]; err == nil && proved && r != nil {
			proved, err = d.comesBackBy(ctx, o, lost, r, b)
		}
		if err != nil {
			return fmt.Errorf("prove that columns of %s can be put back: %w", name, err)
		}
		if !proved {
			delete(b.Partly, name)
			delete(b.Retyped, name)
			b.Touched, b.unproved = append(b.Touched, name), append(b.unproved, name)
		}
	}
	slices.Sort(b.Touched)
	slices.Sort(b.unproved)
	return nil
}

// comesBack has a table lose columns and get them back, and makes the copy of
// what is kept of it.
func (d *DB) comesBack(ctx context.Context, o catalog.Object, lost, retyped []string) (bool, error) {
	of, err := d.shapeOf(ctx, o.Name)
	if err != nil {
		return false, err
	}
	if ok, err := d.partible(ctx, o, of.part(lost), lost, retyped); err != nil || !ok {
		return false, err
	}
	defer d.dropTwin(ctx)
	drops := make([]string, len(lost))
	for i, c := range lost {
		drops[i] = "DROP COLUMN " + quote(c)
	}
	was := d.asTwin(o.Create)
	if ok, err := d.makeTwin(ctx, append(d.again(twin, was), alter(twin, drops))); !ok {
		return false, err
	}
	is, err := d.own.definition(ctx, twin)
	if err != nil {
		return false, err
	}
	_, proved, err := d.backward(ctx, route{made: d.made(d.withRow(is)), start: is}, was, lost)
	return proved, err
}

// partible reports whether a part of a table can be kept, for no foreign key of whatever database
// can rest on a key that goes meanwhile, and makes the copy of it once.
func (d *DB) partible(ctx context.Context, o catalog.Object, part shape, lost, retyped []string) (bool, error) {
	if catalog.JoinedKeys(o.Create, lost) || catalog.WithoutKeysOver(o.Create, retyped) != o.Create {
		if free, err := d.untied(ctx, o); err != nil || !free {
			return false, err
		}
	}
	create, known := catalog.Part(o.Create, twin, part.names(), lost)
	if !known {
		return false, nil
	}
	defer d.dropTwin(ctx)
	if ok, err := d.makeTwin(ctx, d.again(twin, create)); !ok {
		return false, err
	}
	made, err := d.own.definition(ctx, twin)
	return made == create, err
}

// comesBackBy has the twin get such columns back from whatever the batch's own statements leave of
// it.
func (d *DB) comesBackBy(ctx context.Context, o catalog.Object, lost []string, r *rehearsal, b *before) (bool, error) {
	defer d.dropTwin(ctx)
	was := d.asTwin(o.Create)
	for n := range r.steps {
		steps := r.steps[:n+1]
		is, ok, err := d.rehearsed(ctx, was, steps)
		if err != nil || !ok || !catalog.Holds(is, was, lost) {
			return false, err
		}
		if err := d.broken(ctx, o, []string{is}, b); err != nil {
			return false, err
		}
		if _, proved, err := d.backward(ctx, route{made: d.rehearsing(was, steps), start: is, remade: others(is, was, lost)}, was, lost); err != nil || !proved {
			return false, err
		}
	}
	return true, nil
}

// keepPart makes the copy of a table that is kept in part.
func (d *DB) keepPart(ctx context.Context, place string, o catalog.Object, of shape, lost []string) error {
	create, ok := catalog.Part(o.Create, place, of.names(), lost)
	if !ok {
		return errors.New("its definition is not what it was")
	}
	return d.own.execAll(ctx, d.again(place, create)...)
}
