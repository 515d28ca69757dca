package catalog_test

import (
	"slices"
	"testing"

	"github.com/safemigrate/safemigrate/internal/engine/mysql/catalog"
)

func TestNewChecks(t *testing.T) {
	t.Parallel()
	table := func(lines string) string { return "CREATE TABLE `t` (\n" + lines + "\n) ENGINE=InnoDB" }
	const plain = "  `a` int(11) DEFAULT NULL"
	for _, c := range []struct {
		name, from, to string
		want           []catalog.Check
	}{
		{"none", plain, plain, nil},
		{"the same", plain + ",\n  CONSTRAINT `c` CHECK (`a` > 0)", plain + ",\n  CONSTRAINT `c` CHECK (`a` > 0)", nil},
		{"of the table", plain, plain + ",\n  CONSTRAINT `c` CHECK (`a` in (1,2) and `b` <> ')''`\\')')", []catalog.Check{{Name: "c", Expression: "`a` in (1,2) and `b` <> ')''`\\')'"}}},
		{"another one", plain + ",\n  CONSTRAINT `c` CHECK (`a` > 0)", plain + ",\n  CONSTRAINT `c` CHECK (`a` > 1)", []catalog.Check{{Name: "c", Expression: "`a` > 1"}}},
		{"of a column", plain, "  `a` int(11) DEFAULT NULL COMMENT 'a CHECK (b)' CHECK (`a` > (1))", []catalog.Check{{Name: "a", Expression: "`a` > (1)"}}},
		{"of a column that is another one besides", "  `a` int(11) DEFAULT NULL CHECK (`a` > 1)", "  `a` bigint(20) DEFAULT NULL CHECK (`a` > 1)", nil},
		{"not enforced", plain, plain + ",\n  CONSTRAINT `c` CHECK ((`a` > 0)) /*!80016 NOT ENFORCED */", nil},
		{"no table", "", plain + ",\n  CONSTRAINT `c` CHECK (`a` > 0)", nil},
	} {
		if got := catalog.NewChecks(table(c.from), table(c.to)); !slices.Equal(got, c.want) {
			t.Errorf("%s: got %+v, want %+v", c.name, got, c.want)
		}
	}
	if got := (catalog.Check{Expression: "`b` > 0 or `a``` <> '`c`' and `b` < 9"}).Columns(); !slices.Equal(got, []string{"a`", "b"}) {
		t.Errorf("columns %q", got)
	}
}
