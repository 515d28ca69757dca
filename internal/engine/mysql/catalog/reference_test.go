package catalog_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/safemigrate/safemigrate/internal/engine/mysql/catalog"
)

// TestReferences reads foreign keys as the server writes them.
func TestReferences(t *testing.T) {
	t.Parallel()
	const table = "CREATE TABLE `t` (\n  `a` int(11) DEFAULT NULL,\n  `b``)` int(11) DEFAULT NULL,\n  KEY `one` (`a`),\n" +
		"  CONSTRAINT `one` FOREIGN KEY (`a`) REFERENCES `p` (`id`) ON DELETE CASCADE,\n" +
		"  CONSTRAINT `o``ne` FOREIGN KEY (`a`, `b``)`) REFERENCES `p ``(q` (`x`, `y z`),\n" +
		"  CONSTRAINT `away` FOREIGN KEY (`a`) REFERENCES `other`.`p` (`id`),\n  CONSTRAINT `check` CHECK (`a` > 0)\n) ENGINE=InnoDB"
	want := []catalog.Reference{
		{Name: "one", Columns: []string{"a"}, Parent: "p", ParentColumns: []string{"id"}},
		{Name: "o`ne", Columns: []string{"a", "b`)"}, Parent: "p `(q", ParentColumns: []string{"x", "y z"}},
		{Name: "away", Columns: []string{"a"}, Database: "other", Parent: "p", ParentColumns: []string{"id"}},
	}
	if got, known := catalog.References(table); !known || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, known: %t", got, known)
	}
	if got, want := catalog.Referring(table, "p `(q", "r"), strings.ReplaceAll(table, "`p ``(q`", "`r`"); got != want {
		t.Errorf("got %s", got)
	}
	if got := catalog.ForeignKeys(table); !reflect.DeepEqual(got, []string{"p", "p `(q"}) {
		t.Errorf("parents: %q", got)
	}
}

// TestSameColumns compares some columns of two definitions.
func TestSameColumns(t *testing.T) {
	t.Parallel()
	const a = "CREATE TABLE `t` (\n  `a` int(11) DEFAULT NULL,\n  `b` int(11) DEFAULT NULL\n) ENGINE=InnoDB"
	const b = "CREATE TABLE `t` (\n  `b` bigint(20) DEFAULT NULL,\n  `a` int(11) DEFAULT NULL\n) ENGINE=InnoDB"
	for _, c := range []struct {
		columns []string
		same    bool
	}{{[]string{"a"}, true}, {[]string{"b"}, false}, {[]string{"a", "b"}, false}, {[]string{"c"}, false}, {nil, true}} {
		if got := catalog.SameColumns(a, b, c.columns); got != c.same {
			t.Errorf("%v: %t", c.columns, got)
		}
	}
}
