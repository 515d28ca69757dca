package mysql

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/safemigrate/safemigrate/internal/engine/mysql/catalog"
	"github.com/safemigrate/safemigrate/internal/failpoint"
	"github.com/safemigrate/safemigrate/migrate"
	"github.com/safemigrate/safemigrate/snapshot"
)

// batch is the snapshot under way, and the batch that it was taken for.
type batch struct {
	id        string
	history   string
	kept      *kept
	scripts   []migrate.Script
	committed bool // the ledger knows of it
	final     bool // the batch ends with the commit that is due
	found     existing
}

// existing is what was there before the snapshot, so that Abort can take away
// what it brought.
type existing struct{ ledger, history bool }

// before is the schema before a batch, as it is kept.
type before struct {
	State catalog.State `json:"state"`
	// Touched lists the tables whose rows the batch may change, as its text tells;
	// Any says that it does not tell.
	Touched []string `json:"touched,omitempty"`
	// Mentioned lists every table that it names, and Endangered those of which it
	// may destroy something.
	Mentioned  []string `json:"mentioned,omitempty"`
	Endangered []string `json:"endangered,omitempty"`
	// LeftOut lists those of them that somebody has left out of the snapshot.
	LeftOut []string `json:"left_out,omitempty"`
	Any     string   `json:"any,omitempty"`
	// Partly lists the columns that go, or whose values do, of tables of which no more is kept
	// than these, and the primary key. Retyped lists those of them that get another type.
	Partly  map[string][]string `json:"partly,omitempty"`
	Retyped map[string][]string `json:"retyped,omitempty"`

	// Spared lists the tables whose definition alone the batch changes, and of which nothing is
	// kept (spared.go).
	Spared []string `json:"spared,omitempty"`
	// Moved are the names that it gives to some of them.
	Moved map[string]string `json:"moved,omitempty"`
	// Columns are the names that columns of them had, by those that it gives them.
	Columns map[string]map[string]string `json:"columns,omitempty"`
	// Unruly lists the tables with rows that a definition which comes back would refuse or fill: they
	// do not go back in place. Broken lists, by table, the checks that rows of before break.
	Unruly []string            `json:"unruly,omitempty"`
	Broken map[string][]string `json:"broken,omitempty"`
	// rehearsals are what the batch does to them, on the twin, and rewritten those that it writes
	// anew.
	rehearsals map[string]*rehearsal
	rewritten  []string
	// additions are what the batch does to tables that it only adds to.
	additions map[string]*rehearsal
	// unproved are kept whole, since it could not be proved that they come back in place.
	unproved []string

	// Rollback: it is kept of what a rollback changes, and nobody else is about to.
	Rollback bool `json:"rollback,omitempty"`

	// aside: nothing goes back out of the copies, which need not become tables again.
	aside bool
}

// Take copies the tables in scope and reads the copies back. The tables are
// locked against writers meanwhile, all at once, so that the copies are of one
// moment. It commits by itself; until the ledger knows of it, Abort or the next
// run removes it.
func (d *DB) Take(ctx context.Context, r migrate.SnapshotRequest) (*snapshot.Manifest, error) {
	b := &batch{id: r.ID, history: r.History.Table, scripts: r.Scripts}
	if err := d.existing(ctx, b); err != nil {
		return nil, err
	}
	d.batch = b
	if err := d.createStore(ctx); err != nil {
		return nil, err
	}
	if err := d.sweep(ctx); err != nil {
		return nil, err
	}
	now, err := d.shown(ctx, b.history)
	if err != nil {
		return nil, err
	}
	scripts, err := d.spelled(ctx, r.Scripts)
	if err != nil {
		return nil, err
	}
	kept, f, err := d.foresight(ctx, now, scripts)
	if err != nil {
		return nil, err
	}
	if err := d.proveSpared(ctx, now, &kept); err != nil {
		return nil, held(err, "one of the tables of the batch")
	}
	if err := d.proveAdditions(ctx, now, &kept); err != nil {
		return nil, held(err, "one of the tables of the batch")
	}
	scope, err := d.scope(now, kept, r.Scope)
	if err != nil {
		return nil, err
	}
	kept.LeftOut = leftOut(now, kept, scope)
	kept.narrow(scope, r.Scope)
	if err := d.provePartly(ctx, now, &kept); err != nil {
		return nil, held(err, "one of the tables of the batch")
	}
	if err := d.affords(ctx, r, now, kept, scope); err != nil {
		return nil, err
	}
	if wrong := overlong(now, slices.Concat(kept.Endangered, kept.Spared)); len(wrong) > 0 {
		return nil, errors.New(strings.Join(wrong, "; "))
	}
	if err := d.remakeable(ctx, now, remaking(kept, f, scope)); err != nil {
		return nil, held(err, "one of the tables of the batch")
	}
	b.kept, err = d.take(ctx, r, kept, scope)
	if err != nil {
		return nil, held(err, "one of the tables in scope ("+migrate.FirstFew(scope)+")")
	}
	return b.kept.manifest, nil
}

