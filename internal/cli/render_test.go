package cli

import (
	"bytes"
	"context"
	"os"
	"strings"
	"testing"

	"github.com/safemigrate/safemigrate"
	"github.com/safemigrate/safemigrate/migrate"
	"github.com/safemigrate/safemigrate/snapshot"
)

// testEnv is an Env whose output can be looked at.
type testEnv struct {
	Env
	out, err bytes.Buffer
}

func newTestEnv(variables ...string) *testEnv {
	e := &testEnv{}
	e.Env = Env{Stdin: strings.NewReader(""), Stdout: &e.out, Stderr: &e.err, LookupEnv: func(name string) (string, bool) {
		for _, v := range variables {
			if value, ok := strings.CutPrefix(v, name+"="); ok {
				return value, true
			}
		}
		return "", false
	}}
	return e
}

func (e *testEnv) run(args ...string) int { return Main(context.Background(), e.Env, args) }

// answers are one or more answers of every command that has any.
func answers(p *program) []struct {
	name     string
	document any
	render   func(*text)
} {
	var rollback, undo rollbackOptions
	undone := rolledBack
	undone.Undo, undone.From, undone.To = true, "12", "15"
	planned := rolledBack
	planned.Planned, planned.Batch = true, ""
	all := []*snapshot.Manifest{&kept}
	return []struct {
		name     string
		document any
		render   func(*text)
	}{
		{"up", newUpDocument(&upDone), func(t *text) { p.upText(t, &upDone) }},
		{"up_nothing", newUpDocument(&upNothing), func(t *text) { p.upText(t, &upNothing) }},
		{"plan", newPlanDocument(&planDue), func(t *text) { p.planText(t, &planDue, true) }},
		{"prepare", newPrepareDocument(&prepared), func(t *text) { p.prepareText(t, &prepared) }},
		{"prepare_nothing", newPrepareDocument(&preparedNothing), func(t *text) { p.prepareText(t, &preparedNothing) }},
		{"rollback_ready", newRollbackDocument(&rollbackReady), func(t *text) { rollback.text(p, t, &rollbackReady) }},
		{"rollback", newRollbackDocument(&rolledBack), func(t *text) { rollback.text(p, t, &rolledBack) }},
		{"rollback_undo", newRollbackDocument(&undone), func(t *text) { undo.text(p, t, &undone) }},
		{"rollback_plan", newRollbackDocument(&planned), func(t *text) { rollback.text(p, t, &planned) }},
		{"status", newStatusDocument(&status), func(t *text) { p.statusText(t, &status) }},
		{"status_bad", newStatusDocument(&statusBad), func(t *text) { p.statusText(t, &statusBad) }},
		{"recover", recoverDocument{recoverSchema, &recovered}, func(t *text) { p.recoverText(t, &recovered) }},
		{"recover_nothing", recoverDocument{recoverSchema, &recoveredNothing}, func(t *text) { p.recoverText(t, &recoveredNothing) }},
		{"snapshot_list", newSnapshotListDocument(all), func(t *text) { snapshotListText(t, all) }},
		{"snapshot_list_none", newSnapshotListDocument(nil), func(t *text) { snapshotListText(t, nil) }},
		{"snapshot_show", newSnapshotDocument("show", &kept), func(t *text) { p.snapshotText(t, &kept) }},
		{"snapshot_verify", snapshotVerifyDocument{"safemigrate/snapshot-verify/1", all}, func(t *text) { snapshotVerifyText(t, all) }},
		{"snapshot_prune", newPruneDocument(&pruned, false), func(t *text) { pruneText(t, &pruned, false) }},
		{"snapshot_prune_dry", newPruneDocument(&pruned, true), func(t *text) { pruneText(t, &pruned, true) }},
		{"snapshot_store_list", storedList, func(t *text) { storeListText(t, storedList) }},
		{"snapshot_store_list_none", storedNone, func(t *text) { storeListText(t, storedNone) }},
		{"snapshot_store_show", storedShown, func(t *text) { p.storeShowText(t, storedShown) }},
		{"snapshot_store_show_sealed", storedSealed, func(t *text) { p.storeShowText(t, storedSealed) }},
		{"snapshot_store_verify", storedVerified, func(t *text) { storeVerifyText(t, storedVerified) }},
		{"snapshot_pin", pinnedOne, func(t *text) { pinText(t, pinnedOne) }},
		{"snapshot_restore", restoredFromStore, func(t *text) { restoreText(t, restoredFromStore) }},
		{"snapshot_export", exported, func(t *text) { exportText(t, exported) }},
		{"new", newDocument{"safemigrate/new/1", []string{"migrations/000016_loyalty.up.sql"}}, func(t *text) { t.list("created", []string{"migrations/000016_loyalty.up.sql"}) }},
		{"version", versionDocument{"safemigrate/version/1", "v1.0.0", "0a1b2c3d", true, "go1.26.8", "linux/amd64"},
			func(t *text) {
				versionText(t, versionDocument{"safemigrate/version/1", "v1.0.0", "0a1b2c3d", true, "go1.26.8", "linux/amd64"})
			}},
	}
}

