package catalog

import (
	"reflect"
	"slices"
)

// Same tells whether two objects have the same definition: everything but
// Address, Parent, DependsOn and other OIDs is equal.
func (o Object) Same(p Object) bool { return reflect.DeepEqual(o.Bare(), p.Bare()) }

// Bare is the object without what differs between two makings of it.
func (o Object) Bare() Object {
	o.Address, o.Parent, o.DependsOn, o.Beyond, o.Passed, o.Array = Address{}, Address{}, nil, "", false, ""
	o.Grants, o.After, o.Labels, o.Options = filled(o.Grants), filled(o.After), filled(o.Labels), filled(o.Options)
	o.Shells = filled(o.Shells)
	o.Sequence = o.Sequence.bare()
	if o.Part != nil {
		o.Part = &Part{Index: o.Part.Index, Own: o.Part.Own}
	}
	if o.Table != nil {
		t := *o.Table
		t.Options, t.Parents = filled(t.Options), filled(t.Parents)
		t.Clones, t.Checks = filled(t.Clones), filled(t.Checks)
		t.Columns = make([]Column, len(o.Table.Columns))
		for i, c := range o.Table.Columns {
			c.Num, c.TypeOID, c.IdentitySeq = 0, 0, c.IdentitySeq.bare()
			c.Options, c.Grants = filled(c.Options), filled(c.Grants)
			t.Columns[i] = c
		}
		o.Table = &t
	}
	o.Attributes, o.With, o.Makers = bareAttributes(o.Attributes), o.With.bare(), filled(o.Makers)
	o.Byproducts = filled(o.Byproducts)
	columns := make([]ColumnExtras, len(o.Columns))
	for i, c := range o.Columns {
		c.Num, c.Type, c.Grants = 0, "", filled(c.Grants)
		columns[i] = c
	}
	o.Columns = columns
	return o
}

func (s *Sequence) bare() *Sequence {
	if s == nil {
		return nil
	}
	b := *s
	b.OID, b.Grants = 0, filled(b.Grants)
	return &b
}

func bareAttributes(all []Column) []Column {
	bare := make([]Column, len(all))
	for i, c := range all {
		c.Num, c.TypeOID = 0, 0
		bare[i] = c
	}
	return filled(bare)
}

func (w *Companion) bare() *Companion {
	if w == nil {
		return nil
	}
	b := *w
	b.OID, b.Grants = 0, filled(b.Grants)
	return &b
}

// filled makes empty and absent lists equal: JSON does not keep them apart.
func filled[T any](list []T) []T {
	if len(list) == 0 {
		return nil
	}
	return list
}

// Change is one object that differs between two states: created where Before
// is nil, gone where After is.
type Change struct{ Before, After *Object }

// Diff compares two states of one database by Address. Besides definitions it
// sees a column that was replaced by another of the same definition.
func Diff(before, after *State) []Change {
	var changes []Change
	for i := range before.Objects {
		b := &before.Objects[i]
		a := after.Object(b.Address)
		if a == nil || !b.Same(*a) || !slices.Equal(b.numbers(), a.numbers()) {
			changes = append(changes, Change{Before: b, After: a})
		}
	}
	for i := range after.Objects {
		if a := &after.Objects[i]; before.Object(a.Address) == nil {
			changes = append(changes, Change{After: a})
		}
	}
	return changes
}

// numbers lists the attnums of a table's columns or a type's attributes.
func (o Object) numbers() []int16 {
	all := o.LiveColumns()
	nums := make([]int16, len(all))
	for i, c := range all {
		nums[i] = c.Num
	}
	return nums
}

// LiveColumns are the columns of a table, the attributes of a composite type;
// other objects have none that are known one by one.
func (o Object) LiveColumns() []Column {
	if o.Table != nil {
		return o.Table.Columns
	}
	return o.Attributes
}
