package postgres

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/catalog"
	"github.com/safemigrate/safemigrate/internal/engine/postgres/dump"
	"github.com/safemigrate/safemigrate/internal/engine/postgres/revert"
	"github.com/safemigrate/safemigrate/internal/engine/postgres/rows"
	"github.com/safemigrate/safemigrate/snapshot"
)

// The parts of a batch that are kept beside rows, as gzipped JSON in
// safemigrate.part.
const (
	partBefore = "before" // catalog.State before the batch
	partKept   = "kept"   // kept
	partAfter  = "after"  // catalog.Delta from before to after the batch
	partEffect = "effect" // effect
)

// kept says where the rows of a snapshot are.
type kept struct {
	Copies    map[uint32]revert.Copy `json:"copies"` // by OID of the table
	Sums      map[uint32]rows.Sum    `json:"sums"`
	Views     map[uint32]rows.Sum    `json:"views,omitempty"` // materialized views that held rows
	Sequences []rows.Sequence        `json:"sequences"`
	// Dumped are the tables whose rows are in a store: their copies are empty.
	Dumped map[uint32]dump.Table `json:"dumped,omitempty"`
	// Clone is the database that holds everything; nil where rows are kept in another way.
	Clone *cloned `json:"clone,omitempty"`
	// Apart is set where the database after the batch was restored from a dump: its
	// objects have other numbers than those before.
	Apart bool `json:"apart,omitempty"`
	// Objects is what there was of the large objects: with a dump, which holds their
	// contents, what there is beside them; with a clone all of it; "" otherwise.
	Objects string `json:"objects,omitempty"`
	// Renumbered is the newest entry of safemigrate.renumbering when the
	// snapshot was taken; later ones apply to it.
	Renumbered int64 `json:"renumbered"`
	// Since holds, for earlier batches, what was written since them in tables
	// that they had touched, as it was when this snapshot was taken.
	Since map[string]map[uint32]since `json:"since,omitempty"`
}

type since struct {
	Written int64 `json:"w"`
	Gone    int64 `json:"g"`
}

// plus adds what was written later; what is not known stays unknown.
func (s since) plus(later since) since {
	if s.Written < 0 || later.Written < 0 {
		return since{Written: -1, Gone: -1}
	}
	return since{Written: s.Written + later.Written, Gone: s.Gone + later.Gone}
}

// effect is what a batch did to rows.
type effect struct {
	RowsChanged map[uint32]bool      `json:"rows_changed"`
	Marks       map[uint32]rows.Mark `json:"marks"` // of tables whose rows a rollback would take out
	// Touched lists, for tables that stay in place, the transactions that wrote
	// rows of it, among them the batch's own: what it did there is undone with
	// it, and is nothing written since an earlier batch.
	Touched   map[uint32][]string `json:"touched,omitempty"`
	Refreshed map[uint32]bool     `json:"refreshed,omitempty"` // materialized views
	Objects   string              `json:"objects,omitempty"`   // of the large objects, with a clone
	// Records lists the rows that the batch wrote, of tables with a primary key.
	Records   map[uint32]revert.Record `json:"records,omitempty"`
	Sequences []rows.Sequence          `json:"sequences"`
	// Ended is when the batch ended.
	Ended rows.Moment `json:"ended,omitempty"`
}

// createStore makes the tables that snapshots are recorded in.
func (d *DB) createStore(ctx context.Context) error {
	err := d.script(ctx, `CREATE SCHEMA IF NOT EXISTS safemigrate;
		CREATE TABLE IF NOT EXISTS safemigrate.snapshot (id text PRIMARY KEY, manifest text NOT NULL);
		CREATE TABLE IF NOT EXISTS safemigrate.part (batch text, name text, doc bytea NOT NULL, PRIMARY KEY (batch, name));
		CREATE TABLE IF NOT EXISTS safemigrate.renumbering (n integer PRIMARY KEY, batch text NOT NULL, doc bytea NOT NULL);`)
	if err != nil {
		return fmt.Errorf("create safemigrate's tables: %w", plain(err))
	}
	return d.private(ctx, "safemigrate")
}

