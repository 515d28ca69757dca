package sqlite_test

import (
	"errors"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ncruces/go-sqlite3"

	"github.com/safemigrate/safemigrate/migrate"
)

// TestNoWriteIsLost has writers commit one row after the other while a batch is taken
// back: whatever they were told is committed is then in the live file or in
// the quarantine, and the report counts those that were taken out exactly.
func TestNoWriteIsLost(t *testing.T) {
	t.Parallel()
	for _, mode := range modes {
		for _, whole := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s, whole file %t", mode, whole), func(t *testing.T) {
				t.Parallel()
				writeWhileGoingBack(t, mode, whole)
			})
		}
	}
}

func writeWhileGoingBack(t *testing.T, mode string, whole bool) {
	t.Helper()
	for round := range 2 {
		path := newFile(t, "PRAGMA journal_mode="+mode, `CREATE TABLE w (writer, n)`, `CREATE TABLE big (x)`,
			`INSERT INTO big SELECT randomblob(500) FROM (WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300) SELECT i FROM n)`)
		d := openDB(t, path, "busy_timeout=30000")
		mustUp(t, d, "b1", `ALTER TABLE big ADD COLUMN y`)
		if whole {
			forgetChanges(t, path, "b1")
		}
		writers := startWriters(t, path, 3)
		r := request(d, "r1", "b1")
		r.Decide = migrate.Discard
		report, err := d.Revert(t.Context(), r)
		acked := writers.stop()
		if err != nil {
			t.Fatalf("round %d: %v", round, err)
		}
		live, kept := app(t, path), app(t, path+".safemigrate/r1/database")
		taken := text(t, kept, `SELECT count(*) FROM w`)
		if !whole {
			taken = "0"
		}
		if got := strconv.FormatInt(report.Losses(), 10); got != taken {
			t.Errorf("round %d: %s rows reported, %s taken out", round, got, taken)
		}
		seen := text(t, live, `SELECT count(*) FROM w`)
		var a, b int64
		if _, err := fmt.Sscan(taken+" "+seen, &a, &b); err != nil {
			t.Fatal(err)
		}
		if a+b != acked {
			t.Errorf("round %d: %d rows were committed, %d are in the quarantine and %d in the file", round, acked, a, b)
		}
	}
}

type writers struct {
	t    *testing.T
	done atomic.Bool
	n    atomic.Int64
	all  sync.WaitGroup
}

func startWriters(t *testing.T, path string, n int) *writers {
	t.Helper()
	w := &writers{t: t}
	for i := range n {
		w.all.Go(func() { w.write(path, i) })
	}
	for w.n.Load() < 20 {
		if t.Failed() {
			t.Fatal("no writer writes")
		}
		time.Sleep(time.Millisecond)
	}
	return w
}

// write commits row after row. SQLite gives a lock to whoever asks while it is free, and
// queues nobody: the file is left alone for a while in proportion to what a row took, since
// on a slow disk writers that do not would keep the rollback out until its patience ends.
func (w *writers) write(path string, id int) {
	const leaves = 4
	c, err := sqlite3.Open(path)
	if err != nil {
		w.t.Error(err)
		return
	}
	defer func() {
		if err := c.Close(); err != nil {
			w.t.Error(err)
		}
	}()
	for !w.done.Load() {
		began := time.Now()
		err := c.Exec(fmt.Sprintf("INSERT INTO w VALUES (%d, %d)", id, w.n.Load()))
		switch {
		case err == nil:
			w.n.Add(1)
			time.Sleep(leaves * time.Since(began))
		case errors.Is(err, sqlite3.BUSY):
			time.Sleep(time.Millisecond)
		default:
			w.t.Error(err)
			return
		}
	}
}

func (w *writers) stop() int64 {
	w.done.Store(true)
	w.all.Wait()
	return w.n.Load()
}
