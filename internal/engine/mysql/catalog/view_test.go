package catalog_test

import (
	"testing"

	"github.com/safemigrate/safemigrate/internal/engine/mysql/catalog"
)

func TestViewText(t *testing.T) {
	t.Parallel()
	shown := "CREATE VIEW `v` AS select `x`.`q`.`a ``b` AS `a`,`x`.`c` AS `x.q`,'it''s `x`.`q`.`a`' AS `n`,`y`.`q`.`a` + `x`.`q`.`x` AS `m`,`x`.`f`(`x`.`q`.`a`) from `x`.`q` `x`"
	want := "CREATE VIEW `v` AS select `q`.`a ``b` AS `a`,`x`.`c` AS `x.q`,'it''s `x`.`q`.`a`' AS `n`,`y`.`q`.`a` + `q`.`x` AS `m`,`x`.`f`(`q`.`a`) from `x`.`q` `x`"
	if got := catalog.ViewText(shown, "x"); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
