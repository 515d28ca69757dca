package catalog_test

import (
	"slices"
	"testing"

	"github.com/safemigrate/safemigrate/internal/engine/mysql/catalog"
)

// TestStrange tells what somebody else has done to a table from what is on the way from one
// of its definitions to another one.
func TestStrange(t *testing.T) {
	t.Parallel()
	text := func(lines string) string {
		return "CREATE TABLE `t` (\n  `id` int(11) NOT NULL,\n" + lines + "  PRIMARY KEY (`id`)\n) ENGINE=InnoDB"
	}
	const foreign = "  CONSTRAINT `f` FOREIGN KEY (`a`) REFERENCES `p` (`id`),\n"
	now := text("  `a` int(11) DEFAULT NULL,\n  `b` int(11) DEFAULT NULL,\n  KEY `by_b` (`b`),\n  UNIQUE KEY `one` (`b`),\n" + foreign)
	want := text("  `a` bigint(20) DEFAULT NULL,\n  UNIQUE KEY `one` (`b`),\n" + foreign)
	for _, c := range []struct {
		name, is    string
		more, lacks []string
	}{
		{"as it was", now, nil, nil},
		{"as it will be", want, nil, nil},
		{"on the way", text("  `a` int(11) DEFAULT NULL,\n  KEY `a` (`a`),\n  UNIQUE KEY `one` (`b`),\n"), nil, nil},
		{"a column more", text("  `a` bigint(20) DEFAULT NULL,\n  `z` text,\n  UNIQUE KEY `one` (`b`),\n"), []string{"`z` text"}, nil},
		{"a column of another type", text("  `a` text,\n  UNIQUE KEY `one` (`b`),\n"), []string{"`a` text"}, nil},
		{"a column less", text("  UNIQUE KEY `one` (`b`),\n"), nil, []string{"`a` int(11) DEFAULT NULL"}},
		{"what says which rows there can be", text("  `a` int(11) DEFAULT NULL,\n"), nil, []string{"UNIQUE KEY `one` (`b`)"}},
		{"a key more", text("  `a` int(11) DEFAULT NULL,\n  UNIQUE KEY `one` (`b`),\n  KEY `k` (`b`,`a`),\n"), []string{"KEY `k` (`b`,`a`)"}, nil},
		{"a check more", text("  `a` int(11) DEFAULT NULL,\n  UNIQUE KEY `one` (`b`),\n  CONSTRAINT `c` CHECK (`a` > 0),\n"), []string{"CONSTRAINT `c` CHECK (`a` > 0)"}, nil},
		{"other options", now + " COMMENT='x'", []string{"ENGINE=InnoDB COMMENT='x'"}, nil},
		{"not understood", "CREATE TABLE t SELECT 1", []string{"another definition"}, nil},
	} {
		more, lacks := catalog.Strange(c.is, now, want)
		if !slices.Equal(more, c.more) || !slices.Equal(lacks, c.lacks) {
			t.Errorf("%s: more %q, lacks %q", c.name, more, lacks)
		}
	}
	if more, lacks := catalog.Strange("CREATE TABLE `t` SELECT 1", "CREATE TABLE t SELECT 1"); more != nil || lacks != nil {
		t.Errorf("more %q, lacks %q", more, lacks)
	}
	z := []string{"`z` text"}
	for is, besides := range map[string]bool{now: true, want: false, text("  `a` int(11) DEFAULT NULL,\n  `b` int(11) DEFAULT NULL,\n  `z` text,\n  KEY `by_b` (`b`),\n  UNIQUE KEY `one` (`b`),\n" + foreign): true} {
		if catalog.Besides(is, now, z) != besides {
			t.Errorf("%v for %s", !besides, is)
		}
	}
}
