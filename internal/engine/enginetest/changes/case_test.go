//go:build unix

package changes_test

import (
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/safemigrate/safemigrate"
	"github.com/safemigrate/safemigrate/internal/engine/enginetest"
	"github.com/safemigrate/safemigrate/internal/testpg"
	"github.com/safemigrate/safemigrate/internal/testshare"
	"github.com/safemigrate/safemigrate/migrate"
)

// change is one case: what is there, and what a batch does to it.
type change struct {
	name  string
	admin string   // run as superuser ahead of setup: what the owner may not do
	setup string   // run as the owner: what is there before the batch
	batch string   // the migration
	more  []string // further migrations of the same batch

	// refused is part of the reason for which the batch must be refused, with
	// nothing changed. Empty: it must be taken back exactly.
	refused string
	// same: the batch comes to nothing, and has to.
	same bool
	// since is the first server version (server_version_num) that knows the
	// case, until the first that does not; 0 where there is none. On another
	// server the case is counted as such.
	since, until int
	// superuser runs the batch itself as superuser.
	superuser bool
}

// runCases runs the cases of one kind, each in a database of its own.
func runCases(t *testing.T, kind string, cases []change) {
	t.Helper()
	t.Parallel()
	for _, c := range cases {
		r := results.announce(t, kind, c)
		if r.spared = !inShare(kind, c); r.spared {
			r.finish(false)
			continue
		}
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			defer func() { r.finish(t.Failed()) }()
			learn(t)
			if r.elsewhere = server.version < c.since || c.until > 0 && server.version >= c.until; r.elsewhere {
				return
			}
			c.run(t)
		})
	}
}

// inShare says whether a case is run: a share leaves out such as every server knows. The
// totals say how many.
func inShare(kind string, c change) bool {
	return c.since > 0 || c.until > 0 || testshare.Has(kind+" "+c.name)
}

// run applies the batch, takes it back, and applies it again; SAFEMIGRATE_TEST_BRIEF
// leaves the last out.
func (c *change) run(t *testing.T) {
	t.Helper()
	p, d := c.project(t)
	before := see(t, d)
	_, err := p.TryUp(t, safemigrate.UpOptions{})
	if c.refused != "" {
		enginetest.Fails(t, err, migrate.NoWayBack, c.refused)
		see(t, d).is(t, before, "after the refusal")
		return
	}
	if err != nil {
		t.Fatalf("up: %v", err)
	}
	after := glance(t, d)
	if changed := !after.alike(before); changed == c.same {
		t.Errorf("the batch changed something: %t, want %t", changed, !c.same)
	}
	p.Rollback(t, safemigrate.RollbackOptions{})
	see(t, d).is(t, before, "after the rollback")
	if d.HasHistory(t) {
		t.Error("the history table is still there after the rollback")
	}
	if os.Getenv("SAFEMIGRATE_TEST_BRIEF") != "" {
		return // on further server versions: there and back
	}
	p.Up(t, safemigrate.UpOptions{})
	glance(t, d).is(t, after, "after the second up")
}

func (c *change) project(t *testing.T) (*enginetest.Project, *database) {
	t.Helper()
	d := &database{testpg.Start(t).Database(t)}
	makeRoles(t, d)
	spell := strings.NewReplacer("@owner", d.Role).Replace
	p := &enginetest.Project{DB: &enginetest.PostgresDatabase{Database: d.Database}}
	for i, sql := range append([]string{c.batch}, c.more...) {
		p.Add(map[string]string{fmt.Sprintf("%d_change.up.sql", i+1): spell(sql)})
	}
	if c.superuser {
		p.Config.Database = d.AdminURL
	}
	d.AdminExec(t, "GRANT team TO "+d.Role+";"+spell(c.admin))
	if c.setup != "" {
		d.Exec(t, spell(c.setup))
	}
	d.Observe(t)
	return p, d
}

var rolesMade sync.Once

// makeRoles makes the roles that all cases share; they go with the server.
func makeRoles(t *testing.T, d *database) {
	t.Helper()
	rolesMade.Do(func() {
		d.AdminExec(t, "CREATE ROLE alice; CREATE ROLE bob; CREATE ROLE team; CREATE ROLE chief SUPERUSER")
	})
}
