//go:build unix

package values_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/safemigrate/safemigrate"
	"github.com/safemigrate/safemigrate/internal/engine/enginetest"
	"github.com/safemigrate/safemigrate/internal/testpg"
	"github.com/safemigrate/safemigrate/migrate"
)

func TestMain(m *testing.M) { testpg.Main(m) }

// damages are what a batch does to a table «t» whose column v is to come back.
var damages = []struct{ name, sql string }{
	{"updated", "UPDATE «t» SET v = NULL, n = -n;"},
	{"deleted", "DELETE FROM «t»;"},
	{"truncated", "TRUNCATE «t»;"},
	{"retyped", "ALTER TABLE «t» ALTER v TYPE text USING 'gone';"},
	{"column dropped", "ALTER TABLE «t» DROP v;"},
	{"dropped", "DROP TABLE «t»;"},
}

// leastValues is how many values there are at least.
const leastValues = 120

// TestValues has every value damaged in every way.
func TestValues(t *testing.T) {
	t.Parallel()
	var setup strings.Builder
	setup.WriteString(typesSetup)
	values := 0
	for i, k := range kinds {
		values += len(k.values)
		fmt.Fprintf(&setup, "CREATE TABLE t%d (gone int, n int, v %s, m int DEFAULT 7); ALTER TABLE t%d DROP gone;", i, k.of, i)
		for n, value := range k.values {
			fmt.Fprintf(&setup, "INSERT INTO t%d SELECT %d, (%s)::%s;", i, n, value, k.of)
		}
		fmt.Fprintf(&setup, "INSERT INTO t%d VALUES (-1, NULL), (-1, NULL);\n", i)
	}
	t.Logf("%d types, %d values", len(kinds), values)
	if values < leastValues {
		t.Errorf("%d values, and at least %d are promised", values, leastValues)
	}
	for _, d := range damages {
		t.Run(d.name, func(t *testing.T) {
			t.Parallel()
			var batch strings.Builder
			for i := range kinds {
				batch.WriteString(strings.ReplaceAll(d.sql, "«t»", fmt.Sprintf("t%d", i)) + "\n")
			}
			comesBack(t, setup.String(), batch.String())
		})
	}
}

// comesBack applies a batch to what a setup makes, and takes it back.
func comesBack(t *testing.T, setup, batch string) {
	t.Helper()
	p, d := damaged(t, setup, batch)
	before, bytesBefore := d.Fingerprint(t), sent(t, d.Database)
	p.Up(t, safemigrate.UpOptions{})
	if d.Fingerprint(t) == before {
		t.Error("the batch damaged nothing")
	}
	p.Rollback(t, safemigrate.RollbackOptions{})
	p.Is(t, before, "after the rollback")
	after := sent(t, d.Database)
	for table, was := range bytesBefore {
		if is := after[table]; is != was {
			t.Errorf("the server sends other bytes for %s: %s, want %s", table, is, was)
		}
	}
}

// sent hashes the bytes that the server sends for each table's rows, ordered by
// their text.
func sent(t *testing.T, d *testpg.Database) map[string]string {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), d.AdminURL)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	found, err := conn.Query(t.Context(), `SELECT c.oid::regclass::text FROM pg_class c
		WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND c.relname <> 'schema_migrations'`)
	if err != nil {
		t.Fatal(err)
	}
	tables, err := pgx.CollectRows(found, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	hashes := map[string]string{}
	for _, table := range tables {
		var rows bytes.Buffer
		if _, err := conn.PgConn().CopyTo(t.Context(), &rows,
			"COPY (SELECT * FROM ONLY "+table+" x ORDER BY x::text COLLATE \"C\") TO STDOUT (FORMAT binary)"); err != nil {
			t.Fatalf("reading %s: %v", table, err)
		}
		sum := sha256.Sum256(rows.Bytes())
		hashes[table] = hex.EncodeToString(sum[:])
	}
	return hashes
}

// comesBackOrStays is comesBack for a batch that may be refused instead, as a whole.
func comesBackOrStays(t *testing.T, setup, batch string) {
	t.Helper()
	p, d := damaged(t, setup, batch)
	before := d.Fingerprint(t)
	if _, err := p.TryUp(t, safemigrate.UpOptions{}); err != nil {
		enginetest.Fails(t, err, migrate.NoWayBack, "row security")
		p.Is(t, before, "after the refusal")
		return
	}
	p.Rollback(t, safemigrate.RollbackOptions{})
	p.Is(t, before, "after the rollback")
}

// huge compares a table by a hash that the server makes: its text is too long to pass
// around.
func huge(t *testing.T, setup, batch string) {
	t.Helper()
	p, d := damaged(t, setup, batch)
	const sum = "SELECT string_agg(id || ' ' || length(name) || ' ' || md5(name), ',' ORDER BY id) FROM t"
	before := p.Rows(t, sum)[0]
	p.Up(t, safemigrate.UpOptions{})
	p.Rollback(t, safemigrate.RollbackOptions{})
	if after := p.Rows(t, sum)[0]; after != before {
		t.Errorf("%s: %s, want %s", batch, after, before)
	}
	d.Exec(t, "DROP TABLE t")
}

// damaged is a project with a batch, over what a setup makes.
func damaged(t *testing.T, setup, batch string) (*enginetest.Project, *enginetest.PostgresDatabase) {
	t.Helper()
	p := enginetest.NewProject(t, enginetest.Postgres(), map[string]string{"1_damage.up.sql": batch})
	d, ok := p.DB.(*enginetest.PostgresDatabase)
	if !ok {
		t.Fatalf("%T is no PostgreSQL database", p.DB)
	}
	d.Exec(t, setup)
	return p, d
}
