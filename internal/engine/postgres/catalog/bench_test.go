//go:build linux

package catalog_test

import (
	osexec "os/exec"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/catalog"
	"github.com/safemigrate/safemigrate/internal/testpg"
)

// manyTables makes 10,000 tables in twenty transactions, for the sake of the
// server's lock table.
const manyTables = `DO $$ BEGIN
	FOR i IN 1 .. 10000 LOOP
		EXECUTE format('CREATE TABLE t%s (id bigserial PRIMARY KEY, a int NOT NULL DEFAULT 0, b text, c timestamptz DEFAULT now(),
			d numeric(10,2) CHECK (d > 0), e jsonb, f uuid UNIQUE, g bool, h date)', i);
		IF i % 500 = 0 THEN COMMIT; END IF;
	END LOOP; END $$`

// pairs is how many times both are measured, one after the other.
const pairs = 3

// BenchmarkRead reads a schema of 10,000 tables, and has pg_dump write the same
// schema each time, so that what else the machine does weighs on both. It reports
// the medians, the median of the quotients, and the most memory that the process
// ever had, with the garbage collector set as the program sets it.
func BenchmarkRead(b *testing.B) {
	const gcPercent = 50
	defer debug.SetGCPercent(debug.SetGCPercent(gcPercent))
	db := testpg.Start(b).Database(b)
	db.Exec(b, manyTables)
	var reads, dumps, quotients []float64
	for b.Loop() {
		reads, dumps, quotients = nil, nil, nil
		for range pairs {
			started := time.Now()
			readAll(b, db)
			read := time.Since(started).Seconds()
			started = time.Now()
			dumpAll(b, db)
			dump := time.Since(started).Seconds()
			reads, dumps, quotients = append(reads, read), append(dumps, dump), append(quotients, read/dump)
		}
	}
	b.ReportMetric(median(reads), "s/read")
	b.ReportMetric(median(dumps), "s/pg_dump")
	b.ReportMetric(median(quotients), "read/pg_dump")
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(used.Maxrss>>10), "MiB-peak")
}

// readAll reads definitions and census in a session of its own, as the engine
// has it.
func readAll(b *testing.B, db *testpg.Database) {
	b.Helper()
	conn := db.Connect(b)
	defer conn.Close(b.Context())
	if _, err := conn.Exec(b.Context(), "SET jit = off"); err != nil {
		b.Fatal(err)
	}
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

// dumpAll has pg_dump write the schema to nowhere.
func dumpAll(b *testing.B, db *testpg.Database) {
	b.Helper()
	command := osexec.CommandContext(b.Context(), db.Server.Program(b, "pg_dump"), "--schema-only", "--no-password", db.Name)
	command.Env = []string{"PGHOST=127.0.0.1", "PGPORT=" + strconv.Itoa(db.Server.Port()), "PGUSER=" + db.Role, "PGPASSWORD=" + db.Password}
	var said strings.Builder
	command.Stderr = &said
	if err := command.Run(); err != nil {
		b.Fatalf("pg_dump: %v\n%s", err, said.String())
	}
}

func median(all []float64) float64 {
	slices.Sort(all)
	return all[len(all)/2]
}
