package catalog_test

import (
	"testing"

	"github.com/safemigrate/safemigrate/internal/engine/mysql/catalog"
)

func TestDefinitionBelowZero(t *testing.T) {
	t.Parallel()
	const shown = "CREATE TABLE `t` (\n  `-(1)` int DEFAULT '-1' COMMENT 'isn''t -(2)',\n  `b` int DEFAULT (-(3)),\n  CONSTRAINT `c` CHECK (((`b` > -(5.5)) and (`b` <> (-(`-(1)`)))))\n) ENGINE=InnoDB COMMENT='-(4)'"
	const want = "CREATE TABLE `t` (\n  `-(1)` int DEFAULT '-1' COMMENT 'isn''t -(2)',\n  `b` int DEFAULT (-3),\n  CONSTRAINT `c` CHECK (((`b` > -5.5) and (`b` <> (-(`-(1)`)))))\n) ENGINE=InnoDB COMMENT='-(4)'"
	if got := catalog.Definition(shown); got != want {
		t.Errorf("got\n%s", got)
	}
}
