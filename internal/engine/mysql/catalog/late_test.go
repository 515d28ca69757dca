package catalog

import (
	"slices"
	"testing"
)

func TestLateKeys(t *testing.T) {
	t.Parallel()
	const start = "CREATE TABLE `t` (\n  `id` int(11) NOT NULL,\n  `a` int(11) DEFAULT NULL,\n  `b``c` text DEFAULT NULL,\n  PRIMARY KEY (`id`),\n"
	for name, c := range map[string]struct {
		keys, end   string
		not         []string
		drops, adds []string
	}{
		"none":                  {keys: "  UNIQUE KEY `u` (`a`)"},
		"one":                   {keys: "  KEY `k` (`a`)", drops: []string{"DROP KEY `k`"}, adds: []string{"ADD KEY `k` (`a`)"}},
		"in their order":        {keys: "  UNIQUE KEY `u` (`a`),\n  KEY `k` (`a`,`b``c`(5) DESC) USING BTREE COMMENT 'it''s'),\n  KEY `l``m` (`b``c`(9))", drops: []string{"DROP KEY `l``m`", "DROP KEY `k`"}, adds: []string{"ADD KEY `k` (`a`,`b``c`(5) DESC) USING BTREE COMMENT 'it''s')", "ADD KEY `l``m` (`b``c`(9))"}},
		"before a full text":    {keys: "  KEY `k` (`a`),\n  FULLTEXT KEY `f` (`b``c`)", drops: []string{"DROP KEY `k`"}, adds: []string{"ADD KEY `k` (`a`)"}},
		"a foreign key's":       {keys: "  KEY `k` (`id`),\n  KEY `l` (`a`,`id`),\n  KEY `m` (`b``c`(5))", not: []string{"a"}, drops: []string{"DROP KEY `m`"}, adds: []string{"ADD KEY `m` (`b``c`(5))"}},
		"over an expression":    {keys: "  KEY `k` (`a`),\n  KEY `e` ((lower(`b``c`)))"},
		"partly over one":       {keys: "  KEY `e` (`a`,(lower(`b``c`)))"},
		"a table in partitions": {keys: "  KEY `k` (`a`)", end: "\n PARTITION BY HASH (`id`)\nPARTITIONS 4"},
	} {
		drops, adds := LateKeys(start+c.keys+"\n) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4"+c.end, c.not)
		if !slices.Equal(drops, c.drops) || !slices.Equal(adds, c.adds) {
			t.Errorf("%s: %q, %q", name, drops, adds)
		}
	}
}

func TestSearchKeys(t *testing.T) {
	t.Parallel()
	const create = "CREATE TABLE `t` (\n  `id` int(11) NOT NULL AUTO_INCREMENT,\n  `a` text,\n  UNIQUE KEY `u` (`a`(9)),\n  KEY `n` (`id`,`a`(1)),\n  KEY `k``l` (`a`(5)),\n  FULLTEXT KEY `f` (`a`),\n  CONSTRAINT `g` FOREIGN KEY (`a`) REFERENCES `q` (`z`)\n) ENGINE=InnoDB"
	if got := SearchKeys(create); !slices.Equal(got, []string{"DROP KEY `k``l`", "DROP KEY `f`"}) {
		t.Errorf("%q", got)
	}
}

func TestForeignColumns(t *testing.T) {
	t.Parallel()
	const create = "CREATE TABLE `t` (\n  `id` int(11) NOT NULL,\n  KEY `k` (`id`),\n  CONSTRAINT `f(1)` FOREIGN KEY (`a`, `b)``c`) REFERENCES `p` (`x`, `y`) ON DELETE CASCADE,\n  CONSTRAINT `g` FOREIGN KEY (`d`) REFERENCES `other`.`q` (`z`)\n) ENGINE=InnoDB"
	all, ok := References(create)
	var got []string
	for _, r := range all {
		got = append(got, r.Columns...)
	}
	if !ok || !slices.Equal(got, []string{"a", "b)`c", "d"}) {
		t.Errorf("%q, %v", got, ok)
	}
	if _, ok := References("CREATE TABLE `t` (\n  `id` int(11) NOT NULL,\n  CONSTRAINT `f` FOREIGN KEY ((lower(`a`))) REFERENCES `p` (`x`)\n) ENGINE=InnoDB"); ok {
		t.Error("an unknown form is taken for known")
	}
}
