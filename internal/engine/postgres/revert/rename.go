package revert

import (
	"fmt"
	"slices"
	"strings"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/catalog"
)

// named is something that has, and is to have, a name.
type named struct {
	addr       address // a column, where Column is set
	kind       catalog.Kind
	parent     address // what it hangs on and moves with
	space      catalog.Space
	hasSchema  string
	has        string
	wantSchema string
	want       string
	args       string // what follows the name: a routine's arguments
	what       string
	moves      bool // lies in another schema
	rides      bool // goes there with its parent
	indexed    bool // a constraint that comes with an index of its name
	aside      bool // has a temporary name

	notNull   bool      // the NOT NULL of a column: gives way, and gets its name with its column
	inherited bool      // is renamed with that of the parent
	followers []*named  // are renamed with this
	under     []address // tables that have a check from the table of this one
}

// renamer turns names into other names without two things ever having the same.
type renamer struct {
	all   []*named
	by    map[address]*named
	taken map[slot]*named
	temps int
	steps []step
}

// wanted gives the schema and name that an object is to have.
type wanted func(o *object) (schema, name string)

// newRenamer lists what has a name at the moment. columns gives the wanted
// name of a table's column.
func newRenamer(x *index, want wanted, columns func(o *object, c *catalog.Column) string, yields func(o *object, c *catalog.Column) bool) *renamer {
	r := &renamer{by: map[address]*named{}, taken: map[slot]*named{}}
	for i := range x.state.Objects {
		o := &x.state.Objects[i]
		r.addObject(o, want)
		if isCheck(o) && !strings.Contains(o.Create, " NO INHERIT") {
			x.below(o.Parent, func(a address) { r.by[o.Address].under = append(r.by[o.Address].under, a) })
		}
		if m := multirange(o); m != nil {
			r.addObject(m, want)
		}
		all := o.LiveColumns()
		for j := range all {
			c := &all[j]
			if s := identitySequence(o, c); s != nil {
				r.addObject(s, want)
			}
			a := o.Address
			a.Column = c.Num
			col := &named{addr: a, parent: o.Address, space: spaceColumn, has: c.Name, want: columns(o, c), what: "column " + c.Name + " of " + o.Identity, inherited: c.Inherited > 0}
			r.add(col, []slot{{space: spaceColumn, parent: o.Address, name: c.Name}})
			if s, ok := notNullSlot(o, c); ok && yields(o, c) {
				a.Catalog = "pg_constraint"
				r.add(&named{addr: a, kind: catalog.KindConstraint, parent: o.Address, space: s.space, has: c.NotNullName, want: c.NotNullName,
					what: "the NOT NULL of " + col.what, notNull: true, inherited: c.NotNullOver}, []slot{s})
			}
		}
	}
	r.follow(x)
	return r
}

// follow finds which columns and checks have their names from parents.
func (r *renamer) follow(x *index) {
	for _, n := range r.all {
		if !n.inherited {
			continue
		}
		for _, p := range x.parents(x.objects[n.parent]) {
			if above := r.taken[slot{space: n.space, parent: p, name: n.has}]; above != nil {
				above.followers = append(above.followers, n)
			}
		}
	}
}

func (r *renamer) addObject(o *object, want wanted) {
	schema, name := want(o)
	n := &named{
		addr: o.Address, kind: o.Kind, parent: o.Parent, hasSchema: o.Schema, has: o.Name,
		wantSchema: schema, want: name, what: label(o),
		args: o.Signature(), moves: schema != o.Schema, rides: rides(o), indexed: o.Kind == catalog.KindConstraint && hasIndex(o),
		space: o.Kind.Facts().Space, inherited: o.Inherited,
	}
	r.add(n, slots(o))
}

// rides tells whether an object always lies in the schema of what it hangs on.
// Statistics and ranges have a schema of their own.
func rides(o *object) bool {
	return o.Parent != address{} && o.Kind != catalog.KindStatistics && o.Kind != catalog.KindRange
}

// identitySequence is the sequence of an identity column as an object of its
// own; nil when the column has none.
func identitySequence(o *object, c *catalog.Column) *object {
	if c.IdentitySeq == nil {
		return nil
	}
	schema, name := splitQualified(c.IdentitySeq.Name)
	return &object{
		Address: address{Catalog: "pg_class", OID: c.IdentitySeq.OID},
		Kind:    catalog.KindSequence, Schema: schema, Name: name,
		Identity: c.IdentitySeq.Name, Parent: o.Address,
	}
}

func (r *renamer) add(n *named, taken []slot) {
	r.all = append(r.all, n)
	r.by[n.addr] = n
	for _, s := range taken {
		r.taken[s] = n
	}
}

