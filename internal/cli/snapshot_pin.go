package cli

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/safemigrate/safemigrate"
	"github.com/safemigrate/safemigrate/migrate"
)

func newSnapshotPin(p *program, pinned bool) *cobra.Command {
	name, short, long := "pin", "Keep a snapshot from being pruned", `Keep a snapshot from being pruned by a rule; it goes only when named. With it
stay those of the batches that have to be taken back before it can serve. A tag
stands for the batch that is applied and went up from that version.
`+storeNote
	if !pinned {
		name, short, long = "unpin", "Let a pinned snapshot be pruned again", "Let a pinned snapshot be pruned by rules again.\n"+storeNote
	}
	cmd := &cobra.Command{
		Use:   name + " ID|TAG",
		Short: short,
		Long:  long,
		Args:  exactArg("the ID or tag of a snapshot"),
		RunE:  func(cmd *cobra.Command, args []string) error { return runPin(cmd.Context(), p, args[0], pinned) },
	}
	p.settings.databaseFlags(cmd.Flags())
	p.settings.storeFlags(cmd.Flags())
	describe(cmd, "safemigrate snapshot "+name+" 12", exits(0, 1, 2, 5, 6)...)
	return cmd
}

// pinDocument is the answer of snapshot pin and unpin with --json.
type pinDocument struct {
	Schema string `json:"schema"`
	ID     string `json:"id"`
	Tag    string `json:"tag"`
	Pinned bool   `json:"pinned"`
}

const pinSchema = "safemigrate/snapshot-pin/1"

func runPin(ctx context.Context, p *program, name string, pinned bool) error {
	if p.asksStore() {
		return runStorePin(ctx, p, name, pinned)
	}
	return p.withDatabase(ctx, func(db *safemigrate.DB) error {
		b, err := db.Pin(ctx, tagNamed(name), pinned)
		if err != nil {
			return err
		}
		return p.pinAnswer(pinDocument{pinSchema, b.ID, b.Tag, pinned})
	})
}

func runStorePin(ctx context.Context, p *program, name string, pinned bool) error {
	st, err := p.openStore(ctx)
	if err != nil {
		return err
	}
	l, err := st.Snapshot(ctx, tagNamed(name))
	if err != nil {
		return err
	}
	if err := st.Pin(ctx, l, pinned); err != nil {
		return err
	}
	return p.pinAnswer(pinDocument{pinSchema, l.Ref.ID, l.Manifest.Tag, pinned})
}

func (p *program) pinAnswer(d pinDocument) error {
	return p.told(p.answer(d, func(t *text) { pinText(t, d) }))
}

func pinText(t *text, d pinDocument) {
	if d.Pinned {
		t.donef("%s, version %s, is pinned", d.ID, migrate.VersionName(d.Tag))
		return
	}
	t.donef("%s, version %s, is not pinned", d.ID, migrate.VersionName(d.Tag))
}

// runStorePrune prunes in a store, without any database.
func runStorePrune(ctx context.Context, p *program, o safemigrate.PruneOptions) error {
	st, err := p.openStore(ctx)
	if err != nil {
		return err
	}
	report, err := st.Prune(ctx, o)
	if err != nil {
		if report != nil {
			return withReport(newPruneDocument(report, o.DryRun), err)
		}
		return err
	}
	answered := p.answer(newPruneDocument(report, o.DryRun), func(t *text) { pruneText(t, report, o.DryRun) })
	if o.DryRun {
		return answered
	}
	return p.told(answered)
}
