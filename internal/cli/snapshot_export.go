package cli

import (
	"context"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/safemigrate/safemigrate"
	"github.com/safemigrate/safemigrate/internal/dsn"
	"github.com/safemigrate/safemigrate/migrate"
)

// exportOptions are the flags of snapshot export.
type exportOptions struct{ archive string }

func newSnapshotExport(p *program) *cobra.Command {
	var o exportOptions
	cmd := &cobra.Command{
		Use:   "export ID|TAG [DIRECTORY]",
		Short: "Write what a stored snapshot holds into a directory",
		Long: `Write what a snapshot in a store holds, with every byte checked, into a directory
that is new or empty. Of an SQLite database that is the file itself, under the
name "database": it can be opened, or put in the place of one that is lost. Of a
PostgreSQL database it is, with --pg-archive, an archive that the stock pg_restore -j
loads.`,
		Args: func(cmd *cobra.Command, args []string) error {
			if want := exportArguments(o.archive); len(args) != want {
				return usage(cmd.CommandPath()+" --help", "%s takes a snapshot and a directory, the directory of an archive with --pg-archive, but got %s arguments",
					cmd.CommandPath(), strconv.Itoa(len(args)))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error { return o.run(cmd.Context(), p, args) },
	}
	p.settings.databaseFlags(cmd.Flags())
	p.settings.storeFlags(cmd.Flags())
	cmd.Flags().StringVar(&o.archive, "pg-archive", "", "make an archive for pg_restore of it, in this `directory`")
	describe(cmd, `safemigrate snapshot export 12 --pg-archive ./lost --store s3://backups/shop --identity key.txt
safemigrate snapshot export 12 ./lost --store /backups/app`, exits(0, 1, 2, 6)...)
	return cmd
}

// exportArguments is how many arguments there have to be: the directory is one, or
// the value of the flag.
func exportArguments(archive string) int {
	if archive != "" {
		return 1
	}
	return 2 //nolint:mnd // the two that the usage names
}

// exportDocument is the answer of snapshot export with --json.
type exportDocument struct {
	Schema   string         `json:"schema"`
	Store    string         `json:"store"`
	Snapshot storedSnapshot `json:"snapshot"`
	Files    []string       `json:"files"`
}

func (o *exportOptions) run(ctx context.Context, p *program, args []string) error {
	st, err := p.openStore(ctx)
	if err != nil {
		return err
	}
	l, err := st.Snapshot(ctx, tagNamed(args[0]))
	if err != nil {
		return err
	}
	to, err := o.directory(l, args)
	if err != nil {
		return err
	}
	files, err := st.Export(ctx, l, to)
	document := exportDocument{exportSchema, st.String(), newStoredSnapshot(l), emptyForNil(files)}
	if err != nil {
		return withReport(document, err)
	}
	return p.told(p.answer(document, func(t *text) { exportText(t, document) }))
}

// directory is where the files go; what is asked for has to be what the snapshot holds.
func (o *exportOptions) directory(l safemigrate.StoredSnapshot, args []string) (string, error) {
	rows := l.Manifest.Database.Engine == dsn.PostgreSQL
	switch {
	case rows && o.archive == "":
		return "", usage("safemigrate snapshot export "+args[0]+" --pg-archive "+args[1], "snapshot %s is of a PostgreSQL database, which is no file", l.Ref.ID)
	case !rows && o.archive != "":
		return "", usage("safemigrate snapshot export "+args[0]+" "+o.archive, "snapshot %s is of an SQLite database: there is nothing for pg_restore in it", l.Ref.ID)
	case rows:
		return o.archive, nil
	}
	return args[1], nil
}

func exportText(t *text, d exportDocument) {
	t.linef("snapshot", "%s of version %s", d.Snapshot.ID, migrate.VersionName(d.Snapshot.Tag))
	t.list("files", d.Files)
	t.donef("%s written, every byte as it was kept", counted(int64(len(d.Files)), "file"))
}
