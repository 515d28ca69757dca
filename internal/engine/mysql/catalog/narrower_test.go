package catalog_test

import (
	"slices"
	"testing"

	"github.com/safemigrate/safemigrate/internal/engine/mysql/catalog"
)

func TestRefusedColumns(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ from, to, want string }{
		{"bigint(20) NOT NULL", "int(11) NOT NULL", "`a` NOT BETWEEN -2147483648 AND 2147483647"},
		{"bigint(20)", "int(10) unsigned", "`a` NOT BETWEEN 0 AND 4294967295"},
		{"int(10) unsigned", "int(11)", "`a` NOT BETWEEN -2147483648 AND 2147483647"},
		{"bigint", "bigint unsigned", "`a` NOT BETWEEN 0 AND 18446744073709551615"},
		{"smallint", "int", ""},
		{"int unsigned", "bigint", ""},
		{"int", "int DEFAULT 3", ""},
		{"decimal(12,3)", "decimal(6,2)", "abs(`a`) >= 10000"},
		{"decimal(6,2)", "decimal(12,2)", ""},
		{"mediumtext CHARACTER SET latin1", "tinytext CHARACTER SET latin1", "length(convert(`a` USING latin1)) > 255"},
		{"text CHARACTER SET latin1", "mediumtext CHARACTER SET latin1", ""},
		{"longblob", "blob", "length(`a`) > 65535"},
		{"varbinary(20)", "varbinary(9)", "length(`a`) > 9"},
		{"bit(9)", "bit(3)", "`a` >> 3 <> 0"},
		{"text", "varchar(9)", "char_length(`a`) > 9"},
		{"varchar(30)", "varchar(9)", ""}, // see TighterColumns
		{"enum('a','it''s')", "enum('a')", "`a` = 'it''s' OR `a` + 0 = 0"},
		{"enum('a')", "enum('a','b')", ""},
		{"set('a','b')", "set('a')", "find_in_set('b', `a`)"},
		{"varchar(9) CHARACTER SET utf8mb4", "varchar(9) CHARACTER SET latin1", "NOT (cast(convert(convert(`a` USING latin1) USING utf8mb4) AS binary) <=> cast(`a` AS binary))"},
	} {
		t.Run(c.from+" to "+c.to, func(t *testing.T) {
			t.Parallel()
			table := func(kind string) string { return "CREATE TABLE `t` (\n  `a` " + kind + "\n) ENGINE=InnoDB" }
			got := catalog.RefusedColumns(table(c.from), table(c.to))
			if c.want == "" && len(got) > 0 || c.want != "" && !slices.Equal(got, []catalog.Shortened{{Column: "a", Condition: c.want}}) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestAlike(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		from, to, fromSet, toSet string
		want                     bool
	}{
		{"int(11)", "bigint(20)", "", "", true},
		{"varchar(9)", "longtext", "utf8mb4", "utf8mb4", true},
		{"char(9)", "varchar(9)", "latin1", "utf8mb4", false},
		{"decimal(6,2)", "decimal(9,2)", "", "", true},
		{"decimal(6,2)", "decimal(9,4)", "", "", false},
		{"enum('a','b')", "enum('a','b','c')", "utf8mb4", "utf8mb4", true},
		{"enum('a','b')", "enum('b','a')", "utf8mb4", "utf8mb4", false},
		{"enum('a','b')", "varchar(9)", "utf8mb4", "utf8mb4", false},
		{"float", "double", "", "", false},
		{"bit(3)", "bit(9)", "", "", true},
		{"varbinary(3)", "varbinary(9)", "", "", true},
	} {
		if got := (catalog.Retyped{From: c.from, To: c.to, FromSet: c.fromSet, ToSet: c.toSet}).Alike(); got != c.want {
			t.Errorf("%s and %s: %v", c.from, c.to, got)
		}
	}
}
