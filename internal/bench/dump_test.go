package bench_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"filippo.io/age"

	"github.com/safemigrate/safemigrate/internal/testpg"
)

// dumped is a database with one large table of mixed types, and a smaller narrow one.
type dumped struct {
	*testpg.Database
	server *testpg.Server
	sm     string
	files  string // of migrations that add a table each
	at     int    // how many of them were applied
	rows   int    // of the large table
}

// dumpRuns is how often each side of BenchmarkDump runs.
const dumpRuns = 5

// BenchmarkDump shows what a dump of a whole database costs, with everything that up
// does around it: checksums, row sums, reading back. Aims, on two cores: at most a third
// of pg_dump's time with its defaults, at most 0.8 of it with -Z1, at most 0.85 of that
// one's size, and at most 64 MiB and 8 MiB per job. The server's own COPY to nowhere is
// the limit. SAFEMIGRATE_BENCH_GB names another size than 1.
func BenchmarkDump(b *testing.B) {
	d := buildDumped(b)
	for _, rival := range []struct {
		name string
		args []string
	}{
		{"pg_dump -Fd -j2", nil},
		{"pg_dump -Fd -j2 -Z1", []string{"-Z1"}},
	} {
		b.Run("against "+rival.name, func(b *testing.B) { d.against(b, rival.args...) })
	}
	b.Run("against COPY to nowhere", d.againstCopy)
	b.Run("the large table alone against pg_dump -Fd -j2 -Z1", d.alone)
	b.Run("encrypted to a key against not", func(b *testing.B) {
		key, err := age.GenerateX25519Identity()
		if err != nil {
			b.Fatal(err)
		}
		d.encrypted(b, "--recipient", key.Recipient().String())
	})
	b.Run("encrypted with a passphrase against not", func(b *testing.B) {
		pass := filepath.Join(b.TempDir(), "pass")
		if err := os.WriteFile(pass, []byte("a passphrase of some length\n"), 0o600); err != nil {
			b.Fatal(err)
		}
		d.encrypted(b, "--passphrase-file", pass)
	})
	b.Run("restore against pg_restore -j2", d.restore)
}

func buildDumped(b *testing.B) *dumped {
	b.Helper()
	size := 1.0
	if text := os.Getenv("SAFEMIGRATE_BENCH_GB"); text != "" {
		n, err := strconv.ParseFloat(text, 64)
		if err != nil || n <= 0 {
			b.Fatalf("SAFEMIGRATE_BENCH_GB: %q is not a size", text)
		}
		size = n
	}
	s := testpg.New(b, map[string]string{"shared_buffers": "1GB", "max_wal_size": "8GB", "maintenance_work_mem": "512MB", "autovacuum": "off"})
	d := &dumped{Database: s.Database(b), server: s, sm: safemigrate(b), files: b.TempDir()}
	for i := range 200 {
		text := fmt.Sprintf("CREATE TABLE extra%d (id int);", i+1)
		if err := os.WriteFile(filepath.Join(d.files, fmt.Sprintf("%d_extra.up.sql", i+1)), []byte(text), 0o600); err != nil {
			b.Fatal(err)
		}
	}
	d.rows = int(size * 0.75 * 1e9 / 470)
	d.Exec(b, "CREATE TABLE wide "+wideColumns)
	d.Exec(b, fillWide(d.rows))
	d.Exec(b, fmt.Sprintf(`CREATE INDEX ON wide (at);
		CREATE TABLE narrow (id int PRIMARY KEY, a int, b int, filler text); INSERT INTO narrow SELECT g, g %% 1000, g %% 77, repeat('f', 60) FROM generate_series(1, %d) g;
`, int(size*0.25*1e9/130)))
	d.AdminExec(b, "VACUUM ANALYZE")
	d.at++
	run(b, url(d.Database), d.sm, "up", "1", "-q", "--source", d.files)
	return d
}

const wideColumns = "(id bigint PRIMARY KEY, name text NOT NULL, doc jsonb, amount numeric(14, 2), at timestamptz, note text)"

// fillWide makes rows of about 470 bytes; md5 makes them as hard to compress as real data.
func fillWide(rows int) string {
	return fmt.Sprintf(`INSERT INTO wide SELECT g, 'customer ' || g, jsonb_build_object('a', g, 'b', md5(g::text), 'tags', jsonb_build_array(g %% 7, 'x' || g %% 13)), g * 1.25,
		'epoch'::timestamptz + g * interval '7 s', md5((g + 1)::text) || repeat(' lorem ipsum', 8) || md5((g + 2)::text) FROM generate_series(1, %d) g`, rows)
}

