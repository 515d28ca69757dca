package cli

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/safemigrate/safemigrate"
	"github.com/safemigrate/safemigrate/migrate"
	"github.com/safemigrate/safemigrate/snapshot"
	"github.com/safemigrate/safemigrate/snapshot/dump"
)

func newSnapshotVerify(p *program) *cobra.Command {
	var o verifyOptions
	cmd := &cobra.Command{
		Use:   "verify [ID|TAG]",
		Short: "Read snapshots back and compare them with their manifests",
		Long: `Read a snapshot back, or all of them, and compare every row with the manifest.
Nothing is changed.
` + storeNote + `
There --level sizes looks whether everything is there, checksums reads what is
stored and needs no key, rows reads as a restore does. With --shares 7, each run
reads another seventh, the one that was read longest ago.

With a database, --level restore restores each dump as a database of its own on
the same server, compares every row and definition with what was kept, and drops
it again. Other snapshots are read back, as without it.`,
		Args: upTo("the ID or tag of a snapshot"),
		RunE: func(cmd *cobra.Command, args []string) error { return o.run(cmd.Context(), p, args) },
	}
	f := cmd.Flags()
	p.settings.databaseFlags(f)
	p.settings.storeFlags(f)
	p.settings.dumpFlags(f)
	f.StringVar(&o.level, "level", string(dump.LevelRows), "how thoroughly: sizes, checksums or rows with --store, rows or restore with a database")
	f.IntVar(&o.shares, "shares", 1, "with --level checksums: verify one of `N` shares, another one each time")
	describe(cmd, `safemigrate snapshot verify
safemigrate snapshot verify 12
safemigrate snapshot verify 12 --level restore
safemigrate snapshot verify --store s3://backups/shop --level checksums --shares 7`, exits(0, 1, 2, 5, 6)...)
	return cmd
}

func (o *verifyOptions) run(ctx context.Context, p *program, args []string) error {
	if err := o.check(p); err != nil {
		return err
	}
	if p.asksStore() {
		return o.runStore(ctx, p, args)
	}
	return p.withDatabase(ctx, func(db *safemigrate.DB) error {
		prove := db.Verify
		if o.level == levelRestore {
			prove = db.VerifyRestored
		}
		verified, err := p.verify(ctx, db, args, prove)
		document := snapshotVerifyDocument{"safemigrate/snapshot-verify/1", verified}
		if err != nil {
			return withReport(document, err)
		}
		return p.answer(document, func(t *text) { snapshotVerifyText(t, verified) })
	})
}

// verify reads snapshots back and returns those that are whole. A damaged one
// does not keep it from reading the others; the first error is returned, further ones are warnings.
func (p *program) verify(ctx context.Context, db *safemigrate.DB, args []string, prove func(context.Context, string) (*snapshot.Manifest, error)) ([]*snapshot.Manifest, error) {
	names, first := namesToVerify(ctx, db, args)
	verified := []*snapshot.Manifest{}
	for _, name := range names {
		m, err := prove(ctx, name)
		if err != nil {
			if first == nil {
				first = err
			} else {
				p.progress.warn(p.scrub(err.Error()))
			}
			continue
		}
		p.progress.notice(migrate.Notice{Phase: "verify", Text: m.ID + " is whole"})
		verified = append(verified, filledManifest(m))
	}
	return verified, first
}

// namesToVerify is the one that was named, or all that can be listed.
func namesToVerify(ctx context.Context, db *safemigrate.DB, args []string) ([]string, error) {
	if len(args) == 1 {
		return []string{tagNamed(args[0])}, nil
	}
	all, err := db.Snapshots(ctx)
	names := make([]string, len(all))
	for i, m := range all {
		names[i] = m.ID
	}
	return names, err
}

// snapshotVerifyDocument is the answer of snapshot verify with --json.
type snapshotVerifyDocument struct {
	Schema   string               `json:"schema"`
	Verified []*snapshot.Manifest `json:"verified"`
}

func snapshotVerifyText(t *text, verified []*snapshot.Manifest) {
	rows := make([][]string, len(verified))
	for i, m := range verified {
		rows[i] = []string{m.ID, "version " + migrate.VersionName(m.Tag), counted(m.Rows(), "row"), size(m.Bytes), "whole"}
	}
	t.table("verify", rows)
	t.donef("%s read back, every row as it was kept", counted(int64(len(verified)), "snapshot"))
}
