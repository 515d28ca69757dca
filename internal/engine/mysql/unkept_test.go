//go:build unix

package mysql

import (
	"strings"
	"testing"

	"github.com/safemigrate/safemigrate/internal/engine/mysql/catalog"
	"github.com/safemigrate/safemigrate/internal/sqltext"
)

// TestSaid finds what a statement does in its own words and in the texts that it may run, not
// in its comments.
func TestSaid(t *testing.T) {
	t.Parallel()
	for text, c := range map[string]struct {
		history  bool
		defaults string
	}{
		"ALTER TABLE t ADD /* x */ SYSTEM -- y\n VERSIONING":                                    {history: true},
		"CREATE TABLE t (a int) /*M!100300 WITH SYSTEM VERSIONING */":                           {history: true},
		"EXECUTE IMMEDIATE 'ALTER TABLE t ADD SYSTEM VERSIONING'":                               {history: true},
		"ALTER TABLE t ADD a int /* ADD SYSTEM VERSIONING */":                                   {},
		"ALTER TABLE t ALTER COLUMN `a``b` SET DEFAULT 1, ALTER/**/c DROP DEFAULT":              {defaults: "a`b c"},
		"SET @x = 'ALTER TABLE t ALTER IF EXISTS a SET DEFAULT 1'":                              {defaults: "a"},
		"ALTER TABLE t ADD a int DEFAULT 1 /* ALTER a SET DEFAULT 1 */ -- ALTER b DROP DEFAULT": {},
	} {
		all, err := sqltext.Rules{Dialect: sqltext.MariaDB}.Split(text)
		if err != nil || len(all) != 1 {
			t.Fatalf("%s: %v", text, err)
		}
		if got := begins(all[0]); got != c.history {
			t.Errorf("%s: it begins a history: %v", text, got)
		}
		if got := strings.Join(defaults(all[0]), " "); got != c.defaults {
			t.Errorf("%s: defaults of %s", text, got)
		}
	}
}

// TestBytesLost finds question marks in a binary default alone, and in every one.
func TestBytesLost(t *testing.T) {
	t.Parallel()
	d := &DB{}
	d.server.maria = true
	for _, c := range []struct {
		column string
		lost   bool
	}{
		{"`a` binary(1) DEFAULT '?'", true},
		{"`the key` varbinary(9) NOT NULL DEFAULT 'it''s \\\\ ?'", true},
		{"`a``b` varbinary(9) DEFAULT '?' COMMENT 'none'", true},
		{"`a` binary(4) DEFAULT 'text' COMMENT 'why?'", false},
		{"`a` binary(4) COMMENT 'say DEFAULT ''why?'", false},
		{"`a` varchar(4) DEFAULT '?'", false},
	} {
		o := catalog.Object{Kind: catalog.Table, Name: "t", Engine: "InnoDB", Create: "CREATE TABLE `t` (\n  " + c.column + "\n) ENGINE=InnoDB"}
		for number, older := range map[int]bool{1006: true, historyInserted: false} {
			d.server.number = number
			if why := d.unkept(o); (why != "") != (c.lost && older) {
				t.Errorf("%s on %d: %q", c.column, number, why)
			}
		}
	}
}
