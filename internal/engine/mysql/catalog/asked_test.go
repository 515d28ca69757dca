package catalog

import (
	"slices"
	"testing"
)

func TestAsked(t *testing.T) {
	t.Parallel()
	const create = "CREATE TABLE `t` (\n  `id` int NOT NULL,\n  `p` int DEFAULT NULL,\n  `q` int DEFAULT NULL,\n  PRIMARY KEY (`id`),\n  KEY `of_p` (`p`),\n  UNIQUE KEY `both` (`p`,`q`),\n  KEY `q` (`q`),\n" +
		"  CONSTRAINT `of_p` FOREIGN KEY (`p`) REFERENCES `x` (`id`),\n  CONSTRAINT `of_q` FOREIGN KEY (`q`) REFERENCES `x` (`id`)\n) ENGINE=InnoDB"
	got := Asked(create, []string{"DROP FOREIGN KEY `of_q`", "ADD CONSTRAINT `of_p` FOREIGN KEY (`p`) REFERENCES `x` (`id`)"})
	if want := []string{"RENAME KEY `of_p` TO `of_p`", "RENAME KEY `both` TO `both`"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
