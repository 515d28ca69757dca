package mysql

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

	"github.com/safemigrate/safemigrate/migrate"
	"github.com/safemigrate/safemigrate/snapshot"
)

// The parts of a snapshot that are kept beside rows.
const (
	partBefore = "before" // the schema as the snapshot was taken
	partAfter  = "after"  // what the batch left
)

const storeOptions = " ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin"

// createStore makes the tables of the snapshots where they are missing.
func (d *DB) createStore(ctx context.Context) error {
	err := d.own.execAll(ctx,
		"CREATE TABLE IF NOT EXISTS safemigrate_snapshot (id varchar(64) PRIMARY KEY, manifest longtext NOT NULL)"+storeOptions,
		"CREATE TABLE IF NOT EXISTS safemigrate_part (batch varchar(64) NOT NULL, name varchar(64) NOT NULL, doc longblob NOT NULL, PRIMARY KEY (batch, name))"+storeOptions)
	if err != nil {
		return fmt.Errorf("create the snapshots' tables: %w", err)
	}
	if !d.inTransaction {
		return nil
	}
	// It has read the history, so its view is of before these tables, and the server would
	// not let it read them. It has written nothing.
	return d.ledger.exec(ctx, "START TRANSACTION")
}

func (d *DB) storeExists(ctx context.Context) (bool, error) {
	n, err := d.ledger.number(ctx, `SELECT count(*) FROM information_schema.tables
		WHERE table_schema = database() AND table_name IN ('safemigrate_snapshot', 'safemigrate_part')`)
	if err != nil {
		return false, fmt.Errorf("look for the snapshots: %w", err)
	}
	return n == 2, nil
}

// pack writes a document, and its sum for the manifest.
func pack(doc any) (packed []byte, total string, err error) {
	var out bytes.Buffer
	zip := gzip.NewWriter(&out)
	if err := json.NewEncoder(zip).Encode(doc); err != nil {
		return nil, "", fmt.Errorf("write a part of the snapshot: %w", err)
	}
	if err := zip.Close(); err != nil {
		return nil, "", fmt.Errorf("write a part of the snapshot: %w", err)
	}
	sum := sha256.Sum256(out.Bytes())
	return out.Bytes(), hex.EncodeToString(sum[:]), nil
}

// putPart keeps a document. What it returns is its sum.
func (d *DB) putPart(ctx context.Context, s *session, id, name string, doc any) (string, error) {
	packed, total, err := pack(doc)
	if err != nil {
		return "", err
	}
	limit, err := d.packet(ctx)
	if err != nil {
		return "", err
	}
	const margin = 1024 // for the statement around it
	if 2*len(packed)+margin > limit {
		return "", fmt.Errorf("the description of the schema has %d bytes, for which max_allowed_packet (%d) is too small", len(packed), limit)
	}
	if err := s.exec(ctx, "REPLACE INTO safemigrate_part (batch, name, doc) VALUES ($1, $2, $3)", id, name, packed); err != nil {
		return "", fmt.Errorf("keep a part of the snapshot: %w", err)
	}
	return total, nil
}

// part reads a document; sum is what the manifest says of it, "" where it says
// nothing. Without the document, or with another one, the snapshot is damaged.
func (d *DB) part(ctx context.Context, id, name, total string, into any) error {
	damaged := func(why string) error {
		return fmt.Errorf("%w: snapshot %s: %s %s", snapshot.ErrDamaged, id, name, why)
	}
	rows, err := d.ledger.query(ctx, "SELECT doc FROM safemigrate_part WHERE batch = $1 AND name = $2", id, name)
	if err != nil {
		return fmt.Errorf("read snapshot %s: %w", id, err)
	}
	if len(rows) == 0 {
		return damaged("is missing")
	}
	doc := []byte(rows[0].Text(0))
	if got := sha256.Sum256(doc); total != "" && hex.EncodeToString(got[:]) != total {
		return damaged("is not what was written")
	}
	unzip, err := gzip.NewReader(bytes.NewReader(doc))
	if err != nil {
		return damaged("cannot be unpacked")
	}
	text, err := io.ReadAll(unzip)
	if err != nil {
		return damaged("cannot be unpacked")
	}
	if err := json.Unmarshal(text, into); err != nil {
		return damaged("cannot be read")
	}
	return nil
}

// Snapshots reads the manifests of all snapshots, oldest first.
func (d *DB) Snapshots(ctx context.Context) (all []*snapshot.Manifest, err error) {
	ok, err := d.storeExists(ctx)
	if err != nil || !ok {
		return nil, err
	}
	rows, err := d.ledger.query(ctx, "SELECT id FROM safemigrate_snapshot ORDER BY id")
	if err != nil {
		return nil, fmt.Errorf("list the snapshots: %w", err)
	}
	var damaged []error
	for _, r := range rows {
		m, err := d.manifest(ctx, r.Text(0))
		if err != nil {
			damaged = append(damaged, err)
			continue
		}
		all = append(all, m)
	}
	return all, errors.Join(damaged...)
}

// manifest reads one. Whatever is wrong with it is snapshot.ErrDamaged.
func (d *DB) manifest(ctx context.Context, id string) (*snapshot.Manifest, error) {
	ok, err := d.storeExists(ctx)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, fmt.Errorf("%w: snapshot %s: there are no snapshots", snapshot.ErrDamaged, id)
	}
	rows, err := d.ledger.query(ctx, "SELECT manifest FROM safemigrate_snapshot WHERE id = $1", id)
	if err != nil {
		return nil, fmt.Errorf("read snapshot %s: %w", id, err)
	}
	if len(rows) == 0 {
		return nil, fmt.Errorf("%w: snapshot %s: the manifest is missing", snapshot.ErrDamaged, id)
	}
	m, err := snapshot.Decode([]byte(rows[0].Text(0)))
	if err != nil {
		return nil, fmt.Errorf("snapshot %s: %w", id, err)
	}
	if m.ID != id || m.Strategy != snapshot.Copy || m.Parts[partBefore] == "" {
		return nil, fmt.Errorf("%w: the manifest of snapshot %s is not its own", snapshot.ErrDamaged, id)
	}
	return m, nil
}

