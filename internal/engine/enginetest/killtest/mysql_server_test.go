//go:build failpoint && unix

package killtest

import (
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/safemigrate/safemigrate/internal/failpoint"
	"github.com/safemigrate/safemigrate/internal/testmy"
)

// serversAtOnce is how many servers die beside each other.
const serversAtOnce = 3

// crash is the death of the server under a command that is at a point. Back says that the
// server is there again before the command goes on; else the command ends without it.
type crash struct {
	fault
	back bool
}

func (c crash) name() string {
	if c.back {
		return c.fault.name() + "-back"
	}
	return c.fault.name() + "-away"
}

// crashes are those at the first passing of every point that a command passes: of the
// three that change most, in both forms, on MySQL, which takes longer to start, in one of
// them by turns; of all and in both in a soak. Others die at
// the last passing of few points, in one form.
func crashes(plays []*play) []crash {
	var all []crash
	soaks := os.Getenv("SAFEMIGRATE_SOAK") != ""
	for _, p := range plays {
		points, last := slices.Compact(slices.Sorted(slices.Values(p.ref.trace))), false
		if !soaks && !slices.Contains([]string{"up-fails", "rollback", "recover-running"}, p.scenario.name) {
			points, last = latest[p.scenario.name], true
		}
		for i, point := range points {
			for _, back := range []bool{true, false} {
				if soaks || testmy.Tested() == testmy.MariaDB && !last || back == (i%2 == 0) {
					n := 1
					if last {
						n = count(p.ref.trace, point)
					}
					all = append(all, crash{fault{p, point, n}, back})
				}
			}
		}
	}
	return all
}

// latest are points of commands behind most of their work.
var latest = map[string][]string{
	"up":                {"up.commit.before", "up.commit.after"}, // behind its last statement
	"rollback-discards": {"mysql.revert.table", "mysql.revert.sealed"},
	recoverRollback:     {"mysql.revert.step"},
}

// killMySQLServers kills the server by SIGKILL while a command is at a point, and starts
// it again.
func killMySQLServers(t *testing.T, plays []*play) {
	t.Helper()
	all := crashes(plays)
	for _, point := range failpoint.Names() {
		if strings.HasPrefix(point, "mysql.") && !slices.Contains(slices.Concat(lateKeys, exchanging, puttingBack, defaulting), point) && !slices.ContainsFunc(all, func(c crash) bool { return c.point == point }) {
			t.Errorf("no server dies at %s", point)
		}
	}
	if fewest := map[testmy.Product]int{testmy.MariaDB: 90, testmy.MySQL: 45}[testmy.Tested()]; len(all) < fewest {
		t.Errorf("%d crashes, want at least %d", len(all), fewest)
	}
	servers := make(chan *testmy.Server, serversAtOnce)
	for range serversAtOnce {
		servers <- testmy.New(t, nil)
	}
	var failed atomic.Int64
	work(t, all, crash.name, func(t *testing.T, c crash) {
		t.Helper()
		server := <-servers
		t.Cleanup(func() { servers <- server }) // behind that of its database
		c.strike(t, server)
		if t.Failed() {
			failed.Add(1)
		}
	})
	t.Logf("%s: %d crashes of the server, %d with violations", testmy.Tested(), len(all), failed.Load())
}

// crashed is a database on a server that dies. MariaDB then forgets the values of
// AUTO_INCREMENT that it had set aside for rows and not used.
type crashed struct{ mysqlWorld }

func (w crashed) fingerprint(t *testing.T) string {
	t.Helper()
	return testmy.WithoutCounters(w.mysqlWorld.fingerprint(t))
}

// uncounted is the same reference for such a database.
func (r *reference) uncounted() *reference {
	out := &reference{old: testmy.WithoutCounters(r.old), new: testmy.WithoutCounters(r.new), finals: map[string]string{}, trace: r.trace, took: r.took}
	for from, to := range r.finals {
		out.finals[testmy.WithoutCounters(from)] = testmy.WithoutCounters(to)
	}
	return out
}

// strike lets a command come to its point on a server of its own, kills that server, and
// judges the end.
func (c crash) strike(t *testing.T, server *testmy.Server) {
	t.Helper()
	p := &play{engine: c.engine, scenario: c.scenario, source: c.source, repaired: c.repaired, ref: c.ref.uncounted()}
	p.world = func(t *testing.T) world {
		t.Helper()
		w := mysqlWorld{server.Database(t)}
		w.exec(t, mysqlBase)
		return crashed{w}
	}
	s, _ := p.ready(t, false)
	before, _ := s.batches(t)
	at := s.pause(t, c.command, c.point, c.n)
	server.Stop(t, true)
	if c.back {
		server.Restart(t)
	}
	at.release(t)
	e := s.wait(t, at.child)
	if !c.back {
		server.Restart(t)
	}
	unlocked(t, s)
	truth(t, s, p.ref, e)
	p.judge(t, s, before)
}
