package revert

import (
	"slices"
	"strings"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/catalog"
)

type (
	address = catalog.Address
	object  = catalog.Object
)

// index finds the objects of one state.
type index struct {
	state   *catalog.State
	objects map[address]*object
	schemas map[string]address
	types   map[string]address  // by identity: what a column can be of
	hidden  map[address]*object // sequences of identity columns, multiranges

	collations map[string]address    // by identity
	tables     map[string]address    // by identity
	children   map[address][]address // tables under a table
}

func newIndex(s *catalog.State) *index {
	x := &index{
		state:   s,
		objects: make(map[address]*object, len(s.Objects)),
		schemas: map[string]address{},
		types:   map[string]address{},
		hidden:  map[address]*object{},

		collations: map[string]address{},
		tables:     map[string]address{},
		children:   map[address][]address{},
	}
	for i := range s.Objects {
		o := &s.Objects[i]
		x.objects[o.Address] = o
		switch {
		case o.Kind == catalog.KindSchema:
			x.schemas[o.Name] = o.Address
		case o.Kind == catalog.KindTable:
			x.hideSequences(o)
			x.tables[o.Identity] = o.Address
			x.types[o.Identity] = o.Address
		case o.Kind == catalog.KindCollation:
			x.collations[o.Identity] = o.Address
		case o.Address.Catalog == "pg_type", o.Kind == catalog.KindView, o.Kind == catalog.KindMatview, o.Kind == catalog.KindForeignTable:
			x.types[o.Identity] = o.Address
		}
		if m := multirange(o); m != nil {
			x.hidden[m.Address] = m
			x.types[m.Identity] = m.Address
		}
	}
	x.addChildren()
	return x
}

func (x *index) addChildren() {
	for i := range x.state.Objects {
		o := &x.state.Objects[i]
		for _, p := range x.parents(o) {
			x.children[p] = append(x.children[p], o.Address)
		}
	}
}

func (x *index) hideSequences(o *object) {
	for i := range o.Table.Columns {
		if s := identitySequence(o, &o.Table.Columns[i]); s != nil {
			x.hidden[s.Address] = s
		}
	}
}

// whole is the address of the object that a column address belongs to.
func whole(a address) address {
	a.Column = 0
	return a
}

// column finds a column, or an attribute, by its number; nil when there is none.
func column(o *object, num int16) *catalog.Column {
	if o == nil {
		return nil
	}
	all := o.LiveColumns()
	for i := range all {
		if all[i].Num == num {
			return &all[i]
		}
	}
	return nil
}

// parent is the object that a hidden one belongs to.
func (x *index) parent(a address) address {
	if o := x.hidden[a]; o != nil {
		return o.Parent
	}
	return address{}
}

// typeOf is the user's type that a column is of, and what follows its name ("[]").
func (x *index) typeOf(typ string) (address, string, bool) {
	base := strings.TrimSuffix(typ, "[]")
	a, ok := x.types[base]
	return a, typ[len(base):], ok
}

// addresses lists the objects of several states, each once, in a stable order.
func addresses(states ...*index) []address {
	var all []address
	seen := map[address]bool{}
	for _, x := range states {
		if x == nil {
			continue
		}
		for i := range x.state.Objects {
			if a := x.state.Objects[i].Address; !seen[a] {
				seen[a] = true
				all = append(all, a)
			}
		}
	}
	return all
}

// dependencies of an object: what it needs, and what it hangs on.
func dependencies(o *object) []address {
	var none address
	if o.Parent == none || slices.Contains(o.DependsOn, o.Parent) {
		return o.DependsOn
	}
	return append(slices.Clone(o.DependsOn), o.Parent)
}

// label names an object in messages: "view public.v".
func label(o *object) string { return string(o.Kind) + " " + o.Identity }
