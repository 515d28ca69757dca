package catalog_test

import (
	"slices"
	"testing"

	"github.com/safemigrate/safemigrate/internal/engine/mysql/catalog"
)

func TestShortenedColumns(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ from, to, want string }{
		{"decimal(12,3) DEFAULT NULL", "decimal(10,2) DEFAULT NULL", "round(`a`, 2) <> `a`"},
		{"decimal(12,3) unsigned", "decimal(12,3)", ""},
		{"bigint(20) NOT NULL", "int(11) NOT NULL", ""}, // the server refuses what is too large
		{"double DEFAULT NULL", "int(11)", "round(`a`) <> `a`"},
		{"double DEFAULT NULL", "float", "cast(`a` as float) <> `a`"},
		{"datetime(3) NOT NULL", "datetime", "cast(`a` as datetime(0)) <> `a`"},
		{"timestamp(6) NULL DEFAULT NULL", "timestamp(2) NULL DEFAULT NULL", "cast(`a` as datetime(2)) <> `a`"},
		{"datetime", "datetime(3)", ""},
		{"time(2)", "time(1)", "cast(`a` as time(1)) <> `a`"},
		{"datetime DEFAULT NULL COMMENT 'a date'", "date", "cast(`a` as date) <> `a`"},
		{"varchar(9) NOT NULL", "char(3) NOT NULL", "`a` LIKE '% '"},
		{"varchar(9)", "varchar(3)", ""},
		{"enum('a','b')", "enum('a')", ""},
	} {
		t.Run(c.from+" to "+c.to, func(t *testing.T) {
			t.Parallel()
			table := func(kind string) string { return "CREATE TABLE `t` (\n  `a` " + kind + "\n) ENGINE=InnoDB" }
			got := catalog.ShortenedColumns(table(c.from), table(c.to))
			if c.want == "" && len(got) > 0 || c.want != "" && !slices.Equal(got, []catalog.Shortened{{Column: "a", Condition: c.want}}) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}
