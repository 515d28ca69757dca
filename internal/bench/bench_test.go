package bench_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/safemigrate/safemigrate/internal/testpg"
	"github.com/safemigrate/safemigrate/internal/testtools"
)

const samples = "../../migrations/postgres"

// BenchmarkUpNothingPending: aim, no slower than golang-migrate's command.
func BenchmarkUpNothingPending(b *testing.B) {
	sm, gm := safemigrate(b), testtools.GolangMigrate(b)
	d := testpg.Start(b).Database(b)
	run(b, url(d), sm, "up", "--source", samples)
	compare(b,
		func() time.Duration { t, _ := run(b, url(d), sm, "up", "--source", samples); return t },
		func() time.Duration { t, _ := run(b, nil, gm, "-path", samples, "-database", pgx5(d), "up"); return t })
}

// BenchmarkUpSamples: aim, within 1.5 times golang-migrate's command plus the copy.
func BenchmarkUpSamples(b *testing.B) {
	sm, gm := safemigrate(b), testtools.GolangMigrate(b)
	s := testpg.Start(b)
	compare(b,
		func() time.Duration {
			t, _ := run(b, url(s.Database(b)), sm, "up", "--source", samples)
			return t
		},
		func() time.Duration {
			t, _ := run(b, nil, gm, "-path", samples, "-database", pgx5(s.Database(b)), "up")
			return t
		})
}

// BenchmarkRollbackOneTable takes back a batch that dropped a column of a table
// of 200,000 rows, against pg_restore of that table with its index.
func BenchmarkRollbackOneTable(b *testing.B) { rollbackOneTable(b, false) }

// BenchmarkRollbackPrepared does the same with what prepare built ahead; aim, ten
// times faster than pg_restore.
func BenchmarkRollbackPrepared(b *testing.B) { rollbackOneTable(b, true) }

func rollbackOneTable(b *testing.B, prepare bool) {
	b.Helper()
	sm := safemigrate(b)
	s := testpg.Start(b)
	d := s.Database(b)
	rows(b, d, "big", 200_000)
	dir := directory(b, map[string]string{"1_drop_note.up.sql": "ALTER TABLE big DROP COLUMN note;"})
	dump := filepath.Join(b.TempDir(), "big.dump")
	dumped := s.Database(b)
	rows(b, dumped, "big", 200_000)
	password := []string{"PGPASSWORD=" + d.Password}
	run(b, []string{"PGPASSWORD=" + dumped.Password}, s.Program(b, "pg_dump"), "-Fc", "-t", "big", "-f", dump, dumped.URL)
	var peak int64
	compare(b,
		func() time.Duration {
			_, up := run(b, url(d), sm, "up", "--source", dir)
			if prepare {
				run(b, url(d), sm, "prepare")
			}
			t, back := run(b, url(d), sm, "rollback")
			peak = max(peak, up, back)
			return t
		},
		func() time.Duration {
			t, _ := run(b, password, s.Program(b, "pg_restore"), "-j2", "--no-owner", "-d", s.Database(b).URL, dump)
			return t
		})
	b.ReportMetric(float64(peak)/(1<<20), "peak-MiB")
}

// BenchmarkMemory shows the peak memory of up and rollback on a table of a
// million rows; aim, under 100 MiB.
func BenchmarkMemory(b *testing.B) {
	sm := safemigrate(b)
	d := testpg.Start(b).Database(b)
	rows(b, d, "big", 1_000_000)
	dir := directory(b, map[string]string{"1_drop_note.up.sql": "ALTER TABLE big DROP COLUMN note;"})
	var peak int64
	for b.Loop() {
		_, up := run(b, url(d), sm, "up", "--source", dir)
		_, back := run(b, url(d), sm, "rollback")
		peak = max(peak, up, back)
	}
	b.ReportMetric(float64(peak)/(1<<20), "peak-MiB")
}

func directory(b *testing.B, files map[string]string) string {
	b.Helper()
	dir := b.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			b.Fatal(err)
		}
	}
	return dir
}
