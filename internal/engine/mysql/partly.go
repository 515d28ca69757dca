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

// A table is kept in part where a batch can destroy nothing of it but columns: the copy
// holds those and the primary key, and what goes back are their values (putback.go). No
// guard counts afterwards what a session wrote, so whatever is not certain keeps it whole.

// partly finds the tables of which columns go and nothing else can, with those columns, as
// far as the text of the batch and the schema tell.
func (d *DB) partly(ctx context.Context, s catalog.State, f *footprint.Footprint, scripts []migrate.Script) (map[string][]string, error) {
	out := map[string][]string{}
	for name, t := range f.Tables {
		lost := losesOnly(t)
		o, there := s.Objects[catalog.Table+" "+name]
		if len(lost) == 0 || !there || o.Engine != "InnoDB" || !dropsOnly(name, lost, scripts) || tied(s, o, lost) {
			continue
		}
		of, err := d.shapeOf(ctx, name)
		if err != nil {
			return nil, err
		}
		part := of.part(lost)
		if _, known := catalog.Part(o.Create, name, part.names(), lost); known && part.putable() {
			out[name] = lost
		}
	}
	return out, nil
}

// losesOnly lists the columns of a table that go, where at most columns come besides.
func losesOnly(t *footprint.Touched) (lost []string) {
	if t.Inserts || t.Deletes || t.Updates || t.Rewrites || t.Renamed || t.Dropped {
		return nil
	}
	for name, v := range t.Columns {
		switch v {
		case migrate.DroppedAway:
			lost = append(lost, name)
		case migrate.AddedTo, migrate.Untouched:
		default:
			return nil
		}
	}
	slices.Sort(lost)
	return lost
}

// dropsOnly reports whether every statement that alters a table drops or adds in a way that
// is known here, and these columns go by it and come by none.
func dropsOnly(name string, lost []string, scripts []migrate.Script) bool {
	var dropped, added []string
	for _, script := range scripts {
		for _, st := range script.Statements {
			alters := strings.HasPrefix(st.Verb, "ALTER") || strings.HasPrefix(st.Verb, "DROP INDEX")
			said := wordsOf(st.Text)
			if !said[strings.ToLower(name)] || !alters && !said["alter"] {
				continue
			}
			table, drops, adds, known := columnsOf(st)
			if known && !strings.EqualFold(table, name) {
				continue
			}
			if !known {
				return false
			}
			dropped, added = append(dropped, drops...), append(added, adds...)
		}
	}
	in := func(all []string, name string) bool {
		return slices.ContainsFunc(all, func(c string) bool { return strings.EqualFold(c, name) })
	}
	return !slices.ContainsFunc(lost, func(c string) bool { return !in(dropped, c) || in(added, c) })
}

// columnsOf lists the columns that an ALTER TABLE drops and adds; false where it does
// anything else than that, or than adding a key.
func columnsOf(st sqltext.Statement) (table string, drops, adds []string, known bool) {
	tokens := st.Tokens()
	at := sqltext.After(tokens, 2, "IF", "EXISTS")
	if len(tokens) < at+2 || !tokens[0].Is("ALTER") || !tokens[1].Is("TABLE") || tokens[at+1].Is(".") {
		return "", nil, nil, false
	}
	for _, clause := range sqltext.Divide(tokens[at+1:]) {
		if len(clause) < 2 {
			return "", nil, nil, false
		}
		i := sqltext.After(clause, 1, "COLUMN", "IF", "NOT", "EXISTS")
		switch {
		case clause[0].Is("DROP") && len(clause) == i+1:
			drops = append(drops, clause[i].Value())
		case clause[0].Is("ADD") && len(clause) > i:
			some, ok := columnsAdded(clause[i:])
			if !ok {
				return "", nil, nil, false
			}
			adds = append(adds, some...)
		case clause[0].Is("ALGORITHM", "LOCK"):
		default:
			return "", nil, nil, false
		}
	}
	return tokens[at].Value(), drops, adds, true
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

// tied reports whether a foreign key is over one of some columns of a table, or can rest on
// a key over one of them and others, which is another one while they are gone.
func tied(s catalog.State, o catalog.Object, lost []string) bool {
	for _, other := range s.Objects {
		if other.Kind != catalog.Table {
			continue
		}
		all, known := catalog.References(other.Create)
		for _, r := range all {
			if r.Parent == o.Name && catalog.Meet(r.ParentColumns, lost) || other.Name == o.Name && catalog.Meet(r.Columns, lost) {
				return true
			}
		}
		if !known && other.Name == o.Name {
			return true
		}
	}
	return catalog.JoinedKeys(o.Create, lost) && !alone(o.Name, s)
}

// part is what is kept of a table that loses columns: the key, and their values as far as
// they are stored.
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

// narrow has the tables in scope kept in part where they can be; of those kept whole the
// batch may have written every row.
func (b *before) narrow(scope []string, want migrate.Scope) {
	for name := range b.Partly {
		if want.Mode == migrate.ScopeAll || !slices.Contains(scope, name) {
			delete(b.Partly, name)
		}
	}
	b.Touched = slices.DeleteFunc(b.Touched, func(name string) bool { return b.Partly[name] != nil })
}

// provePartly keeps those whole of which it cannot be proved, on a twin, that
// ALTER TABLE gives their definition back.
func (d *DB) provePartly(ctx context.Context, s catalog.State, b *before) error {
	for name, lost := range b.Partly {
		proved, err := d.comesBack(ctx, s.Objects[catalog.Table+" "+name], lost)
		if err != nil {
			return fmt.Errorf("prove that columns of %s can be put back: %w", name, err)
		}
		if !proved {
			delete(b.Partly, name)
			b.Touched = append(b.Touched, name)
		}
	}
	slices.Sort(b.Touched)
	return nil
}

// comesBack has a table lose columns and get them back, and makes the copy of
// what is kept of it.
func (d *DB) comesBack(ctx context.Context, o catalog.Object, lost []string) (bool, error) {
	of, err := d.shapeOf(ctx, o.Name)
	if err != nil {
		return false, err
	}
	if catalog.JoinedKeys(o.Create, lost) { // a foreign key could rest on one of these
		if free, err := d.untied(ctx, o); err != nil || !free {
			return false, err
		}
	}
	defer d.dropTwin(ctx)
	part, ok := catalog.Part(o.Create, twin, of.part(lost).names(), lost)
	if ok {
		ok, err = d.makeTwin(ctx, d.again(twin, part))
	}
	if !ok {
		return false, err
	}
	if is, err := d.own.definition(ctx, twin); is != part {
		return false, err
	}
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
	// One row is there, as far as one can be without a value named.
	making := append(d.again(twin, is), "INSERT IGNORE INTO "+twin+" () VALUES ()")
	_, proved, err := d.backward(ctx, making, is, was, lost, nil)
	return proved, err
}

// keepPart makes the copy of a table that is kept in part.
func (d *DB) keepPart(ctx context.Context, place string, o catalog.Object, of shape, lost []string) error {
	create, ok := catalog.Part(o.Create, place, of.names(), lost)
	if !ok {
		return errors.New("its definition is not what it was")
	}
	return d.own.execAll(ctx, d.again(place, create)...)
}
