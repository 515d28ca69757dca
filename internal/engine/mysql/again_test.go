//go:build unix

package mysql

import (
	"fmt"
	"strings"
	"testing"
)

// TestRemakeable has a text for the definition of which the server makes another table, and
// one of which it makes none.
func TestRemakeable(t *testing.T) {
	t.Parallel()
	db := opened(t)
	ctx := t.Context()
	db.mustExec(t, "CREATE TABLE a (id int AUTO_INCREMENT PRIMARY KEY, n int DEFAULT 3, CONSTRAINT c CHECK (n > 0))", "CREATE TABLE b (id int PRIMARY KEY)")
	now, err := db.census(ctx, "")
	if err != nil {
		t.Fatal(err)
	}
	if err := db.remakeable(ctx, now, []string{"a", "b", "a"}); err != nil {
		t.Error(err)
	}
	o := now.Objects["table b"]
	was := o.Create
	o.Create = strings.Replace(o.Create, "`id` int", "`id` INTEGER", 1)
	now.Objects["table b"] = o
	if err := db.remakeable(ctx, now, []string{"a", "b"}); err == nil || !strings.Contains(err.Error(), "table b could not be made again as it is (it would have `id` int") {
		t.Errorf("of another text: %v", err)
	}
	o.Create = strings.Replace(o.Create, "`id` INTEGER", "`id` nothing", 1)
	now.Objects["table b"] = o
	if err := db.remakeable(ctx, now, []string{"b"}); err == nil || !strings.Contains(err.Error(), "table b could not be made again as it is (") {
		t.Errorf("of a text that is none: %v", err)
	}
	for _, c := range []struct {
		number  int
		message string
		refused bool
	}{
		{1118, "Row size too large", true},
		{1005, "Can't create table (errno: 140 \"Wrong create options\")", true},
		{1005, "Can't create table (errno: 28 \"No space left on device\")", false},
		{1114, "The table is full", false},
		{1021, "Disk full", false},
		{1030, "Got error 135 from storage engine", false},
		{1205, "Lock wait timeout exceeded", false},
		{1213, "Deadlock found", false},
		{1317, "Query execution was interrupted", false},
	} {
		fails := fmt.Sprintf("SIGNAL SQLSTATE 'HY000' SET MYSQL_ERRNO = %d, MESSAGE_TEXT = '%s'", c.number, strings.ReplaceAll(c.message, "'", "''"))
		if ok, err := db.makeTwin(ctx, []string{fails}); ok || (err == nil) != c.refused {
			t.Errorf("of a proof with an error %d: %v", c.number, err)
		}
		db.mustExec(t, "DROP FUNCTION IF EXISTS f", "CREATE FUNCTION f() RETURNS int DETERMINISTIC BEGIN "+fails+"; RETURN 1; END")
		if _, err := (&revert{DB: db}).countRows(ctx, reference{}, "(SELECT f()) AS x WHERE f() = 1"); (err == nil) != c.refused {
			t.Errorf("of a count with an error %d: %v", c.number, err)
		}
		if err := db.own.exec(ctx, fails); unread(ctx, err) == (c.refused || c.number == codeEngine) {
			t.Errorf("of a reading with an error %d: %v", c.number, err)
		}
		o.Create = was + ";\n" + fails
		now.Objects["table b"] = o
		err := db.remakeable(ctx, now, []string{"b"})
		if err == nil || strings.Contains(err.Error(), "could not be made again as it is") != c.refused || !strings.Contains(err.Error(), c.message) {
			t.Errorf("of an error %d: %v", c.number, err)
		}
	}
	left, err := db.own.number(ctx, "SELECT count(*) FROM information_schema.tables WHERE table_schema = database() AND table_name LIKE 'safemigrate%'")
	if err != nil || left != 0 {
		t.Errorf("it leaves %d tables (%v)", left, err)
	}
}

// TestUntiedWithoutASession has the session end that looks for foreign keys.
func TestUntiedWithoutASession(t *testing.T) {
	t.Parallel()
	db := opened(t)
	db.mustExec(t, "CREATE TABLE a (id int PRIMARY KEY)")
	now, err := db.census(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	a := now.Objects["table a"]
	if free, err := db.untied(t.Context(), a); !free || err != nil {
		t.Errorf("it is %t (%v)", free, err)
	}
	if err := db.ledger.exec(t.Context(), fmt.Sprintf("KILL %d", db.own.id)); err != nil {
		t.Fatal(err)
	}
	if free, err := db.untied(t.Context(), a); free || err == nil {
		t.Errorf("without a session it is %t", free)
	}
}
