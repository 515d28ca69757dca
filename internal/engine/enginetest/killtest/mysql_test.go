//go:build failpoint && unix

package killtest

import (
	"compress/gzip"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/safemigrate/safemigrate/internal/failpoint"
	"github.com/safemigrate/safemigrate/internal/testmy"
	"github.com/safemigrate/safemigrate/migrate"
)

type mysqlWorld struct{ *testmy.Database }

func newMySQL(t *testing.T, server *testmy.Server) world {
	t.Helper()
	w := mysqlWorld{server.Database(t)}
	w.exec(t, mysqlBase)
	return w
}

func (w mysqlWorld) access() (url, secret string) { return w.URL, w.Password }

func (w mysqlWorld) exec(t *testing.T, sql string) {
	t.Helper()
	w.Exec(t, sql)
}

func (w mysqlWorld) fingerprint(t *testing.T) string {
	t.Helper()
	return strings.NewReplacer(w.Name, "shop", w.Role, "owner").Replace(w.Dump(t) + w.Rows(t))
}

// remains waits until the server has noticed that a client is dead: as long as
// one of its statements runs, it does not.
func (w mysqlWorld) remains(t *testing.T) []string {
	t.Helper()
	for deadline := time.Now().Add(noticeTime); ; time.Sleep(20 * time.Millisecond) {
		left := append(w.Sessions(t), w.AdminQuery(t, "SELECT concat('lock of ', IS_USED_LOCK('safemigrate main "+w.Name+"')) FROM dual WHERE IS_USED_LOCK('safemigrate main "+w.Name+"') IS NOT NULL")...)
		if len(left) == 0 || time.Now().After(deadline) {
			return left
		}
	}
}

func (w mysqlWorld) has(t *testing.T, table string) bool {
	t.Helper()
	return w.AdminQuery(t, "SELECT count(*) FROM information_schema.tables WHERE table_schema = database() AND table_name = '"+table+"'")[0] == "1"
}

func (w mysqlWorld) ledger(t *testing.T) (docs, version []string) {
	t.Helper()
	if w.has(t, "safemigrate_batch") {
		docs = w.AdminQuery(t, "SELECT doc FROM safemigrate_batch ORDER BY n")
	}
	if w.has(t, "schema_migrations") {
		version = w.AdminQuery(t, "SELECT version FROM schema_migrations")
	}
	return docs, version
}

func (w mysqlWorld) strays(t *testing.T, batches []migrate.Batch) []string {
	t.Helper()
	kept := explained(batches)
	var found []string
	for _, table := range w.AdminQuery(t, `SELECT table_name FROM information_schema.tables WHERE table_schema = database()
		AND (table_name LIKE 'safemigrate\_%' OR table_name LIKE '#sql%')
		AND table_name NOT IN ('safemigrate_batch', 'safemigrate_meta', 'safemigrate_snapshot', 'safemigrate_part')`) {
		known := false
		for id, keep := range kept {
			known = known || keep && strings.Contains(table, "_"+strings.ReplaceAll(id, "-", "_")+"_")
		}
		if !known {
			found = append(found, "table "+table)
		}
	}
	if !w.has(t, "safemigrate_part") {
		return found
	}
	for _, id := range w.AdminQuery(t, "SELECT id FROM safemigrate_snapshot UNION SELECT batch FROM safemigrate_part") {
		if !kept[id] {
			found = append(found, "snapshot "+id)
		}
	}
	return found
}

// own reads all that safemigrate keeps beside rows; parts are unpacked.
func (w mysqlWorld) own(t *testing.T) string {
	t.Helper()
	var all strings.Builder
	for _, query := range []string{"SELECT doc FROM safemigrate_batch", "SELECT concat(name, value) FROM safemigrate_meta", "SELECT manifest FROM safemigrate_snapshot"} {
		fmt.Fprintln(&all, strings.Join(w.AdminQuery(t, query), "\n"))
	}
	for _, doc := range w.AdminQuery(t, "SELECT hex(doc) FROM safemigrate_part") {
		packed, err := hex.DecodeString(doc)
		if err != nil {
			t.Fatal(err)
		}
		r, err := gzip.NewReader(strings.NewReader(string(packed)))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(&all, r); err != nil {
			t.Fatal(err)
		}
	}
	return all.String()
}

