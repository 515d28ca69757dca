package revert

import (
	"slices"
	"strings"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/catalog"
)

// An aspect is a part of an object that can change without the others: of the
// object itself, or of one column of a table.
type aspect struct {
	column int16 // attnum, 0: the object
	part   part
}

type part string

const (
	partName        part = "name"
	partSchema      part = "schema"
	partBody        part = "definition"
	partOwner       part = "owner"
	partGrants      part = "privileges"
	partComment     part = "comment"
	partOnIndex     part = "index's comment"                // of a constraint
	partColumns     part = "column comments and privileges" // of a view or composite type
	partOf          part = "type that it is made of"        // of a typed table
	partTypeComment part = "row type's comment"             // or its multirange's
	partTypeGrants  part = "row type's privileges"
	partByproducts  part = "comments on what comes with it"
	partArray       part = "array type's name"
	partStorage     part = "storage"
	partSecurity    part = "row security"
	partReplica     part = "replica identity"
	partCluster     part = "clustering"
	partClones      part = "triggers from its parent"

	partShape    part = "type" // or whether the column is there at all
	partNotNull  part = "not null"
	partIdentity part = "identity"
	partSettings part = "settings"

	partSequenceGrants  part = "identity sequence's privileges"
	partSequenceComment part = "identity sequence's comment"
	partSequenceStorage part = "identity sequence's storage"
)

// plurals are the parts of whose names people speak as of several things.
var plurals = map[part]bool{partGrants: true, partColumns: true, partTypeGrants: true, partByproducts: true, partClones: true, partSettings: true, partSequenceGrants: true}

// soft aspects are set to what is expected after everything else, on an object
// old or new; they never make it necessary to create it anew.
func (a aspect) soft() bool {
	switch a.part {
	case partOwner, partGrants, partComment, partOnIndex, partColumns, partTypeComment, partTypeGrants, partByproducts, partArray, partClones,
		partSequenceGrants, partSequenceComment, partSequenceStorage:
		return true
	}
	return false
}

// list names aspects of an object for people.
func list(o *object, all []aspect) string {
	texts := make([]string, len(all))
	for i, a := range all {
		texts[i] = string(a.part)
		if name := columnName(o, a.column); name != "" {
			texts[i] = "column " + catalog.Quote(name) + "'s " + texts[i]
		}
	}
	return strings.Join(texts, ", ")
}

// changed names aspects of an object for people, and says that they were changed.
func changed(o *object, all []aspect) string {
	many := len(all) > 1
	for _, a := range all {
		many = many || plurals[a.part]
	}
	return list(o, all) + either(many, " were changed", " was changed")
}

// comparer compares objects of state x with the same objects in state y, and
// overlooks what only follows the renames in ren.
type comparer struct {
	x, y *index
	ren  renaming
}

// differences lists the aspects in which two readings of an object differ.
func (c comparer) differences(a, b *object) []aspect {
	var out []aspect
	note := func(p part, same bool) {
		if !same {
			out = append(out, aspect{part: p})
		}
	}
	name, schema := c.sameMultirange(a, b)
	note(partName, (a.Name == b.Name || a.Kind == catalog.KindDefault) && name) // a default has its column's name
	note(partSchema, (a.Schema == b.Schema || c.followsSchema(a, b)) && schema)
	note(partBody, c.sameBody(a, b))
	note(partOwner, a.Owner == b.Owner && companionOwner(a) == companionOwner(b))
	note(partGrants, slices.Equal(a.Grants, b.Grants))
	note(partComment, a.Comment == b.Comment)
	note(partOnIndex, a.OnIndex == b.OnIndex)
	note(partTypeComment, companionComment(a) == companionComment(b))
	note(partTypeGrants, a.With == nil && b.With == nil || slices.Equal(companionGrants(a), companionGrants(b)))
	note(partByproducts, c.sameByproducts(a, b))
	note(partArray, a.Array == b.Array)
	if a.Table == nil || b.Table == nil {
		note(partColumns, sameExtras(a, b))
		return out
	}
	s, t := a.Table, b.Table
	note(partStorage, s.Persistence == t.Persistence && slices.Equal(s.Options, t.Options) && s.Tablespace == t.Tablespace && s.Method == t.Method)
	note(partSecurity, s.RowSecurity == t.RowSecurity && s.ForceRLS == t.ForceRLS)
	note(partReplica, c.ren.explains(s.Replica, t.Replica))
	note(partClones, c.texts(s.Clones, t.Clones))
	note(partCluster, c.ren.explains(s.Cluster, t.Cluster))
	note(partOf, c.sameType(a.Of, b.Of))
	for _, num := range columnNumbers(a, b) {
		out = append(out, c.columnDifferences(num, column(a, num), column(b, num))...)
	}
	return out
}

// followsSchema says whether the schema's name differs only because the schema
// was renamed, or because the table that the object hangs on was moved.
func (c comparer) followsSchema(a, b *object) bool {
	if rides(a) && a.Parent == b.Parent {
		return true
	}
	return !schemaMoved(c.x, c.y, a, b)
}

