package dump

import (
	"sync"
	"time"

	stored "github.com/safemigrate/safemigrate/snapshot/dump"
)

// work is what the jobs share.
type work struct {
	mu       sync.Mutex
	queues   [][]task // of each table what is left to begin, the largest first
	tasks    int
	tables   []Table
	sums     []stored.RowSum
	left     []int // parts of each table
	busy     []int // jobs at each table
	done     int64
	total    int64
	started  time.Time
	progress func(Progress)
}

// newWork takes the tasks, the largest first.
func newWork(tasks []task, tables []Table, progress func(Progress)) *work {
	w := &work{started: time.Now(), tasks: len(tasks), tables: tables, sums: make([]stored.RowSum, len(tables)),
		left: make([]int, len(tables)), busy: make([]int, len(tables)), progress: progress}
	queue := make([]int, len(tables)) // of each table, counted from 1
	for _, k := range tasks {
		if queue[k.table] == 0 {
			w.queues = append(w.queues, nil)
			queue[k.table] = len(w.queues)
		}
		q := &w.queues[queue[k.table]-1]
		*q = append(*q, k)
		w.left[k.table]++
		w.total += k.size
	}
	return w
}

// next takes a part of the table at which the fewest jobs are, and of several the largest:
// those that load the same table wait for each other where it grows.
func (w *work) next() (task, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	best := -1
	for i, q := range w.queues {
		if best < 0 || w.busy[q[0].table] < w.busy[w.queues[best][0].table] {
			best = i
		}
		if w.busy[w.queues[best][0].table] == 0 {
			break // this comes after no more tables than there are jobs
		}
	}
	if best < 0 {
		return task{}, false
	}
	k := w.queues[best][0]
	w.busy[k.table]++
	if w.queues[best] = w.queues[best][1:]; len(w.queues[best]) == 0 {
		copy(w.queues[1:], w.queues[:best])
		w.queues = w.queues[1:]
	}
	return k, true
}

func (w *work) finish(k task, sum *stored.RowSum) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.sums[k.table].Add(sum)
	w.left[k.table]--
	w.busy[k.table]--
	w.done += k.size
	if w.progress == nil {
		return
	}
	p := Progress{Done: w.done, Total: w.total, Took: time.Since(w.started)}
	if w.left[k.table] == 0 {
		p.Table, p.Rows, p.Bytes = w.tables[k.table].Label(), w.sums[k.table].Rows(), w.sums[k.table].Bytes()
	}
	w.progress(p)
}
