package catalog_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/safemigrate/safemigrate/internal/engine/mysql/catalog"
)

const partOf = "CREATE TABLE `t` (\n  `id` int(11) NOT NULL AUTO_INCREMENT,\n  `a` varchar(9) CHARACTER SET latin1 NOT NULL COMMENT 'DEFAULT `x`',\n  `b` int(11) DEFAULT 3,\n" +
	"  `c` int(11) DEFAULT NULL CHECK (`c` > 0),\n  PRIMARY KEY (`id`),\n  UNIQUE KEY `a` (`a`),\n  KEY `by` (`b`,`c`),\n  CONSTRAINT `fk` FOREIGN KEY (`b`) REFERENCES `p` (`id`)\n) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COMMENT='x'"

func TestPart(t *testing.T) {
	t.Parallel()
	got, ok := catalog.Part(partOf, "copy", []string{"id", "a"}, []string{"a"})
	want := "CREATE TABLE `copy` (\n  `id` int(11) NOT NULL AUTO_INCREMENT,\n  `a` varchar(9) CHARACTER SET latin1 NOT NULL COMMENT 'DEFAULT `x`',\n  PRIMARY KEY (`id`)\n) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COMMENT='x'"
	if !ok || got != want {
		t.Errorf("%v\n%s", ok, got)
	}
	for name, c := range map[string]struct {
		create        string
		columns, lost []string
	}{
		"the key goes":                {partOf, []string{"id"}, []string{"id"}},
		"the key is not kept":         {partOf, []string{"a"}, []string{"a"}},
		"a check of its own":          {partOf, []string{"id", "c"}, []string{"c"}},
		"a check with others":         {strings.Replace(partOf, "  CONSTRAINT `fk`", "  CONSTRAINT `ab` CHECK (`a` <> `b`),\n  CONSTRAINT `fk`", 1), []string{"id", "a"}, []string{"a"}},
		"a sequence":                  {strings.Replace(partOf, "DEFAULT 3", "DEFAULT nextval(`d`.`s`)", 1), []string{"id", "a"}, []string{"a"}},
		"a column that is not":        {partOf, []string{"id", "z"}, []string{"z"}},
		"no key":                      {strings.Replace(partOf, "  PRIMARY KEY (`id`),\n", "", 1), []string{"id", "a"}, []string{"a"}},
		"a key over beginnings":       {strings.Replace(partOf, "PRIMARY KEY (`id`)", "PRIMARY KEY (`a`(3))", 1), []string{"a", "b"}, []string{"b"}},
		"a counter in the key":        {strings.Replace(partOf, "PRIMARY KEY (`id`)", "PRIMARY KEY (`b`,`id`)", 1), []string{"id", "a", "b"}, []string{"a"}},
		"a unique key with others":    {strings.Replace(partOf, "KEY `by`", "UNIQUE KEY `by`", 1), []string{"id", "b"}, []string{"b"}},
		"a key over its beginning":    {strings.Replace(partOf, "(`a`)", "(`a`(3))", 1), []string{"id", "a"}, []string{"a"}},
		"a key over what is computed": {strings.Replace(strings.Replace(partOf, "(`a`)", "(`g`)", 1), "  PRIMARY", "  `g` int(11) GENERATED ALWAYS AS (`b`) STORED,\n  PRIMARY", 1), []string{"id"}, []string{"g"}},
		"in partitions":               {partOf + "\n PARTITION BY HASH (`id`)", []string{"id", "a"}, []string{"a"}},
		"with a history":              {partOf + " WITH SYSTEM VERSIONING", []string{"id", "a"}, []string{"a"}},
		"in a directory":              {partOf + " DATA DIRECTORY='/x/'", []string{"id", "a"}, []string{"a"}},
		"written in another way":      {"CREATE TABLE t", []string{"id", "a"}, []string{"a"}},
	} {
		if got, ok := catalog.Part(c.create, "copy", c.columns, c.lost); ok {
			t.Errorf("%s: %s", name, got)
		}
	}
}

func TestHolds(t *testing.T) {
	t.Parallel()
	for is, holds := range map[string]bool{
		partOf: true,
		strings.Replace(partOf, "`a` varchar(9)", "`a` int(11)", 1):                 true,
		strings.Replace(partOf, "  `b` int(11) DEFAULT 3,\n", "", 1):                false,
		strings.Replace(partOf, "`b` int(11) DEFAULT 3", "`b` int(11) NOT NULL", 1): false,
		strings.Replace(partOf, "`b` int(11)", "`b` bigint(20)", 1):                 false,
	} {
		if catalog.Holds(is, partOf, []string{"a"}) != holds {
			t.Errorf("%v: %s", !holds, is)
		}
	}
}

func TestKeysOver(t *testing.T) {
	t.Parallel()
	got := catalog.WithoutKeysOver(partOf, []string{"b"})
	if strings.Contains(got, "`by`") || !strings.HasSuffix(got, "  UNIQUE KEY `a` (`a`),\n  CONSTRAINT `fk` FOREIGN KEY (`b`) REFERENCES `p` (`id`)\n) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COMMENT='x'") {
		t.Errorf("without the keys over b: %s", got)
	}
	checked := strings.Replace(partOf, "  CONSTRAINT `fk`", "  CONSTRAINT `b` CHECK (`a` <> 'b'),\n  CONSTRAINT `fk`", 1)
	if got := catalog.WithoutKeysOver(checked, []string{"a"}); strings.Contains(got, "CHECK (`a`") || catalog.WithoutKeysOver(checked, []string{"id"}) != checked {
		t.Errorf("without the check over a: %s", got)
	}
	for column, joined := range map[string]bool{"a": false, "b": true, "c": true} {
		if catalog.JoinedKeys(partOf, []string{column}) != joined {
			t.Errorf("a key over %s and others: %v", column, !joined)
		}
	}
	if got := catalog.Valueless(partOf, []string{"a", "b", "c"}); !slices.Equal(got, []string{"a"}) {
		t.Errorf("without a default: %v", got)
	}
	twice := strings.Replace(strings.Replace(partOf, "  KEY `by`", "  UNIQUE KEY `by`", 1), "  `a` varchar(9)", "  `d` int NOT NULL DEFAULT 1,\n  `a` varchar(9)", 1)
	if got := catalog.Alike(twice, []string{"a", "b", "c", "d"}); !slices.Equal(got, []string{"b"}) {
		t.Errorf("with the same default in rows that may not have the same value: %v", got)
	}
}
