package dump

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	stored "github.com/safemigrate/safemigrate/snapshot/dump"
)

// What a snapshot in a store holds beside the rows.
const (
	contentsPart = "contents.json"
	schemaPrefix = "pg_dump/" // before the names of the files of pg_dump's archive
	tocFile      = "toc.dat"
	// mostContents bounds what is read of a list of contents.
	mostContents = 256 << 20
)

// Save takes what is frozen into a store: the schema, which pg_dump reads, the rows, and the
// list of both. The caller commits. Rows are not on their way while pg_dump runs: whoever
// killed this process then would leave that one behind.
func (t *Taking) Save(ctx context.Context, w *stored.Writer, p Programs, s Server) (*Contents, error) {
	files, err := t.saveSchema(ctx, w, p, s)
	if err != nil {
		return nil, err
	}
	c, err := t.Rows(ctx, intoStore{w})
	if err != nil {
		return nil, err
	}
	c.Files, c.Dumper = files, p.Version
	text, err := json.Marshal(c)
	if err != nil {
		return nil, fmt.Errorf("list what was dumped: %w", err)
	}
	if err := saveFile(w, contentsPart, bytes.NewReader(text)); err != nil {
		return nil, fmt.Errorf("list what was dumped: %w", err)
	}
	return c, nil
}

// saveSchema stores the archive that pg_dump writes of the schema, and names its files.
func (t *Taking) saveSchema(ctx context.Context, w *stored.Writer, p Programs, s Server) (names []string, err error) {
	err = p.Schema(ctx, s, t.snapshot, t.opts.LockWait, func(name string, content io.Reader) error {
		names = append(names, name)
		if err := saveFile(w, schemaPrefix+name, content); err != nil {
			return fmt.Errorf("store %s: %w", name, err)
		}
		return nil
	})
	return names, err
}

func saveFile(w *stored.Writer, name string, content io.Reader) error {
	part, err := w.Part(name, 0, stored.Bytes)
	if err != nil {
		return err
	}
	if _, err := io.Copy(part, content); err != nil {
		return err //nolint:wrapcheck // the caller says what was tried
	}
	return part.Close()
}

// intoStore is a store as a sink.
type intoStore struct{ w *stored.Writer }

// Part begins a part.
func (i intoStore) Part(_ context.Context, t Table, index int) (Part, error) {
	p, err := i.w.Part(t.Label(), index, stored.Rows)
	if err != nil {
		return nil, err
	}
	return storedPart{p}, nil
}

type storedPart struct{ *stored.Part }

// Commit makes the part one of the snapshot.
func (p storedPart) Commit() error { return p.Close() }

// Abort gives it up.
func (p storedPart) Abort() { p.Discard() }

// FromStore is a snapshot of a store as a source.
type FromStore struct{ *stored.Snapshot }

// Part opens a part.
func (f FromStore) Part(ctx context.Context, t Table, index int) (Reading, error) {
	r, err := f.Read(ctx, t.Label(), index)
	if err != nil {
		return nil, err
	}
	if r.Rows() == nil {
		return nil, fmt.Errorf("%w: part %d of %s holds no rows", ErrDamaged, index, t.Label())
	}
	return r, nil
}

// Contents reads what the snapshot holds, and checks that its parts are there.
func (f FromStore) Contents(ctx context.Context) (*Contents, error) {
	r, err := f.Read(ctx, contentsPart, 0)
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(io.LimitReader(r, mostContents))
	if err := errors.Join(err, r.Close()); err != nil {
		return nil, fmt.Errorf("read what the snapshot holds: %w", err)
	}
	c := &Contents{}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(c); err != nil {
		return nil, fmt.Errorf("%w: what the snapshot holds: %w", ErrDamaged, err)
	}
	for _, t := range c.Tables {
		for k := range t.Parts {
			if _, err := f.Snapshot.Part(t.Label(), k); err != nil {
				return nil, fmt.Errorf("%w: %w", ErrDamaged, err)
			}
		}
	}
	return c, nil
}

// ReadFiles reads pg_dump's archive of the schema without keeping it.
func (f FromStore) ReadFiles(ctx context.Context, c *Contents) error {
	for _, name := range c.Files {
		if err := f.CopyFile(ctx, io.Discard, schemaPrefix+name); err != nil {
			return err
		}
	}
	return nil
}

// Unpack writes the table of contents of pg_dump's archive into dir, which is made. Large
// objects stay where they are.
func (f FromStore) Unpack(ctx context.Context, dir string) error {
	return f.unpack(ctx, []string{tocFile}, dir)
}

// unpack writes files of pg_dump's archive into dir, which is made.
func (f FromStore) unpack(ctx context.Context, names []string, dir string) error {
	for _, name := range names {
		if name != filepath.Base(name) || name == "." || name == ".." {
			return fmt.Errorf("%w: %q is not the name of a file of an archive", ErrDamaged, name)
		}
	}
	if err := os.Mkdir(dir, 0o700); err != nil {
		return fmt.Errorf("unpack the schema: %w", err)
	}
	for _, name := range names {
		r, err := f.File(ctx, name)
		if err != nil {
			return err
		}
		if err := errors.Join(writeFile(filepath.Join(dir, name), r), r.Close()); err != nil {
			return fmt.Errorf("unpack the schema: %w", err)
		}
	}
	return nil
}

// File opens a file of pg_dump's archive.
func (f FromStore) File(ctx context.Context, name string) (io.ReadCloser, error) {
	r, err := f.Read(ctx, schemaPrefix+name, 0)
	if err != nil {
		return nil, err
	}
	return r, nil
}

// writeFile makes a file of what is read.
func writeFile(path string, content io.Reader) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600) //nolint:gosec // the caller has checked the name
	if err != nil {
		return err //nolint:wrapcheck // the caller says what was tried
	}
	_, err = io.Copy(file, content)
	return errors.Join(err, file.Sync(), file.Close())
}
