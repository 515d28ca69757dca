//go:build unix

package enginetest

import (
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"
)

// writers lets an application insert, update and delete all the time while up and
// rollback run. Nothing of that which it got an acknowledgement for may be missing
// afterwards from a table that the batch did not touch or that is reverted in place.
func writers(x trial) {
	t, e := x.t, x.e
	p, _ := seeded(t, e)
	p.Exec(t, "CREATE TABLE untouched (id integer PRIMARY KEY, total integer)")
	stop := make(chan struct{})
	var wg sync.WaitGroup
	sessions := []*writer{{table: "untouched", insert: "INSERT INTO untouched VALUES (%d, 1)"}, {table: "orders", insert: "INSERT INTO orders (id, customer, total) VALUES (%d, 1, 1)"}}
	for _, w := range sessions {
		session := p.DB.Connect(t)
		wg.Go(func() { w.write(session, stop) })
	}
	for range 3 {
		p.Up(t, all)
		p.Rollback(t, back)
	}
	close(stop)
	wg.Wait()
	for _, w := range sessions {
		w.check(t, p)
	}
}

// writer is one session of an application, which alone writes the rows from firstWritten on.
type writer struct {
	table, insert string
	rows          map[int]int // what it was told is there: the totals by ID
	done          [3]int      // inserted, updated, deleted
}

const firstWritten = 1000

// write inserts row after row, updates each other one and deletes each third.
func (w *writer) write(session Session, stop <-chan struct{}) {
	w.rows = map[int]int{}
	for n := firstWritten; ; n++ {
		select {
		case <-stop:
			return
		default:
		}
		if session.Run(fmt.Sprintf(w.insert, n)) == nil {
			w.rows[n] = 1
			w.done[0]++
		}
		if _, there := w.rows[n-1]; there && n%2 == 0 && session.Run(fmt.Sprintf("UPDATE %s SET total = 2 WHERE id = %d", w.table, n-1)) == nil {
			w.rows[n-1] = 2
			w.done[1]++
		}
		if _, there := w.rows[n-2]; there && n%3 == 0 && session.Run(fmt.Sprintf("DELETE FROM %s WHERE id = %d", w.table, n-2)) == nil {
			delete(w.rows, n-2)
			w.done[2]++
		}
	}
}

func (w *writer) check(t *testing.T, p *Project) {
	t.Helper()
	want := make([]string, 0, len(w.rows))
	for _, id := range slices.Sorted(maps.Keys(w.rows)) {
		want = append(want, fmt.Sprintf("%d|%d", id, w.rows[id]))
	}
	got := p.Rows(t, fmt.Sprintf("SELECT id, total FROM %s WHERE id >= %d ORDER BY id", w.table, firstWritten))
	if !slices.Equal(got, want) {
		for _, row := range want {
			if !slices.Contains(got, row) {
				t.Errorf("%s: row %s was acknowledged and is missing", w.table, row)
			}
		}
		for _, row := range got {
			if !slices.Contains(want, row) {
				t.Errorf("%s: row %s is there, and was changed or deleted", w.table, row)
			}
		}
	}
	if slices.Contains(w.done[:], 0) {
		t.Errorf("%s: inserted, updated and deleted meanwhile: %v", w.table, w.done)
	}
}
