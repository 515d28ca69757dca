package cli

import (
	"context"
	"regexp"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/safemigrate/safemigrate"
	"github.com/safemigrate/safemigrate/migrate"
)

// pruneOptions are the flags of snapshot prune.
type pruneOptions struct {
	keep      int
	keepSet   bool
	olderThan string
	dryRun    bool
}

func newSnapshotPrune(p *program) *cobra.Command {
	var o pruneOptions
	cmd := &cobra.Command{
		Use:   "prune [ID…]",
		Short: "Remove snapshots that are no longer needed",
		Long: `Remove snapshots, the quarantine among them: the named ones, or all but the
newest (--keep), or those of a certain age (--older-than). The way back of the
newest batch and the undo of the newest rollback go only when named. A batch
whose snapshot is gone cannot be taken back any more.`,
		RunE: func(cmd *cobra.Command, args []string) error {
			o.keepSet = cmd.Flags().Changed("keep")
			return o.run(cmd.Context(), p, args)
		},
	}
	f := cmd.Flags()
	p.settings.databaseFlags(f)
	f.IntVar(&o.keep, "keep", 0, "keep the newest `N`")
	f.StringVar(&o.olderThan, "older-than", "", "remove only what is older than this `age`: 30d, 2w, 36h")
	f.BoolVar(&o.dryRun, "dry-run", false, "show what would go, and change nothing")
	describe(cmd, `safemigrate snapshot prune --keep 5
safemigrate snapshot prune --older-than 30d --dry-run`, exits(0, 1, 2, 5, 6)...)
	return cmd
}

// options checks the flags and puts them into the terms of the API.
func (o *pruneOptions) options(ids []string) (safemigrate.PruneOptions, error) {
	r := safemigrate.PruneOptions{Keep: o.keep, IDs: ids, DryRun: o.dryRun}
	const hint = "safemigrate snapshot prune --help"
	ruled := o.keepSet || o.olderThan != ""
	switch {
	case len(ids) > 0 && ruled:
		return r, usage(hint, "IDs and --keep or --older-than contradict each other")
	case len(ids) == 0 && !ruled:
		return r, usage(hint, "say what may go: --keep N, --older-than AGE, or IDs")
	case o.keep < 0:
		return r, usage(hint, "--keep must be at least 0")
	case o.olderThan == "":
		return r, nil
	}
	age, ok := parseAge(o.olderThan)
	if !ok {
		return r, usage("write an age such as 30d, 2w or 36h", "--older-than %q is not an age", o.olderThan)
	}
	r.OlderThan = age
	return r, nil
}

var agePattern = regexp.MustCompile(`^([0-9]{1,5})([dw])$`)

// parseAge reads days and weeks besides Go's durations.
func parseAge(text string) (time.Duration, bool) {
	if m := agePattern.FindStringSubmatch(text); m != nil {
		n, err := strconv.Atoi(m[1])
		unit := 24 * time.Hour
		if m[2] == "w" {
			unit *= 7
		}
		return time.Duration(n) * unit, err == nil && n > 0
	}
	d, err := time.ParseDuration(text)
	return d, err == nil && d > 0
}

func (o *pruneOptions) run(ctx context.Context, p *program, ids []string) error {
	options, err := o.options(ids)
	if err != nil {
		return err
	}
	return p.withDatabase(ctx, func(db *safemigrate.DB) error {
		report, err := db.Prune(ctx, options)
		if err != nil {
			if report != nil {
				return withReport(newPruneDocument(report, o.dryRun), err)
			}
			return err
		}
		answered := p.answer(newPruneDocument(report, o.dryRun), func(t *text) { pruneText(t, report, o.dryRun) })
		if o.dryRun {
			return answered
		}
		return p.told(answered)
	})
}

// pruneDocument is the answer of snapshot prune with --json.
type pruneDocument struct {
	Schema string                   `json:"schema"`
	DryRun bool                     `json:"dry_run"`
	Pruned []migrate.PrunedSnapshot `json:"pruned"`
	Kept   []string                 `json:"kept"`
}

func newPruneDocument(r *safemigrate.PruneReport, dryRun bool) pruneDocument {
	return pruneDocument{"safemigrate/snapshot-prune/1", dryRun, emptyForNil(r.Pruned), emptyForNil(r.Kept)}
}

func pruneText(t *text, r *safemigrate.PruneReport, dryRun bool) {
	var bytes int64
	rows := make([][]string, len(r.Pruned))
	for i, s := range r.Pruned {
		bytes += s.Bytes
		rows[i] = []string{s.ID, "version " + migrate.VersionName(s.Tag), size(s.Bytes)}
	}
	t.table("prune", rows)
	t.list("keep", r.Kept)
	if dryRun {
		t.linef("next", "nothing was changed; %s, %s would go", counted(int64(len(rows)), "snapshot"), size(bytes))
		return
	}
	t.donef("%s gone, %s; %d kept", counted(int64(len(rows)), "snapshot"), size(bytes), len(r.Kept))
}
