package catalog_test

import (
	"fmt"
	"testing"

	"github.com/safemigrate/safemigrate/internal/engine/mysql/catalog"
)

func TestNewUniqueKeys(t *testing.T) {
	t.Parallel()
	table := func(a, keys string) string {
		return "CREATE TABLE `t` (\n  `id` int NOT NULL AUTO_INCREMENT,\n  `a` " + a + ",\n  PRIMARY KEY (`id`)" + keys + "\n) ENGINE=InnoDB"
	}
	for name, c := range map[string]struct{ from, to, want string }{
		"the same":             {table("int", ",\n  UNIQUE KEY `k` (`a`)"), table("int", ",\n  UNIQUE KEY `k` (`a`)"), "[]"},
		"one that is gone":     {table("int", ""), table("int", ",\n  UNIQUE KEY `k` (`a`,`id` DESC) USING BTREE COMMENT 'x'"), "[{UNIQUE KEY k [a id]}]"},
		"a plain one":          {table("int", ""), table("int", ",\n  KEY `k` (`a`)"), "[]"},
		"a plain one before":   {table("int", ",\n  KEY `k` (`a`)"), table("int", ",\n  UNIQUE KEY `k` (`a`)"), "[{UNIQUE KEY k [a]}]"},
		"over a part":          {table("varchar(9)", ""), table("varchar(9)", ",\n  UNIQUE KEY `k` (`a`(3))"), "[]"},
		"over an expression":   {table("int", ""), table("int", ",\n  UNIQUE KEY `k` ((`a` + 1))"), "[]"},
		"over what is another": {table("varchar(9) COLLATE utf8mb4_bin", ""), table("varchar(9)", ",\n  UNIQUE KEY `k` (`a`)"), "[]"},
	} {
		if got := fmt.Sprint(catalog.NewUniqueKeys(c.from, c.to)); got != c.want {
			t.Errorf("%s: got %s, want %s", name, got, c.want)
		}
	}
}
