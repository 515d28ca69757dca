package sqlite

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/ncruces/go-sqlite3"

	"github.com/safemigrate/safemigrate/internal/failpoint"
	"github.com/safemigrate/safemigrate/migrate"
)

// mark tells whether somebody has written to the file since it was made.
type mark struct {
	wal     bool
	version int64  // WAL: this connection's count of others' commits
	header  string // otherwise: the file's header, in which every commit counts up
}

// headerSize is the size of an SQLite file's header, in bytes.
const headerSize = 100

func (d *DB) mark(ctx context.Context) (mark, error) {
	mode, err := d.text(ctx, "PRAGMA main.journal_mode")
	if err != nil {
		return mark{}, explain("read the journal mode", err)
	}
	return d.markIn(ctx, mode == "wal")
}

func (d *DB) markIn(ctx context.Context, wal bool) (m mark, err error) {
	m.wal = wal
	if wal {
		m.version, err = d.othersCommits(ctx)
		return m, err
	}
	m.header, err = readHeader(d.path)
	return m, err
}

func readHeader(path string) (_ string, err error) {
	f, err := os.Open(path)
	if err != nil {
		return "", fmt.Errorf("read the file's header: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	header := make([]byte, headerSize)
	if _, err := io.ReadFull(f, header); err != nil {
		return "", fmt.Errorf("read the file's header: %w", err)
	}
	return string(header), nil
}

// transfer is a backup from the prepared image into the live file.
type transfer struct {
	src   *link
	b     *sqlite3.Backup
	image string
}

// open makes all ready that can be made ready before the lock passes.
func (v *revert) open(ctx context.Context) (*transfer, error) {
	image := filepath.Join(v.home.image(v.req.ID), cloneName)
	src, err := connect(ctx, image, frozen)
	if err != nil {
		return nil, err
	}
	b, err := src.c.BackupInit("main", uri(v.path, readWrite, "busy_timeout("+busyMillis+")", "synchronous(EXTRA)"))
	if err != nil {
		return nil, errors.Join(busy("rollback", err), src.close())
	}
	return &transfer{src: src, b: b, image: image}, nil
}

// end gives up the destination's transaction, unless it is committed.
func (t *transfer) end() error { return errors.Join(t.b.Close(), t.src.close()) }

// replace writes the prepared image into the live file. The backup API opens
// the destination's transaction itself, on a connection of its own, so the lock
// of the counting has to end first. The first page takes the new lock: in WAL
// mode that of the writer, otherwise the exclusive one. Under it the file is
// compared with the mark that was made under the old lock; where they differ,
// somebody wrote in between, nothing is replaced and all is counted anew.
// All pages are one transaction: a crash is undone by SQLite's journal.
func (v *revert) replace(ctx context.Context, t *transfer, seen mark) (done bool, err error) {
	if err := v.Exec(ctx, "ROLLBACK"); err != nil {
		return false, explain("end the counting", err)
	}
	v.tellf("writing version %s into the database", migrate.VersionName(v.oldest().Tag))
	if _, err := t.b.Step(1); err != nil {
		return false, busy("rollback", err)
	}
	now, err := v.markIn(ctx, seen.wal)
	if err != nil || now != seen {
		return false, err
	}
	failpoint.Hit("sqlite.restore.locked")
	err = step(ctx, t.b, "sqlite.restore.middle", func(int64, int64) {})
	if end := t.b.Close(); err == nil { // otherwise it says the same again
		err = end
	}
	failpoint.Hit("sqlite.restore.done")
	if done, err = v.settle(ctx, explain("write the database", outOfSpace(err, t.image, v.path))); done {
		v.journalMode(ctx)
	}
	return done, err
}

// settle finds out what the file holds now, also after an error: the record of
// the new state came with the new content, or not at all.
func (v *revert) settle(ctx context.Context, cause error) (bool, error) {
	state, err := v.getAfter(context.WithoutCancel(ctx), v.req.ID)
	switch {
	case err != nil:
		return false, &migrate.UnknownCommitError{Err: errors.Join(cause, err)}
	case state != nil && state.Sum == v.image.Sum:
		return true, nil
	case cause == nil:
		return false, errors.New("the database does not hold what was written to it")
	}
	return false, cause
}

// walHeader is the place in the header that says how the file is written, and
// walVersion its value for WAL.
const (
	walHeader  = 18
	walVersion = 2
)

// journalMode gives the file the journal mode of the snapshot, where the batch
// had changed it from a rollback journal to WAL; the other way comes with the
// pages. SQLite does that only while nobody else is connected.
func (v *revert) journalMode(ctx context.Context) {
	header, err := readHeader(filepath.Join(v.home.dir(v.oldest().ID), cloneName))
	if err != nil || header[walHeader] == walVersion {
		return
	}
	mode, err := v.text(ctx, "PRAGMA main.journal_mode")
	if err != nil || mode != "wal" {
		return
	}
	if mode, err = v.text(ctx, "PRAGMA main.journal_mode=DELETE"); err != nil || mode != "delete" {
		v.report.Drift = append(v.report.Drift, "the journal mode stays WAL: other connections are open")
	}
}

// allowPageSize prepares for an image whose pages have another size, which a
// file in WAL mode does not take: it leaves WAL mode, and the caller starts
// again. The image brings its own mode.
func (v *revert) allowPageSize(ctx context.Context) (switched bool, err error) {
	header, err := readHeader(filepath.Join(v.home.dir(v.oldest().ID), cloneName))
	if err != nil && !errors.Is(err, io.EOF) {
		return false, err
	}
	size := pageSize(header)
	now, err := v.number(ctx, "PRAGMA main.page_size")
	if err != nil || now == size {
		return false, explain("read the page size", err)
	}
	mode, err := v.text(ctx, "PRAGMA main.journal_mode")
	if err != nil || mode != "wal" {
		return false, explain("read the journal mode", err)
	}
	if err := v.Exec(ctx, "ROLLBACK"); err != nil {
		return false, err
	}
	err = v.Exec(ctx, "PRAGMA main.journal_mode=DELETE")
	if errors.Is(err, sqlite3.BUSY) {
		return false, &migrate.LockedError{What: "the database file", Holder: "another connection; the snapshot has another page size, which needs it alone"}
	}
	return true, explain("leave WAL mode", err)
}

// pageSize reads a header; that of an empty file is yet to be written, with
// SQLite's default.
func pageSize(header string) int64 {
	if header == "" {
		return 4096
	}
	size := int64(header[16])<<8 | int64(header[17])
	if size == 1 {
		return 65536
	}
	return size
}
