package dump

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/safemigrate/safemigrate/internal/failpoint"
	"github.com/safemigrate/safemigrate/internal/pgarchive"
)

// Export writes the form that the stock pg_restore reads into dir, which is made. The
// rows are compressed with gzip, which every pg_restore reads; zstd is read by those of
// 16 and newer, where they were built with it. tell, when set, is told of each table.
//
// The directory has its name only once it is whole: what pg_dump wrote of the schema would
// be taken for an archive without rows. A crash leaves one that begins with a dot.
func (f FromStore) Export(ctx context.Context, dir string, tell func(table string)) (err error) {
	dir = filepath.Clean(dir) // what stands behind a last slash is nothing
	if _, err := os.Lstat(dir); err == nil {
		return fmt.Errorf("%s: %w", dir, os.ErrExist)
	}
	draft, err := os.MkdirTemp(filepath.Dir(dir), "."+filepath.Base(dir)+"-unfinished-")
	if err != nil {
		return fmt.Errorf("make a place for the archive: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(draft)) }()
	whole := filepath.Join(draft, "archive")
	if err := f.export(ctx, whole, tell); err != nil {
		return err
	}
	failpoint.Hit("dump.postgres.exported")
	if err := os.Rename(whole, dir); err != nil {
		return fmt.Errorf("give the archive its name: %w", err)
	}
	return nil
}

func (f FromStore) export(ctx context.Context, dir string, tell func(table string)) error {
	c, err := f.Contents(ctx)
	if err != nil {
		return err
	}
	if err := f.unpack(ctx, c.Files, dir); err != nil {
		return err
	}
	path := filepath.Join(dir, tocFile)
	toc, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("read the schema: %w", err)
	}
	toc, files, err := c.Archive(toc, true, pgarchive.Gzip)
	if err != nil {
		return err
	}
	for i, t := range c.Tables {
		if tell != nil {
			tell(t.Label())
		}
		for k := range t.Parts {
			if err := f.exportPart(ctx, t, k, filepath.Join(dir, files[i][k]+".gz")); err != nil {
				return fmt.Errorf("write the rows of %s: %w", t.Label(), err)
			}
		}
	}
	if err := os.Remove(path); err != nil {
		return fmt.Errorf("write the table of contents: %w", err)
	}
	if err := writeFile(path, bytes.NewReader(toc)); err != nil {
		return fmt.Errorf("write the table of contents: %w", err)
	}
	return nil
}

func (f FromStore) exportPart(ctx context.Context, t Table, index int, path string) (err error) {
	part, err := f.Part(ctx, t, index)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, part.Close()) }()
	r, w := io.Pipe()
	go func() { w.CloseWithError(squeeze(w, io.MultiReader(part, strings.NewReader(pgarchive.Trailer)))) }()
	return errors.Join(writeFile(path, r), r.Close())
}

func squeeze(to io.Writer, from io.Reader) error {
	z, err := gzip.NewWriterLevel(to, gzip.BestSpeed)
	if err != nil {
		return err //nolint:wrapcheck // the caller says what was tried
	}
	_, err = io.Copy(z, from)
	return errors.Join(err, z.Close())
}
