//go:build unix

package enginetest_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/safemigrate/safemigrate"
	"github.com/safemigrate/safemigrate/internal/engine/enginetest"
	"github.com/safemigrate/safemigrate/internal/testmy"
	"github.com/safemigrate/safemigrate/migrate"
)

// TestMySQLPlan has hazards, locks, durations and the sessions in the way, and
// refuses by --fail-on what it names.
func TestMySQLPlan(t *testing.T) {
	t.Parallel()
	p, d := myProject(t, nil, map[string]string{"1_x.up.sql": "ALTER TABLE big MODIFY a bigint;\nDROP TABLE old;"})
	p.Exec(t, "CREATE TABLE big (id int PRIMARY KEY, a int, pad longtext); INSERT INTO big SELECT seq, seq, repeat('x', 1000000) FROM "+testmy.Numbers(12)+"; CREATE TABLE old (id int PRIMARY KEY); ANALYZE TABLE big")
	plan := planned(t, p)
	var ids []string
	for _, h := range plan.Hazards {
		ids = append(ids, h.ID)
	}
	slices.Sort(ids)
	if got := strings.Join(ids, " "); got != "column-type-changed table-dropped table-rewrite" {
		t.Errorf("hazards %s", got)
	}
	if len(plan.Locks) != 2 || plan.Locks[0].Table != "big" || plan.Locks[0].Took <= 0 {
		t.Errorf("locks %+v", plan.Locks)
	}
	if s := plan.Snapshot; s.Bytes < 12_000_000 || s.Took <= 0 || s.Rate <= 0 || plan.Rollback.Took <= 0 {
		t.Errorf("snapshot %+v, rollback %+v", s, plan.Rollback)
	}
	if !said(plan, "unseen", "PROCESS") {
		t.Errorf("the missing privilege is not named: %+v", plan.Sessions)
	}
	d.AdminExec(t, "GRANT PROCESS ON *.* TO "+d.Role)
	reader := d.Database.Connect(t)
	for _, text := range []string{"START TRANSACTION", "SELECT id FROM big LIMIT 1"} {
		if _, err := reader.ExecContext(t.Context(), text); err != nil {
			t.Fatal(err)
		}
	}
	// Somebody's statement holds bytes that are no text.
	busy, held := d.Database.Connect(t), make(chan error, 1)
	go func() {
		_, err := busy.ExecContext(t.Context(), "DO SLEEP(4), _binary'\x8b\x08'")
		held <- err
	}()
	// A transaction that has not idled for a second is nobody's fault.
	if !becomes(t, p, func(plan *safemigrate.Plan) bool { return said(plan, "idle-in-transaction", "up has to wait") }) {
		t.Error("who idles is not named")
	}
	if err := <-held; err != nil {
		t.Fatal(err)
	}
	if _, err := reader.ExecContext(t.Context(), "COMMIT"); err != nil {
		t.Fatal(err)
	}
	// InnoDB shows what was when nobody had looked for 0.1 s.
	if !becomes(t, p, func(plan *safemigrate.Plan) bool { return len(plan.Sessions) == 0 }) {
		t.Error("whose transaction is over is named")
	}
	before := d.Fingerprint(t)
	_, err := p.TryUp(t, safemigrate.UpOptions{FailOn: []string{"destructive"}})
	enginetest.Fails(t, err, migrate.NoWayBack, "table-dropped")
	p.Is(t, before, "after the refusal")
	_, err = p.TryUp(t, safemigrate.UpOptions{FailOn: []string{"nonsense"}})
	enginetest.Fails(t, err, migrate.Usage, "nonsense")
	p.Add(map[string]string{"1_x.up.sql": "-- safemigrate: allow table-dropped nobody reads it\nDROP TABLE old;"})
	if _, err := p.TryUp(t, safemigrate.UpOptions{FailOn: []string{"destructive"}}); err != nil {
		t.Errorf("let pass: %v", err)
	}
}

func planned(t *testing.T, p *enginetest.Project) *safemigrate.Plan {
	t.Helper()
	plan, err := p.Open(t).Plan(t.Context(), safemigrate.UpOptions{})
	if err != nil {
		t.Fatalf("plan: %v", err)
	}
	return plan
}

// becomes plans again and again, until a plan is as it has to be.
func becomes(t *testing.T, p *enginetest.Project, is func(*safemigrate.Plan) bool) bool {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(200 * time.Millisecond) {
		if is(planned(t, p)) {
			return true
		}
	}
	return false
}

func said(plan *safemigrate.Plan, kind, word string) bool {
	return slices.ContainsFunc(plan.Sessions, func(s migrate.SessionNote) bool { return s.Kind == kind && strings.Contains(s.Text, word) })
}
