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
	p, d := myProject(t, nil, map[string]string{"1_x.up.sql": "ALTER TABLE big MODIFY a bigint;\nDELETE FROM big WHERE id = 0;\nDROP TABLE old;"})
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

// TestMySQLPlanOfPreparedTexts: "unless it is there" is written with IF over the
// catalogs and PREPARE. The snapshot keeps what the texts can destroy, and no more.
func TestMySQLPlanOfPreparedTexts(t *testing.T) {
	t.Parallel()
	runs := "\nPREPARE s FROM @s;\nEXECUTE s;\nDEALLOCATE PREPARE s;\n"
	unless := func(what, then, otherwise string) string {
		return "SET @s = (SELECT IF((SELECT COUNT(*) FROM information_schema." + what + ") > 0, '" + then + "', '" + otherwise + "'));" + runs
	}
	cases := []struct{ name, text, keeps, hazards string }{
		{"a column and an index unless they are there", unless("columns WHERE table_schema = DATABASE() AND column_name = 'paid'", "SELECT 1", "ALTER TABLE bills ADD paid int") +
			unless("statistics WHERE index_name = 'by_n'", "SELECT 2", "CREATE INDEX by_n ON bills (n)"), "", ""},
		{"a column that is there", unless("columns WHERE table_schema = DATABASE() AND column_name = 'n'", "ALTER TABLE bills DROP COLUMN n", "SELECT 1"), "bills", "column-dropped"},
		{"a column and a key with a table's name", "ALTER TABLE bills DROP COLUMN others; ALTER TABLE bills ALTER COLUMN n DROP DEFAULT, DROP KEY others, ADD KEY (n);", "bills", "column-dropped"},
		{"a key with a table's name, of that", "ALTER TABLE others DROP KEY others;", "", ""},
		{"a text that is not told", "SET @s = CONCAT('UPDATE bills SET n = ', LENGTH(USER()));" + runs, "bills others", ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p, _ := myProject(t, nil, map[string]string{"1_x.up.sql": c.text})
			p.Exec(t, "CREATE TABLE bills (id int PRIMARY KEY, n int, others int, KEY others (n)); INSERT INTO bills VALUES (1, 1, 1); CREATE TABLE others (id int PRIMARY KEY, n int, KEY others (n))")
			plan := planned(t, p)
			var keeps, hazards []string
			for _, kept := range plan.Snapshot.Tables {
				keeps = append(keeps, kept.Name)
			}
			for _, h := range plan.Hazards {
				hazards = append(hazards, h.ID)
			}
			if got := strings.Join(keeps, " "); got != c.keeps || (len(plan.Snapshot.Footprint.Whole) > 0) != (c.keeps == "bills others") {
				t.Errorf("keeps %q, want %q; whole %v", got, c.keeps, plan.Snapshot.Footprint.Whole)
			}
			if got := strings.Join(hazards, " "); got != c.hazards {
				t.Errorf("hazards %q, want %q", got, c.hazards)
			}
		})
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
