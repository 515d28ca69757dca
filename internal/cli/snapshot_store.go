package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/safemigrate/safemigrate"
	"github.com/safemigrate/safemigrate/migrate"
	"github.com/safemigrate/safemigrate/snapshot"
	"github.com/safemigrate/safemigrate/snapshot/dump"
)

const storeNote = `
With --store, or where no database is named, it is about what lies in the store,
of whatever database; no database is needed.`

// asksStore tells whether a command on snapshots is about a store: it was named on
// the command line, or there is nothing else.
func (p *program) asksStore() bool {
	s := p.settings
	return s.store != "" && (s.from["store"] == fromFlag || s.database == "")
}

func (p *program) openStore(ctx context.Context) (*safemigrate.Store, error) {
	if p.settings.store == "" {
		return nil, usage("set --store, SAFEMIGRATE_STORE, or store in safemigrate.yaml", "no store is named")
	}
	return safemigrate.OpenStore(ctx, p.settings.storeConfig())
}

// storedSnapshot is one snapshot of a store, in JSON.
type storedSnapshot struct {
	ID        string    `json:"id"`
	Digest    string    `json:"digest"`
	Tag       string    `json:"tag"`
	TakenAt   time.Time `json:"taken_at"`
	Engine    string    `json:"engine"`
	Database  string    `json:"database"`
	Encrypted bool      `json:"encrypted"`
	Chunks    int       `json:"chunks"`
	Bytes     int64     `json:"bytes"`
	Stored    int64     `json:"stored"`
	Added     int64     `json:"added"`
	// Stray: no database is known to refer to it.
	Stray bool `json:"stray,omitempty"`
}

func newStoredSnapshot(l safemigrate.StoredSnapshot) storedSnapshot {
	m := l.Manifest
	return storedSnapshot{l.Ref.ID, l.Ref.Digest, m.Tag, m.TakenAt, m.Database.Engine, m.Database.Name, m.Encrypted(),
		len(m.Objects), m.Bytes, m.Stored, m.Added, l.Stray}
}

// remarks are what is special about it.
func (s storedSnapshot) remarks() string {
	var all []string
	if s.Encrypted {
		all = append(all, "encrypted")
	}
	if s.Stray {
		all = append(all, "stray")
	}
	return strings.Join(all, ", ")
}

// The names of the documents about stores.
const (
	storeListSchema   = "safemigrate/snapshot-store-list/1"
	storeShowSchema   = "safemigrate/snapshot-store-show/1"
	storeVerifySchema = "safemigrate/snapshot-store-verify/1"
	exportSchema      = "safemigrate/snapshot-export/1"
)

// storeListDocument is the answer of snapshot list --store with --json.
type storeListDocument struct {
	Schema    string           `json:"schema"`
	Store     string           `json:"store"`
	Snapshots []storedSnapshot `json:"snapshots"`
}

func runStoreList(ctx context.Context, p *program) error {
	st, err := p.openStore(ctx)
	if err != nil {
		return err
	}
	all, err := st.Snapshots(ctx)
	document := storeListDocument{storeListSchema, st.String(), []storedSnapshot{}}
	for _, l := range all {
		document.Snapshots = append(document.Snapshots, newStoredSnapshot(l))
	}
	if err != nil && (len(all) == 0 || p.settings.json) {
		return withReport(document, err)
	}
	return errors.Join(p.answer(document, func(t *text) { storeListText(t, document) }), err)
}

func storeListText(t *text, d storeListDocument) {
	t.linef("store", "%s", d.Store)
	if len(d.Snapshots) == 0 {
		t.donef("there are no snapshots")
		return
	}
	rows := [][]string{{"ID", "TAG", "TAKEN", "DATABASE", "SIZE", "STORED", "ADDED", ""}}
	var added int64
	strays := false
	for _, s := range d.Snapshots {
		added += s.Added
		rows = append(rows, []string{s.ID, migrate.VersionName(s.Tag), moment(s.TakenAt), s.Engine + " " + s.Database,
			size(s.Bytes), size(s.Stored), size(s.Added), s.remarks()})
		strays = strays || s.Stray
	}
	t.table("snapshots", rows)
	if strays {
		t.linef("stray", "no database is known to refer to it: a run is at work with it, or died before its commit; snapshot prune ID removes it")
	}
	t.donef("%s, which added %s", counted(int64(len(d.Snapshots)), "snapshot"), size(added))
}

// storeShowDocument is the answer of snapshot show --store with --json.
type storeShowDocument struct {
	Schema   string         `json:"schema"`
	Store    string         `json:"store"`
	Snapshot storedSnapshot `json:"snapshot"`
	// Contents are null where no key opens them.
	Contents *snapshotContents `json:"contents"`
}

// snapshotContents are a stored snapshot's manifest and parts.
type snapshotContents struct {
	Manifest *snapshot.Manifest `json:"manifest"`
	Parts    []storedPart       `json:"parts"`
}

type storedPart struct {
	Name   string `json:"name"`
	Index  int    `json:"index"`
	Kind   string `json:"kind"`
	Bytes  int64  `json:"bytes"`
	Rows   int64  `json:"rows"`
	Chunks int    `json:"chunks"`
}

