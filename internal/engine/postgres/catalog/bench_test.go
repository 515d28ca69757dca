package catalog_test

import (
	"runtime"
	"testing"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/catalog"
	"github.com/safemigrate/safemigrate/internal/testpg"
)

// manyTables makes 10,000 tables in four transactions, for the sake of the
// server's lock table.
const manyTables = `DO $$ BEGIN
	FOR i IN 1 .. 10000 LOOP
		EXECUTE format('CREATE TABLE t%s (id bigserial PRIMARY KEY, a int NOT NULL DEFAULT 0, b text, c timestamptz DEFAULT now(),
			d numeric(10,2) CHECK (d > 0), e jsonb, f uuid UNIQUE, g bool, h date)', i);
		IF i % 500 = 0 THEN COMMIT; END IF;
	END LOOP; END $$`

// BenchmarkRead reads a schema of 10,000 tables; pg_dump on the same schema is
// there to compare with.
func BenchmarkRead(b *testing.B) {
	db := testpg.Start(b).Database(b)
	db.Exec(b, manyTables)
	b.Run("definitions and census", func(b *testing.B) {
		conn := db.Connect(b)
		// As the engine has it.
		if _, err := conn.Exec(b.Context(), "SET jit = off"); err != nil {
			b.Fatal(err)
		}
		for b.Loop() {
			tx, err := conn.Begin(b.Context())
			if err != nil {
				b.Fatal(err)
			}
			state, err := catalog.Read(b.Context(), tx, catalog.Options{})
			if err != nil || len(state.Objects) < 50000 {
				b.Fatalf("Read: %d objects, %v", len(state.Objects), err)
			}
			if err := tx.Rollback(b.Context()); err != nil {
				b.Fatal(err)
			}
		}
		var memory runtime.MemStats
		runtime.ReadMemStats(&memory)
		b.ReportMetric(float64(memory.Sys>>20), "MiB-from-system")
	})
	b.Run("pg_dump", func(b *testing.B) {
		for b.Loop() {
			db.Dump(b)
		}
	})
}
