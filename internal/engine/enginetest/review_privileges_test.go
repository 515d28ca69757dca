//go:build unix

package enginetest_test

import (
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/safemigrate/safemigrate/internal/engine/enginetest"
	"github.com/safemigrate/safemigrate/migrate"
)

// TestExcludedTableOfAnotherRole is neither locked nor read, on no way.
func TestExcludedTableOfAnotherRole(t *testing.T) {
	t.Parallel()
	for name, grant := range map[string]string{"hidden": "REVOKE ALL ON audit FROM PUBLIC", "readable": "GRANT SELECT ON audit TO PUBLIC"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := prepared(t, table, map[string]string{"1_t.up.sql": "UPDATE t SET a = 'x';\nALTER TABLE t ADD COLUMN b text;\nCREATE TABLE u (id integer);"})
			p.Config.Exclude = []string{"audit"}
			postgresOf(t, p).AdminExec(t, "CREATE TABLE audit (id serial PRIMARY KEY, line text); INSERT INTO audit (line) VALUES ('first'); ALTER TABLE audit OWNER TO "+
				otherRole(t, p, "auditor")+"; "+grant)
			before := p.DB.Fingerprint(t)
			p.Up(t, everything)
			after := p.DB.Fingerprint(t)
			p.Rollback(t, takeBack)
			p.Is(t, before, "after the rollback")
			p.Rollback(t, undoIt)
			p.Is(t, after, "after its undo")

			p.Add(map[string]string{"2_t.up.sql": "DELETE FROM t WHERE id = 1;", "3_t.up.sql": "VACUUM t;", "4_t.up.sql": "SELECT 1/0;"})
			_, err := p.TryUp(t, everything)
			enginetest.Fails(t, err, migrate.Restored, "22012", "restored from the snapshot")
			p.Is(t, after, "after the failure in a later step")
			p.Rollback(t, takeBack)
			p.Is(t, before, "after the rollback of the first batch")
		})
	}
}

// TestReferringTableThatMayNotBeRead stops a batch whose rollback would have to count the
// rows of another role's table.
func TestReferringTableThatMayNotBeRead(t *testing.T) {
	t.Parallel()
	p := prepared(t, "CREATE TABLE t (id integer PRIMARY KEY, a text); INSERT INTO t VALUES (1, 'a');", map[string]string{"1_t.up.sql": "INSERT INTO t VALUES (2, 'b');"})
	other := otherRole(t, p, "clerk")
	postgresOf(t, p).AdminExec(t, "CREATE TABLE kid (t integer REFERENCES t ON DELETE CASCADE); INSERT INTO kid VALUES (1); ALTER TABLE kid OWNER TO "+other)
	for _, allow := range []string{"GRANT SELECT ON kid TO PUBLIC; ALTER TABLE kid ENABLE ROW LEVEL SECURITY", "ALTER TABLE kid DISABLE ROW LEVEL SECURITY"} {
		before := p.DB.Fingerprint(t)
		_, err := p.TryUp(t, everything)
		enginetest.Fails(t, err, migrate.NoWayBack, "table public.kid", "kid_t_fkey", "may not read them all")
		p.Is(t, before, "after the refusal")
		postgresOf(t, p).AdminExec(t, allow)
	}
	before := p.DB.Fingerprint(t)
	p.Up(t, everything)
	p.Rollback(t, takeBack)
	p.Is(t, before, "after the rollback")
}

// TestDefaultPrivilegesDoNotReachCopies keeps rows that their table hides hidden.
func TestDefaultPrivilegesDoNotReachCopies(t *testing.T) {
	t.Parallel()
	for _, everybody := range []bool{false, true} {
		t.Run(map[bool]string{false: "a role", true: "everybody"}[everybody], func(t *testing.T) {
			t.Parallel()
			p := prepared(t, table, map[string]string{"1_t.up.sql": "UPDATE t SET a = 'x';\nCREATE TABLE u (id integer);"})
			ro := otherRole(t, p, "ro")
			grantee := map[bool]string{false: ro, true: "PUBLIC"}[everybody]
			p.Exec(t, "ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO "+grantee+"; ALTER DEFAULT PRIVILEGES GRANT USAGE ON SCHEMAS TO "+grantee)
			before := p.DB.Fingerprint(t)
			p.Up(t, everything)

			conn, err := pgx.Connect(t.Context(), postgresOf(t, p).AdminURL)
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close(t.Context())
			if _, err := conn.Exec(t.Context(), "SET ROLE "+ro+"; SELECT * FROM u"); err != nil {
				t.Errorf("the default privileges are without effect: %v", err)
			}
			closed(t, p, conn)
			p.Rollback(t, takeBack)
			closed(t, p, conn)
			p.Is(t, before, "after the rollback")
		})
	}
}

// closed checks that a session can use nothing of safemigrate's.
func closed(t *testing.T, p *enginetest.Project, conn *pgx.Conn) {
	t.Helper()
	all := p.Rows(t, `SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
		WHERE n.nspname ~ '^safemigrate' AND c.relkind = 'r'`)
	if len(all) < 4 {
		t.Errorf("where are the copies? There is only %q", all)
	}
	for _, name := range all {
		if _, err := conn.Exec(t.Context(), "SELECT * FROM "+name); err == nil {
			t.Errorf("%s can be read", name)
		}
	}
	found, err := conn.Query(t.Context(), `SELECT nspname::text FROM pg_namespace WHERE nspname ~ '^safemigrate' AND has_schema_privilege(oid, 'USAGE, CREATE')`)
	if err != nil {
		t.Fatal(err)
	}
	open, err := pgx.CollectRows(found, pgx.RowTo[string])
	if err != nil || len(open) > 0 {
		t.Errorf("schemas %q are open (%v)", open, err)
	}
}
