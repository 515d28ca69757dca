package revert

import (
	"slices"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/catalog"
)

// Record lists, by primary key, the rows of one table that a batch inserted,
// changed or deleted, as they were when it ended. It lies in a table beside the
// copies, with the columns of the key under their names of Key, and
//
//	was   "char"  'i' inserted, 'u' changed, 'd' deleted
//	hash  bigint  of the row as the batch left it, over the columns Of, or All where
//	              it inserted it; NULL where it deleted it
//
// A row whose hash is another one by now was written since. A record of a table
// without a copy holds inserted rows only.
type Record struct {
	Table  uint32       // OID of the table in After
	Source string       // quoted, qualified name of the record
	Key    []CopyColumn // columns of the primary key; Num in After
	Of     []CopyColumn // what the hash of a changed row is of, in this order; Num in After
	All    []CopyColumn // what the hash of an inserted row is of: every column; Num in After
	Rows   int64
}

// Letters of Record's column was.
const (
	Inserted = "i"
	Changed  = "u"
	Deleted  = "d"
)

// KeyStays says whether a table has in two states the same primary key, over
// columns of the same types, so that its rows can be told by it.
func KeyStays(a, b *catalog.State, table uint32) bool {
	return keyStays(newIndex(a), newIndex(b), address{Catalog: "pg_class", OID: table})
}

func keyStays(x, y *index, table address) bool {
	key := x.primaryKey(table)
	if len(key) == 0 || !slices.Equal(key, y.primaryKey(table)) {
		return false
	}
	return !slices.ContainsFunc(key, func(num int16) bool {
		a, b := column(x.objects[table], num), column(y.objects[table], num)
		return a == nil || b == nil || a.TypeOID != b.TypeOID || a.Collation != b.Collation
	})
}

// primaryKey lists the columns of a table's primary key by attnum, in the order of
// the table; nil where it has none.
func (x *index) primaryKey(table address) []int16 {
	for i := range x.state.Objects {
		o := &x.state.Objects[i]
		if o.Kind != catalog.KindConstraint || o.Parent != table {
			continue
		}
		if names, ok := keyColumns(o); ok {
			if t := x.objects[table]; t != nil && t.Table != nil {
				return numbered(t, names)
			}
		}
	}
	return nil
}

func numbered(table *object, names []string) []int16 {
	var nums []int16
	for i := range table.Table.Columns {
		if c := &table.Table.Columns[i]; slices.Contains(names, catalog.Quote(c.Name)) {
			nums = append(nums, c.Num)
		}
	}
	return nums
}

// keyColumns reads the quoted names of the columns of a primary key from its
// definition.
func keyColumns(o *object) (names []string, ok bool) {
	all := tokens(o.Create)
	for i := range all {
		if i < 2 || all[i-2] != "PRIMARY" || all[i-1] != "KEY" || all[i] != "(" {
			continue
		}
		for _, t := range all[i+1:] {
			switch t {
			case ",":
			case ")":
				return names, true
			default:
				names = append(names, t)
			}
		}
	}
	return nil, false
}
