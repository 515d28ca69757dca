package sqlite

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/ncruces/go-sqlite3"
)

// shape is what the way back has to know of a table's form.
type shape struct {
	file, name string
	columns    []string // that are stored, in order
	rowid      string   // a name by which the rowid can be reached; "" where there is none
	key        []string // the primary key, where it tells every row from every other
	alias      bool     // the key is the rowid
	types      map[string]string
}

// at is the table's full name in SQL.
func (s *shape) at() string { return s.file + "." + sqlite3.QuoteIdentifier(s.name) }

// shapeOf reads the form of a table in an attached file.
func (l *link) shapeOf(ctx context.Context, file, name string) (*shape, error) {
	s := &shape{file: file, name: name, types: map[string]string{}}
	var all, primary []string
	err := l.each(ctx, `SELECT name, type, hidden FROM pragma_table_xinfo($1, $2) ORDER BY cid`, func(st *sqlite3.Stmt) error {
		column := st.ColumnText(0)
		all = append(all, fold(column))
		if st.ColumnInt(2) == 0 {
			s.columns = append(s.columns, column)
			s.types[fold(column)] = st.ColumnText(1)
		}
		return nil
	}, name, file)
	if err == nil {
		err = l.each(ctx, `SELECT name FROM pragma_table_xinfo($1, $2) WHERE pk > 0 ORDER BY pk`, func(st *sqlite3.Stmt) error {
			primary = append(primary, st.ColumnText(0))
			return nil
		}, name, file)
	}
	if err != nil {
		return nil, explain("read the columns of "+name, err)
	}
	without, err := l.withoutRowid(ctx, file, name)
	if err != nil {
		return nil, err
	}
	for _, alias := range []string{"rowid", "oid", "_rowid_"} {
		if !without && s.rowid == "" && !slices.Contains(all, alias) {
			s.rowid = alias
		}
	}
	return s, l.findKey(ctx, s, primary, without)
}

func (l *link) withoutRowid(ctx context.Context, file, name string) (bool, error) {
	found := false
	err := l.each(ctx, `SELECT wr FROM pragma_table_list WHERE schema = $1 AND name = $2 COLLATE NOCASE`, func(st *sqlite3.Stmt) error {
		found = st.ColumnBool(0)
		return nil
	}, file, name)
	return found, explain("look at table "+name, err)
}

// findKey decides whether the primary key serves: SQLite allows NULL in it, and
// a collation of its own, by which rows could be told apart that the columns
// themselves compare as equal.
func (l *link) findKey(ctx context.Context, s *shape, primary []string, without bool) error {
	if len(primary) == 0 {
		return nil
	}
	collations := map[string]string{}
	err := l.each(ctx, `SELECT x.name, x.coll FROM pragma_index_list($1, $2) AS i, pragma_index_xinfo(i.name, $2) AS x
		WHERE i.origin = 'pk' AND x.key = 1`, func(st *sqlite3.Stmt) error {
		collations[fold(st.ColumnText(0))] = fold(st.ColumnText(1))
		return nil
	}, s.name, s.file)
	if err != nil {
		return explain("read the primary key of "+s.name, err)
	}
	s.alias = len(collations) == 0
	if s.alias {
		s.key = primary
		return nil
	}
	var empty []string
	for _, c := range primary {
		collation, err := l.collation(s, c)
		if err != nil {
			return err
		}
		if fold(collation) != collations[fold(c)] {
			return nil
		}
		empty = append(empty, sqlite3.QuoteIdentifier(c)+" IS NULL")
	}
	if !without {
		n, err := l.number(ctx, "SELECT EXISTS (SELECT 1 FROM "+s.at()+" WHERE "+strings.Join(empty, " OR ")+")")
		if err != nil || n != 0 {
			return explain("read the primary key of "+s.name, err)
		}
	}
	s.key = primary
	return nil
}

// collation is the collation of a column.
func (l *link) collation(s *shape, column string) (string, error) {
	_, collation, _, _, _, err := l.c.TableColumnMetadata(s.file, s.name, column) //nolint:dogsled // that is how the driver has it
	return collation, explain("read column "+column+" of "+s.name, err)
}

// keyColumns are what tells rows apart: the given key, or else the rowid.
func (s *shape) keyColumns(key []string) ([]string, error) {
	if len(key) > 0 {
		return quoteAll(key), nil
	}
	if s.rowid == "" {
		return nil, &inexact{fmt.Sprintf("the rows of table %s cannot be told apart by a key", s.name)}
	}
	return []string{s.rowid}, nil
}

// declaration gives a key column of a table of our own the affinity and the
// collation of the column that it is compared with, so that an index serves.
func (l *link) declaration(s *shape, key []string, i int) (string, error) {
	if len(key) == 0 {
		return "INTEGER", nil
	}
	collation, err := l.collation(s, key[i])
	if err != nil {
		return "", err
	}
	return affinity(s.types[fold(key[i])]) + " COLLATE " + sqlite3.QuoteIdentifier(collation), nil
}

// affinity follows the rules of https://sqlite.org/datatype3.html, section 3.1.
func affinity(declared string) string {
	t := strings.ToUpper(declared)
	switch {
	case strings.Contains(t, "INT"):
		return "INTEGER"
	case strings.Contains(t, "CHAR"), strings.Contains(t, "CLOB"), strings.Contains(t, "TEXT"):
		return "TEXT"
	case t == "", t == "ANY", strings.Contains(t, "BLOB"):
		return "BLOB"
	case strings.Contains(t, "REAL"), strings.Contains(t, "FLOA"), strings.Contains(t, "DOUB"): //nolint:misspell // SQLite looks for these letters
		return "REAL"
	}
	return "NUMERIC"
}

func quoteAll(names []string) []string {
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = sqlite3.QuoteIdentifier(n)
	}
	return out
}

// of puts a table's alias before every name.
func of(alias string, names []string) []string {
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = alias + "." + n
	}
	return out
}

// sameKey is the condition that two rows have one key. What stands on the left
// gives the collation.
func sameKey(left, right []string) string {
	terms := make([]string, len(left))
	for i := range left {
		terms[i] = left[i] + " IS " + right[i]
	}
	return strings.Join(terms, " AND ")
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

func findFold[V any](m map[string]V, name string) (string, bool) {
	for key := range m {
		if fold(key) == fold(name) {
			return key, true
		}
	}
	return "", false
}

func hasFold(list []string, name string) bool {
	return slices.ContainsFunc(list, func(s string) bool { return fold(s) == fold(name) })
}
