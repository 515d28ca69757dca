package cli

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"github.com/safemigrate/safemigrate"
	"github.com/safemigrate/safemigrate/migrate"
)

// restoreOptions are the flags of snapshot restore.
type restoreOptions struct {
	into    string
	noOwner bool
}

func newSnapshotRestore(p *program) *cobra.Command {
	var o restoreOptions
	cmd := &cobra.Command{
		Use:   "restore ID|TAG",
		Short: "Bring a whole PostgreSQL database back from a store",
		Long: `Bring a whole PostgreSQL database back from a store alone, into a database that is
new or empty. Rows are loaded over several connections, and read back and compared
at the end. A database that was made for it gets the owner, settings, connection
limit, comment and privileges of the dumped one, as far as the role may give them,
and is dropped again after an error.`,
		Args: exactArg("the ID or tag of a snapshot"),
		RunE: func(cmd *cobra.Command, args []string) error { return o.run(cmd.Context(), p, args[0]) },
	}
	f := cmd.Flags()
	p.settings.databaseFlags(f)
	p.settings.storeFlags(f)
	p.settings.dumpFlags(f)
	f.StringVar(&o.into, "into", "", "the new or empty database: its `URL`, or its name on the server of --database")
	f.BoolVar(&o.noOwner, "no-owner", false, "leave everything to the role that restores, without the privileges that were granted")
	describe(cmd, `safemigrate snapshot restore 12 --store s3://backups/shop --into postgres://app@db2/shop
safemigrate snapshot restore 12 --store /backups/shop --into shop_restored`, exits(0, 1, 2, 5, 6)...)
	return cmd
}

const restoreSchema = "safemigrate/snapshot-restore/1"

// restoreDocument is the answer of snapshot restore with --json.
type restoreDocument struct {
	Schema   string         `json:"schema"`
	Store    string         `json:"store"`
	Snapshot storedSnapshot `json:"snapshot"`
	safemigrate.Restored
	Took time.Duration `json:"took_ns"`
}

func (o *restoreOptions) run(ctx context.Context, p *program, name string) error {
	st, err := p.openStore(ctx)
	if err != nil {
		return err
	}
	l, err := st.Snapshot(ctx, tagNamed(name))
	if err != nil {
		return err
	}
	started := time.Now()
	done, err := st.Restore(ctx, l, safemigrate.RestoreOptions{
		Into: o.into, Database: p.settings.database, Jobs: p.settings.jobs, Programs: p.settings.programs, NoOwner: o.noOwner,
		Progress: p.progress.notice,
	})
	if err != nil {
		return err
	}
	document := restoreDocument{restoreSchema, st.String(), newStoredSnapshot(l), done, time.Since(started)}
	return p.told(p.answer(document, func(t *text) { restoreText(t, document) }))
}

func restoreText(t *text, d restoreDocument) {
	t.linef("snapshot", "%s of version %s, from %s", d.Snapshot.ID, migrate.VersionName(d.Snapshot.Tag), d.Store)
	t.linef("database", "%s at %s", d.Database, d.Address)
	t.list("not given", d.NotGiven)
	t.donef("%s, %s, every row as it was dumped, %s", counted(int64(d.Tables), "table"), counted(d.Rows, "row"), took(d.Took))
}
