package cli

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/safemigrate/safemigrate"
	"github.com/safemigrate/safemigrate/migrate"
)

func newRecover(p *program) *cobra.Command {
	var o safemigrate.RecoverOptions
	cmd := &cobra.Command{
		Use:   "recover",
		Short: "Bring an interrupted database to one side",
		Long: `Bring a database to one side after a run that was killed or lost its connection:
exactly the old version or exactly the new one. What the dead run left working
on the server is ended or awaited first. It can be killed and repeated, and does
nothing where there is nothing to do. A batch behind a snapshot of strategy clone
goes back only while nobody else is connected: --end-sessions ends the others at
that moment, and names them. What dead runs have left beside, and nothing needs,
is removed.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return runRecover(cmd.Context(), p, o) },
	}
	p.settings.databaseFlags(cmd.Flags())
	p.settings.storeFlags(cmd.Flags())
	cmd.Flags().BoolVar(&o.EndSessions, "end-sessions", false, "where databases are exchanged, end the sessions of others at that moment")
	describe(cmd, `safemigrate recover`, exits(0, 1, 2, 4, 5, 6, 8)...)
	return cmd
}

func runRecover(ctx context.Context, p *program, o safemigrate.RecoverOptions) error {
	return p.withDatabase(ctx, func(db *safemigrate.DB) error {
		var report *safemigrate.RecoverReport
		err := p.change(func() (err error) {
			report, err = db.Recover(ctx, o)
			return err
		})
		if err != nil {
			if report != nil {
				return withReport(recoverDocument{recoverSchema, report}, err)
			}
			return err
		}
		return p.told(p.answer(recoverDocument{recoverSchema, report}, func(t *text) { p.recoverText(t, report) }))
	})
}

const recoverSchema = "safemigrate/recover/1"

// recoverDocument is the answer of recover with --json.
type recoverDocument struct {
	Schema string `json:"schema"`
	*safemigrate.RecoverReport
}

func (p *program) recoverText(t *text, r *safemigrate.RecoverReport) {
	t.linef("database", "%s, version %s", databaseName(r.Database), migrate.VersionName(r.Version))
	if r.Batch != "" {
		t.linef("found", "batch %s, stopped half-way", r.Batch)
	}
	if r.Orphan != "" {
		t.linef("session", "%s", r.Orphan)
	}
	t.list("removed", suffixed(r.Removed, ", which a run that died had left"))
	p.revertText(t, r.RevertReport)
	t.donef("version %s; %s", migrate.VersionName(r.Version), r.Action)
}
