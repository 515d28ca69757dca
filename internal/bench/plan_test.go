package bench_test

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/safemigrate/safemigrate/internal/testpg"
)

const (
	planTables     = 10_000
	planMigrations = 500
)

// BenchmarkPlanWide: plan for 500 pending migrations on 10,000 tables; aim, under
// 3 s and 256 MiB.
func BenchmarkPlanWide(b *testing.B) {
	sm := safemigrate(b)
	d := testpg.Start(b).Database(b)
	// Tables are made in portions: each holds a lock until its commit.
	const portion = 500
	for first := 1; first <= planTables; first += portion {
		d.Exec(b, fmt.Sprintf(`DO $$ BEGIN FOR i IN %d..%d LOOP
			EXECUTE format('CREATE TABLE t%%s (id bigint PRIMARY KEY, parent bigint REFERENCES t%%s (id), name text NOT NULL, amount numeric(12,2), at timestamptz)', i, greatest(i - i %% 10, 1));
			EXECUTE format('CREATE INDEX ON t%%s (parent)', i);
			END LOOP; END $$`, first, first+portion-1))
	}
	files := map[string]string{}
	for i := 1; i <= planMigrations; i++ {
		files[fmt.Sprintf("%06d_change.up.sql", i)] = strings.NewReplacer("$T", strconv.Itoa(i*17%planTables+1), "$U", strconv.Itoa(i*19%planTables+1), "$N", strconv.Itoa(i)).Replace(
			`CREATE TABLE n$N (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, t bigint REFERENCES t$T (id));
ALTER TABLE t$T ADD COLUMN c$N text, ADD CONSTRAINT k$N CHECK (amount > 0) NOT VALID;
CREATE INDEX n$N_t ON n$N (t);
UPDATE t$U SET name = 'x' WHERE id = $N;
ALTER TABLE t$U ALTER COLUMN amount TYPE numeric(14,2);
CREATE VIEW v$N AS SELECT t.id, u.name FROM t$T t JOIN t$U u ON u.id = t.parent;
`)
	}
	dir := directory(b, files)
	var times []time.Duration
	var peak int64
	for b.Loop() {
		for range 3 {
			took, memory := run(b, url(d), sm, "plan", "--source", dir)
			times, peak = append(times, took), max(peak, memory)
		}
	}
	slices.Sort(times)
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(float64(times[len(times)/2].Milliseconds()), "plan-ms")
	b.ReportMetric(float64(peak)/(1<<20), "peak-MiB")
}
