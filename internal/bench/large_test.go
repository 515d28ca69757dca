package bench_test

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/safemigrate/safemigrate/internal/testpg"
	"github.com/safemigrate/safemigrate/internal/testtools"
)

// largeGigabytes is the size of the database that BenchmarkLarge builds;
// SAFEMIGRATE_BENCH_GB names another.
const largeGigabytes = 5

// slowRuns is how often each side runs where one run takes long.
const slowRuns = 3

// large is a database of 20 tables: t00 has about 100 MB (less where the database
// is a small one), the others share the rest in different widths.
type large struct {
	*testpg.Database
	server *testpg.Server
	sm     string
}

// BenchmarkLarge shows on a database of several gigabytes that the cost of a
// snapshot and of a rollback follows from what the batch can destroy.
func BenchmarkLarge(b *testing.B) {
	l := buildLarge(b)
	b.Run("additive", l.additive)
	b.Run("snapshot of a column", l.snapshotColumn)
	b.Run("snapshot against pg_dump", l.snapshotDump)
	b.Run("rollback", func(b *testing.B) { l.rollback(b, false) })
	b.Run("rollback prepared", func(b *testing.B) { l.rollback(b, true) })
	b.Run("bare rebuild", func(b *testing.B) { l.bare(b, false) })
	b.Run("bare exchange", func(b *testing.B) { l.bare(b, true) })
}

func buildLarge(b *testing.B) large {
	b.Helper()
	size := float64(largeGigabytes)
	if text := os.Getenv("SAFEMIGRATE_BENCH_GB"); text != "" {
		n, err := strconv.ParseFloat(text, 64)
		if err != nil || n <= 0 {
			b.Fatalf("SAFEMIGRATE_BENCH_GB: %q is not a size", text)
		}
		size = n
	}
	s := testpg.New(b, map[string]string{"shared_buffers": "1GB", "max_wal_size": "8GB", "work_mem": "64MB", "maintenance_work_mem": "512MB", "autovacuum": "off"})
	l := large{Database: s.Database(b), server: s, sm: safemigrate(b)}
	l.Exec(b, `CREATE TABLE customers (id bigint PRIMARY KEY, name text NOT NULL);
		INSERT INTO customers SELECT g, 'customer ' || g FROM generate_series(1, 10000) g`)
	// A row with an index entry each takes about 90 bytes besides its text.
	const overhead, tables = 90, 20
	for i := range tables {
		width, bytes := 40+30*(i%5), size*1e9/(tables-1)
		if i == 0 {
			width, bytes = 60, min(100e6, size*1e9/tables)
		}
		l.Exec(b, fmt.Sprintf(`CREATE TABLE t%02d (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, customer bigint NOT NULL REFERENCES customers,
				amount numeric(12,2) NOT NULL, note text);
			INSERT INTO t%02d (customer, amount, note) SELECT 1 + g %% 10000, g %% 9973 + 0.25, repeat(chr(97 + g %% 26), %d) FROM generate_series(1, %d) g;
			CREATE INDEX ON t%02d (customer)`, i, i, width, int(bytes)/(overhead+width), i))
	}
	l.Exec(b, "VACUUM ANALYZE")
	l.AdminExec(b, "CHECKPOINT")
	return l
}

// upped is what up reports of its snapshot, and how long all of it took.
type upped struct {
	took     time.Duration
	Snapshot struct {
		Bytes int64         `json:"bytes"`
		Took  time.Duration `json:"took_ns"` // reading back included
	} `json:"snapshot"`
}

// up applies one migration.
func (l large) up(b *testing.B, sql string) (u upped) {
	b.Helper()
	dir := directory(b, map[string]string{"1_change.up.sql": sql})
	c := exec.Command(l.sm, "up", "--source", dir, "--json")
	c.Env = append(os.Environ(), url(l.Database)...)
	started := time.Now()
	out, err := c.Output()
	u.took = time.Since(started)
	if err != nil {
		b.Fatalf("up: %v\n%s", err, out)
	}
	if err := json.Unmarshal(out, &u); err != nil {
		b.Fatal(err)
	}
	return u
}

func (l large) back(b *testing.B) time.Duration {
	b.Helper()
	took, _ := run(b, url(l.Database), l.sm, "rollback")
	return took
}

// additive: aim, no byte copied, and at most 1.2 times golang-migrate's time and 150 ms.
func (l large) additive(b *testing.B) {
	gm := testtools.GolangMigrate(b)
	const add = "ALTER TABLE t01 ADD COLUMN extra text; CREATE TABLE added (id bigint PRIMARY KEY); CREATE VIEW seen AS SELECT id FROM t02;"
	dir := directory(b, map[string]string{"1_change.up.sql": add,
		"1_change.down.sql": "DROP VIEW seen; DROP TABLE added; ALTER TABLE t01 DROP COLUMN extra;"})
	plain := []string{gm, "-path", dir, "-database", pgx5(l.Database)}
	var copied int64
	compare(b,
		func() time.Duration {
			u := l.up(b, add)
			copied = max(copied, u.Snapshot.Bytes)
			l.back(b)
			return u.took
		},
		func() time.Duration {
			took, _ := run(b, nil, append(plain, "up")...)
			run(b, nil, append(plain, "down", "1")...)
			return took
		})
	b.ReportMetric(float64(copied), "copied-bytes")
}

const dropNote = "ALTER TABLE t00 DROP COLUMN note;"