// dump has up take a dump before a migration that adds a table.
func (d *dumped) dump(b *testing.B, more ...string) (took time.Duration, memory int64, store string) {
	b.Helper()
	d.at++
	store = filepath.Join(b.TempDir(), "store"+strconv.Itoa(d.at))
	took, memory = run(b, url(d.Database), append([]string{d.sm, "up", "1", "-q", "--source", d.files, "--strategy", "dump", "--store", store, "--jobs", "2"}, more...)...)
	return took, memory, store
}

func (d *dumped) against(b *testing.B, args ...string) {
	b.Helper()
	var ours, theirs, memory int64
	compareRuns(b, dumpRuns, func() time.Duration {
		took, peak, store := d.dump(b)
		memory, ours = max(memory, peak), sizeOf(b, store)
		remove(b, store)
		return took
	}, func() time.Duration {
		dir := filepath.Join(b.TempDir(), "dump")
		took, _ := run(b, d.secret(), append([]string{d.server.Program(b, "pg_dump"), "-Fd", "-j2", "-f", dir, d.URL}, args...)...)
		theirs = sizeOf(b, dir)
		remove(b, dir)
		return took
	})
	b.ReportMetric(float64(ours)/float64(theirs), "size-ours/theirs")
	b.ReportMetric(float64(memory)/(1<<20), "peak-MiB")
}

func (d *dumped) againstCopy(b *testing.B) {
	compareRuns(b, dumpRuns, func() time.Duration {
		took, _, store := d.dump(b)
		remove(b, store)
		return took
	}, func() time.Duration {
		started := time.Now()
		d.AdminExec(b, "COPY wide TO '/dev/null'; COPY narrow TO '/dev/null'")
		return time.Since(started)
	})
}

// alone: the database without its other tables. pg_dump reads one table over one
// connection; aim, 1.7 times faster than that.
func (d *dumped) alone(b *testing.B) {
	one := *d
	one.Database = d.server.Database(b)
	one.Exec(b, "CREATE TABLE wide "+wideColumns)
	one.Exec(b, fillWide(d.rows))
	d.AdminExec(b, "CHECKPOINT")
	one.at = 1
	run(b, url(one.Database), one.sm, "up", "1", "-q", "--source", one.files)
	one.against(b, "-Z1")
}

// encrypted: ours is with encryption, theirs without.
func (d *dumped) encrypted(b *testing.B, how ...string) {
	b.Helper()
	once := func(more ...string) func() time.Duration {
		return func() time.Duration {
			took, _, store := d.dump(b, more...)
			remove(b, store)
			return took
		}
	}
	compareRuns(b, dumpRuns, once(how...), once())
}

// restore: aim, no slower than pg_restore -j2 of the same data, the comparing of all
// rows included.
func (d *dumped) restore(b *testing.B) {
	_, _, store := d.dump(b)
	dir := filepath.Join(b.TempDir(), "dump")
	run(b, d.secret(), d.server.Program(b, "pg_dump"), "-Fd", "-j2", "-Z1", "-f", dir, d.URL)
	compareRuns(b, dumpRuns, func() time.Duration {
		into := d.server.Database(b)
		took, _ := run(b, url(into), d.sm, "snapshot", "restore", strconv.Itoa(d.at-1), "-q", "--no-owner", "--store", store, "--into", into.URL, "--jobs", "2")
		return took
	}, func() time.Duration {
		into := d.server.Database(b)
		took, _ := run(b, []string{"PGPASSWORD=" + into.Password}, d.server.Program(b, "pg_restore"), "-j2", "--no-owner", "-d", into.URL, dir)
		return took
	})
}

func (d *dumped) secret() []string { return []string{"PGPASSWORD=" + d.Password} }

func remove(b *testing.B, dir string) {
	b.Helper()
	if err := os.RemoveAll(dir); err != nil {
		b.Fatal(err)
	}
}

// sizeOf is the size of all files below a directory.
func sizeOf(b *testing.B, dir string) (total int64) {
	b.Helper()
	err := filepath.WalkDir(dir, func(_ string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		info, err := e.Info()
		if err == nil {
			total += info.Size()
		}
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	return total
}
