package catalog_test

import (
	"slices"
	"testing"

	"github.com/safemigrate/safemigrate/internal/engine/mysql/catalog"
)

func TestBare(t *testing.T) {
	t.Parallel()
	create := "CREATE TABLE `t` (\n  `id` int NOT NULL AUTO_INCREMENT,\n  `a` int DEFAULT NULL,\n  `b DEFAULT ` varchar(9) COMMENT ' DEFAULT 3',\n  `c` text,\n  `d` int GENERATED ALWAYS AS (`a`) VIRTUAL,\n" +
		"  `e` varchar(9) /*M!100301 COMPRESSED*/ NOT NULL,\n  `f` varchar(9) /*M!100301 COMPRESSED*/ NOT NULL DEFAULT '',\n  `g` varchar(9) NOT NULL,\n  `h` enum('longblob','x'),\n  PRIMARY KEY (`id`)\n) ENGINE=InnoDB"
	for maria, want := range map[bool][]string{
		false: {"ALTER COLUMN `b DEFAULT ` DROP DEFAULT", "ALTER COLUMN `e` DROP DEFAULT", "ALTER COLUMN `h` DROP DEFAULT"},
		true:  {"ALTER COLUMN `b DEFAULT ` DROP DEFAULT", "ALTER COLUMN `c` DROP DEFAULT", "ALTER COLUMN `e` DROP DEFAULT", "ALTER COLUMN `h` DROP DEFAULT"},
	} {
		if got := catalog.Bare(create, maria); !slices.Equal(got, want) {
			t.Errorf("MariaDB %t: %q, want %q", maria, got, want)
		}
	}
}