// private takes a schema from everybody but its owner, whatever default
// privileges have given: copies hold what their tables may hide.
func (d *DB) private(ctx context.Context, schema string) error {
	found, err := d.Query(ctx, `SELECT DISTINCT CASE x.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(x.grantee)) END
		FROM pg_catalog.pg_namespace n, pg_catalog.aclexplode(n.nspacl) x
		WHERE n.nspname = $1 AND x.grantee <> n.nspowner AND pg_catalog.pg_has_role(n.nspowner, 'USAGE')`, schema)
	if err != nil {
		return fmt.Errorf("look who may use schema %s: %w", schema, err)
	}
	for _, r := range found {
		if err := d.script(ctx, "REVOKE ALL ON SCHEMA "+catalog.Quote(schema)+" FROM "+r.Text(0)); err != nil {
			return fmt.Errorf("make schema %s private: %w", schema, plain(err))
		}
	}
	return nil
}

// stored reports whether the tables of createStore are there.
func (d *DB) stored(ctx context.Context) (bool, error) {
	found, err := d.Query(ctx, `SELECT 1 FROM pg_catalog.pg_tables WHERE schemaname = 'safemigrate' AND tablename = 'snapshot'`)
	return len(found) > 0, err
}

// What is large writes and reads its JSON piece by piece.
type (
	writer interface{ WriteJSON(w io.Writer) error }
	reader interface{ ReadJSON(r io.Reader) error }
)

func pack(v any) ([]byte, error) {
	var buf bytes.Buffer
	w := gzip.NewWriter(&buf)
	var err error
	if large, ok := v.(writer); ok {
		err = large.WriteJSON(w)
	} else {
		err = json.NewEncoder(w).Encode(v)
	}
	if err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return buf.Bytes(), nil
}

func unpack(doc []byte, v any) error {
	r, err := gzip.NewReader(bytes.NewReader(doc))
	if err != nil {
		return fmt.Errorf("unpack: %w", err)
	}
	if large, ok := v.(reader); ok {
		err = large.ReadJSON(r)
	} else {
		err = json.NewDecoder(r).Decode(v)
	}
	if err != nil {
		return err
	}
	// To the end, where the checksum is.
	if _, err = io.Copy(io.Discard, r); err != nil { //nolint:gosec // this program wrote it
		return fmt.Errorf("unpack: %w", err)
	}
	return nil
}

// putPart writes one part and returns its SHA-256.
func (d *DB) putPart(ctx context.Context, batch, name string, v any) (string, error) {
	doc, err := pack(v)
	if err != nil {
		return "", fmt.Errorf("keep %s of %s: %w", name, batch, err)
	}
	_, err = d.conn.Exec(ctx, `INSERT INTO safemigrate.part (batch, name, doc) VALUES ($1, $2, $3)
		ON CONFLICT (batch, name) DO UPDATE SET doc = excluded.doc`, batch, name, doc)
	if err != nil {
		return "", fmt.Errorf("keep %s of %s: %w", name, batch, plain(err))
	}
	sum := sha256.Sum256(doc)
	return hex.EncodeToString(sum[:]), nil
}

// putSealed writes parts of a snapshot that stands already, and their sums into
// its manifest.
func (d *DB) putSealed(ctx context.Context, id string, parts map[string]any) error {
	m, err := d.manifest(ctx, id)
	if err != nil {
		return err
	}
	for name, v := range parts {
		if m.Parts[name], err = d.putPart(ctx, id, name, v); err != nil {
			return err
		}
	}
	return d.putManifest(ctx, m)
}

