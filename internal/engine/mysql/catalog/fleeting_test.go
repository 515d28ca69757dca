package catalog_test

import (
	"slices"
	"testing"

	"github.com/safemigrate/safemigrate/internal/engine/mysql/catalog"
)

func TestFleeting(t *testing.T) {
	t.Parallel()
	const create = "CREATE TABLE `t` (\n  `id` int(11) NOT NULL,\n  `v` datetime NOT NULL COMMENT ' USING HASH',\n  PRIMARY KEY (`id`),\n" +
		"  UNIQUE KEY `k` (`v`) USING HASH,\n  UNIQUE KEY `plain` (`v`) COMMENT ' USING HASH',\n  KEY `i` (`v`) USING HASH\n) ENGINE=InnoDB DEFAULT CHARSET=latin1 "
	for options, want := range map[string][]string{
		"":                                    {"DROP KEY `k`", "ADD UNIQUE KEY `k` (`v`) USING HASH"},
		"PAGE_CHECKSUM=1":                     {"DROP KEY `k`", "ADD UNIQUE KEY `k` (`v`) USING HASH", "PAGE_CHECKSUM=1"},
		"PAGE_CHECKSUM=1 COMMENT='x'":         {"DROP KEY `k`", "ADD UNIQUE KEY `k` (`v`) USING HASH", "PAGE_CHECKSUM=1"},
		"COMMENT=' PAGE_CHECKSUM=1 and more'": {"DROP KEY `k`", "ADD UNIQUE KEY `k` (`v`) USING HASH"},
	} {
		if got := catalog.Fleeting(create + options); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", options, got, want)
		}
	}
}
