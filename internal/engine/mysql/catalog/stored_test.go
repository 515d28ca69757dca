package catalog_test

import (
	"strings"
	"testing"

	"github.com/safemigrate/safemigrate/internal/engine/mysql/catalog"
)

// TestRewrites tells definitions that only say something else from those under
// which values are stored in another way.
func TestRewrites(t *testing.T) {
	t.Parallel()
	const utf8, latin = "DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci", "DEFAULT CHARSET=latin1 COLLATE=latin1_swedish_ci"
	for _, c := range []struct {
		name             string
		from, fromSet    string
		to, toSet        string
		rewrites, cannot bool
	}{
		{name: "nothing", from: "int(11) NOT NULL", fromSet: utf8, to: "int(11) NOT NULL", toSet: utf8},
		{name: "type", from: "int(11) NOT NULL", fromSet: utf8, to: "smallint(6) NOT NULL", toSet: utf8, rewrites: true},
		{name: "length", from: "varchar(9)", fromSet: utf8, to: "varchar(8)", toSet: utf8, rewrites: true},
		{name: "sign", from: "int(11) DEFAULT 1", fromSet: utf8, to: "int(11) unsigned DEFAULT 1", toSet: utf8, rewrites: true},
		{name: "NOT NULL", from: "int(11) DEFAULT NULL", fromSet: utf8, to: "int(11) NOT NULL", toSet: utf8, rewrites: true},
		{name: "default", from: "varchar(9) DEFAULT 'a''b'", fromSet: utf8, to: "varchar(9) DEFAULT NULL", toSet: utf8},
		{name: "default that is computed", from: "int(11) DEFAULT (1 + 2)", fromSet: utf8, to: "int(11) DEFAULT 3", toSet: utf8, rewrites: true},
		{name: "comment", from: "int(11) DEFAULT 1 COMMENT 'x DEFAULT 2'", fromSet: utf8, to: "int(11) DEFAULT 1 COMMENT 'y'", toSet: utf8},
		{name: "words in an enumeration", from: "enum('a DEFAULT 1','b')", fromSet: utf8, to: "enum('a DEFAULT 2','b')", toSet: utf8, rewrites: true},
		{name: "expression", from: "int(11) GENERATED ALWAYS AS (1) STORED", fromSet: utf8, to: "int(11) GENERATED ALWAYS AS (2) STORED", toSet: utf8, rewrites: true},
		{name: "table's character set, the column keeps its own", from: "varchar(9) DEFAULT NULL", fromSet: utf8,
			to: "varchar(9) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci DEFAULT NULL", toSet: latin},
		{name: "table's character set, the column follows", from: "varchar(9) DEFAULT NULL", fromSet: utf8, to: "varchar(9) DEFAULT NULL", toSet: latin, rewrites: true},
		{name: "table's character set, a number", from: "int(11) DEFAULT NULL", fromSet: utf8, to: "int(11) DEFAULT NULL", toSet: latin},
		{name: "collation", from: "text COLLATE utf8mb4_bin", fromSet: utf8, to: "text", toSet: utf8, rewrites: true},
		{name: "partitions", from: "int(11)", fromSet: utf8, to: "int(11)", toSet: utf8 + "\n PARTITION BY HASH (`c`)", cannot: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			a, ok := catalog.Alter(definition(c.from, c.fromSet), definition(c.to, c.toSet), false, false)
			if ok == c.cannot {
				t.Fatalf("altered: %t, want %t", ok, !c.cannot)
			}
			if a.Rewrites != c.rewrites {
				t.Errorf("rewrites: %t, want %t; clauses: %s", a.Rewrites, c.rewrites, strings.Join(a.Clauses, ", "))
			}
		})
	}
}

func definition(column, options string) string {
	return "CREATE TABLE `t` (\n  `c` " + column + "\n) ENGINE=InnoDB " + options
}