func runStoreShow(ctx context.Context, p *program, name string) error {
	st, err := p.openStore(ctx)
	if err != nil {
		return err
	}
	l, err := st.Snapshot(ctx, tagNamed(name))
	if err != nil {
		return err
	}
	document := storeShowDocument{storeShowSchema, st.String(), newStoredSnapshot(l), nil}
	c, err := st.Contents(ctx, l)
	if err != nil && !errors.Is(err, snapshot.ErrKey) {
		return err
	}
	if err == nil {
		document.Contents = &snapshotContents{filledManifest(c.Snapshot), []storedPart{}}
		for _, e := range c.Parts {
			document.Contents.Parts = append(document.Contents.Parts, storedPart{e.Name, e.Index, string(e.Kind), e.Bytes, e.Rows, len(e.Chunks)})
		}
	}
	return p.answer(document, func(t *text) { p.storeShowText(t, document) })
}

func (p *program) storeShowText(t *text, d storeShowDocument) {
	s := d.Snapshot
	t.linef("snapshot", "%s of version %s", s.ID, migrate.VersionName(s.Tag))
	t.linef("database", "%s %s", s.Engine, s.Database)
	t.linef("taken", "%s", moment(s.TakenAt))
	t.linef("store", "%s", d.Store)
	t.linef("size", "%s; %s in %s, of which it added %s", size(s.Bytes), size(s.Stored), counted(int64(s.Chunks), "chunk"), size(s.Added))
	t.linef("digest", "%s", s.Digest)
	if s.Stray {
		t.linef("stray", "no database is known to refer to it")
	}
	if d.Contents == nil {
		t.linef("contents", "encrypted; --identity opens them")
		return
	}
	rows := [][]string{}
	for _, table := range d.Contents.Manifest.Tables {
		rows = append(rows, []string{table.Name, counted(table.Rows, "row")})
	}
	t.list("tables", p.shorten(align(rows)))
	parts := [][]string{}
	for _, part := range d.Contents.Parts {
		parts = append(parts, []string{part.Name, size(part.Bytes), counted(int64(part.Chunks), "chunk")})
	}
	t.list("parts", p.shorten(align(parts)))
}

// storeVerifyDocument is the answer of snapshot verify --store with --json.
type storeVerifyDocument struct {
	Schema   string          `json:"schema"`
	Store    string          `json:"store"`
	Level    string          `json:"level"`
	Verified []storeVerified `json:"verified"`
}

type storeVerified struct {
	ID  string `json:"id"`
	Tag string `json:"tag"`
	safemigrate.Checked
}

// levelRestore has what is kept as a dump restored beside the database.
const levelRestore = "restore"

// verifyOptions are the flags of snapshot verify.
type verifyOptions struct {
	level  string
	shares int
}

func (o *verifyOptions) check(p *program) error {
	switch dump.Level(o.level) {
	case dump.LevelSizes, dump.LevelChecksums, dump.LevelRows:
	case levelRestore:
		if p.asksStore() {
			return usage("safemigrate snapshot restore ID --into NAME makes a database from a store alone, and compares its rows",
				"--level restore compares with what the database has kept, and is not for --store")
		}
	default:
		return usage("write sizes, checksums, rows or restore", "there is no level %q", o.level)
	}
	if o.shares < 1 || o.shares > 1000 || o.shares > 1 && dump.Level(o.level) != dump.LevelChecksums {
		return usage("write --level checksums --shares 7", "--shares is from 1 to 1000, and for --level checksums")
	}
	if !p.asksStore() && (o.shares > 1 || dump.Level(o.level) != dump.LevelRows && o.level != levelRestore) {
		return usage("name the store with --store", "--shares, and the levels sizes and checksums, are for snapshots in a store")
	}
	return nil
}

func (o *verifyOptions) runStore(ctx context.Context, p *program, args []string) error {
	st, err := p.openStore(ctx)
	if err != nil {
		return err
	}
	all, first := storedToVerify(ctx, st, args)
	document := storeVerifyDocument{storeVerifySchema, st.String(), o.level, []storeVerified{}}
	for _, l := range all {
		c, err := st.Verify(ctx, l, dump.Level(o.level), o.shares)
		if err != nil {
			if first == nil {
				first = err
			} else {
				p.progress.warn(p.scrub(err.Error()))
			}
			continue
		}
		document.Verified = append(document.Verified, storeVerified{l.Ref.ID, l.Manifest.Tag, c})
	}
	if first != nil {
		return withReport(document, first)
	}
	return p.answer(document, func(t *text) { storeVerifyText(t, document) })
}

func storedToVerify(ctx context.Context, st *safemigrate.Store, args []string) ([]safemigrate.StoredSnapshot, error) {
	if len(args) == 0 {
		return st.Snapshots(ctx)
	}
	l, err := st.Snapshot(ctx, tagNamed(args[0]))
	if err != nil {
		return nil, err
	}
	return []safemigrate.StoredSnapshot{l}, nil
}

func storeVerifyText(t *text, d storeVerifyDocument) {
	rows := make([][]string, len(d.Verified))
	for i, v := range d.Verified {
		what := "every byte as it was kept"
		switch {
		case d.Level == string(dump.LevelSizes):
			what = "all chunks there"
		case v.Shares > 0:
			what = fmt.Sprintf("share %d of %d as it was kept", v.Share, v.Shares)
		}
		rows[i] = []string{v.ID, "version " + migrate.VersionName(v.Tag), counted(int64(v.Chunks), "chunk"), size(v.Bytes), what}
	}
	t.table("verify", rows)
	t.donef("%s verified by %s", counted(int64(len(d.Verified)), "snapshot"), d.Level)
}
