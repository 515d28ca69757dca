//go:build unix

package footprint_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/footprint"
	"github.com/safemigrate/safemigrate/internal/testpg"
	"github.com/safemigrate/safemigrate/migrate"
)

const (
	manyTables     = 10_000
	manyMigrations = 500
)

// wide makes a database of many tables, each with a key, a reference, an index
// and a trigger, and a view on every tenth.
func wide(b *testing.B) *pgx.Conn {
	b.Helper()
	d := testpg.Start(b).Database(b)
	d.Exec(b, `CREATE TABLE log (id bigint GENERATED ALWAYS AS IDENTITY, what text);
		CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO log (what) VALUES (TG_OP); RETURN NULL; END $$`)
	conn := d.Connect(b)
	const atOnce = 200
	for from := 0; from < manyTables; from += atOnce {
		var s strings.Builder
		for i := from; i < from+atOnce; i++ {
			fmt.Fprintf(&s, "CREATE TABLE t%d (id bigint PRIMARY KEY, parent bigint REFERENCES t%d ON DELETE CASCADE, a text NOT NULL, b int DEFAULT 0, c numeric, d timestamptz DEFAULT now(), e jsonb, f boolean);", i, max(i-1, i/10*10))
			fmt.Fprintf(&s, "CREATE INDEX ON t%d (parent); CREATE TRIGGER note AFTER DELETE ON t%d FOR EACH ROW EXECUTE FUNCTION note();", i, i)
			if i%10 == 0 {
				fmt.Fprintf(&s, "CREATE VIEW v%d AS SELECT id, a, b FROM t%d;", i, i)
			}
		}
		if _, err := conn.PgConn().Exec(b.Context(), s.String()).ReadAll(); err != nil {
			b.Fatal(err)
		}
	}
	if _, err := conn.Exec(b.Context(), "ANALYZE"); err != nil {
		b.Fatal(err)
	}
	return conn
}

// migrations are of the usual kinds, one file each.
func migrations(b *testing.B) []migrate.Script {
	b.Helper()
	out := make([]migrate.Script, manyMigrations)
	for i := range out {
		n := i * (manyTables / manyMigrations)
		out[i] = script(b, fmt.Sprintf("%d.sql", i), fmt.Sprintf(`ALTER TABLE t%[1]d ADD COLUMN x int;
			UPDATE t%[1]d SET x = b + 1, a = upper(a) WHERE id > 5;
			CREATE INDEX ON t%[1]d (x);
			CREATE TABLE made%[1]d (id int PRIMARY KEY, t bigint REFERENCES t%[1]d);
			INSERT INTO made%[1]d SELECT id, id FROM t%[1]d;
			DELETE FROM t%[2]d WHERE f;
			UPDATE v%[1]d SET b = 1;
			DO $$ BEGIN IF EXISTS (SELECT 1 FROM t%[2]d) THEN UPDATE t%[2]d SET c = c * 2; END IF; END $$;`, n, n+1))
	}
	return out
}

func BenchmarkRead(b *testing.B) {
	conn := wide(b)
	b.ReportAllocs()
	for b.Loop() {
		tx, err := conn.Begin(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		if _, err := footprint.Read(b.Context(), tx); err != nil {
			b.Fatal(err)
		}
		if err := tx.Rollback(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkOf(b *testing.B) {
	known := facts(b, wide(b))
	batch := migrations(b)
	b.ReportAllocs()
	for b.Loop() {
		if f := footprint.Of(known, batch); len(f.Whole) > 0 || len(f.Tables) < manyMigrations {
			b.Fatalf("%d tables, whole %v", len(f.Tables), f.Whole)
		}
	}
}