// Verify reads a snapshot back and compares it with its manifest.
func (d *DB) Verify(ctx context.Context, m *snapshot.Manifest) error {
	if _, err := d.readSnapshot(ctx, m); err != nil {
		return err
	}
	rows, err := d.ledger.query(ctx, "SELECT state FROM safemigrate_batch WHERE id = $1", m.ID)
	if err != nil {
		return fmt.Errorf("look for the batch of snapshot %s: %w", m.ID, err)
	}
	if len(rows) == 0 || rows[0].Text(0) != string(migrate.StateApplied) {
		return nil // nothing can have been recorded at its end, or nothing needs it
	}
	_, err = d.readAfter(ctx, m.ID)
	return err
}

// readAfter reads what a batch left, with the hashes of its rows.
func (d *DB) readAfter(ctx context.Context, id string) (after, error) {
	var a after
	if err := d.part(ctx, id, partAfter, "", &a); err != nil {
		return a, err
	}
	for _, w := range a.Ways {
		if w.Hashes == "" {
			continue
		}
		n, err := d.own.number(ctx, "SELECT count(*) FROM "+quote(w.Hashes))
		if err != nil || n != w.Rows {
			return a, errors.Join(fmt.Errorf("%w: snapshot %s: what it recorded of the rows of %s is not whole", snapshot.ErrDamaged, id, w.Name), err)
		}
	}
	return a, nil
}

// Drop removes a snapshot's rows and manifest, also of one that was never
// completed; without an ID what belongs to none. First goes what says that it is there, so that a crash in between leaves
// nothing that looks whole.
func (d *DB) Drop(ctx context.Context, id string) error {
	ok, err := d.storeExists(ctx)
	if err != nil {
		return err
	}
	if id == "" {
		if !ok {
			return nil
		}
		return d.sweep(ctx)
	}
	if ok {
		err := errors.Join(
			d.own.exec(ctx, "DELETE FROM safemigrate_snapshot WHERE id = $1", id),
			d.own.exec(ctx, "DELETE FROM safemigrate_part WHERE batch = $1", id))
		if err != nil {
			return fmt.Errorf("remove snapshot %s: %w", id, err)
		}
	}
	for _, kind := range []string{"c", "h"} {
		prefix := strings.TrimSuffix(placeOf(kind, id, 0), "0")
		if err := d.dropTables(ctx, prefix, nil); err != nil {
			return fmt.Errorf("remove snapshot %s: %w", id, err)
		}
	}
	return nil
}

// dropTables drops safemigrate's own tables with a prefix, but those to keep.
func (d *DB) dropTables(ctx context.Context, prefix string, keep map[string]bool) error {
	rows, err := d.ledger.query(ctx, "SELECT table_name FROM information_schema.tables WHERE table_schema = database() AND left(table_name, $1) = $2",
		int64(len(prefix)), prefix)
	if err != nil {
		return fmt.Errorf("list the copies: %w", err)
	}
	for _, r := range rows {
		if keep[r.Text(0)] {
			continue
		}
		if err := d.own.exec(ctx, "DROP TABLE IF EXISTS "+quote(r.Text(0))); err != nil {
			return fmt.Errorf("drop a copy: %w", err)
		}
	}
	return nil
}

// sweep drops copies that belong to no manifest: what a run left that died while
// it took its snapshot.
func (d *DB) sweep(ctx context.Context) error {
	if err := d.own.exec(ctx, "DELETE FROM safemigrate_part WHERE batch NOT IN (SELECT id FROM safemigrate_snapshot)"); err != nil {
		return fmt.Errorf("remove what belongs to no snapshot: %w", err)
	}
	if err := d.own.execAll(ctx, "DROP TABLE IF EXISTS "+twin, "DROP VIEW IF EXISTS "+looking); err != nil {
		return fmt.Errorf("remove what belongs to no snapshot: %w", err)
	}
	rows, err := d.ledger.query(ctx, "SELECT id FROM safemigrate_snapshot")
	if err != nil {
		return fmt.Errorf("list the snapshots: %w", err)
	}
	prefixes := make([]string, 0, len(rows))
	for _, r := range rows {
		prefixes = append(prefixes, strings.ReplaceAll(r.Text(0), "-", "_"))
	}
	if rows, err = d.ledger.query(ctx, `SELECT table_name FROM information_schema.tables
		WHERE table_schema = database() AND (table_name LIKE 'safemigrate\_c\_%' OR table_name LIKE 'safemigrate\_h\_%' OR table_name LIKE 'safemigrate\_later\_%')`); err != nil {
		return fmt.Errorf("list the copies: %w", err)
	}
	for _, r := range rows {
		name := strings.TrimPrefix(strings.TrimPrefix(r.Text(0), ours+"c_"), ours+"h_")
		known := false
		for _, p := range prefixes {
			known = known || strings.HasPrefix(name, p+"_")
		}
		if known {
			continue
		}
		if err := d.own.exec(ctx, "DROP TABLE IF EXISTS "+quote(r.Text(0))); err != nil {
			return fmt.Errorf("drop what an interrupted run left: %w", err)
		}
	}
	return nil
}
