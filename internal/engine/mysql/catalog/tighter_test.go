package catalog_test

import (
	"slices"
	"testing"

	"github.com/safemigrate/safemigrate/internal/engine/mysql/catalog"
)

func TestTighterColumns(t *testing.T) {
	t.Parallel()
	table := func(columns string) string { return "CREATE TABLE `t` (\n" + columns + "\n) ENGINE=InnoDB" }
	cases := []struct {
		name, from, to string
		want           []catalog.Tighter
	}{
		{"the same", "  `a` int(11) DEFAULT NULL", "  `a` int(11) DEFAULT NULL", nil},
		{"a value is wanted", "  `a` int(11) DEFAULT NULL", "  `a` int(11) NOT NULL", []catalog.Tighter{{Column: "a", Filled: true}}},
		{"none is wanted", "  `a` int(11) NOT NULL", "  `a` int(11) DEFAULT NULL", nil},
		{"shorter", "  `a` varchar(200) NOT NULL", "  `a` varchar(20) NOT NULL", []catalog.Tighter{{Column: "a", Length: 20}}},
		{"longer", "  `a` char(2) NOT NULL", "  `a` varchar(20) NOT NULL", nil},
		{"both, beside another", "  `b` int(11),\n  `a` varchar(200) DEFAULT NULL", "  `b` bigint(20),\n  `a` varchar(20) NOT NULL", []catalog.Tighter{{Column: "a", Filled: true, Length: 20}}},
		{"words in a comment", "  `a` int(11) DEFAULT NULL", "  `a` int(11) DEFAULT NULL COMMENT 'is NOT NULL'", nil},
		{"a moment", "  `a` timestamp NULL DEFAULT NULL", "  `a` timestamp NOT NULL DEFAULT current_timestamp()", []catalog.Tighter{{Column: "a", Filled: true}}},
		{"another column", "  `a` int(11) DEFAULT NULL", "  `b` int(11) NOT NULL", nil},
		{"no table", "", "  `b` int(11) NOT NULL", nil},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := catalog.TighterColumns(table(c.from), table(c.to)); !slices.Equal(got, c.want) {
				t.Errorf("got %+v, want %+v", got, c.want)
			}
		})
	}
}
