package sqlite

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/ncruces/go-sqlite3"

	"github.com/safemigrate/safemigrate/internal/durable"
	"github.com/safemigrate/safemigrate/internal/failpoint"
	"github.com/safemigrate/safemigrate/migrate"
	"github.com/safemigrate/safemigrate/snapshot"
)

// captured is a complete snapshot and what was read back from it.
type captured struct {
	manifest *snapshot.Manifest
	rows     census
	schema   schema
	virtual  map[string]bool
}

// Take clones the file while the open transaction keeps every writer out. The
// clone is complete when its directory has its final name: after it was read
// back, and with everything synced.
func (d *DB) Take(ctx context.Context, r migrate.SnapshotRequest) (*snapshot.Manifest, error) {
	c, err := d.capture(ctx, r)
	if err != nil {
		return nil, fmt.Errorf("take snapshot %s: %w", r.ID, err)
	}
	d.batch = &batch{
		id: r.ID, history: r.History.Table, seal: c.manifest.Seal, start: c.rows, base: c.rows,
		schema: c.schema, virtual: c.virtual, touched: map[string]bool{}, lineage: lineage{},
	}
	return c.manifest, nil
}

func (d *DB) capture(ctx context.Context, r migrate.SnapshotRequest) (c *captured, err error) {
	if !d.inTransaction() {
		return nil, errNoTransaction
	}
	if err := checkID(r.ID); err != nil {
		return nil, err
	}
	if err := d.home.make(); err != nil {
		return nil, err
	}
	temp := d.home.temp(r.ID)
	if err := d.home.fresh(temp); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, durable.RemoveDir(temp))
		}
	}()
	file := filepath.Join(temp, cloneName)
	if err := d.clone(ctx, file, func(done, total int64) {
		if r.Progress != nil {
			r.Progress(done, total, filepath.Base(d.path))
		}
	}); err != nil {
		return nil, err
	}
	failpoint.Hit("sqlite.clone.written")
	if c, err = d.readBack(ctx, file, r); err != nil {
		return nil, fmt.Errorf("read the copy back: %w", err)
	}
	if d.depot.Store != nil {
		if err := d.deposit(ctx, file, c.manifest); err != nil {
			return nil, err
		}
	}
	if err := writeManifest(temp, c.manifest); err != nil {
		return nil, err
	}
	failpoint.Hit("sqlite.manifest.written")
	if err := durable.Rename(temp, d.home.dir(r.ID)); err != nil {
		return nil, err
	}
	failpoint.Hit("sqlite.manifest.renamed")
	// What fails here is no failure of the snapshot: the next one makes up for it, and
	// until then prune --store keeps this one.
	_ = d.record(ctx)
	return c, nil
}

// readBack reads the clone as a stranger would, and compares it with the live
// file: the numbers that the manifest gets are those of the clone.
func (d *DB) readBack(ctx context.Context, file string, r migrate.SnapshotRequest) (c *captured, err error) {
	sum, size, err := sumFile(ctx, file, nil)
	if err != nil {
		return nil, err
	}
	l, err := connect(ctx, file, frozen)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, l.close()) }()
	if err := l.sound(ctx); err != nil {
		return nil, explain("check the copy", err)
	}
	c = &captured{virtual: map[string]bool{}}
	if c.rows, err = l.census(ctx, r.History.Table, nil); err != nil {
		return nil, err
	}
	if c.schema, err = l.readSchema(ctx, r.History.Table); err != nil {
		return nil, err
	}
	if err := l.virtualTables(ctx, c.virtual); err != nil {
		return nil, err
	}
	if err := d.sameRows(ctx, c.rows, r.History.Table); err != nil {
		return nil, err
	}
	c.manifest = &snapshot.Manifest{
		Format: snapshot.Format, ID: r.ID, Tag: r.Tag, Strategy: snapshot.Clone,
		TakenAt: time.Now().UTC().Truncate(time.Millisecond), Database: r.Database, Bytes: size,
		Tables: []snapshot.Table{}, Parts: map[string]string{cloneName: sum},
	}
	for _, t := range c.rows {
		c.manifest.Tables = append(c.manifest.Tables, snapshot.Table{Name: t.Name, Rows: t.Rows, Sum: t.Sum, At: cloneName})
	}
	return c, c.manifest.Close()
}

// sameRows counts the rows of the live file and compares.
func (d *DB) sameRows(ctx context.Context, want census, history string) error {
	names, err := d.tables(ctx, history)
	if err != nil {
		return explain("list the tables", err)
	}
	if len(names) != len(want) {
		return fmt.Errorf("the copy has %d tables, the database %d", len(want), len(names))
	}
	for _, name := range names {
		n, err := d.number(ctx, "SELECT count(*) FROM main."+sqlite3.QuoteIdentifier(name))
		if err != nil {
			return explain("count the rows of "+name, err)
		}
		if c, ok := want.find(name); !ok || c.Rows != n {
			return fmt.Errorf("table %s: the copy has %d rows, the database %d", name, c.Rows, n)
		}
	}
	return nil
}

func writeManifest(dir string, m *snapshot.Manifest) error {
	text, err := encode(m)
	if err != nil {
		return err
	}
	return durable.WriteFile(filepath.Join(dir, manifestName), text)
}

func encode(m *snapshot.Manifest) ([]byte, error) {
	text, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("write the manifest: %w", err)
	}
	return append(text, '\n'), nil
}

// manifest reads the manifest of a snapshot. Whatever is wrong with it is ErrDamaged.
func (h home) manifest(id string) (*snapshot.Manifest, error) {
	if err := checkID(id); err != nil {
		return nil, fmt.Errorf("%w: %w", snapshot.ErrDamaged, err)
	}
	if err := h.check(); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	text, err := os.ReadFile(filepath.Join(h.dir(id), manifestName))
	if err != nil {
		return nil, fmt.Errorf("%w: snapshot %s: %w", snapshot.ErrDamaged, id, err)
	}
	m, err := snapshot.Decode(text)
	if err != nil {
		return nil, fmt.Errorf("snapshot %s: %w", id, err)
	}
	if m.ID != id || m.Strategy != snapshot.Clone || m.Parts[cloneName] == "" {
		return nil, fmt.Errorf("%w: the manifest in %s is not its own", snapshot.ErrDamaged, id)
	}
	// The seal covers what the manifest says, not how: a key in capitals means
	// the same. It was not written that way.
	if written, err := encode(m); err != nil || !bytes.Equal(written, text) {
		return nil, fmt.Errorf("%w: snapshot %s: the manifest is not as it was written", snapshot.ErrDamaged, id)
	}
	return m, nil
}
