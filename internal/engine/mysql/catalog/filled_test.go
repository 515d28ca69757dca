package catalog_test

import (
	"testing"

	"github.com/safemigrate/safemigrate/internal/engine/mysql/catalog"
)

func TestFilledColumns(t *testing.T) {
	t.Parallel()
	table := func(columns string) string { return "CREATE TABLE `t` (\n" + columns + "\n) ENGINE=InnoDB" }
	for name, c := range map[string]struct{ from, to, want string }{
		"the same":            {"  `a` int NOT NULL,\n  `b` int DEFAULT NULL", "  `a` int NOT NULL,\n  `b` int DEFAULT NULL", ""},
		"a value":             {"  `a` timestamp NULL DEFAULT NULL", "  `a` timestamp NOT NULL", "`a` IS NULL"},
		"no value":            {"  `a` int NOT NULL", "  `a` int DEFAULT NULL", ""},
		"a comment":           {"  `a` int DEFAULT NULL COMMENT 'NOT NULL'", "  `a` int NOT NULL", "`a` IS NULL"},
		"a new column":        {"  `a` int DEFAULT NULL", "  `a` int DEFAULT NULL,\n  `b` int NOT NULL AUTO_INCREMENT", ""},
		"it counts by itself": {"  `a` int NOT NULL", "  `a` int NOT NULL AUTO_INCREMENT", "`a` IS NULL OR `a` = 0"},
		"it still does":       {"  `a` int NOT NULL AUTO_INCREMENT", "  `a` bigint NOT NULL AUTO_INCREMENT", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := catalog.FilledColumns(table(c.from), table(c.to))
			if len(got) == 0 && c.want == "" || len(got) == 1 && got[0].Condition == c.want {
				return
			}
			t.Errorf("got %v, want %q", got, c.want)
		})
	}
}
