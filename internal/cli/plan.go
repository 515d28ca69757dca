package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/safemigrate/safemigrate"
	"github.com/safemigrate/safemigrate/migrate"
)

func newPlan(p *program) *cobra.Command {
	var o upOptions
	cmd := &cobra.Command{
		Use:   "plan [N]",
		Short: "Show what up would do, and change nothing",
		Long: `Show what up would do, and change nothing: the migrations that are due, the
steps in which they are committed, what they do to each table, the locks that
they take, their hazards, what the snapshot would keep, who stands in the way,
and everything that would make up refuse. The exit code is the one with which up
would refuse.`,
		Args: upTo("a number of migrations"),
		RunE: func(cmd *cobra.Command, args []string) error { return o.plan(cmd.Context(), p, args) },
	}
	f := cmd.Flags()
	p.settings.databaseFlags(f)
	p.settings.storeFlags(f)
	p.settings.scopeFlags(f)
	p.settings.batchFlags(f)
	f.StringVar(&o.to, "to", "", "plan up to this `version`")
	f.BoolVar(&o.acceptLoss, "accept-loss", false, "accept statements whose effect no snapshot can take back")
	describe(cmd, `safemigrate plan
safemigrate plan --to 15 --json`, exits(0, 1, 2, 3, 4, 6, 8)...)
	return cmd
}

func (o *upOptions) plan(ctx context.Context, p *program, args []string) error {
	options, err := o.options(p.settings, args)
	if err != nil {
		return err
	}
	return p.withDatabase(ctx, func(db *safemigrate.DB) error {
		plan, err := db.Plan(ctx, options)
		if plan == nil {
			return err
		}
		document := newPlanDocument(plan)
		refusal := refused(plan, options)
		if refusal == nil {
			refusal = err
		}
		if refusal != nil && p.settings.json {
			return withReport(document, refusal)
		}
		if err := p.answer(document, func(t *text) { p.planText(t, plan, refusal == nil) }); err != nil {
			return err
		}
		return refusal
	})
}

// refused is the failure with which up would refuse the plan, or nil.
func refused(plan *safemigrate.Plan, o safemigrate.UpOptions) error {
	const state = "the database was not changed"
	if plan.Unfinished != "" {
		return &migrate.Failure{Outcome: migrate.Interrupted, Op: "plan", Hint: "safemigrate recover",
			State: "the database is between two versions", Err: fmt.Errorf("batch %s stopped half-way", plan.Unfinished)}
	}
	if lines, choices := stopping(plan.Problems, o.Allow); len(lines) > 0 {
		return &migrate.Failure{Outcome: migrate.Disagreement, Op: "plan", State: state, Hint: strings.Join(choices, "\n"),
			Err: fmt.Errorf("up would refuse: %s", strings.Join(lines, "; "))}
	}
	if plan.Snapshot.Fails != "" {
		return &migrate.Failure{Outcome: migrate.Restored, Op: "plan", State: state,
			Err:  errors.New("up would fail, as the batch did on a copy of the database: " + plan.Snapshot.Fails),
			Hint: "correct the migration and run safemigrate plan again"}
	}
	var lost []string
	for _, m := range plan.Migrations {
		lost = append(lost, m.NoWayBack...)
	}
	if len(lost) > 0 && !o.AcceptLoss {
		return &migrate.Failure{Outcome: migrate.NoWayBack, Op: "plan", State: state,
			Err:  errors.New("up would refuse: outside any snapshot: " + strings.Join(lost, "; ")),
			Hint: "take these statements out, or accept with --accept-loss that they stay when the batch is taken back"}
	}
	if len(plan.Snapshot.Blockers) > 0 {
		return &migrate.Failure{Outcome: migrate.NoWayBack, Op: "plan", State: state,
			Err: errors.New("up would refuse: " + strings.Join(plan.Snapshot.Blockers, "; "))}
	}
	return nil
}

// stopping lists the problems that are neither warnings nor allowed, and the choices that exist.
func stopping(problems []safemigrate.Problem, allow []safemigrate.ProblemKind) (lines, choices []string) {
	waved := map[safemigrate.ProblemKind]bool{}
	for _, k := range allow {
		waved[k] = true
	}
	said := map[string]bool{"": true}
	for _, problem := range problems {
		if problem.Warning || waved[problem.Kind] {
			continue
		}
		lines = append(lines, problem.Line())
		if !said[problem.Choice] {
			choices = append(choices, problem.Choice)
		}
		said[problem.Choice] = true
	}
	return lines, choices
}

