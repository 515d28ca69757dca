package hazard

import (
	tree "github.com/pganalyze/pg_query_go/v6"
)

// world is the schema as the statements before have left it.
type world struct {
	*facts
	path []string // the search_path that holds at the statement
}

// tempSchema is where temporary tables are found first.
const tempSchema = "pg_temp"

// find returns the relation that a name stands for, or nil.
func (w *world) find(v *tree.RangeVar) *relation {
	if v == nil {
		return nil
	}
	return w.named(v.GetSchemaname(), v.GetRelname())
}

func (w *world) named(schema, name string) *relation {
	places := append([]string{tempSchema}, w.path...)
	if schema != "" {
		places = []string{schema}
	}
	for _, s := range places {
		if r := w.relations[s+"."+name]; r != nil && !r.gone {
			return r
		}
	}
	return nil
}

// dotted returns the relation of a name in parts.
func (w *world) dotted(parts []string) *relation {
	switch len(parts) {
	case 1:
		return w.named("", parts[0])
	case 2:
		return w.named(parts[0], parts[1])
	case 3:
		return w.named(parts[1], parts[2])
	}
	return nil
}

// create adds a relation that the batch makes.
func (w *world) create(v *tree.RangeVar, kind byte) *relation {
	schema := v.GetSchemaname()
	switch {
	case v.GetRelpersistence() == "t":
		schema = tempSchema
	case schema == "":
		schema = w.creation()
	}
	r := &relation{schema: schema, name: v.GetRelname(), kind: kind, made: true, columns: map[string]*column{}}
	w.relations[r.label()] = r
	return r
}

// creation is the schema in which a bare name is made: the first of the path
// that is not the server's own.
func (w *world) creation() string {
	for _, s := range w.path {
		if s != "pg_catalog" && s != tempSchema {
			return s
		}
	}
	return "public"
}

// move gives a relation another name or schema.
func (w *world) move(r *relation, schema, name string) {
	delete(w.relations, r.label())
	r.schema, r.name = schema, name
	w.relations[r.label()] = r
}

// drop takes a relation out.
func (w *world) drop(r *relation) {
	r.gone = true
	for _, c := range r.constraints {
		if c.parent != nil {
			c.parent.referencing = without(c.parent.referencing, c)
		}
	}
	for _, p := range r.parents {
		p.children = without(p.children, r)
	}
	for _, i := range r.indexes {
		i.gone = true
	}
}

func without[T comparable](list []T, gone T) []T {
	var out []T
	for _, x := range list {
		if x != gone {
			out = append(out, x)
		}
	}
	return out
}

// addIndex adds an index that the batch makes.
func (w *world) addIndex(table *relation, name string, keys []string, unique bool) *relation {
	i := &relation{schema: table.schema, name: name, kind: 'i', made: true, table: table, keys: keys, unique: unique}
	if name != "" {
		w.relations[i.label()] = i
	}
	table.indexes = append(table.indexes, i)
	return i
}
