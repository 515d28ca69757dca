//go:build unix

package enginetest

import (
	"testing"
	"testing/fstest"

	"github.com/safemigrate/safemigrate"
	"github.com/safemigrate/safemigrate/migrate"
)

func disagreements(x trial) {
	t, e := x.t, x.e
	p, _ := seeded(t, e)
	p.Up(t, safemigrate.UpOptions{To: "3"})
	v3 := p.DB.Fingerprint(t)
	shopFiles := p.Files
	with := func(name, text string) fstest.MapFS {
		files := p.Without()
		files[name] = &fstest.MapFile{Data: []byte(text)}
		return files
	}
	for _, c := range []struct {
		name  string
		files fstest.MapFS
		words []string
		allow migrate.ProblemKind // "" where it cannot be waved through
	}{
		{"edited", with("000002_note.up.sql", "SELECT 2;"), []string{"000002_note.up.sql", "edited"}, migrate.Edited},
		{"missing", p.Without("000002_note.up.sql"), []string{"2", "missing"}, migrate.Missing},
		{"too new", p.Without("000003_split.up.sql", "000004_log.up.sql"), []string{"3", "too-new", "rollback"}, migrate.TooNew},
		{"duplicate", with("4_other.up.sql", "SELECT 1;"), []string{"4_other.up.sql", "duplicate"}, ""},
		{"duplicate of an applied one", with("0002_other.up.sql", "SELECT 1;"), []string{"0002_other.up.sql", "duplicate"}, ""},
		{"a version that is too large", with("99999999999999999999_x.up.sql", "SELECT 1;"), []string{"99999999999999999999_x"}, ""},
	} {
		p.Files = c.files
		_, err := p.TryUp(t, all)
		Fails(t, err, migrate.Disagreement, c.words...)
		p.Is(t, v3, "after "+c.name)
		if _, err := p.Open(t).Status(t.Context()); err != nil {
			t.Errorf("%s: status: %v", c.name, err)
		}
		if c.allow == "" {
			continue
		}
		_, err = p.Open(t).Plan(t.Context(), safemigrate.UpOptions{Allow: []migrate.ProblemKind{c.allow}})
		if err != nil {
			t.Errorf("%s: plan: %v", c.name, err)
		}
		wrongKind := migrate.Gap
		_, err = p.TryUp(t, safemigrate.UpOptions{Allow: []migrate.ProblemKind{wrongKind}})
		Fails(t, err, migrate.Disagreement)
		p.Is(t, v3, "after a wrong --allow")
		r := p.Up(t, safemigrate.UpOptions{Allow: []migrate.ProblemKind{c.allow}})
		if len(r.Migrations) > 0 {
			p.Rollback(t, back)
		}
		p.Is(t, v3, "after --allow and rollback")
	}
	// Rollback reads no file: the release before never heard of the newer one.
	p.Files = fstest.MapFS{}
	p.Config.Convention = ""
	p.Rollback(t, back)
	p.Files = shopFiles
	outOfOrder(t, p)
}

// outOfOrder lets a version in between appear after both neighbours ran.
func outOfOrder(t *testing.T, p *Project) {
	t.Helper()
	p.Files = fstest.MapFS{"000001_shop.up.sql": p.Files["000001_shop.up.sql"], "000005_late.up.sql": {Data: []byte("CREATE TABLE late (id integer);")}}
	p.Up(t, all)
	p.Files["000003_between.up.sql"] = &fstest.MapFile{Data: []byte("CREATE TABLE between_both (id integer);")}
	before := p.DB.Fingerprint(t)
	_, err := p.TryUp(t, all)
	Fails(t, err, migrate.Disagreement, "out-of-order", "000003_between.up.sql", "above 5")
	p.Is(t, before, "after out of order")
	if r := p.Up(t, safemigrate.UpOptions{Allow: []migrate.ProblemKind{migrate.OutOfOrder}}); len(r.Migrations) != 0 {
		t.Errorf("it ran all the same: %+v", r)
	}
}

func dirty(x trial) {
	t, e := x.t, x.e
	p, _ := seeded(t, e)
	p.Exec(t, "CREATE TABLE half (id integer); DELETE FROM schema_migrations; INSERT INTO schema_migrations VALUES (2, true)")
	before := p.DB.Fingerprint(t)
	_, err := p.TryUp(t, all)
	Fails(t, err, migrate.Disagreement, "dirty", "000002_note.up.sql", "migrate force 2", "migrate force 1")
	_, err = p.Open(t).Recover(t.Context(), safemigrate.RecoverOptions{})
	Fails(t, err, migrate.Disagreement, "dirty", "ended at version 1", "force")
	_, err = p.TryRollback(t, back)
	Fails(t, err, migrate.Disagreement)
	p.Is(t, before, "after three refusals")
	status, err := p.Open(t).Status(t.Context())
	if err != nil || !status.Dirty || len(status.Problems) == 0 || status.Rollback.Possible {
		t.Errorf("status: %+v, %v", status, err)
	}
	p.Exec(t, "DROP TABLE half; DELETE FROM schema_migrations; INSERT INTO schema_migrations VALUES (1, false)")
	p.Up(t, all)
	p.Rollback(t, back)
}

// movedOn: another tool changed the history after our batch.
func movedOn(x trial) {
	t, e := x.t, x.e
	p, _ := seeded(t, e)
	p.Up(t, safemigrate.UpOptions{To: "3"})
	p.Exec(t, "UPDATE schema_migrations SET version = 4")
	before := p.DB.Fingerprint(t)
	_, err := p.TryRollback(t, back)
	Fails(t, err, migrate.Disagreement, "version 4", "ended at 3")
	p.Is(t, before, "after a refusal")
	p.Exec(t, "UPDATE schema_migrations SET version = 3")
	p.Rollback(t, back)
}
