// Package dir is a store in a directory of the file system: its files 0600, its
// directories 0700, each file complete and on the disk before it has its name.
package dir

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/safemigrate/safemigrate/internal/durable"
	"github.com/safemigrate/safemigrate/snapshot/store"
)

// Store keeps objects as files below a directory.
type Store struct{ root string }

// Open opens the store in a directory. With create the directory is made where
// it is missing; what is above it has to be there. An error that is os.ErrNotExist
// says that create would do.
func Open(path string, create bool) (*Store, error) {
	root, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("open the store: %w", err)
	}
	info, err := os.Stat(root)
	switch {
	case errors.Is(err, os.ErrNotExist) && create:
		if err := durable.MakeDir(root); err != nil {
			return nil, explain("make the store "+root, err)
		}
	case (errors.Is(err, os.ErrNotExist) || errors.Is(err, syscall.ENOTDIR)) && !isDir(filepath.Dir(root)):
		return nil, fmt.Errorf("open the store %s: %w, nor the directory above it", root, store.ErrNoStore)
	case err != nil:
		return nil, explain("open the store "+root, err)
	case !info.IsDir():
		return nil, fmt.Errorf("open the store: %s is not a directory: %w", root, store.ErrNoStore)
	}
	return &Store{root}, nil
}

func isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// Put implements store.Store.
func (s *Store) Put(ctx context.Context, name string, content io.Reader) error {
	path, err := s.place(name)
	if err != nil {
		return err
	}
	return explain("write "+name, durable.Write(path, filler(ctx, content)))
}

// PutNew implements store.Store.
func (s *Store) PutNew(ctx context.Context, name string, content io.Reader) error {
	path, err := s.place(name)
	if err != nil {
		return err
	}
	return explain("write "+name, durable.WriteNew(path, filler(ctx, content)))
}

func filler(ctx context.Context, content io.Reader) func(io.Writer) error {
	return func(w io.Writer) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		if _, err := io.Copy(w, content); err != nil {
			return fmt.Errorf("write: %w", err)
		}
		return ctx.Err()
	}
}

// place finds the file of an object, and makes the directories that it lies in.
func (s *Store) place(name string) (string, error) {
	if err := store.CheckName(name); err != nil {
		return "", err
	}
	parts := strings.Split(name, "/")
	path := s.root
	for _, part := range parts[:len(parts)-1] {
		path = filepath.Join(path, part)
		if info, err := os.Lstat(path); err == nil && info.IsDir() {
			continue
		}
		if err := durable.MakeDir(path); err != nil {
			return "", explain("make "+path, err)
		}
	}
	return filepath.Join(path, parts[len(parts)-1]), nil
}

// Get implements store.Store. A link is refused: what a store holds lies in it.
func (s *Store) Get(ctx context.Context, name string) (io.ReadCloser, error) {
	if err := store.CheckName(name); err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(s.root)
	if err != nil {
		return nil, explain("open the store", err)
	}
	defer func() { _ = root.Close() }() // nothing was written
	info, err := root.Lstat(filepath.FromSlash(name))
	if err != nil {
		return nil, s.missing(name, err)
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("read %s: it is not a file", name)
	}
	f, err := root.Open(filepath.FromSlash(name))
	if err != nil {
		return nil, s.missing(name, err)
	}
	return f, nil
}

func (s *Store) missing(name string, err error) error {
	if errors.Is(err, os.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
		return fmt.Errorf("read %s: %w", name, store.ErrMissing)
	}
	return explain("read "+name, err)
}

// List implements store.Store. What is under way is not listed.
func (s *Store) List(ctx context.Context, prefix string) iter.Seq2[store.Entry, error] {
	return func(yield func(store.Entry, error) bool) {
		start := s.root
		if i := strings.LastIndexByte(prefix, '/'); i >= 0 {
			if err := store.CheckName(prefix[:i]); err != nil {
				yield(store.Entry{}, err)
				return
			}
			start = filepath.Join(s.root, filepath.FromSlash(prefix[:i]))
		}
		err := filepath.WalkDir(start, func(path string, d fs.DirEntry, err error) error {
			if err == nil {
				err = ctx.Err()
			}
			if errors.Is(err, os.ErrNotExist) && path != s.root {
				return nil // went while we looked
			}
			if err != nil {
				return err
			}
			return s.visit(path, prefix, d, yield)
		})
		if err != nil {
			yield(store.Entry{}, explain("list the store", err))
		}
	}
}

func (s *Store) visit(path, prefix string, d fs.DirEntry, yield func(store.Entry, error) bool) error {
	rel, err := filepath.Rel(s.root, path)
	if err != nil {
		return fmt.Errorf("list %s: %w", path, err)
	}
	name := filepath.ToSlash(rel)
	ours := strings.HasPrefix(name, prefix) && store.CheckName(name) == nil
	if d.IsDir() || !ours {
		return nil
	}
	info, err := d.Info()
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("list %s: %w", name, err)
	}
	if !yield(store.Entry{Name: name, Size: info.Size(), Time: info.ModTime()}, nil) {
		return filepath.SkipAll
	}
	return nil
}

// Remove implements store.Store.
func (s *Store) Remove(ctx context.Context, name string) error {
	if err := store.CheckName(name); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	path := filepath.Join(s.root, filepath.FromSlash(name))
	return explain("remove "+name, durable.Remove(path))
}

func (s *Store) String() string { return s.root }

// Room tells how many bytes may be written to the store. An error says that none may.
// Nothing is written.
func (s *Store) Room() (int64, error) {
	if err := durable.Writable(s.root); err != nil {
		return 0, explain("look at "+s.root, err)
	}
	return durable.Free(s.root)
}

// explain gives the errors of a file system the words of a store.
func explain(what string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, os.ErrExist):
		return fmt.Errorf("%s: %w", what, store.ErrExists)
	case errors.Is(err, os.ErrPermission), errors.Is(err, syscall.EROFS):
		return fmt.Errorf("%s: %w: %w", what, store.ErrDenied, err)
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return fmt.Errorf("%s: %w: %w", what, store.ErrFull, err)
	case errors.Is(err, os.ErrNotExist):
		return fmt.Errorf("%s: %w: %w", what, store.ErrNoStore, err)
	}
	return fmt.Errorf("%s: %w", what, err)
}

// Tidy removes what writers that died left under way, where it is older than
// age.
func (s *Store) Tidy(ctx context.Context, age time.Duration) error {
	err := filepath.WalkDir(s.root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != durable.TempSuffix {
			return errors.Join(err, ctx.Err())
		}
		info, err := d.Info()
		if err == nil && time.Since(info.ModTime()) > age {
			err = durable.Remove(path)
		}
		if errors.Is(err, os.ErrNotExist) {
			return nil
		}
		return err
	})
	return explain("tidy the store", err)
}