// existing looks whether ledger and history are there.
func (d *DB) existing(ctx context.Context, b *batch) error {
	rows, err := d.ledger.query(ctx, "SELECT table_name FROM information_schema.tables WHERE table_schema = database() AND table_name IN ('safemigrate_batch', $1)", b.history)
	if err != nil {
		return fmt.Errorf("look for the ledger: %w", err)
	}
	for _, r := range rows {
		if r.Text(0) == "safemigrate_batch" {
			b.found.ledger = true
		} else {
			b.found.history = true
		}
	}
	return nil
}

// take copies tables and keeps a description of the schema.
func (d *DB) take(ctx context.Context, r migrate.SnapshotRequest, what before, scope []string) (*kept, error) {
	started := time.Now()
	k := &kept{before: what, shapes: map[string]shape{}}
	m := &snapshot.Manifest{Format: snapshot.Format, ID: r.ID, Tag: r.Tag, Strategy: snapshot.Copy,
		TakenAt: started.UTC().Truncate(time.Millisecond), Database: r.Database, Tables: []snapshot.Table{}, Parts: map[string]string{}}
	k.manifest = m
	for i, table := range scope {
		place := placeOf("c", r.ID, i)
		of, err := d.shapeOf(ctx, table)
		if err != nil {
			return nil, err
		}
		t := snapshot.Table{Name: table, At: place}
		if lost := what.Partly[table]; lost != nil {
			of = of.part(lost)
			t.Columns = of.names()
		}
		k.shapes[table] = of
		if err := d.makeCopy(ctx, t, what, of); err != nil {
			return nil, fmt.Errorf("make the copy of %s: %w", table, err)
		}
		m.Tables = append(m.Tables, t)
	}
	if err := d.copyRows(ctx, k, r.Progress); err != nil {
		return nil, err
	}
	total, err := d.putPart(ctx, d.own, r.ID, partBefore, what)
	if err != nil {
		return nil, err
	}
	m.Parts[partBefore] = total
	if m.Bytes, err = d.sizeOf(ctx, m); err != nil {
		return nil, err
	}
	m.Took = time.Since(started)
	if err := m.Close(); err != nil {
		return nil, err
	}
	failpoint.Hit("mysql.take.copied")
	return k, d.putManifest(ctx, m)
}

// makeCopy makes the table that is going to hold the rows of another one, or a part of them.
func (d *DB) makeCopy(ctx context.Context, t snapshot.Table, what before, of shape) error {
	o := what.State.Objects[catalog.Table+" "+t.Name]
	if len(t.Columns) > 0 {
		return d.keepPart(ctx, t.At, o, of, what.Partly[t.Name])
	}
	if err := d.own.exec(ctx, "CREATE TABLE "+quote(t.At)+" LIKE "+quote(t.Name)); err != nil {
		return err
	}
	if draws := catalog.Drawing(o.Create); what.aside && len(draws) > 0 { // see drawsTwice
		if err := d.own.exec(ctx, alter(t.At, draws)); err != nil {
			return err
		}
	}
	return d.lighten(ctx, t.At, o)
}

// copyRows fills the copies while nobody can write, and reads them back. By then
// the tables are free again: what they held was summed up under the lock.
func (d *DB) copyRows(ctx context.Context, k *kept, progress func(done, total int64, table string)) error {
	if len(k.manifest.Tables) == 0 {
		return nil
	}
	if err := d.copyLocked(ctx, k, progress); err != nil {
		return err
	}
	for _, t := range k.manifest.Tables {
		is, err := d.sumOfCopy(ctx, d.own, t.At, k.shapes[t.Name], t.Rows)
		if err != nil {
			return err
		}
		if was := (sum{t.Rows, t.Sum}); was != is {
			return fmt.Errorf("the copy of %s is not what the table holds (%d rows, %d in the table)", t.Name, is.rows, was.rows)
		}
	}
	return nil
}

func (d *DB) copyLocked(ctx context.Context, k *kept, progress func(done, total int64, table string)) (err error) {
	locks, apart := d.locksOf(k)
	locks = append(locks, sequenceLocks(k.before.State)...)
	if err := d.own.exec(ctx, "LOCK TABLES "+strings.Join(locks, ", ")); err != nil {
		return fmt.Errorf("lock the tables: %w", err)
	}
	defer func() {
		if unlockErr := d.own.exec(context.WithoutCancel(ctx), "UNLOCK TABLES"); err == nil {
			err = unlockErr
		}
	}()
	plain, end, err := d.lockApart(ctx, apart)
	if err != nil {
		return err
	}
	defer end()
	failpoint.Hit("mysql.take.locked")
	reader, done := d.reader(ctx)
	defer done()
	for i := range k.manifest.Tables {
		t := &k.manifest.Tables[i]
		writer := d.own
		if slices.Contains(apart, quote(t.At)+" WRITE") {
			writer = plain
		}
		if progress != nil {
			progress(int64(i), int64(len(k.manifest.Tables)), t.Name)
		}
		if err := d.copyTable(ctx, t, k.shapes[t.Name], writer, reader); err != nil {
			return err
		}
		failpoint.Hit("mysql.take.table")
	}
	return nil
}

