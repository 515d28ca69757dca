package catalog_test

import (
	"slices"
	"testing"

	"github.com/safemigrate/safemigrate/internal/engine/mysql/catalog"
)

func TestRename(t *testing.T) {
	t.Parallel()
	const create = "CREATE TABLE `t` (\n" +
		"  `id` int(11) NOT NULL,\n" +
		"  `mail` varchar(20) DEFAULT '`mail`' COMMENT 'the `mail`, isn''t it',\n" +
		"  `up` varchar(20) GENERATED ALWAYS AS (upper(`mail`)) STORED,\n" +
		"  `boss``s` int(11) DEFAULT NULL CHECK (`boss``s` <> 3),\n" +
		"  PRIMARY KEY (`id`),\n" +
		"  UNIQUE KEY `mail` (`mail`,`id`),\n" +
		"  KEY `boss``s` (`boss``s`),\n" +
		"  CONSTRAINT `mail` FOREIGN KEY (`mail`) REFERENCES `other` (`mail`),\n" +
		"  CONSTRAINT `own` FOREIGN KEY (`boss``s`) REFERENCES `t` (`boss``s`),\n" +
		"  CONSTRAINT `mail` CHECK (`mail` <> 'mail')\n" +
		") ENGINE=InnoDB COMMENT='`mail`'"
	const want = "CREATE TABLE `t` (\n" +
		"  `id` int(11) NOT NULL,\n" +
		"  `email` varchar(20) DEFAULT '`mail`' COMMENT 'the `mail`, isn''t it',\n" +
		"  `up` varchar(20) GENERATED ALWAYS AS (upper(`email`)) STORED,\n" +
		"  `boss` int(11) DEFAULT NULL CHECK (`boss` <> 3),\n" +
		"  PRIMARY KEY (`id`),\n" +
		"  UNIQUE KEY `mail` (`email`,`id`),\n" +
		"  KEY `boss``s` (`boss`),\n" +
		"  CONSTRAINT `mail` FOREIGN KEY (`email`) REFERENCES `other` (`mail`),\n" +
		"  CONSTRAINT `own` FOREIGN KEY (`boss`) REFERENCES `t` (`boss`),\n" +
		"  CONSTRAINT `mail` CHECK (`email` <> 'mail')\n" +
		") ENGINE=InnoDB COMMENT='`mail`'"
	got, clauses := catalog.Rename(create, map[string]string{"mail": "email", "boss`s": "boss", "nothing": "x", "up": "id"})
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if !slices.Equal(clauses, []string{"RENAME COLUMN `mail` TO `email`", "RENAME COLUMN `boss``s` TO `boss`"}) {
		t.Errorf("clauses %q", clauses)
	}
	if got, clauses := catalog.Rename(want, map[string]string{"mail": "email"}); got != want || len(clauses) > 0 {
		t.Errorf("nothing to rename: %q\n%s", clauses, got)
	}
	if _, clauses := catalog.Rename(want, map[string]string{"email": "boss", "boss": "email", "up": "id"}); !slices.Equal(clauses, []string{"RENAME COLUMN `email` TO `boss`", "RENAME COLUMN `boss` TO `email`"}) {
		t.Errorf("names that change places: %q", clauses)
	}
	if _, clauses := catalog.Rename(want, map[string]string{"email": "id", "id": "boss", "up": "x", "boss": "x"}); len(clauses) > 0 {
		t.Errorf("names that others have: %q", clauses)
	}
	if got, clauses := catalog.Rename("CREATE TABLE x", map[string]string{"a": "b"}); got != "CREATE TABLE x" || len(clauses) > 0 {
		t.Errorf("what is not known: %q, %s", clauses, got)
	}
}
