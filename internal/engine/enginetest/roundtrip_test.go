//go:build unix

package enginetest_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/safemigrate/safemigrate"
	"github.com/safemigrate/safemigrate/internal/engine/enginetest"
)

// sampleVersions is how many versions the shipped migrations have.
const sampleVersions = 10

// TestSamples takes every batch of one, two, three and all remaining versions
// back, from every version of the shipped migrations. What up makes is what the
// plain tool makes.
func TestSamples(t *testing.T) {
	t.Parallel()
	for _, e := range []enginetest.Engine{enginetest.Postgres(), enginetest.SQLite(), enginetest.MySQL()} {
		t.Run(e.Name, func(t *testing.T) {
			t.Parallel()
			plain := plainStates(t, e)
			sizes := []int{1, 2, 3, sampleVersions}
			if e.CommitsEach { // where each takes longest
				sizes = []int{1, sampleVersions}
			}
			for _, size := range sizes {
				t.Run(fmt.Sprintf("batches of %d", size), func(t *testing.T) {
					t.Parallel()
					roundTrips(t, e, size, plain)
				})
			}
		})
	}
}

func roundTrips(t *testing.T, e enginetest.Engine, size int, plain []string) {
	t.Helper()
	p := &enginetest.Project{DB: e.Fresh(t), Config: safemigrate.Config{FS: samples(e)}}
	before := p.DB.Fingerprint(t)
	for at := range sampleVersions {
		reached := min(at+size, sampleVersions)
		p.Up(t, safemigrate.UpOptions{Limit: size})
		after := p.DB.Fingerprint(t)
		if got := common(p, after); got != plain[reached] {
			t.Errorf("version %d after a batch of %d is not what the plain tool makes:\n%s", reached, size, lineDifference(plain[reached], got))
		}
		p.Rollback(t, safemigrate.RollbackOptions{})
		p.Is(t, before, fmt.Sprintf("%d → %d → %d:", at, reached, at))
		if size == 1 || at == 0 {
			p.Rollback(t, safemigrate.RollbackOptions{Undo: true})
			p.Is(t, after, fmt.Sprintf("%d → %d → %d → %d:", at, reached, at, reached))
		}
		if size == 1 {
			before = after
			continue
		}
		if at == 0 {
			p.Rollback(t, safemigrate.RollbackOptions{})
		}
		p.Up(t, safemigrate.UpOptions{Limit: 1})
		before = p.DB.Fingerprint(t)
		if got := common(p, before); got != plain[at+1] {
			t.Errorf("version %d after a round trip is not what the plain tool makes:\n%s", at+1, lineDifference(plain[at+1], got))
		}
	}
	if size > 1 {
		return
	}
	empty := ""
	p.Rollback(t, safemigrate.RollbackOptions{To: &empty})
	if got, fresh := common(p, p.DB.Fingerprint(t)), plain[0]; got != fresh {
		t.Errorf("after all was taken back:\n%s", lineDifference(fresh, got))
	}
}

// plainStates is what the plain tool makes of the samples, by version.
func plainStates(t *testing.T, e enginetest.Engine) []string {
	t.Helper()
	p := &enginetest.Project{DB: e.Fresh(t)}
	states := []string{common(p, p.DB.Fingerprint(t))}
	plain := newTool(t, p.DB.ToolURL(), samples(e))
	for range sampleVersions {
		plain.must(t, "up", "1")
		states = append(states, common(p, p.DB.Fingerprint(t)))
	}
	return states
}

var moment = regexp.MustCompile(`20[2-9]\d-\d\d-\d\d[ T]\d\d:\d\d:\d\d(\.\d+)?(\+00)?`)

// common leaves out what differs between two databases that were made by the
// same migrations: names, the time of day, and on MySQL the index that the server makes for a
// foreign key: in a table that went back it stays when another one serves (docs/mysql.md).
func common(p *enginetest.Project, fingerprint string) string {
	switch d := p.DB.(type) {
	case *enginetest.PostgresDatabase:
		fingerprint = strings.ReplaceAll(fingerprint, d.Role, "owner")
	case *enginetest.MySQLDatabase:
		fingerprint = strings.NewReplacer(d.Role, "owner", d.Name, "shop", "  KEY `orders_customer` (`customer_id`),\n", "").Replace(fingerprint)
	}
	fingerprint = strings.ReplaceAll(fingerprint, `"schema_migrations"`, "schema_migrations") // SQLite keeps the spelling
	return moment.ReplaceAllString(fingerprint, "moment")
}

// lineDifference shows the lines that only one of two texts has.
func lineDifference(want, got string) string {
	var out strings.Builder
	for _, side := range []struct{ mark, of, in string }{{"- ", want, got}, {"+ ", got, want}} {
		for line := range strings.Lines(side.of) {
			if !strings.Contains(side.in, line) {
				out.WriteString(side.mark + line)
			}
		}
	}
	return out.String()
}
