//go:build unix

package mysql

import (
	"testing"

	"github.com/safemigrate/safemigrate/internal/engine/mysql/catalog"
)

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
