package rows_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/revert"
	"github.com/safemigrate/safemigrate/internal/engine/postgres/rows"
	"github.com/safemigrate/safemigrate/internal/testpg"
)

func TestMain(m *testing.M) { testpg.Main(m) }

// BenchmarkCopyMillion compares the copy of a million rows with a plain CREATE
// TABLE AS of the same table, in turn; aim, within 1.1 times. The read-back is
// shown apart.
func BenchmarkCopyMillion(b *testing.B) {
	d := testpg.Start(b).Database(b)
	c := connect(b, d)
	exec(b, c, `CREATE TABLE big (id bigint PRIMARY KEY, name text NOT NULL, amount numeric(12,2), at timestamptz DEFAULT now(), note text);
		INSERT INTO big SELECT g, 'customer ' || g, g % 9973 + 0.25, now(), repeat('x', 60) FROM generate_series(1, 1000000) g`)
	exec(b, c, "VACUUM ANALYZE big")
	var oid uint32
	if err := c.QueryRow(b.Context(), `SELECT 'big'::regclass::oid`).Scan(&oid); err != nil {
		b.Fatal(err)
	}
	columns, err := rows.Columns(b.Context(), c, oid)
	if err != nil {
		b.Fatal(err)
	}
	var ours, plain, back []time.Duration
	for b.Loop() {
		for i := range 5 {
			started := time.Now()
			name := fmt.Sprintf("kept%d", i)
			if _, err := rows.Copy(b.Context(), c, "public.big", name, columns); err != nil {
				b.Fatal(err)
			}
			ours = append(ours, time.Since(started))
			started = time.Now()
			exec(b, c, fmt.Sprintf("CREATE TABLE plain%d AS SELECT * FROM big", i))
			plain = append(plain, time.Since(started))
			started = time.Now()
			if _, err := rows.Kept(b.Context(), c, revert.Copy{Source: name, Columns: columns}); err != nil {
				b.Fatal(err)
			}
			back = append(back, time.Since(started))
			exec(b, c, fmt.Sprintf("DROP TABLE kept%d, plain%d", i, i))
		}
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(median(ours).Seconds()*1000, "copy-ms")
	b.ReportMetric(median(plain).Seconds()*1000, "ctas-ms")
	b.ReportMetric(median(back).Seconds()*1000, "readback-ms")
	b.ReportMetric(float64(median(ours))/float64(median(plain)), "copy/ctas")
}

func median(d []time.Duration) time.Duration {
	slices.Sort(d)
	return d[len(d)/2]
}

func connect(tb testing.TB, d *testpg.Database) *pgx.Conn {
	tb.Helper()
	c, err := pgx.Connect(tb.Context(), d.URL)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := c.Close(tb.Context()); err != nil {
			tb.Log(err)
		}
	})
	return c
}

func exec(tb testing.TB, c *pgx.Conn, sql string) {
	tb.Helper()
	if _, err := c.PgConn().Exec(tb.Context(), sql).ReadAll(); err != nil {
		tb.Fatal(err)
	}
}
