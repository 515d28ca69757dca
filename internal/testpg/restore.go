//go:build unix

package testpg

import (
	"fmt"
	"net/url"
	"os/exec"
	"strings"
	"testing"
)

// PgRestore has the stock pg_restore bring an archive into the database, as its role, which
// gets everything. Since 17 it sets, in every session, what older servers do not know, and
// goes on: of all that it has against them, only that is let pass.
func (d *Database) PgRestore(tb testing.TB, archive string, jobs int) {
	tb.Helper()
	u, err := url.Parse(d.URL)
	if err != nil {
		tb.Fatal(err)
	}
	u.User = url.User(d.Role)
	command := exec.Command(d.Server.Program(tb, "pg_restore"), "--no-owner", "--no-acl", fmt.Sprintf("--jobs=%d", jobs), "--dbname="+u.String(), archive)
	command.Env = []string{"PGPASSWORD=" + d.Password, "LC_ALL=C"}
	out, err := command.CombinedOutput()
	if said := string(out); err != nil && strings.Count(said, "error: ") != strings.Count(said, `unrecognized configuration parameter "transaction_timeout"`) {
		tb.Fatalf("pg_restore -j%d: %v\n%s", jobs, err, said)
	}
}
