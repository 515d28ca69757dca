//go:build failpoint && unix

package killtest

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/safemigrate/safemigrate/migrate"
)

// randomKills is how many commands die at a random time, over PostgreSQL and SQLite, and
// mysqlRandomKills on MariaDB or MySQL, where most of what a command does commits by itself.
const (
	randomKills      = 200
	mysqlRandomKills = 6
)

// soak is how long the random part goes on, 0: for a fixed count.
func soak(t *testing.T) time.Duration {
	t.Helper()
	text := os.Getenv("SAFEMIGRATE_SOAK")
	if text == "" {
		return 0
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		t.Fatalf("SAFEMIGRATE_SOAK: %v", err)
	}
	return d
}

// seed is printed, and can be given again.
func seed(t *testing.T) uint64 {
	t.Helper()
	n := rand.Uint64()
	if text := os.Getenv("SAFEMIGRATE_SEED"); text != "" {
		var err error
		if n, err = strconv.ParseUint(text, 10, 64); err != nil {
			t.Fatalf("SAFEMIGRATE_SEED: %v", err)
		}
	}
	t.Logf("SAFEMIGRATE_SEED=%d", n)
	return n
}

// death is one killing of a random play at a random time.
type death struct {
	*play
	n     int
	after float64   // of the time that the command takes
	again []float64 // recover is killed, too, so many times
}

func (d death) name() string { return fmt.Sprintf("%s/%03d-after-%.3f", d.label(), d.n, d.after) }

// deaths draws from the plays of the engines by turns.
type deaths struct {
	random   *rand.Rand
	engines  []string
	byEngine map[string][]*play
	drawn    int
}

func (d *deaths) draw() death {
	of := d.byEngine[d.engines[d.drawn%len(d.engines)]]
	one := death{play: of[d.random.IntN(len(of))], n: d.drawn, after: d.random.Float64()}
	for range max(0, d.random.IntN(4)-1) {
		one.again = append(one.again, d.random.Float64())
	}
	d.drawn++
	return one
}

// killAtRandomTimes kills commands at a time that is uniform over what they
// take, and every second recover after them, until enough have died.
func killAtRandomTimes(t *testing.T, plays []*play, enough int64, engines ...string) {
	t.Helper()
	source := deaths{random: rand.New(rand.NewPCG(seed(t), 0)), engines: engines, byEngine: map[string][]*play{}}
	for _, p := range plays {
		source.byEngine[p.engine.name] = append(source.byEngine[p.engine.name], p)
		p.takes.Store(int64(p.ref.took))
	}
	var tally tally
	started, longest := time.Now(), soak(t)
	for tally.killed.Load() < enough || time.Since(started) < longest {
		drawn := make([]death, 0, min(40, enough))
		for range cap(drawn) {
			drawn = append(drawn, source.draw())
		}
		work(t, drawn, death.name, func(t *testing.T, d death) {
			t.Helper()
			d.die(t, &tally)
		})
		if int64(source.drawn) > 20*enough && longest == 0 {
			t.Fatal("commands end before they can be killed")
		}
	}
	t.Logf("%d commands, %d killed, %d had ended before; %d recovers killed; %d with violations",
		source.drawn, tally.killed.Load(), tally.ended.Load(), tally.recovers.Load(), tally.failed.Load())
}

type tally struct{ killed, ended, recovers, failed atomic.Int64 }

func (d death) die(t *testing.T, all *tally) {
	t.Helper()
	s, _ := d.ready(t, false)
	before, _ := s.batches(t)
	e := s.killAfter(t, d.command, d.time(d.after))
	if e.signal == 0 {
		all.ended.Add(1)
		d.takes.Store(int64(e.took)) // the machine is less busy by now
		truth(t, s, d.ref, e)
	} else {
		all.killed.Add(1)
	}
	for _, after := range d.again {
		was, _ := s.batches(t)
		if e := s.killAfter(t, []string{"recover"}, d.time(after)); e.signal != 0 {
			all.recovers.Add(1)
		} else if e.code != int(migrate.Done) {
			t.Errorf("recover ended with %d\n%s", e.code, e)
		}
		now, _ := s.batches(t)
		monotone(t, was, now)
	}
	d.judge(t, s, before)
	if t.Failed() {
		all.failed.Add(1)
	}
}

func (d death) time(part float64) time.Duration {
	return time.Duration(part * float64(d.takes.Load()))
}

// killAfter starts a command and kills it after a while, unless it has ended.
func (s *stage) killAfter(t *testing.T, command []string, after time.Duration) ending {
	t.Helper()
	c := s.start(t, command)
	timer := time.AfterFunc(after, func() { _ = c.command.Process.Signal(syscall.SIGKILL) })
	defer timer.Stop()
	return s.wait(t, c)
}
