//go:build unix

package dump_test

import (
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/dump"
	"github.com/safemigrate/safemigrate/internal/pgarchive"
	"github.com/safemigrate/safemigrate/internal/testpg"
	stored "github.com/safemigrate/safemigrate/snapshot/dump"
)

func TestMain(m *testing.M) { testpg.Main(m) }

// script writes a program of the shell. Nobody may fork meanwhile: the child would have
// the file open for writing until it is another program, and for so long nobody can run it.
func script(t *testing.T, path, text string) {
	t.Helper()
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+text+"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
}

// folder keeps parts as files: the simplest sink and source.
type folder string

func (f folder) path(t dump.Table, index int) string {
	return filepath.Join(string(f), fmt.Sprintf("%d.%d", t.OID, index))
}

func (f folder) Part(_ context.Context, t dump.Table, index int) (dump.Part, error) {
	file, err := os.Create(f.path(t, index))
	return &part{File: file}, err
}

type part struct {
	*os.File

	sum stored.RowSum
}

func (p *part) Write(b []byte) (int, error) {
	_, _ = p.sum.Write(b)
	return p.File.Write(b)
}

func (p *part) Rows() *stored.RowSum { return &p.sum }
func (p *part) Commit() error        { return p.Close() }
func (p *part) Abort()               { p.Close(); os.Remove(p.Name()) }

// read is what was taken as a source.
type read taken

func (r read) Part(_ context.Context, t dump.Table, index int) (dump.Reading, error) {
	file, err := os.Open(folder(r.rows).path(t, index))
	return &reading{file: file}, err
}

func (r read) File(_ context.Context, name string) (io.ReadCloser, error) {
	return os.Open(filepath.Join(r.schema, name))
}

type reading struct {
	file *os.File
	sum  stored.RowSum
}

func (r *reading) Read(b []byte) (int, error) {
	n, err := r.file.Read(b)
	_, _ = r.sum.Write(b[:n])
	return n, err
}

func (r *reading) Rows() *stored.RowSum { return &r.sum }
func (r *reading) Close() error         { return r.file.Close() }

func options(d *testpg.Database, jobs int) dump.Options {
	return dump.Options{
		Connect:  func(ctx context.Context) (*pgx.Conn, error) { return pgx.Connect(ctx, d.URL) },
		Jobs:     jobs,
		PartSize: 64 << 10,
		LockWait: 10 * time.Second,
	}
}

func programs(t *testing.T, s *testpg.Server) dump.Programs {
	t.Helper()
	p, err := dump.Find(t.Context(), filepath.Dir(s.Program(t, "pg_dump")), 140000)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// taken is a dump in a folder.
type taken struct {
	*dump.Contents

	rows   string // folder of the parts
	schema string // folder of pg_dump's archive
}

// take dumps a database; meanwhile, when set, runs after the state was fixed.
func take(t *testing.T, d *testpg.Database, o dump.Options, meanwhile func()) taken {
	t.Helper()
	return takeBy(t, d, programs(t, d.Server), o, meanwhile)
}

// takeRows is take without what pg_dump writes.
func takeRows(t *testing.T, _ *testpg.Database, o dump.Options, meanwhile func()) taken {
	t.Helper()
	taking, err := dump.Begin(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	defer taking.Close(t.Context())
	if _, err := taking.Freeze(t.Context()); err != nil {
		t.Fatal(err)
	}
	meanwhile()
	out := taken{rows: t.TempDir()}
	if out.Contents, err = taking.Rows(t.Context(), folder(out.rows)); err != nil {
		t.Fatal(err)
	}
	return out
}

// takeBy has the schema written by certain programs.
func takeBy(t *testing.T, d *testpg.Database, by dump.Programs, o dump.Options, meanwhile func()) taken {
	t.Helper()
	ctx := t.Context()
	out := taken{rows: t.TempDir(), schema: filepath.Join(t.TempDir(), "schema")}
	taking, err := dump.Begin(ctx, o)
	if err != nil {
		t.Fatal(err)
	}
	defer taking.Close(ctx)
	snapshot, err := taking.Freeze(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if meanwhile != nil {
		meanwhile()
	}
	if err := os.Mkdir(out.schema, 0o700); err != nil {
		t.Fatal(err)
	}
	err = by.Schema(ctx, reach(t, d), snapshot, time.Minute, func(name string, content io.Reader) error {
		file, err := os.Create(filepath.Join(out.schema, name))
		if err == nil {
			_, err = io.Copy(file, content)
		}
		return errors.Join(err, file.Close())
	})
	if err != nil {
		t.Fatal(err)
	}
	if out.Contents, err = taking.Rows(ctx, folder(out.rows)); err != nil {
		t.Fatal(err)
	}
	return out
}

func reach(t *testing.T, d *testpg.Database) dump.Server {
	t.Helper()
	c, err := pgx.ParseConfig(d.URL)
	if err != nil {
		t.Fatal(err)
	}
	return dump.Reach(c, d.URL)
}

// export writes the form that pg_restore reads.
func (d taken) export(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "archive")
	if err := os.CopyFS(dir, os.DirFS(d.schema)); err != nil {
		t.Fatal(err)
	}
	toc, err := os.ReadFile(filepath.Join(dir, "toc.dat"))
	if err != nil {
		t.Fatal(err)
	}
	toc, files, err := d.Archive(toc, true, pgarchive.Gzip)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "toc.dat"), toc, 0o600); err != nil {
		t.Fatal(err)
	}
	for i, table := range d.Tables {
		for k := range table.Parts {
			if err := compress(filepath.Join(dir, files[i][k]+".gz"), folder(d.rows).path(table, k)); err != nil {
				t.Fatal(err)
			}
		}
	}
	return dir
}

func compress(to, from string) error {
	text, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	file, err := os.Create(to)
	if err != nil {
		return err
	}
	defer file.Close()
	z := gzip.NewWriter(file)
	if _, err := z.Write(append(text, pgarchive.Trailer...)); err != nil {
		return err
	}
	return z.Close()
}
