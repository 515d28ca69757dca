//go:build unix

package enginetest

import (
	"fmt"
	"slices"
	"strconv"
	"sync"
)

// writers lets an application write all the time while up and rollback run. No
// row that it got an acknowledgement for may be missing afterwards from a table
// that the batch did not touch or that is reverted in place.
func writers(x trial) {
	t, e := x.t, x.e
	p, _ := seeded(t, e)
	p.Exec(t, "CREATE TABLE untouched (id integer PRIMARY KEY)")
	stop := make(chan struct{})
	var wg sync.WaitGroup
	wrote := make([][]string, 2)
	for w, insert := range []string{"INSERT INTO untouched VALUES (%d)", "INSERT INTO orders (id, customer, total) VALUES (%d, 1, 1)"} {
		session := p.DB.Connect(t)
		wg.Go(func() {
			for n := 1000; ; n++ {
				select {
				case <-stop:
					return
				default:
				}
				if session.Run(fmt.Sprintf(insert, n)) == nil {
					wrote[w] = append(wrote[w], strconv.Itoa(n))
				}
			}
		})
	}
	for range 3 {
		p.Up(t, all)
		p.Rollback(t, back)
	}
	close(stop)
	wg.Wait()
	for w, table := range []string{"untouched", "orders"} {
		have := p.Rows(t, "SELECT id FROM "+table)
		for _, id := range wrote[w] {
			if !slices.Contains(have, id) {
				t.Errorf("%s: row %s was acknowledged and is missing", table, id)
			}
		}
		if len(wrote[w]) == 0 {
			t.Errorf("%s: nothing was written meanwhile", table)
		}
	}
}
