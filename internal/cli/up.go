package cli

import (
	"context"
	"fmt"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/safemigrate/safemigrate"
	"github.com/safemigrate/safemigrate/migrate"
	"github.com/safemigrate/safemigrate/snapshot"
)

// upOptions are the flags of up.
type upOptions struct {
	to         string
	acceptLoss bool
	planDigest string
	prepare    bool
}

func newUp(p *program) *cobra.Command {
	var o upOptions
	cmd := &cobra.Command{
		Use:   "up [N]",
		Short: "Apply the pending migrations, with a way back",
		Long: `Apply the pending migrations, or the next N of them, as one batch. A snapshot is
taken first. A batch that fails is undone at once: the database is back at the
old version before the command ends.`,
		Args: upTo("a number of migrations"),
		RunE: func(cmd *cobra.Command, args []string) error { return o.run(cmd.Context(), p, args) },
	}
	f := cmd.Flags()
	p.settings.databaseFlags(f)
	p.settings.storeFlags(f)
	p.settings.scopeFlags(f)
	p.settings.batchFlags(f)
	f.StringVar(&o.to, "to", "", "apply up to this `version`")
	f.StringVar(&p.settings.onFailure, "on-failure", "restore", "restore: go back to the old version; keep: leave a half-applied batch to be looked at")
	f.BoolVar(&o.acceptLoss, "accept-loss", false, "run statements whose effect no snapshot can take back, and what --scope none does not keep")
	f.StringVar(&o.planDigest, "plan-digest", "", "refuse to run anything but the plan with this `digest`")
	f.BoolVar(&o.prepare, "prepare", false, "then build what rollback is going to need, as safemigrate prepare does")
	describe(cmd, `safemigrate up --database postgres://app@db1/shop
safemigrate up 1
safemigrate up --to 15 --plan-digest 4be1…`, exits(0, 1, 2, 3, 4, 5, 6, 8)...)
	return cmd
}

// options checks the flags and puts them into the terms of the API.
func (o *upOptions) options(s settings, args []string) (safemigrate.UpOptions, error) {
	u := safemigrate.UpOptions{To: o.to, AcceptLoss: o.acceptLoss, PlanDigest: o.planDigest, FailOn: s.failOn, Prepare: o.prepare}
	if len(args) == 1 {
		n, err := strconv.Atoi(args[0])
		if err != nil || n < 1 {
			return u, usage("safemigrate up --help", "%q is not a number of migrations", args[0])
		}
		if o.to != "" {
			return u, usage("leave one of them out", "a number of migrations and --to contradict each other")
		}
		u.Limit = n
	}
	switch s.onFailure {
	case "", "restore":
	case "keep":
		u.KeepOnFailure = true
	default:
		return u, usage("write --on-failure restore or --on-failure keep", "--on-failure %q is unknown", s.onFailure)
	}
	var err error
	u.Allow, err = allowed(s.allow)
	return u, err
}

// allowed checks the kinds of --allow.
func allowed(words []string) ([]safemigrate.ProblemKind, error) {
	kinds := make([]safemigrate.ProblemKind, len(words))
	for i, w := range words {
		kinds[i] = safemigrate.ProblemKind(w)
		if !(migrate.Problem{Kind: kinds[i]}).Allowable() {
			return nil, usage("the kinds are edited, missing, out-of-order, too-new, gap and published", "--allow %q is unknown", w)
		}
	}
	return kinds, nil
}

func (o *upOptions) run(ctx context.Context, p *program, args []string) error {
	options, err := o.options(p.settings, args)
	if err != nil {
		return err
	}
	return p.withDatabase(ctx, func(db *safemigrate.DB) error {
		var report *safemigrate.UpReport
		err := p.change(func() (err error) {
			report, err = db.Up(ctx, options)
			return err
		})
		if err != nil {
			if report != nil {
				return withReport(newUpDocument(report), err)
			}
			return err
		}
		return p.told(p.answer(newUpDocument(report), func(t *text) { p.upText(t, report) }))
	})
}

// upDocument is the answer of up with --json.
type upDocument struct {
	Schema string `json:"schema"`
	*safemigrate.UpReport
}

func newUpDocument(r *safemigrate.UpReport) upDocument {
	filled := *r
	filled.Migrations = emptyForNil(r.Migrations)
	filled.Snapshot = filledManifest(r.Snapshot)
	filled.Prepared = filledPreparation(r.Prepared)
	return upDocument{"safemigrate/up/1", &filled}
}

// emptyForNil makes an empty list of no list, which is what a reader of JSON expects.
func emptyForNil[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

func (p *program) upText(t *text, r *safemigrate.UpReport) {
	t.linef("database", "%s, %s", databaseName(r.Database), versions(r.From, r.To))
	if len(r.Migrations) == 0 {
		t.donef("nothing to do: version %s is the newest", migrate.VersionName(r.To))
		return
	}
	if m := r.Snapshot; m != nil {
		t.linef("snapshot", "%s of version %s: %s, %s, %s%s, verified", m.Strategy, migrate.VersionName(m.Tag),
			counted(int64(len(m.Tables)), "table"), counted(m.Rows(), "row"), size(m.Bytes), inStore(m))
	}
	for _, w := range r.Widened {
		t.put("widened", yellow, w.Name+": "+w.Why+"; the batch was undone, its rows were copied, and it ran once more")
	}
	rows := make([][]string, len(r.Migrations))
	for i, m := range r.Migrations {
		rows[i] = []string{label(m.Version, m.Name), took(m.Took)}
	}
	t.table("apply", rows)
	t.list("effect", p.shorten(append(append([]string(nil), r.Effect.Objects...), r.Effect.Rows...)))
	if r.Prepared != nil {
		p.preparationText(t, r.Prepared)
	}
	steps := ""
	if r.Steps > 1 {
		steps = fmt.Sprintf(" in %d steps", r.Steps)
	}
	t.donef("version %s%s, %s; take it back with: safemigrate rollback", migrate.VersionName(r.To), steps, took(r.Took))
}

// inStore says where a snapshot's files are, unless beside the database.
func inStore(m *snapshot.Manifest) string {
	if m.Stored == nil {
		return ""
	}
	return fmt.Sprintf(", in %s (%s added)", m.Stored.URL, size(m.Stored.Added))
}

// shorten cuts a list, unless everything was asked for.
func (p *program) shorten(lines []string) []string {
	const limit = 12
	if p.settings.verbose {
		return lines
	}
	return shortened(lines, limit)
}