// run renames what fits, and puts aside what is in its way.
func (r *renamer) run(fits func(n *named) bool) []step {
	var change []*named
	for _, n := range r.all {
		if fits(n) && !n.inherited && (n.moves || n.want != n.has) {
			change = append(change, n)
		}
	}
	for _, n := range change {
		if n.moves && n.want != n.has && !n.rides {
			r.putAside(n)
		}
		for _, s := range n.targets() {
			if other := r.taken[s]; other != nil && other != n {
				r.putAside(r.source(other))
			}
		}
	}
	for _, n := range change {
		if n.moves && !n.rides {
			r.move(n)
		}
	}
	for _, n := range change {
		r.rename(n, n.want)
	}
	return r.steps
}

// target are the places that it is to take.
func (n *named) target() []slot {
	if n.space == spaceColumn {
		return []slot{{space: spaceColumn, parent: n.parent, name: n.want}}
	}
	all := slots(&object{Kind: n.kind, Schema: n.wantSchema, Name: n.want, Parent: n.parent,
		Identity: n.kind.Spell(n.wantSchema, n.want) + n.args})
	if n.indexed {
		all = append(all, slot{space: catalog.SpaceRelation, schema: n.wantSchema, name: n.want})
	}
	return all
}

// targets are those of what follows it, too.
func (n *named) targets() []slot {
	all := n.target()
	for _, child := range n.under {
		all = append(all, slot{space: n.space, parent: child, name: n.want})
	}
	for _, f := range n.followers {
		follower := *f
		follower.want = n.want
		all = append(all, follower.targets()...)
	}
	return all
}

// source is what gives the NOT NULL of a child its name; else n itself.
func (r *renamer) source(n *named) *named {
	if !n.notNull || !n.inherited {
		return n
	}
	for _, above := range r.all {
		if slices.Contains(above.followers, n) {
			return r.source(above)
		}
	}
	return n
}

// outOfTheWay is a name for what is in another's way. It does not begin as those of
// safemigrate's own schemas do: a schema of such a name is not read any more.
func outOfTheWay[N uint32 | int](n N) string { return fmt.Sprintf("aside_of_safemigrate_%d", n) }

// putAside gives a name that nobody else has, once.
func (r *renamer) putAside(n *named) {
	if n.aside || n.inherited {
		return
	}
	n.aside = true
	r.temps++
	r.rename(n, outOfTheWay(r.temps))
}

func (r *renamer) rename(n *named, to string) {
	if n.has == to || n.kind == catalog.KindDefault || n.kind == catalog.KindDomainDefault {
		return
	}
	var sql string
	from, as := catalog.Quote(n.has), " RENAME TO "+catalog.Quote(to)
	switch n.kind {
	case "":
		p := r.by[n.parent].kind
		sql = r.parent(n) + either(p == catalog.KindComposite, " RENAME ATTRIBUTE ", " RENAME COLUMN ") + from + " TO " + catalog.Quote(to) + cascade(p)
	case catalog.KindConstraint, catalog.KindDomainCheck:
		sql = r.parent(n) + " RENAME CONSTRAINT " + from + " TO " + catalog.Quote(to)
	case catalog.KindTrigger, catalog.KindRule, catalog.KindPolicy:
		sql = "ALTER " + n.kind.Facts().Word + " " + from + " ON " + r.name(r.by[n.parent]) + as
	default:
		sql = "ALTER " + n.kind.Facts().Word + " " + r.name(n) + n.args + as
	}
	r.steps = append(r.steps, step{sql: sql, what: "naming " + n.what + " back"})
	n.called(to)
}

// called notes a new name, which those take on that follow.
func (n *named) called(name string) {
	n.has = name
	for _, f := range n.followers {
		f.called(name)
	}
}

func (r *renamer) move(n *named) {
	r.steps = append(r.steps, step{
		sql:  "ALTER " + n.kind.Facts().Word + " " + r.name(n) + n.args + " SET SCHEMA " + catalog.Quote(n.wantSchema),
		what: "moving " + n.what + " back",
	})
	n.hasSchema = n.wantSchema
	for _, m := range r.all {
		if m.parent == n.addr && m.kind != "" && slices.Contains([]catalog.Kind{catalog.KindIndex, catalog.KindConstraint, catalog.KindSequence}, m.kind) {
			m.hasSchema = n.wantSchema
		}
	}
}

// parent is the ALTER TABLE of what it hangs on.
func (r *renamer) parent(n *named) string {
	p := r.by[n.parent]
	return "ALTER " + p.kind.Facts().Word + " " + r.name(p)
}

func (r *renamer) name(n *named) string {
	return n.kind.Spell(n.hasSchema, n.has)
}