// TestKillMySQL kills the commands, and the server under them, on MariaDB or MySQL, where
// nothing is one transaction.
func TestKillMySQL(t *testing.T) { //nolint:tparallel // the cells run some at a time, and servers die when the others are done
	t.Parallel()
	plays := mysqlPlays(t)
	if t.Failed() {
		t.FailNow()
	}
	t.Run("safemigrate", func(t *testing.T) { killMySQLCommands(t, plays) })
	t.Run("at random times", func(t *testing.T) { killAtRandomTimes(t, plays, mysqlRandomKills, "mysql") })
	t.Run("server", func(t *testing.T) { killMySQLServers(t, plays) })
}

// mysqlEngine is MariaDB or MySQL, on the shared server.
func mysqlEngine(t *testing.T) engine {
	t.Helper()
	server := testmy.Start(t)
	return engine{"mysql", mysqlScenarios(), func(t *testing.T) world { t.Helper(); return newMySQL(t, server) }}
}

// mysqlPlays refers to every scenario on the shared server.
func mysqlPlays(t *testing.T) []*play {
	t.Helper()
	e := mysqlEngine(t)
	owner := t // of the directories, which the cells use too
	var plays []*play
	var mu sync.Mutex
	work(t, e.scenarios, func(s scenario) string { return "undisturbed/" + s.name }, func(t *testing.T, s scenario) {
		t.Helper()
		p := newPlay(t, owner, e, s)
		mu.Lock()
		defer mu.Unlock()
		plays = append(plays, p)
	})
	slices.SortFunc(plays, func(a, b *play) int { return strings.Compare(a.label(), b.label()) })
	return plays
}

// fewestCells is how many deaths of commands are tried at least.
const fewestCells = 100

// killMySQLCommands kills each command at the first and at the last passing of every
// point.
func killMySQLCommands(t *testing.T, plays []*play) {
	t.Helper()
	var cells []cell
	passed := map[string]bool{}
	for _, p := range plays {
		for _, point := range slices.Compact(slices.Sorted(slices.Values(p.ref.trace))) {
			passed[point] = true
			n := count(p.ref.trace, point)
			for _, at := range slices.Compact([]int{1, n}) {
				// Much of what this one does others do, too.
				if p.scenario.name != recoverRollback || at == 1 && strings.HasPrefix(point, "mysql.revert.") || os.Getenv("SAFEMIGRATE_SOAK") != "" {
					cells = append(cells, cell{p, point, at})
				}
			}
		}
	}
	for _, point := range failpoint.Names() {
		if strings.HasPrefix(point, "mysql.") && !passed[point] && !slices.Contains(slices.Concat(lateKeys, exchanging, puttingBack, defaulting), point) {
			t.Errorf("no command passes %s", point)
		}
	}
	if len(cells) < fewestCells {
		t.Errorf("%d cells, want at least %d", len(cells), fewestCells)
	}
	var failed atomic.Int64
	work(t, cells, func(c cell) string { return c.name() }, func(t *testing.T, c cell) {
		t.Helper()
		s, _ := c.ready(t, false)
		before, _ := s.batches(t)
		s.killed(t, c.command, fmt.Sprintf("%s#%d", c.point, c.n))
		c.judge(t, s, before)
		if t.Failed() {
			failed.Add(1)
		}
	})
	t.Logf("%s: %d points, %d plays, %d cells, %d with violations", testmy.Tested(), len(passed), len(plays), len(cells), failed.Load())
}
