//go:build failpoint && unix

package killtest

import (
	"fmt"
	"strings"
	"testing"

	"github.com/safemigrate/safemigrate/migrate"
)

// races is how often two commands are started at once, on each engine, and mysqlRaces on
// MariaDB or MySQL.
const (
	races      = 50
	mysqlRaces = 2
)

// race is one pair of commands.
type race struct {
	*play
	n int
}

func (r race) name() string { return fmt.Sprintf("%s/%02d", r.label(), r.n) }

// TestSoakTwoUpsAtOnce: exactly one applies; the other finds nothing to do.
func TestSoakTwoUpsAtOnce(t *testing.T) {
	var all []race
	for _, e := range engines(t)[:2] {
		for _, p := range only(t, e, "first-up", "up-steps") {
			for n := range races / 2 {
				all = append(all, race{p, n})
			}
		}
	}
	onMySQL := only(t, mysqlEngine(t), "up")[0]
	for n := range mysqlRaces {
		all = append(all, race{onMySQL, n})
	}
	work(t, all, race.name, func(t *testing.T, r race) {
		t.Helper()
		s, _ := r.ready(t, false)
		before, _ := s.batches(t)
		one, two := s.start(t, r.command), s.start(t, r.command)
		applied := 0
		for _, e := range []ending{s.wait(t, one), s.wait(t, two)} {
			switch {
			case e.code == int(migrate.Locked):
			case e.code != int(migrate.Done):
				t.Errorf("up ended with %d\n%s", e.code, e)
			case !strings.Contains(e.stdout, "nothing to do"):
				applied++
			}
		}
		after, _ := s.batches(t)
		if applied != 1 || len(after) != len(before)+1 {
			t.Errorf("%d commands applied, the ledger has %d new batches", applied, len(after)-len(before))
		}
		if now := s.fingerprint(t); now != r.ref.new {
			t.Errorf("I1: the result is not exact\n%s", difference(r.ref.new, now))
		}
		unlocked(t, s)
		monotone(t, before, after)
	})
	t.Logf("%d races", len(all))
}

// TestSoakTwoRecoversAtOnce: one restores, the other finds nothing to do.
func TestSoakTwoRecoversAtOnce(t *testing.T) {
	var all []race
	for _, e := range engines(t)[:2] {
		p := only(t, e, "recover-between")[0]
		for n := range races / 10 {
			all = append(all, race{p, n})
		}
	}
	onMySQL := only(t, mysqlEngine(t), "recover-running")[0]
	for n := range mysqlRaces {
		all = append(all, race{onMySQL, n})
	}
	work(t, all, race.name, func(t *testing.T, r race) {
		t.Helper()
		s, _ := r.ready(t, false)
		before, _ := s.batches(t)
		one, two := s.start(t, r.command), s.start(t, r.command)
		restored := 0
		for _, e := range []ending{s.wait(t, one), s.wait(t, two)} {
			if e.code != int(migrate.Done) {
				t.Errorf("recover ended with %d\n%s", e.code, e)
			}
			if strings.Contains(e.lastLines(), "restored") {
				restored++
			}
		}
		if restored != 1 {
			t.Errorf("%d recovers restored", restored)
		}
		r.judge(t, s, before)
	})
}