// planDocument is the answer of plan with --json.
type planDocument struct {
	Schema string `json:"schema"`
	*safemigrate.Plan
}

func newPlanDocument(plan *safemigrate.Plan) planDocument {
	filled := *plan
	filled.Migrations = emptyForNil(plan.Migrations)
	filled.Snapshot.Tables = emptyForNil(plan.Snapshot.Tables)
	for i := range filled.Migrations {
		filled.Migrations[i].Steps = emptyForNil(filled.Migrations[i].Steps)
	}
	return planDocument{"safemigrate/plan/1", &filled}
}

func (p *program) planText(t *text, plan *safemigrate.Plan, runs bool) {
	t.linef("database", "%s, %s", databaseName(plan.Database), versions(plan.Version, plan.Target))
	p.problemText(t, plan.Problems)
	if len(plan.Migrations) == 0 {
		if runs {
			t.donef("nothing to do: version %s is the newest", migrate.VersionName(plan.Version))
		}
		return
	}
	t.table("plan", planRows(plan))
	for _, m := range plan.Migrations {
		for _, s := range m.Outside {
			t.linef("outside", "%s: in no transaction: %s", m.File, s)
		}
		for _, s := range m.NoWayBack {
			t.put("lost", red, "stays when the batch is taken back: "+s)
		}
	}
	p.footprintText(t, plan.Snapshot.Footprint)
	p.lockText(t, plan)
	p.hazardText(t, plan.Hazards)
	p.estimateText(t, plan.Snapshot)
	rollbackText(t, plan.Rollback)
	for _, s := range plan.Sessions {
		t.put("session", yellow, s.Text)
	}
	if runs {
		t.linef("digest", "%s", plan.Digest)
		t.linef("next", "safemigrate up, or exactly this: safemigrate up --plan-digest %s", plan.Digest)
	}
}

// stepWords says in which steps a migration is committed, where there are several.
func stepWords(all int, steps []int) string {
	if all < 2 || len(steps) == 0 {
		return ""
	}
	if len(steps) == 1 {
		return fmt.Sprintf("step %d of %d", steps[0], all)
	}
	return fmt.Sprintf("steps %d to %d of %d", steps[0], steps[len(steps)-1], all)
}

func (p *program) estimateText(t *text, e migrate.Estimate) {
	var rows int64
	for _, table := range e.Tables {
		rows += max(table.Rows, 0)
	}
	line := fmt.Sprintf("%s: %s, about %s, %s", e.Strategy, counted(int64(len(e.Tables)), "table"), counted(rows, "row"), size(e.Bytes))
	if e.Took > 0 {
		line += fmt.Sprintf(", %s (at %s/s: %s)", took(e.Took), size(e.Rate), e.RateFrom)
	}
	t.linef("snapshot", "%s", line)
	if e.Because != "" {
		t.linef("", "strategy %s: %s", e.Strategy, e.Because)
	}
	t.list("", p.shorten(align(keptLines(e.Tables))))
	if len(e.UnlessProved) > 0 {
		t.linef("", "unless up can prove that their definitions come back in place:")
		t.list("", p.shorten(align(keptLines(e.UnlessProved))))
	}
	for _, w := range e.Warnings {
		t.put("warning", yellow, w)
	}
	for _, b := range e.Blockers {
		t.put("blocked", red, b)
	}
}

// keptLines tells of tables what is kept of them.
func keptLines(tables []migrate.TableEstimate) [][]string {
	lines := make([][]string, len(tables))
	for i, table := range tables {
		lines[i] = []string{table.Name, counted(table.Rows, "row")}
		// SQLite knows the size of the file only.
		if table.Bytes != 0 {
			lines[i] = append(lines[i], size(table.Bytes))
		}
		if table.Keeps != "" {
			lines[i] = append(lines[i], table.Keeps)
		}
	}
	return lines
}

// problemText lists what disagrees.
func (p *program) problemText(t *text, problems []safemigrate.Problem) {
	for _, problem := range problems {
		name, colour := "problem", red
		if problem.Warning {
			name, colour = "warning", yellow
		}
		t.put(name, colour, problem.Line())
		if problem.Choice != "" {
			t.linef("", "  %s", strings.ReplaceAll(problem.Choice, "\n", "; "))
		}
	}
}
