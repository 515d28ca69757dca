package dir_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/safemigrate/safemigrate/snapshot/store"
	"github.com/safemigrate/safemigrate/snapshot/store/dir"
	"github.com/safemigrate/safemigrate/snapshot/store/storetest"
)

func open(t *testing.T) (*dir.Store, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "store")
	s, err := dir.Open(path, true)
	if err != nil {
		t.Fatal(err)
	}
	return s, path
}

func TestSuite(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T) store.Store {
		t.Helper()
		s, _ := open(t)
		return s
	})
}

func TestModes(t *testing.T) {
	t.Parallel()
	s, path := open(t)
	if err := s.Put(t.Context(), "a/b/c", strings.NewReader("x")); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]os.FileMode{"": 0o700, "a": 0o700, "a/b": 0o700, "a/b/c": 0o600} {
		info, err := os.Stat(filepath.Join(path, name))
		if err != nil || info.Mode().Perm() != want {
			t.Errorf("%q: mode %v, %v; want %v", name, info.Mode(), err, want)
		}
	}
}

func TestOpen(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	file := filepath.Join(root, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		path   string
		create bool
	}{
		"missing":              {filepath.Join(root, "none"), false},
		"missing with its own": {filepath.Join(root, "none", "store"), true},
		"far away":             {filepath.Join(root, "none", "store"), false},
		"below a file":         {filepath.Join(file, "store"), false},
		"a file":               {file, true},
	} {
		if _, err := dir.Open(c.path, c.create); !errors.Is(err, store.ErrNoStore) {
			t.Errorf("%s: got %v", name, err)
		} else if made := errors.Is(err, os.ErrNotExist); made != (name == "missing") && !c.create {
			t.Errorf("%s: to make it would do: %t, %v", name, made, err)
		}
	}
}

func TestLinksAreRefused(t *testing.T) {
	t.Parallel()
	s, path := open(t)
	outside := t.TempDir()
	if err := os.WriteFile(filepath.Join(outside, "secret"), []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(outside, "secret"), filepath.Join(path, "link")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(outside, filepath.Join(path, "out")); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"link", "out/secret"} {
		if r, err := s.Get(t.Context(), name); err == nil {
			r.Close()
			t.Errorf("%s was followed", name)
		}
	}
	if err := s.Put(t.Context(), "out/new", strings.NewReader("x")); err == nil {
		t.Error("a link was followed to write")
	}
}

func TestTidy(t *testing.T) {
	t.Parallel()
	s, path := open(t)
	if err := s.Put(t.Context(), "a/b", strings.NewReader("x")); err != nil {
		t.Fatal(err)
	}
	left := filepath.Join(path, "a", "b.123.tmp")
	if err := os.WriteFile(left, []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	for age, there := range map[time.Duration]bool{time.Hour: true} {
		if err := s.Tidy(t.Context(), age); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(left); (err == nil) != there {
			t.Fatalf("age %v: %v", age, err)
		}
	}
	if err := s.Tidy(t.Context(), 0); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(left); !errors.Is(err, os.ErrNotExist) {
		t.Fatalf("it is still there: %v", err)
	}
	if _, err := os.Stat(filepath.Join(path, "a", "b")); err != nil {
		t.Fatal(err)
	}
}
