package bench_test

import (
	"strconv"
	"testing"
	"time"

	"github.com/safemigrate/safemigrate/internal/testpg"
)

// BenchmarkReaderWaits shows the longest that a session which reads a table all
// the time waits while a dropped column is put back; aim, under 200 ms, and not
// longer with more rows.
func BenchmarkReaderWaits(b *testing.B) {
	for _, n := range []int{100_000, 1_000_000, 10_000_000} {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			sm := safemigrate(b)
			d := testpg.Start(b).Database(b)
			rows(b, d, "big", n)
			dir := directory(b, map[string]string{"1_drop_note.up.sql": "ALTER TABLE big DROP COLUMN note;"})
			var longest, took time.Duration
			for b.Loop() {
				run(b, url(d), sm, "up", "--source", dir)
				stop := reader(b, d, "SELECT FROM big WHERE id = 7")
				t, _ := run(b, url(d), sm, "rollback")
				longest, took = max(longest, stop()), t
			}
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(longest.Seconds()*1000, "longest-wait-ms")
			b.ReportMetric(took.Seconds()*1000, "rollback-ms")
		})
	}
}

// reader runs a query again and again; what it returns stops it and tells the
// longest that one took.
func reader(b *testing.B, d *testpg.Database, query string) func() time.Duration {
	b.Helper()
	c := d.Connect(b)
	stopped := make(chan struct{})
	longest := make(chan time.Duration, 1)
	go func() {
		var most time.Duration
		for {
			select {
			case <-stopped:
				longest <- most
				return
			default:
			}
			started := time.Now()
			if _, err := c.Exec(b.Context(), query); err != nil {
				b.Error(err)
				break
			}
			most = max(most, time.Since(started))
			time.Sleep(time.Millisecond)
		}
		longest <- most
	}()
	return func() time.Duration {
		close(stopped)
		return <-longest
	}
}
