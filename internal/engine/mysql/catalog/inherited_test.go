package catalog_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/safemigrate/safemigrate/internal/engine/mysql/catalog"
)

func TestInherited(t *testing.T) {
	t.Parallel()
	create := "CREATE TABLE `t` (\n  `id` int NOT NULL,\n  `a` varchar(9) CHARACTER SET latin1 DEFAULT ' CHARACTER SET latin1',\n  `b` text,\n  `c` enum('a') CHARACTER SET latin1 COLLATE latin1_bin,\n  PRIMARY KEY (`id`)\n) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci COMMENT='x'"
	want := "CREATE TABLE `t` (\n  `id` int NOT NULL,\n  `a` varchar(9) DEFAULT ' CHARACTER SET latin1',\n  `b` text,\n  `c` enum('a') CHARACTER SET latin1 COLLATE latin1_bin,\n  PRIMARY KEY (`id`)\n) ENGINE=InnoDB DEFAULT CHARSET=latin1 COMMENT='x'"
	steps := [][]string{{"DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci"}, {"MODIFY COLUMN `b` text"}}
	if got, then := catalog.Inherited(create); got != want || !reflect.DeepEqual(then, steps) {
		t.Errorf("got\n%s\n%q\nwant\n%s\n%q", got, then, want, steps)
	}
	create = strings.Replace(create, "`b` text,", "`b` text CHARACTER SET latin2,", 1)
	want = strings.Replace(want, "`b` text,", "`b` text CHARACTER SET latin2,", 1)
	steps = [][]string{{"DEFAULT CHARSET=latin2"}, {"MODIFY COLUMN `b` text"}, {"DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci"}}
	if got, then := catalog.Inherited(create); got != want || !reflect.DeepEqual(then, steps) {
		t.Errorf("of two sets: got\n%s\n%q\nwant\n%s\n%q", got, then, want, steps)
	}
}
