package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/safemigrate/safemigrate"
	"github.com/safemigrate/safemigrate/migrate"
	"github.com/safemigrate/safemigrate/snapshot"
)

func newPrepare(p *program) *cobra.Command {
	var o safemigrate.PrepareOptions
	cmd := &cobra.Command{
		Use:   "prepare",
		Short: "Build ahead what rollback is going to need",
		Long: `Build ahead what taking the newest batch back is going to need: the tables that
rollback makes anew, with their rows and indexes. Nobody who uses the database
waits for it. A rollback then only catches up with later rows and puts the tables
in their places. It can be repeated at any time; what no longer fits is not used.
On SQLite there is nothing to build.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return runPrepare(cmd.Context(), p, o) },
	}
	f := cmd.Flags()
	p.settings.databaseFlags(f)
	f.BoolVar(&o.Drop, "drop", false, "remove what was built instead")
	describe(cmd, `safemigrate prepare
safemigrate prepare --drop`, exits(0, 1, 2, 4, 5, 6, 8)...)
	return cmd
}

func runPrepare(ctx context.Context, p *program, o safemigrate.PrepareOptions) error {
	return p.withDatabase(ctx, func(db *safemigrate.DB) error {
		var report *safemigrate.PrepareReport
		err := p.change(func() (err error) {
			report, err = db.Prepare(ctx, o)
			return err
		})
		if err != nil {
			if report != nil {
				return withReport(newPrepareDocument(report), err)
			}
			return err
		}
		return p.told(p.answer(newPrepareDocument(report), func(t *text) { p.prepareText(t, report) }))
	})
}

// prepareDocument is the answer of prepare with --json.
type prepareDocument struct {
	Schema string `json:"schema"`
	*safemigrate.PrepareReport
}

func newPrepareDocument(r *safemigrate.PrepareReport) prepareDocument {
	return prepareDocument{"safemigrate/prepare/1", filledPreparation(r)}
}

func filledPreparation(r *safemigrate.PrepareReport) *safemigrate.PrepareReport {
	if r == nil {
		return nil
	}
	filled := *r
	filled.Tables = emptyForNil(r.Tables)
	return &filled
}

func (p *program) prepareText(t *text, r *safemigrate.PrepareReport) {
	t.linef("database", "%s, version %s", databaseName(r.Database), migrate.VersionName(r.Version))
	p.preparationText(t, r)
	at := migrate.VersionName(r.Version)
	switch {
	case r.Nothing != "":
		t.donef("version %s; nothing to do: %s", at, r.Nothing)
	case r.Dropped:
		t.donef("version %s; nothing stands ready for a rollback to version %s", at, migrate.VersionName(r.Tag))
	default:
		t.donef("version %s; a rollback to version %s is prepared, %s; look at it with: safemigrate rollback --plan", at, migrate.VersionName(r.Tag), took(r.Took))
	}
}

// preparationText tells what was built, and what will have to be built later.
func (p *program) preparationText(t *text, r *safemigrate.PrepareReport) {
	lines := make([]snapshot.Prepared, len(r.Tables))
	for i, table := range r.Tables {
		lines[i] = table.Prepared
	}
	t.list("prepared", p.shorten(preparedLines(lines)))
	left := make([][]string, len(r.Left))
	for i, table := range r.Left {
		left[i] = []string{table.Name, fmt.Sprintf("%s: made when it is taken back; %s", table.Way, table.Why)}
	}
	t.list("left", p.shorten(align(left)))
}

func preparedLines(all []snapshot.Prepared) []string {
	rows := make([][]string, len(all))
	for i, table := range all {
		rows[i] = []string{table.Name, table.Way, counted(table.Rows, "row"), size(table.Bytes)}
	}
	return align(rows)
}