// sameBody compares what makes the object; a table's is its columns, compared
// one by one elsewhere.
func (c comparer) sameBody(a, b *object) bool {
	if a.Kind != b.Kind || a.Unsupported != b.Unsupported || a.Invalid != b.Invalid {
		return false
	}
	if a.Table != nil && b.Table != nil {
		return c.texts(a.Table.Parents, b.Table.Parents) && c.ren.explains(a.Table.Partition, b.Table.Partition) &&
			c.ren.explains(a.Table.Key, b.Table.Key)
	}
	if a.Kind == catalog.KindSchema {
		return true
	}
	switch a.Kind {
	case catalog.KindEnum:
		return slices.Equal(a.Labels, b.Labels)
	case catalog.KindComposite:
		return c.sameAttributes(a, b)
	case catalog.KindDomain:
		return c.sameCreate(a, b) && c.ren.explains(a.Default, b.Default)
	case catalog.KindRange:
		return c.sameCreate(a, b) && slices.Equal(a.Makers, b.Makers)
	}
	if (a.Kind == catalog.KindView || a.Kind == catalog.KindMatview) && !slices.EqualFunc(a.Columns, b.Columns, sameColumnName) {
		return false
	}
	return c.sameCreate(a, b) && c.texts(a.After, b.After) && c.texts(a.Shells, b.Shells) && c.sameSequence(a.Sequence, b.Sequence)
}

// sameColumnName compares columns of a view, whose names are its own: they do
// not follow those of the columns that it reads.
func sameColumnName(a, b catalog.ColumnExtras) bool { return a.Name == b.Name }

// sameCreate overlooks the object's own name, which is an aspect of its own.
func (c comparer) sameCreate(a, b *object) bool {
	if a.Create == b.Create {
		return true
	}
	ren := c.ren
	if a.Name != b.Name || a.Schema != b.Schema {
		ren = renaming{}
		for k := range c.ren {
			ren[k] = true
		}
		ren.add(a.Name, b.Name)
		ren.add(a.Schema, b.Schema)
	}
	return ren.explains(a.Create, b.Create)
}

func (c comparer) texts(a, b []string) bool { return slices.EqualFunc(a, b, c.ren.explains) }

func (c comparer) sameSequence(a, b *catalog.Sequence) bool {
	if a == nil || b == nil {
		return a == b
	}
	return sameNumbers(a, b) && c.ren.explains(a.OwnedBy, b.OwnedBy)
}

// sameNumbers compares all of two sequences but their names and owners.
func sameNumbers(a, b *catalog.Sequence) bool {
	return a.Type == b.Type && a.Start == b.Start && a.Increment == b.Increment &&
		a.Min == b.Min && a.Max == b.Max && a.Cache == b.Cache && a.Cycle == b.Cycle
}

func sameExtras(a, b *object) bool {
	if a.Kind == catalog.KindComposite && b.Kind == catalog.KindComposite {
		return sameAttributeComments(a, b)
	}
	return slices.EqualFunc(a.Columns, b.Columns, func(x, y catalog.ColumnExtras) bool {
		return x.Name == y.Name && x.Comment == y.Comment && slices.Equal(x.Grants, y.Grants)
	})
}

func columnNumbers(a, b *object) []int16 {
	var nums []int16
	for _, o := range []*object{a, b} {
		for i := range o.Table.Columns {
			if n := o.Table.Columns[i].Num; !slices.Contains(nums, n) {
				nums = append(nums, n)
			}
		}
	}
	return nums
}

func (c comparer) columnDifferences(num int16, a, b *catalog.Column) []aspect {
	if a == nil || b == nil {
		return []aspect{{num, partShape}}
	}
	var out []aspect
	note := func(p part, same bool) {
		if !same {
			out = append(out, aspect{num, p})
		}
	}
	note(partShape, c.sameShape(a, b))
	note(partName, a.Name == b.Name)
	note(partNotNull, sameNotNull(a, b))
	note(partIdentity, a.Identity == b.Identity && c.sameIdentity(a.IdentitySeq, b.IdentitySeq))
	note(partSettings, a.Storage == b.Storage && a.Compression == b.Compression && a.StatTarget == b.StatTarget && slices.Equal(a.Options, b.Options))
	note(partComment, a.Comment == b.Comment)
	note(partGrants, slices.Equal(a.Grants, b.Grants))
	if s, t := a.IdentitySeq, b.IdentitySeq; s != nil && t != nil {
		note(partSequenceGrants, slices.Equal(s.Grants, t.Grants))
		note(partSequenceComment, s.Comment == t.Comment)
		note(partSequenceStorage, s.Persistence == t.Persistence)
	}
	return out
}

// sameShape says whether the stored values of a column are the same kind of
// thing, so that the column can stay as it is.
func (c comparer) sameShape(a, b *catalog.Column) bool {
	return a.Virtual == b.Virtual && c.sameType(a.Type, b.Type) && c.sameCollation(a.Collation, b.Collation) && c.ren.explains(a.Generated, b.Generated)
}

func (c comparer) sameType(a, b string) bool {
	ea, sa, inX := c.x.typeOf(a)
	eb, sb, inY := c.y.typeOf(b)
	if inX || inY {
		return inX && inY && ea == eb && sa == sb
	}
	return c.ren.explains(a, b)
}

// sameCollation tells a collation from another that has taken its name.
func (c comparer) sameCollation(a, b string) bool {
	x, inX := c.x.collations[a]
	y, inY := c.y.collations[b]
	if inX || inY {
		return inX && inY && x == y
	}
	return c.ren.explains(a, b)
}

func (c comparer) sameIdentity(a, b *catalog.Sequence) bool {
	if a == nil || b == nil {
		return a == b
	}
	return sameNumbers(a, b) && c.ren.explains(a.Name, b.Name)
}