func TestAnswers(t *testing.T) {
	t.Parallel()
	for _, asJSON := range []bool{false, true} {
		env := newTestEnv()
		p := newProgram(env.Env, nil)
		p.settings.json = asJSON
		for _, a := range answers(p) {
			env.out.Reset()
			if err := p.answer(a.document, a.render); err != nil {
				t.Fatal(err)
			}
			name := a.name + ".txt"
			if asJSON {
				name = a.name + ".json"
			}
			golden(t, name, env.out.Bytes())
		}
	}
}

func TestColourOnlyOnTerminals(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name      string
		terminal  bool
		variables []string
		want      bool
	}{
		{"terminal", true, nil, true},
		{"pipe", false, nil, false},
		{"NO_COLOR", true, []string{"NO_COLOR=1"}, false},
		{"empty NO_COLOR", true, []string{"NO_COLOR="}, true},
		{"dumb terminal", true, []string{"TERM=dumb"}, false},
	}
	for _, c := range cases {
		env := newTestEnv(c.variables...)
		env.Terminals.Stdout = c.terminal
		p := newProgram(env.Env, nil)
		if err := p.answer(nil, func(t *text) { p.upText(t, &upDone) }); err != nil {
			t.Fatal(err)
		}
		if got := strings.Contains(env.out.String(), "\x1b["); got != c.want {
			t.Errorf("%s: coloured %t, want %t", c.name, got, c.want)
		}
	}
}

func TestErrors(t *testing.T) {
	t.Parallel()
	undecided := &migrate.Failure{Outcome: migrate.Undecided, Op: "roll back to version 12", State: "the database is still at version 15",
		Err: &migrate.UndecidedError{Report: rolledBack.RevertReport}}
	o := rollbackOptions{to: "12", toSet: true}
	cases := []struct {
		name string
		err  func(p *program) error
	}{
		{"error", func(*program) error { return &failed }},
		{"error_undecided", func(p *program) error { return o.explain(p, &rolledBack, undecided) }},
		{"error_plan", func(*program) error {
			return withReport(newPlanDocument(&planDue), refused(&planDue, safemigrate.UpOptions{}))
		}},
		{"error_lines", func(*program) error { return usage("do this\nor that", "no\n\tsafemigrate: hint: fake\x1b[31m") }},
	}
	for _, c := range cases {
		for _, asJSON := range []bool{false, true} {
			env := newTestEnv()
			p := newProgram(env.Env, nil)
			p.settings.json = asJSON
			code := p.end(c.err(p))
			if f := p.failure(c.err(newProgram(newTestEnv().Env, nil))); code != int(f.Outcome) {
				t.Errorf("%s: exit code %d, want %d", c.name, code, f.Outcome)
			}
			if asJSON {
				golden(t, c.name+".json", env.out.Bytes())
				continue
			}
			golden(t, c.name+".txt", env.err.Bytes())
			if env.out.Len() > 0 {
				t.Errorf("%s: on stdout: %s", c.name, env.out.String())
			}
		}
	}
}

// TestEveryEndingHasAHint holds for failures that bring none, too.
func TestEveryEndingHasAHint(t *testing.T) {
	t.Parallel()
	for o := migrate.Unchanged; o <= migrate.Disagreement; o++ {
		if statusOf(o).outcome != o || statusOf(o).hint == "" || statusOf(o).meaning == "" {
			t.Errorf("outcome %d is not in the table", o)
		}
		env := newTestEnv()
		if code := newProgram(env.Env, nil).end(&migrate.Failure{Outcome: o, Op: "try"}); code != int(o) {
			t.Errorf("outcome %d: exit code %d", o, code)
		}
		if !strings.Contains(env.err.String(), "safemigrate: hint: ") {
			t.Errorf("outcome %d: no hint in %q", o, env.err.String())
		}
	}
}

// TestExitCodesAreDocumented compares docs/exit-codes.md with the table.
func TestExitCodesAreDocumented(t *testing.T) {
	t.Parallel()
	doc, err := os.ReadFile("../../docs/exit-codes.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range exitTable {
		if line := "| " + string(rune('0'+s.outcome)) + " | " + s.meaning + " |"; !strings.Contains(string(doc), line) {
			t.Errorf("docs/exit-codes.md lacks %q", line)
		}
	}
}
