package catalog_test

import (
	"strings"
	"testing"

	"github.com/safemigrate/safemigrate/internal/engine/mysql/catalog"
)

func TestGivenTo(t *testing.T) {
	t.Parallel()
	for column, want := range map[string]catalog.Given{
		"int DEFAULT NULL":                      catalog.GivenNull,
		"text":                                  catalog.GivenNull,
		"timestamp NULL DEFAULT NULL":           catalog.GivenNull,
		"int NOT NULL":                          catalog.GivenBare,
		"int NOT NULL DEFAULT -7":               catalog.GivenDefault,
		"varchar(9) DEFAULT 'DEFAULT (now())'":  catalog.GivenDefault,
		"double DEFAULT 1.5e-7 COMMENT 'x'":     catalog.GivenDefault,
		"binary(2) DEFAULT x'ff00'":             catalog.GivenDefault,
		"bit(3) DEFAULT b'101'":                 catalog.GivenDefault,
		"int(11) NOT NULL AUTO_INCREMENT":       catalog.GivenUntold,
		"timestamp DEFAULT current_timestamp()": catalog.GivenUntold,
		"datetime DEFAULT CURRENT_TIMESTAMP":    catalog.GivenUntold,
		"int DEFAULT (1 + 2)":                   catalog.GivenUntold,
		"int DEFAULT nextval(`a`.`s`)":          catalog.GivenUntold,
		"uuid DEFAULT uuid()":                   catalog.GivenUntold,
	} {
		create := strings.Join([]string{"CREATE TABLE `t` (", "  `id` int(11) NOT NULL,", "  `c NOT NULL` " + column + ",", "  PRIMARY KEY (`id`)", ") ENGINE=InnoDB"}, "\n")
		if got := catalog.GivenTo(create, "c NOT NULL"); got != want {
			t.Errorf("%s: %d, not %d", column, got, want)
		}
	}
}
