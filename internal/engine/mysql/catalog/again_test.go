package catalog_test

import (
	"testing"

	"github.com/safemigrate/safemigrate/internal/engine/mysql/catalog"
)

func TestAgain(t *testing.T) {
	t.Parallel()
	create := "CREATE TABLE `t` (\n  `id` int NOT NULL,\n  `a ``b` varchar(9) COLLATE utf8mb4_unicode_ci DEFAULT ' COLLATE utf8mb4_unicode_ci',\n" +
		"  `e` enum('x) COLLATE y','it''s') COLLATE utf8mb4_unicode_ci,\n  `c` text CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci,\n" +
		"  `d` text COLLATE utf8mb4_bin,\n  PRIMARY KEY (`id`)\n) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci COMMENT='x'"
	want := "CREATE TABLE `t` (\n  `id` int NOT NULL,\n  `a ``b` varchar(9) DEFAULT ' COLLATE utf8mb4_unicode_ci',\n" +
		"  `e` enum('x) COLLATE y','it''s'),\n  `c` text CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci,\n" +
		"  `d` text COLLATE utf8mb4_bin,\n  PRIMARY KEY (`id`)\n) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci COMMENT='x'"
	if got := catalog.Again(create); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestDifference(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ want, is, differs string }{
		{"a\nb", "a\nb", ""},
		{"a\n  b\nc", "a\n  x\nc", "it would have x for b"},
		{"a\nb", "a", "it would lack b"},
		{"a", "a\nb", "it would have b, too"},
	} {
		if got := catalog.Difference(c.want, c.is); got != c.differs {
			t.Errorf("%q and %q: %q, want %q", c.want, c.is, got, c.differs)
		}
	}
}
