package cli

import (
	"context"
	"regexp"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/safemigrate/safemigrate"
	"github.com/safemigrate/safemigrate/migrate"
	"github.com/safemigrate/safemigrate/snapshot"
)

// pruneOptions are the flags of snapshot prune.
type pruneOptions struct {
	keepLast   int
	ruled      bool
	keepWithin string
	maxBytes   sizeFlag
	dryRun     bool
}

func newSnapshotPrune(p *program) *cobra.Command {
	var o pruneOptions
	cmd := &cobra.Command{
		Use:   "prune [ID…]",
		Short: "Remove snapshots that are no longer needed",
		Long: `Remove snapshots, the quarantine among them: the named ones, or by rules. What
--keep-last or --keep-within keeps stays, as long as all together have room in
--max-bytes; the oldest go first. The way back of the newest batch, the undo of
the newest rollback, and what is pinned go only when named. A batch whose
snapshot is gone cannot be taken back any more.

With --store on the command line, or where no database is named, the rules are
for the store: they hold for each database by itself, and the newest snapshot of
each stays. Chunks that no snapshot needs any more are removed a day later.`,
		RunE: func(cmd *cobra.Command, args []string) error {
			o.ruled = cmd.Flags().Changed("keep-last") || o.keepWithin != "" || o.maxBytes > 0
			return o.run(cmd.Context(), p, args)
		},
	}
	f := cmd.Flags()
	p.settings.databaseFlags(f)
	p.settings.storeFlags(f)
	f.IntVar(&o.keepLast, "keep-last", 0, "keep the newest `N`")
	f.StringVar(&o.keepWithin, "keep-within", "", "keep what is younger than this `age`: 30d, 2w, 36h")
	f.Var(&o.maxBytes, "max-bytes", "keep no more than this `size` in all, like 500MB or 10GB")
	f.BoolVar(&o.dryRun, "dry-run", false, "show what would go, and change nothing")
	describe(cmd, `safemigrate snapshot prune --keep-last 5 --keep-within 30d
safemigrate snapshot prune --max-bytes 20GB --dry-run
safemigrate snapshot prune --store s3://backups/shop --keep-within 12w`, exits(0, 1, 2, 5, 6)...)
	return cmd
}

// options checks the flags and puts them into the terms of the API.
func (o *pruneOptions) options(ids []string) (safemigrate.PruneOptions, error) {
	r := safemigrate.PruneOptions{IDs: ids, DryRun: o.dryRun, Rules: snapshot.Retention{KeepLast: o.keepLast, MaxBytes: int64(o.maxBytes)}}
	const hint = "safemigrate snapshot prune --help"
	switch {
	case len(ids) > 0 && o.ruled:
		return r, usage(hint, "IDs and rules contradict each other")
	case len(ids) == 0 && !o.ruled:
		return r, usage(hint, "say what may go: --keep-last N, --keep-within AGE, --max-bytes SIZE, or IDs")
	case o.keepLast < 0:
		return r, usage(hint, "--keep-last must be at least 0")
	case o.keepWithin == "":
		return r, nil
	}
	age, ok := parseAge(o.keepWithin)
	if !ok {
		return r, usage("write an age such as 30d, 2w or 36h", "--keep-within %q is not an age", o.keepWithin)
	}
	r.Rules.KeepWithin = age
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
	if p.asksStore() {
		return runStorePrune(ctx, p, options)
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
	Strays []migrate.PrunedSnapshot `json:"strays,omitempty"`
}

func newPruneDocument(r *safemigrate.PruneReport, dryRun bool) pruneDocument {
	return pruneDocument{"safemigrate/snapshot-prune/1", dryRun, emptyForNil(r.Pruned), emptyForNil(r.Kept), r.Strays}
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
	for _, s := range r.Strays {
		t.linef("stray", "%s of version %s, %s: of a run that died; no batch of this database knows it. Remove it with: safemigrate snapshot prune %s",
			s.ID, migrate.VersionName(s.Tag), size(s.Bytes), s.ID)
	}
	if dryRun {
		t.linef("next", "nothing was changed; %s, %s would go", counted(int64(len(rows)), "snapshot"), size(bytes))
		return
	}
	t.donef("%s gone, %s; %d kept", counted(int64(len(rows)), "snapshot"), size(bytes), len(r.Kept))
}
