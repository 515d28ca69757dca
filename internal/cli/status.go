package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/safemigrate/safemigrate"
	"github.com/safemigrate/safemigrate/migrate"
)

func newStatus(p *program) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Show where the database stands",
		Long: `Show where the database stands: its version, the migrations that are due, what
disagrees, the batches that were run, and what rollback would do. Nothing is
changed and no lock is taken. The exit code tells of a batch that stopped
half-way (4) and of disagreement (8), so that it can serve as a check.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return runStatus(cmd.Context(), p) },
	}
	p.settings.databaseFlags(cmd.Flags())
	p.settings.batchFlags(cmd.Flags())
	describe(cmd, `safemigrate status
safemigrate status --json`, exits(0, 1, 2, 4, 8)...)
	return cmd
}

func runStatus(ctx context.Context, p *program) error {
	allow, err := allowed(p.settings.allow)
	if err != nil {
		return err
	}
	return p.withDatabase(ctx, func(db *safemigrate.DB) error {
		status, err := db.Status(ctx)
		if err != nil {
			return err
		}
		unsound := unsoundness(status, allow)
		document := newStatusDocument(status)
		if unsound != nil && p.settings.json {
			return withReport(document, unsound)
		}
		if err := p.answer(document, func(t *text) { p.statusText(t, status) }); err != nil {
			return err
		}
		return unsound
	})
}

// unsoundness is the failure that a status tells of, or nil.
func unsoundness(s *safemigrate.StatusReport, allow []safemigrate.ProblemKind) error {
	if s.Unfinished != "" {
		return &migrate.Failure{Outcome: migrate.Interrupted, Op: "status", Hint: "safemigrate recover",
			State: "the database is between two versions", Err: fmt.Errorf("batch %s stopped half-way", s.Unfinished)}
	}
	if lines, choices := stopping(s.Problems, allow); len(lines) > 0 {
		f := &migrate.Failure{Outcome: migrate.Disagreement, Op: "status", Hint: strings.Join(choices, "\n"),
			State: "the database is at version " + migrate.VersionName(s.Version),
			Err:   fmt.Errorf("files, history and ledger disagree in %s", counted(int64(len(lines)), "place"))}
		if f.Hint == "" {
			f.Hint = "the problems above say what can be done"
		}
		return f
	}
	return nil
}

// statusDocument is the answer of status with --json.
type statusDocument struct {
	Schema string `json:"schema"`
	*safemigrate.StatusReport
}

func newStatusDocument(s *safemigrate.StatusReport) statusDocument {
	filled := *s
	filled.Pending = emptyForNil(s.Pending)
	filled.Batches = emptyForNil(s.Batches)
	return statusDocument{"safemigrate/status/1", &filled}
}

func (p *program) statusText(t *text, s *safemigrate.StatusReport) {
	t.linef("database", "%s, version %s", databaseName(s.Database), migrate.VersionName(s.Version))
	dirty := ""
	if s.Dirty {
		dirty = ", dirty"
	}
	t.linef("history", "%s%s", s.Convention, dirty)
	p.problemText(t, s.Problems)
	pending := make([][]string, len(s.Pending))
	for i, m := range s.Pending {
		pending[i] = []string{label(m.Version, m.Name), m.File}
	}
	t.list("pending", p.shorten(align(pending)))
	batches := make([][]string, len(s.Batches))
	for i, b := range s.Batches {
		batches[i] = []string{b.ID, string(b.Operation), fmt.Sprintf("%s → %s", migrate.VersionName(b.Tag), migrate.VersionName(b.Target)),
			batchState(b), moment(b.Finished)}
	}
	t.list("batches", p.shorten(align(batches)))
	if s.Rollback.Possible {
		t.linef("rollback", "to version %s: safemigrate rollback", migrate.VersionName(s.Rollback.Tag))
		t.list("prepared", p.shorten(preparedLines(s.Rollback.Prepared)))
	} else {
		t.linef("rollback", "there is no batch to take back")
	}
	t.list("left", suffixed(s.Leftovers, ", by a run that died; safemigrate recover removes it"))
	switch {
	case s.Unfinished != "":
		t.put("state", red, "batch "+s.Unfinished+" stopped half-way: run safemigrate recover")
	case len(s.Pending) > 0:
		t.linef("state", "version %s, %s due: safemigrate plan", migrate.VersionName(s.Version), counted(int64(len(s.Pending)), "migration"))
	default:
		t.linef("state", "version %s, nothing due", migrate.VersionName(s.Version))
	}
}

func batchState(b migrate.Batch) string {
	if b.Pruned {
		return string(b.State) + ", pruned"
	}
	return string(b.State)
}
