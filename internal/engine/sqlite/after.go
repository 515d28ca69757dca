package sqlite

import (
	"bufio"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/safemigrate/safemigrate/internal/durable"
)

// after is the state in which a batch left the database. It is a row of the
// database itself, so it is true exactly when the batch's commit is. The file
// that it names holds the hash of every row, sorted within each table: eight
// bytes a row, written and synced before the commit. A file that no row names
// is worth nothing, so a crash between the two is harmless.
type after struct {
	Format int    `json:"format"`
	File   string `json:"file"`
	Sum    string `json:"sum"` // SHA-256 of the file
	Tables census `json:"tables"`
	Schema schema `json:"schema"`
	// Snapshot is the seal of the batch's manifest: no other snapshot, however
	// whole, is this batch's way back.
	Snapshot string `json:"snapshot"`
	// Carried counts what others wrote between the steps of the batch, by the
	// name that the table had then; Drift is what they changed in the schema.
	Carried map[string]loss `json:"carried,omitempty"`
	Drift   []string        `json:"drift,omitempty"`
	// Changes is what the way back needs to touch nothing else; without it the
	// whole file is put back.
	Changes *changes `json:"changes,omitempty"`
}

// afterFormat is the version of the form of after; another one counts as unknown.
const afterFormat = 1

const stateTable = ours + "state"

// afterWriter writes the file while a census is taken.
type afterWriter struct {
	hashes *hashSort
	out    *bufio.Writer
	sum    hash.Hash
}

func (w *afterWriter) endTable(count) error {
	m, err := w.hashes.sorted()
	for err == nil {
		var h uint64
		if h, err = m.next(); err == nil {
			err = putHash(w.out, h)
		}
	}
	if !errors.Is(err, io.EOF) {
		return fmt.Errorf("write the state after the batch: %w", err)
	}
	return w.hashes.reset()
}

// recordAfter writes what l sees as the state after batch id, into the
// snapshot's directory and, in l's open transaction, into the database. What
// cannot be seen is taken from a. compare, where set, adds what the batch did.
func (l *link) recordAfter(ctx context.Context, dir, id, history string, a after, compare func(*after) error) (after, error) {
	var nonce [8]byte
	if _, err := rand.Read(nonce[:]); err != nil {
		return after{}, fmt.Errorf("choose a name: %w", err)
	}
	// Virtual tables write some rows only when a transaction ends. A savepoint
	// has them written now, so that what is recorded is what is committed.
	if err := l.c.Exec("SAVEPOINT safemigrate; RELEASE safemigrate"); err != nil {
		return after{}, explain("write pending rows", err)
	}
	a.Format, a.File = afterFormat, afterPrefix+hex.EncodeToString(nonce[:])
	w := &afterWriter{hashes: newHashSort(dir), sum: sha256.New()}
	err := durable.Write(filepath.Join(dir, a.File), func(f io.Writer) error {
		w.out = bufio.NewWriter(io.MultiWriter(f, w.sum))
		var err error
		if a.Tables, err = l.census(ctx, history, w); err != nil {
			return errors.Join(err, w.hashes.reset())
		}
		return w.out.Flush()
	})
	if err != nil {
		return after{}, err
	}
	a.Sum = hex.EncodeToString(w.sum.Sum(nil))
	if a.Schema, err = l.readSchema(ctx, history); err != nil {
		return after{}, err
	}
	if compare != nil {
		if err := compare(&a); err != nil {
			return after{}, err
		}
	}
	return a, l.putAfter(ctx, id, a)
}

func (l *link) putAfter(ctx context.Context, id string, a after) error {
	doc, err := json.Marshal(a)
	if err != nil {
		return fmt.Errorf("record the state after the batch: %w", err)
	}
	err = l.Exec(ctx, `CREATE TABLE IF NOT EXISTS main.`+stateTable+` (id text PRIMARY KEY, doc text NOT NULL)`)
	if err == nil {
		err = l.Exec(ctx, `INSERT OR REPLACE INTO main.`+stateTable+` (id, doc) VALUES ($1, $2)`, id, string(doc))
	}
	return explain("record the state after the batch", err)
}

// getAfter reads the state after batch id; nil where it is not known.
func (l *link) getAfter(ctx context.Context, id string) (*after, error) {
	ok, err := l.hasState(ctx)
	if err != nil || !ok {
		return nil, err
	}
	doc, err := l.text(ctx, `SELECT doc FROM main.`+stateTable+` WHERE id = $1`, id)
	if err != nil {
		return nil, explain("read the state after the batch", err)
	}
	var a after
	if doc == "" || !a.parse(doc) {
		return nil, nil //nolint:nilnil // nil is the documented answer
	}
	return &a, nil
}

// parse reports whether doc is a state that this version knows how to read.
func (a *after) parse(doc string) bool {
	err := json.Unmarshal([]byte(doc), a)
	return err == nil && a.Format == afterFormat && strings.HasPrefix(a.File, afterPrefix)
}

func (l *link) hasState(ctx context.Context) (bool, error) {
	n, err := l.number(ctx, `SELECT count(*) FROM main.sqlite_schema WHERE type = 'table' AND name = '`+stateTable+`'`)
	return n > 0, explain("read the schema", err)
}

// dropAfter forgets the state after batch id.
func (l *link) dropAfter(ctx context.Context, id string) error {
	ok, err := l.hasState(ctx)
	if err != nil || !ok {
		return err
	}
	return explain("forget the state after the batch", l.Exec(ctx, `DELETE FROM main.`+stateTable+` WHERE id = $1`, id))
}

// open gives the file of hashes, once it proved to be what was written.
func (a *after) open(dir string) (*os.File, error) {
	f, err := os.Open(filepath.Join(dir, filepath.Base(a.File)))
	if err != nil {
		return nil, fmt.Errorf("read the state after the batch: %w", err)
	}
	sum := sha256.New()
	if _, err := io.Copy(sum, f); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	if got := hex.EncodeToString(sum.Sum(nil)); got != a.Sum {
		return nil, errors.Join(errors.New("the state after the batch is damaged"), f.Close())
	}
	return f, nil
}

// section is the part of the file that holds a table's hashes.
func (a *after) section(f *os.File, table string) io.Reader {
	at := int64(0)
	for _, t := range a.Tables {
		if fold(t.Name) == fold(table) {
			return bufio.NewReader(io.NewSectionReader(f, at, t.Rows*hashSize))
		}
		at += t.Rows * hashSize
	}
	return strings.NewReader("")
}