// snapshotColumn: aim, at most 1.1 times CREATE TABLE AS of the columns that are kept,
// and what it takes to read the copy back.
func (l large) snapshotColumn(b *testing.B) {
	var kept int64
	compareRuns(b, slowRuns,
		func() time.Duration {
			u := l.up(b, dropNote)
			kept = u.Snapshot.Bytes
			l.back(b)
			return u.Snapshot.Took
		},
		func() time.Duration {
			started := time.Now()
			l.Exec(b, "CREATE TABLE kept_beside AS SELECT id, note FROM t00")
			took := time.Since(started)
			l.Exec(b, "DROP TABLE kept_beside")
			return took
		})
	b.ReportMetric(float64(kept)/1e6, "kept-MB")
}

// snapshotDump: aim, at least 30 times faster than pg_dump of the database.
func (l large) snapshotDump(b *testing.B) {
	var whole []time.Duration
	compareRuns(b, slowRuns,
		func() time.Duration {
			u := l.up(b, dropNote)
			whole = append(whole, u.took)
			l.back(b)
			return u.Snapshot.Took
		},
		func() time.Duration {
			took, _ := run(b, l.password(), l.server.Program(b, "pg_dump"), "-Fd", "-j2", "-f", filepath.Join(b.TempDir(), "dump"), l.URL)
			return took
		})
	slices.Sort(whole)
	b.ReportMetric(float64(whole[len(whole)/2].Microseconds())/1000, "whole-up-ms")
}

// rollback: aim, no slower than pg_restore -j2 of the one table; prepared, ten times
// faster.
func (l large) rollback(b *testing.B, prepare bool) {
	b.Helper()
	dump := l.dumpOne(b)
	compareRuns(b, slowRuns,
		func() time.Duration {
			l.up(b, dropNote)
			if prepare {
				run(b, url(l.Database), l.sm, "prepare")
			}
			return l.back(b)
		},
		func() time.Duration { return l.restoreOne(b, dump) })
}

// bare is the limit of rollback: the least that the server has to do for the same result,
// in one transaction, by hand, with nothing proved, nothing kept and nobody else looked
// for. It fills a table from what is left of t00 and the copy of the column, makes key,
// index and foreign key, and exchanges the two. With built it does the last two alone,
// which nobody can do beforehand: a foreign key of a table that stands ready would hinder
// those who delete what it refers to.
func (l large) bare(b *testing.B, built bool) {
	b.Helper()
	dump := l.dumpOne(b)
	const (
		fill = `CREATE TABLE rebuilt (id bigint NOT NULL, customer bigint NOT NULL, amount numeric(12,2) NOT NULL, note text);
			INSERT INTO rebuilt SELECT id, customer, amount, note FROM remains JOIN kept USING (id);
			ALTER TABLE rebuilt ADD PRIMARY KEY (id); CREATE INDEX ON rebuilt (customer);`
		exchange = `LOCK TABLE remains; ALTER TABLE rebuilt ADD FOREIGN KEY (customer) REFERENCES customers;
			ALTER TABLE remains RENAME TO replaced; ALTER TABLE rebuilt RENAME TO remains;`
	)
	compareRuns(b, slowRuns,
		func() time.Duration {
			l.Exec(b, `CREATE TABLE kept AS SELECT id, note FROM t00; CREATE TABLE remains AS SELECT id, customer, amount FROM t00;
				ALTER TABLE remains ADD PRIMARY KEY (id); ANALYZE kept, remains`)
			timed := fill + exchange
			if built {
				l.Exec(b, fill)
				timed = exchange
			}
			started := time.Now()
			l.Exec(b, timed)
			took := time.Since(started)
			l.Exec(b, "DROP TABLE kept, remains, replaced")
			return took
		},
		func() time.Duration { return l.restoreOne(b, dump) })
}

// dumpOne is pg_dump's archive of t00.
func (l large) dumpOne(b *testing.B) (dump string) {
	b.Helper()
	dump = filepath.Join(b.TempDir(), "t00")
	run(b, l.password(), l.server.Program(b, "pg_dump"), "-Fd", "-t", "t00", "-f", dump, l.URL)
	return dump
}

// restoreOne is how long pg_restore takes to bring it into a database without it.
func (l large) restoreOne(b *testing.B, dump string) time.Duration {
	b.Helper()
	d := l.server.Database(b)
	d.Exec(b, `CREATE TABLE customers (id bigint PRIMARY KEY, name text NOT NULL);
		INSERT INTO customers SELECT g, 'customer ' || g FROM generate_series(1, 10000) g`)
	took, _ := run(b, []string{"PGPASSWORD=" + d.Password}, l.server.Program(b, "pg_restore"), "-j2", "--no-owner", "-d", d.URL, dump)
	return took
}

func (l large) password() []string { return []string{"PGPASSWORD=" + l.Password} }

// compareRuns is compare with so many runs of each side.
func compareRuns(b *testing.B, runs int, ours, theirs func() time.Duration) {
	b.Helper()
	var a, o []time.Duration
	for b.Loop() {
		for range runs {
			a = append(a, ours())
			o = append(o, theirs())
		}
	}
	report(b, a, o)
}

// report gives the medians of both sides in milliseconds and their ratio.
func report(b *testing.B, ours, theirs []time.Duration) {
	b.Helper()
	slices.Sort(ours)
	slices.Sort(theirs)
	our, their := ours[len(ours)/2], theirs[len(theirs)/2]
	b.ReportMetric(0, "ns/op") // the sum of both says nothing
	b.ReportMetric(float64(our.Microseconds())/1000, "ours-ms")
	b.ReportMetric(float64(their.Microseconds())/1000, "theirs-ms")
	b.ReportMetric(float64(our)/float64(their), "ours/theirs")
}