// locksOf lists the locks that copying takes. MySQL with GTIDs does not lock tables with and
// without transactions for writing at once, so those without are locked apart.
func (d *DB) locksOf(k *kept) (locks, apart []string) {
	for _, t := range k.manifest.Tables {
		read, write := quote(t.Name)+" READ", quote(t.At)+" WRITE"
		locks = append(locks, read)
		if d.server.maria || k.before.State.Objects[catalog.Table+" "+t.Name].Engine == "InnoDB" {
			locks = append(locks, write)
		} else {
			apart = append(apart, read, write)
		}
	}
	return locks, apart
}

// lockApart opens a session that holds some locks beside those that are held; nil for none.
// Nobody can have written in between.
func (d *DB) lockApart(ctx context.Context, locks []string) (s *session, end func(), err error) {
	if len(locks) == 0 {
		return nil, func() {}, nil
	}
	if s, err = d.openOwn(ctx); err != nil {
		return nil, nil, err
	}
	if err = s.exec(ctx, "LOCK TABLES "+strings.Join(locks, ", ")); err != nil {
		return nil, nil, errors.Join(fmt.Errorf("lock the tables without transactions: %w", err), s.conn.Close())
	}
	return s, func() { _ = s.conn.Close() }, nil // its locks go with it
}

// reader opens a session that sums tables up while another one copies them; nil
// where the server gives no more sessions.
func (d *DB) reader(ctx context.Context) (s *session, done func()) {
	s, err := d.openOwn(ctx)
	if err != nil {
		return nil, func() {}
	}
	return s, func() { _ = s.conn.Close() } // it has nothing to lose
}

// copyTable copies one table, and sums its rows up: meanwhile in another session,
// which can read what is locked against writers, or else afterwards.
func (d *DB) copyTable(ctx context.Context, t *snapshot.Table, of shape, writer, reader *session) error {
	if len(t.Columns) > 0 && len(of.values().columns) == 0 { // what goes is computed
		none, err := writer.sumOf(ctx, t.At, of)
		t.Rows, t.Sum = none.rows, none.text
		return err
	}
	var was sum
	var unread error
	reading := make(chan struct{})
	go func() {
		defer close(reading)
		if reader != nil {
			was, unread = reader.sumOf(ctx, t.Name, of)
		}
	}()
	rows, err := d.transferOf(ctx, t.Name, t.At, of, of)
	if err == nil {
		err = rows.run(ctx, writer)
	}
	<-reading
	if err != nil {
		return fmt.Errorf("copy the rows of %s: %w", t.Name, err)
	}
	if reader == nil {
		was, unread = d.own.sumOf(ctx, t.Name, of)
	}
	t.Rows, t.Sum = was.rows, was.text
	return unread
}

func (d *DB) sizeOf(ctx context.Context, m *snapshot.Manifest) (int64, error) {
	if len(m.Tables) == 0 {
		return 0, nil
	}
	places := make([]string, len(m.Tables))
	for i, t := range m.Tables {
		places[i] = literal(t.At)
	}
	n, err := d.ledger.number(ctx, `SELECT CAST(coalesce(sum(data_length + index_length), 0) AS SIGNED) FROM information_schema.tables
		WHERE table_schema = database() AND table_name IN (`+strings.Join(places, ", ")+`)`)
	if err != nil {
		return 0, fmt.Errorf("measure the copies: %w", err)
	}
	return n, nil
}

// putManifest says that a snapshot is complete.
func (d *DB) putManifest(ctx context.Context, m *snapshot.Manifest) error {
	err := d.writeManifest(ctx, d.own, m)
	if err == nil {
		failpoint.Hit("mysql.take.manifest")
	}
	return err
}

func (*DB) writeManifest(ctx context.Context, s *session, m *snapshot.Manifest) error {
	text, err := encode(m)
	if err != nil {
		return err
	}
	if err := s.exec(ctx, "REPLACE INTO safemigrate_snapshot (id, manifest) VALUES ($1, $2)", m.ID, text); err != nil {
		return fmt.Errorf("keep the manifest: %w", err)
	}
	return nil
}

// forget takes away a snapshot that no ledger knows of, with the tables that
// were made for it.
func (d *DB) forget(ctx context.Context) error {
	b := d.batch
	d.batch = nil
	if err := d.Drop(ctx, b.id); err != nil {
		return err
	}
	var drops []string
	if !b.found.ledger {
		drops = append(drops, "DROP TABLE IF EXISTS safemigrate_batch, safemigrate_meta, safemigrate_snapshot, safemigrate_part")
	}
	if !b.found.history && b.history != "" {
		drops = append(drops, "DROP TABLE IF EXISTS "+quote(b.history))
	}
	if err := d.own.execAll(ctx, drops...); err != nil {
		return fmt.Errorf("take away what the snapshot needed: %w", err)
	}
	return nil
}
