package hazard

import (
	"slices"
	"strings"
)

// relation is a table, view or index, as it stands at one statement of the
// batch.
type relation struct {
	oid          uint32
	schema, name string
	kind         byte  // pg_class.relkind
	pages        int64 // of itself, 8 KiB each
	made         bool  // by the batch itself
	gone         bool  // dropped by the batch
	isDefault    bool  // the default partition of its parent
	partition    bool
	table        *relation // of an index
	columns      map[string]*column
	constraints  []*constraint
	parents      []*relation
	children     []*relation
	reads        []*relation // what a view reads
	readers      []*relation // views that read it
	referencing  []*constraint
	indexes      []*relation
	keys         []string // of an index: its columns, "" for an expression
	unique       bool
	triggers     bool // user's triggers fire
}

type column struct {
	typ     string // as format_type writes it
	notNull bool
	filled  bool // it has a default, an identity or an expression
}

// constraint is one constraint of a table.
type constraint struct {
	name      string
	kind      byte // pg_constraint.contype
	validated bool
	columns   []string
	targets   []string // of a foreign key: the parent's columns
	text      string   // the expression of a check
	child     *relation
	parent    *relation // of a foreign key
	index     *relation
	onDelete  byte
	onUpdate  byte
}

func (r *relation) label() string { return r.schema + "." + r.name }

// holdsRows reports whether rows can be read and written in it.
func (r *relation) holdsRows() bool { return strings.IndexByte("rpmf", r.kind) >= 0 }

// family is the relation and, where the statement reaches them, all that inherit
// from it or are its partitions.
func (r *relation) family(inherited bool) []*relation {
	out := []*relation{r}
	if !inherited {
		return out
	}
	seen := map[*relation]bool{r: true}
	for i := 0; i < len(out); i++ {
		for _, c := range out[i].children {
			if !seen[c] && !c.gone {
				seen[c] = true
				out = append(out, c)
			}
		}
	}
	return out
}

// bytes is the size of the rows of the relation and its children.
func (r *relation) bytes() int64 {
	var pages int64
	for _, f := range r.family(true) {
		pages += f.pages
	}
	return pages * pageSize
}

// fresh reports whether the whole family was made by the batch itself.
func (r *relation) fresh() bool { return r.made }

func (r *relation) constraint(name string) *constraint {
	for _, c := range r.constraints {
		if c.name == name {
			return c
		}
	}
	return nil
}

// primaryKey lists the columns of the primary key.
func (r *relation) primaryKey() []string {
	for _, c := range r.constraints {
		if c.kind == 'p' {
			return c.columns
		}
	}
	return nil
}

// foreignKeys are the foreign keys that point at the relation or away from it.
func (r *relation) foreignKeys() []*constraint {
	var out []*constraint
	for _, c := range r.constraints {
		if c.kind == 'f' {
			out = append(out, c)
		}
	}
	return append(out, r.referencing...)
}

// other is the table at the far end of a foreign key.
func (c *constraint) other(r *relation) *relation {
	if c.child == r {
		return c.parent
	}
	return c.child
}

// indexed reports whether an index begins with the columns, in any order.
func (r *relation) indexed(columns []string) bool {
	for _, i := range r.indexes {
		if i.gone || len(i.keys) < len(columns) {
			continue
		}
		found := 0
		for _, c := range columns {
			if slices.Contains(i.keys[:len(columns)], c) {
				found++
			}
		}
		if found == len(columns) {
			return true
		}
	}
	return false
}
