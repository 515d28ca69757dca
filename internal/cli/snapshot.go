package cli

import (
	"context"
	"errors"
	"slices"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/safemigrate/safemigrate"
	"github.com/safemigrate/safemigrate/migrate"
	"github.com/safemigrate/safemigrate/snapshot"
)

func newSnapshot(p *program) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "snapshot",
		Short: "List, show, verify, prune, export and restore snapshots",
		Long: `List, show, verify, prune, export and restore snapshots: what up kept before each batch, and what
rollback took out (the quarantine).`,
	}
	cmd.AddCommand(newSnapshotList(p), newSnapshotShow(p), newSnapshotVerify(p), newSnapshotPrune(p), newSnapshotPin(p, true), newSnapshotPin(p, false), newSnapshotExport(p), newSnapshotRestore(p))
	describe(cmd, `safemigrate snapshot list
safemigrate snapshot prune --keep-last 5`, exits(0, 1, 2, 5, 6)...)
	asGroup(cmd)
	return cmd
}

func newSnapshotList(p *program) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List all snapshots, oldest first",
		Long:  "List all snapshots of the database, oldest first.\n" + storeNote,
		Args:  noArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return runSnapshotList(cmd.Context(), p) },
	}
	p.settings.databaseFlags(cmd.Flags())
	p.settings.storeFlags(cmd.Flags())
	describe(cmd, `safemigrate snapshot list
safemigrate snapshot list --json`, exits(0, 1, 2, 6)...)
	return cmd
}

func runSnapshotList(ctx context.Context, p *program) error {
	if p.asksStore() {
		return runStoreList(ctx, p)
	}
	return p.withDatabase(ctx, func(db *safemigrate.DB) error {
		all, err := db.Snapshots(ctx)
		if err != nil && (len(all) == 0 || p.settings.json) {
			return withReport(newSnapshotListDocument(all), err)
		}
		// Damaged ones come as an error beside the others.
		return errors.Join(p.answer(newSnapshotListDocument(all), func(t *text) { snapshotListText(t, all) }), err)
	})
}

// snapshotListDocument is the answer of snapshot list with --json.
type snapshotListDocument struct {
	Schema    string               `json:"schema"`
	Snapshots []*snapshot.Manifest `json:"snapshots"`
}

func newSnapshotListDocument(all []*snapshot.Manifest) snapshotListDocument {
	filled := make([]*snapshot.Manifest, len(all))
	for i, m := range all {
		filled[i] = filledManifest(m)
	}
	return snapshotListDocument{"safemigrate/snapshot-list/1", filled}
}

// filledManifest is a manifest with lists in the place of nothing.
func filledManifest(m *snapshot.Manifest) *snapshot.Manifest {
	if m == nil {
		return nil
	}
	filled := *m
	filled.Tables = emptyForNil(m.Tables)
	return &filled
}

func snapshotListText(t *text, all []*snapshot.Manifest) {
	if len(all) == 0 {
		t.donef("there are no snapshots")
		return
	}
	rows := [][]string{{"ID", "TAG", "TAKEN", "STRATEGY", "TABLES", "ROWS", "SIZE"}}
	stored := slices.ContainsFunc(all, func(m *snapshot.Manifest) bool { return m.Stored != nil })
	if stored {
		rows[0] = append(rows[0], "ADDED", "STORE")
	}
	var bytes int64
	for _, m := range all {
		bytes += m.Weight()
		row := []string{m.ID, migrate.VersionName(m.Tag), moment(m.TakenAt), string(m.Strategy),
			strconv.Itoa(len(m.Tables)), count(m.Rows()), size(m.Bytes)}
		switch {
		case m.Stored != nil:
			row = append(row, size(m.Stored.Added), m.Stored.URL)
		case stored:
			row = append(row, size(m.Bytes), "")
		}
		rows = append(rows, row)
	}
	t.table("snapshots", rows)
	t.donef("%s, %s", counted(int64(len(all)), "snapshot"), size(bytes))
}

func newSnapshotShow(p *program) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "show ID|TAG",
		Short: "Show what a snapshot holds",
		Long: `Show what a snapshot holds. A tag stands for the newest snapshot that was taken at
that version.
` + storeNote,
		Args: exactArg("the ID or tag of a snapshot"),
		RunE: func(cmd *cobra.Command, args []string) error { return runSnapshotShow(cmd.Context(), p, args[0]) },
	}
	p.settings.databaseFlags(cmd.Flags())
	p.settings.storeFlags(cmd.Flags())
	describe(cmd, `safemigrate snapshot show 12
safemigrate snapshot show 20260101-120000-4be1c0 --json`, exits(0, 1, 2, 6)...)
	return cmd
}

func runSnapshotShow(ctx context.Context, p *program, name string) error {
	if p.asksStore() {
		return runStoreShow(ctx, p, name)
	}
	return p.withDatabase(ctx, func(db *safemigrate.DB) error {
		m, err := db.Snapshot(ctx, tagNamed(name))
		if err != nil {
			return err
		}
		return p.answer(newSnapshotDocument("show", m), func(t *text) { p.snapshotText(t, m) })
	})
}

// tagNamed gives the tag of the empty database the name that people see.
func tagNamed(name string) string {
	if name == migrate.VersionName("") {
		return ""
	}
	return name
}

// snapshotDocument is the answer of snapshot show with --json.
type snapshotDocument struct {
	Schema   string             `json:"schema"`
	Snapshot *snapshot.Manifest `json:"snapshot"`
}

func newSnapshotDocument(command string, m *snapshot.Manifest) snapshotDocument {
	return snapshotDocument{"safemigrate/snapshot-" + command + "/1", filledManifest(m)}
}

func (p *program) snapshotText(t *text, m *snapshot.Manifest) {
	t.linef("snapshot", "%s of version %s", m.ID, migrate.VersionName(m.Tag))
	t.linef("database", "%s", databaseName(m.Database))
	t.linef("taken", "%s, strategy %s", moment(m.TakenAt), m.Strategy)
	rows := make([][]string, len(m.Tables))
	for i, table := range m.Tables {
		rows[i] = []string{table.Name, counted(table.Rows, "row"), table.At}
	}
	t.list("tables", p.shorten(align(rows)))
	t.linef("size", "%s, %s", counted(m.Rows(), "row"), size(m.Bytes))
	if m.Stored != nil {
		t.linef("store", "%s, %s, of which it added %s", m.Stored.URL, size(m.Stored.Bytes), size(m.Stored.Added))
	}
	t.list("prepared", p.shorten(preparedLines(m.Prepared)))
	if m.Position != "" {
		t.linef("position", "%s", m.Position)
	}
	t.linef("seal", "%s", m.Seal)
}
