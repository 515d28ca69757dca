//go:build unix

package enginetest_test

import (
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/safemigrate/safemigrate"
	"github.com/safemigrate/safemigrate/internal/engine/enginetest"
	"github.com/safemigrate/safemigrate/internal/testpg"
	"github.com/safemigrate/safemigrate/migrate"
	"github.com/safemigrate/safemigrate/snapshot"
)

// objectsOf are the large objects of a database with all that there is of them.
func objectsOf(t *testing.T, url string) string {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	found, err := conn.Query(t.Context(), `SELECT concat_ws(' ', oid, pg_get_userbyid(lomowner), encode(lo_get(oid), 'hex'), obj_description(oid, 'pg_largeobject'),
		ARRAY(SELECT a::text FROM unnest(coalesce(lomacl, acldefault('L', lomowner))) a ORDER BY 1)) FROM pg_largeobject_metadata ORDER BY oid`)
	if err != nil {
		t.Fatal(err)
	}
	all, err := pgx.CollectRows(found, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(all, "\n")
}

const someObjects = `SELECT lo_from_bytea(70001, 'one'), lo_from_bytea(70002, ''), lo_from_bytea(70003, 'three'); COMMENT ON LARGE OBJECT 70001 IS 'the ''first''';
	GRANT SELECT ON LARGE OBJECT 70002 TO PUBLIC; REVOKE UPDATE ON LARGE OBJECT 70003 FROM CURRENT_USER;`

// TestLargeObjectsComeBackWhole: with a restored dump come the contents of large objects,
// their owners, privileges and comments, by safemigrate and in an exchange.
func TestLargeObjectsComeBackWhole(t *testing.T) {
	t.Parallel()
	p, d, store := wholes(t, "DELETE FROM orders;")
	d.Exec(t, someObjects)
	before := objectsOf(t, d.AdminURL)
	p.Up(t, safemigrate.UpOptions{})
	p.Rollback(t, wholly)
	if is := objectsOf(t, d.AdminURL); is != before {
		t.Errorf("after the exchange:\n%s", enginetest.Difference(before, is))
	}
	st, l := inStore(t, store)
	into := d.Name + "_restored"
	defer serverExec(t, d, "DROP DATABASE IF EXISTS "+into)
	if _, err := st.Restore(t.Context(), l, safemigrate.RestoreOptions{Programs: testpg.Clients(), Into: into, Database: d.AdminURL}); err != nil {
		t.Fatal(err)
	}
	if is := objectsOf(t, strings.Replace(d.AdminURL, "/"+d.Name, "/"+into, 1)); is != before {
		t.Errorf("after the restore:\n%s", enginetest.Difference(before, is))
	}
}

// TestLargeObjectsSince: what somebody did to large objects after the batch is asked about
// before the whole database goes back, be it nothing but a comment, and is kept.
func TestLargeObjectsSince(t *testing.T) {
	t.Parallel()
	changes := []struct{ name, change, back string }{
		{"contents", "DO $$ BEGIN PERFORM lo_put(70001, 0, 'other'); END $$", "DO $$ BEGIN PERFORM lo_truncate(lo_open(70001, 131072), 0); PERFORM lo_put(70001, 0, 'one'); END $$"},
		{"a new one", "SELECT lo_create(70004)", "SELECT lo_unlink(70004)"},
		{"one is gone", "SELECT lo_unlink(70003)", "SELECT lo_from_bytea(70003, 'three'); REVOKE UPDATE ON LARGE OBJECT 70003 FROM CURRENT_USER"},
		{"a comment", "COMMENT ON LARGE OBJECT 70002 IS 'new'", "COMMENT ON LARGE OBJECT 70002 IS NULL"},
		{"a privilege", "GRANT UPDATE ON LARGE OBJECT 70001 TO PUBLIC", "REVOKE UPDATE ON LARGE OBJECT 70001 FROM PUBLIC"},
		{"an owner", "within: ALTER LARGE OBJECT 70001 OWNER TO postgres", ""},
	}
	for _, strategy := range []snapshot.Strategy{snapshot.Dump, snapshot.Clone} {
		t.Run(string(strategy), func(t *testing.T) {
			t.Parallel()
			p, d, _ := wholes(t, "DELETE FROM orders;")
			p.Config.Strategy = strategy
			d.Exec(t, someObjects)
			before := objectsOf(t, d.AdminURL)
			p.Up(t, safemigrate.UpOptions{})
			whole := safemigrate.RollbackOptions{Whole: strategy == snapshot.Dump, Plan: true}
			for _, c := range changes {
				if planned := p.Rollback(t, whole); planned.Losses() != 0 {
					t.Errorf("before %s: asked although nothing was changed: %q", c.name, writtenSince(planned))
				}
				exec := d.Exec
				if sql, admin := strings.CutPrefix(c.change, "within: "); admin {
					exec, c.change = d.AdminExec, sql
				}
				exec(t, c.change)
				if asked := writtenSince(p.Rollback(t, whole)); asked != "large objects" {
					t.Errorf("%s: asked about %q", c.name, asked)
				}
				if c.back != "" {
					exec(t, c.back)
				}
			}
			after := objectsOf(t, d.AdminURL)
			whole.Plan = false
			_, err := p.TryRollback(t, whole)
			enginetest.Fails(t, err, migrate.Undecided, "written since")
			whole.Decide = migrate.Discard
			p.Rollback(t, whole)
			if is := objectsOf(t, d.AdminURL); is != before {
				t.Errorf("after the rollback:\n%s", enginetest.Difference(before, is))
			}
			p.Rollback(t, safemigrate.RollbackOptions{Undo: true})
			if is := objectsOf(t, d.AdminURL); is != after {
				t.Errorf("after the undo:\n%s", enginetest.Difference(after, is))
			}
		})
	}
}

// TestLargeObjectsOfOthers: what the role cannot read, or could not give back, is named
// before anything is made.
func TestLargeObjectsOfOthers(t *testing.T) {
	t.Parallel()
	p, d, _ := wholes(t, "DELETE FROM orders;")
	d.AdminExec(t, "SELECT lo_from_bytea(70001, 'theirs')")
	plan, err := p.Open(t).Plan(t.Context(), safemigrate.UpOptions{})
	if err != nil || len(plan.Snapshot.Blockers) != 1 || !strings.Contains(plan.Snapshot.Blockers[0], "large object 70001 of role postgres cannot be read") {
		t.Fatalf("%+v, %v", plan, err)
	}
	_, err = p.TryUp(t, safemigrate.UpOptions{})
	enginetest.Fails(t, err, migrate.NoWayBack, "large object 70001 of role postgres cannot be read")
	d.AdminExec(t, "GRANT SELECT ON LARGE OBJECT 70001 TO "+d.Role)
	before := content(t, d)
	p.Up(t, safemigrate.UpOptions{})
	_, err = p.TryRollback(t, wholly)
	enginetest.Fails(t, err, migrate.NoWayBack, "large object 70001 belongs to role postgres, and this role cannot give it to that one")
	p.Rollback(t, safemigrate.RollbackOptions{})
	hasContent(t, d, before, "after a rollback of the batch alone")
}

// TestLargeObjectsOfABatch: no snapshot takes back what a batch does to them, so it is
// refused by name before its commit.
func TestLargeObjectsOfABatch(t *testing.T) {
	t.Parallel()
	p, d, _ := dumped(t, "")
	d.Exec(t, someObjects)
	before := objectsOf(t, d.AdminURL)
	for name, sql := range map[string]string{
		"contents":    "SELECT lo_put(70001, 0, 'other');",
		"a new one":   "SELECT lo_create(70004);",
		"one is gone": "SELECT lo_unlink(70003);",
		"a comment":   "COMMENT ON LARGE OBJECT 70002 IS 'new';",
		"a privilege": "GRANT UPDATE ON LARGE OBJECT 70001 TO PUBLIC;",
	} {
		p.Add(map[string]string{"2_change.up.sql": sql})
		_, err := p.TryUp(t, safemigrate.UpOptions{})
		enginetest.Fails(t, err, migrate.NoWayBack, "large object")
		if is := objectsOf(t, d.AdminURL); is != before {
			t.Errorf("%s: after the refusal:\n%s", name, enginetest.Difference(before, is))
		}
	}
}