// getPart reads one part; where the manifest has its sum, it must agree.
func (d *DB) getPart(ctx context.Context, m *snapshot.Manifest, name string, v any) error {
	var doc []byte
	err := d.conn.QueryRow(ctx, `SELECT doc FROM safemigrate.part WHERE batch = $1 AND name = $2`, m.ID, name).Scan(&doc)
	if err != nil {
		return unreadable(name+" of "+m.ID, err)
	}
	sum := sha256.Sum256(doc)
	if want, ok := m.Parts[name]; ok && want != hex.EncodeToString(sum[:]) {
		return fmt.Errorf("%w: %s of %s is not what was written", snapshot.ErrDamaged, name, m.ID)
	}
	if err := unpack(doc, v); err != nil {
		return fmt.Errorf("%w: %s of %s: %w", snapshot.ErrDamaged, name, m.ID, err)
	}
	return nil
}

// unreadable tells what is not there from a session that answers no more.
func unreadable(what string, err error) error {
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return fmt.Errorf("%w: %s is missing", snapshot.ErrDamaged, what)
	case strings.HasPrefix(code(err), "42"): // the table is gone, or no longer the role's
		return fmt.Errorf("%w: %s: %w", snapshot.ErrDamaged, what, plain(err))
	}
	return fmt.Errorf("read the %s: %w", what, plain(err))
}

// manifest reads and checks one manifest.
func (d *DB) manifest(ctx context.Context, id string) (*snapshot.Manifest, error) {
	var text string
	err := d.conn.QueryRow(ctx, `SELECT manifest FROM safemigrate.snapshot WHERE id = $1`, id).Scan(&text)
	if err != nil {
		return nil, unreadable("manifest of "+id, err)
	}
	return snapshot.Decode([]byte(text))
}

func (d *DB) putManifest(ctx context.Context, m *snapshot.Manifest) error {
	if err := m.Close(); err != nil {
		return err
	}
	text, err := json.Marshal(m)
	if err != nil {
		return fmt.Errorf("encode manifest %s: %w", m.ID, err)
	}
	return d.Exec(ctx, `INSERT INTO safemigrate.snapshot (id, manifest) VALUES ($1, $2)
		ON CONFLICT (id) DO UPDATE SET manifest = excluded.manifest`, m.ID, string(text))
}

// past is a batch as it was kept, in the OIDs of today.
type past struct {
	manifest *snapshot.Manifest
	before   *catalog.State
	after    *catalog.State // nil where the batch was not completed
	kept     kept
	effect   effect
}

// load reads what is kept of a batch. Of one that stopped before its first step
// was recorded there is no state after; of a complete one there must be. What is
// as it is now is held once.
func (d *DB) load(ctx context.Context, id string, complete bool, now *catalog.State) (*past, error) {
	p, all, err := d.loadRows(ctx, id, complete)
	if err != nil {
		return nil, err
	}
	p.before = &catalog.State{}
	if err := d.getPart(ctx, p.manifest, partBefore, p.before); err != nil {
		return nil, err
	}
	if err := d.readHere(p.before); err != nil {
		return nil, err
	}
	var after catalog.Delta
	_, recorded := p.manifest.Parts[partAfter]
	if recorded {
		if err := d.getPart(ctx, p.manifest, partAfter, &after); err != nil {
			return nil, err
		}
	}
	for _, r := range all {
		r.State(p.before)
		r.Delta(&after)
	}
	p.before.Share(now)
	after.Share(now)
	if recorded {
		p.after = after.On(p.before)
	}
	return p, nil
}

// loadRows reads what is kept of a batch without the schemas, which are large:
// where its rows are, and what it did to them. It also returns the renumberings
// that it has applied.
func (d *DB) loadRows(ctx context.Context, id string, complete bool) (*past, []revert.Renumbered, error) {
	m, err := d.manifest(ctx, id)
	if err != nil {
		return nil, nil, err
	}
	p := &past{manifest: m}
	if err := d.getPart(ctx, m, partKept, &p.kept); err != nil {
		return nil, nil, err
	}
	_, recorded := m.Parts[partAfter]
	if !recorded && complete {
		return nil, nil, fmt.Errorf("%w: the state after batch %s is missing", snapshot.ErrDamaged, id)
	}
	if recorded {
		if err := d.getPart(ctx, m, partEffect, &p.effect); err != nil {
			return nil, nil, err
		}
	}
	all, err := d.renumberings(ctx, p.kept.Renumbered, id)
	for _, r := range all {
		p.renumber(r)
	}
	return p, all, err
}

