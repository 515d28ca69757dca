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

// randomKills is how many commands die at a random time, over all engines.
const randomKills = 200

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
	n       int
	after   time.Duration
	recover []time.Duration // recover is killed, too, so many times
}

func (d death) name() string {
	return fmt.Sprintf("%s/%03d-after-%s", d.label(), d.n, d.after.Round(time.Millisecond))
}

// TestKillAtRandomTimes kills commands at a time that is uniform over what they
// take, and every third recover after them.
func TestKillAtRandomTimes(t *testing.T) {
	random := rand.New(rand.NewPCG(seed(t), 0))
	byEngine := map[string][]*play{}
	for _, p := range allPlays(t) {
		byEngine[p.engine.name] = append(byEngine[p.engine.name], p)
	}
	names := []string{"postgres", "sqlite", "postgres", "sqlite-wal"}
	within := func(d time.Duration) time.Duration { return time.Duration(random.Int64N(int64(d))) }
	var tally tally
	n := 0
	next := func() death {
		of := byEngine[names[n%len(names)]]
		d := death{play: of[random.IntN(len(of))], n: n}
		d.after = within(d.ref.took * 11 / 10)
		for range max(0, random.IntN(4)-1) {
			d.recover = append(d.recover, within(d.ref.took))
		}
		n++
		return d
	}
	started, longest := time.Now(), soak(t)
	for n == 0 || time.Since(started) < longest {
		deaths := make([]death, 0, randomKills)
		for range cap(deaths) {
			deaths = append(deaths, next())
		}
		work(t, deaths, death.name, func(t *testing.T, d death) {
			t.Helper()
			d.die(t, &tally)
		})
	}
	t.Logf("%d commands, %d killed, %d had ended before; %d recovers killed; %d with violations",
		n, tally.killed.Load(), tally.ended.Load(), tally.recovers.Load(), tally.failed.Load())
}

type tally struct{ killed, ended, recovers, failed atomic.Int64 }

func (d death) die(t *testing.T, all *tally) {
	t.Helper()
	s, _ := d.ready(t, false)
	before, _ := s.ledger(t)
	e := s.killAfter(t, d.command, d.after)
	if e.signal == 0 {
		all.ended.Add(1)
		truth(t, s, d.ref, e)
	} else {
		all.killed.Add(1)
	}
	for _, after := range d.recover {
		was, _ := s.ledger(t)
		if e := s.killAfter(t, []string{"recover"}, after); e.signal != 0 {
			all.recovers.Add(1)
		} else if e.code != int(migrate.Done) {
			t.Errorf("recover ended with %d\n%s", e.code, e)
		}
		now, _ := s.ledger(t)
		monotone(t, was, now)
	}
	d.judge(t, s, before)
	if t.Failed() {
		all.failed.Add(1)
	}
}

// killAfter starts a command and kills it after a while, unless it has ended.
func (s *stage) killAfter(t *testing.T, command []string, after time.Duration) ending {
	t.Helper()
	c := s.start(t, command)
	timer := time.AfterFunc(after, func() { _ = c.command.Process.Signal(syscall.SIGKILL) })
	defer timer.Stop()
	return s.wait(t, c)
}
