//go:build unix

package testmy_test

import (
	"strings"
	"testing"

	"github.com/safemigrate/safemigrate/internal/testmy"
)

func TestMain(m *testing.M) { testmy.Main(m) }

func TestDatabase(t *testing.T) {
	t.Parallel()
	d := testmy.Start(t).Database(t)
	d.Exec(t, "CREATE TABLE t (id integer PRIMARY KEY, a text); INSERT INTO t VALUES (2, NULL), (1, 'one')")
	if got, want := d.Rows(t), "t\n\t1|one\n\t2|NULL\n"; got != want {
		t.Errorf("rows %q, want %q", got, want)
	}
	if dump := d.Dump(t); !strings.Contains(dump, "CREATE TABLE `t`") || strings.Contains(dump, "INSERT") {
		t.Errorf("dump %s", dump)
	}
	if rows, err := testmy.Query(d.Connect(t), "SELECT if(@@version LIKE '%MariaDB%', 'MariaDB', 'MySQL')"); err != nil || rows[0] != string(testmy.Tested()) {
		t.Errorf("%v, want %s; %v", rows, testmy.Tested(), err)
	}
}

func TestRestart(t *testing.T) {
	t.Parallel()
	s := testmy.New(t, nil)
	d := s.Database(t)
	d.Exec(t, "CREATE TABLE t (id integer PRIMARY KEY); INSERT INTO t VALUES (1)")
	for _, immediately := range []bool{true, false} {
		s.Stop(t, immediately)
		s.Restart(t)
		if got := d.Rows(t); got != "t\n\t1\n" {
			t.Errorf("rows %q", got)
		}
	}
}
