//go:build failpoint && unix

package killtest

import (
	"strings"
	"testing"

	"github.com/safemigrate/safemigrate/internal/testmy"
)

// TestMySQLDanglingAfterRecover writes a row that refers to nothing while a foreign key is
// away for the time of a rollback or a restore that is killed then: whoever ends it says so.
func TestMySQLDanglingAfterRecover(t *testing.T) {
	t.Parallel()
	const named = "child: 1 row of it refers, by foreign key child_of, to no row of parent"
	for name, c := range map[string]struct {
		fails   bool
		command []string
		again   string // where the first recover is killed, too
	}{
		"a rollback":                         {command: []string{"rollback"}},
		"a rollback, when the keys are back": {command: []string{"rollback"}, again: "mysql.revert.step#7"},
		"a restore":                          {fails: true, command: []string{"recover"}},
		"a restore, when the keys are back":  {fails: true, command: []string{"recover"}, again: "mysql.revert.step#7"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newMySQL(t, testmy.Start(t))
			w.exec(t, meanwhileSchema)
			statements := strings.SplitAfter(meanwhileBatch, "\n")
			batch := strings.Join(statements[:3], "")
			if c.fails { // the table of the row is not made again: only its key was dropped
				batch = statements[0] + statements[1] + "SELECT * FROM nowhere;"
			}
			s := newStage(t, w, write(t, map[string]string{"000001_x.up.sql": batch}))
			if c.fails {
				s.must(t, 4, "up", "--on-failure", "keep")
			} else {
				s.must(t, 0, "up")
			}
			s.killed(t, c.command, "mysql.revert.step#4")
			w.exec(t, "INSERT INTO child VALUES (3, 77)")
			if c.again != "" {
				s.killed(t, []string{"recover"}, c.again)
			}
			if e := s.must(t, 0, "recover"); !strings.Contains(e.String(), named) {
				t.Errorf("it does not say %q\n%s", named, e)
			}
		})
	}
}