// readHere checks that a state was read on this major version of the server. Another
// one spells definitions in another way and, after an upgrade, numbers objects anew:
// what it says cannot be compared with what is there.
func (d *DB) readHere(s *catalog.State) error {
	const major = 10_000
	if was, is := s.Server/major, d.server/major; was != is {
		return fmt.Errorf("%w: it was taken on PostgreSQL %d, this server is %d", snapshot.ErrVersion, was, is)
	}
	return nil
}

// renumberings lists what rollbacks that still hold have made anew since a
// moment, without those of the batch itself.
func (d *DB) renumberings(ctx context.Context, since int64, id string) ([]revert.Renumbered, error) {
	found, err := d.conn.Query(ctx, `SELECT doc FROM safemigrate.renumbering WHERE n > $1 AND batch <> $2 ORDER BY n`, since, id)
	if err != nil {
		return nil, fmt.Errorf("read the renumberings: %w", plain(err))
	}
	docs, err := pgx.CollectRows(found, pgx.RowTo[[]byte])
	if err != nil {
		return nil, fmt.Errorf("read the renumberings: %w", plain(err))
	}
	all := make([]revert.Renumbered, len(docs))
	for i, doc := range docs {
		if err := unpack(doc, &all[i]); err != nil {
			return nil, fmt.Errorf("%w: renumbering: %w", snapshot.ErrDamaged, err)
		}
	}
	return all, nil
}

// unusable reports whether what is kept of a batch can serve no rollback.
func unusable(err error) bool {
	return errors.Is(err, snapshot.ErrDamaged) || errors.Is(err, snapshot.ErrNewer) || errors.Is(err, snapshot.ErrVersion)
}

func (p *past) renumber(r revert.Renumbered) {
	for oid, c := range p.kept.Copies {
		r.Copy(&c)
		delete(p.kept.Copies, oid)
		p.kept.Copies[c.Table] = c
	}
	tables := r.OIDs["pg_class"]
	for oid, record := range p.effect.Records {
		r.Record(&record)
		delete(p.effect.Records, oid)
		p.effect.Records[record.Table] = record
	}
	for _, sequences := range [][]rows.Sequence{p.kept.Sequences, p.effect.Sequences} {
		for i := range sequences {
			sequences[i].OID = r.Table(sequences[i].OID)
		}
	}
	p.kept.Sums = moved(p.kept.Sums, tables)
	p.kept.Dumped = moved(p.kept.Dumped, tables)
	p.kept.Views = moved(p.kept.Views, tables)
	p.effect.Refreshed = moved(p.effect.Refreshed, tables)
	p.effect.RowsChanged = moved(p.effect.RowsChanged, tables)
	p.effect.Marks = moved(p.effect.Marks, tables)
	p.effect.Touched = moved(p.effect.Touched, tables)
	for batch, m := range p.kept.Since {
		p.kept.Since[batch] = moved(m, tables)
	}
}

// moved renames the keys of a map of tables.
func moved[V any](m map[uint32]V, to map[uint32]uint32) map[uint32]V {
	out := make(map[uint32]V, len(m))
	for oid, v := range m {
		if n, ok := to[oid]; ok {
			oid = n
		}
		out[oid] = v
	}
	return out
}

// newestRenumbering is the position that a new snapshot starts from.
func (d *DB) newestRenumbering(ctx context.Context) (int64, error) {
	var n int64
	err := d.conn.QueryRow(ctx, `SELECT coalesce(max(n), 0) FROM safemigrate.renumbering`).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("read the renumberings: %w", plain(err))
	}
	return n, nil
}

// copySchema is the schema that a snapshot's copies live in.
func copySchema(id string) string { return "safemigrate_" + strings.ReplaceAll(id, "-", "_") }
