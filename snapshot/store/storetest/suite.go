// Package storetest is the suite that every store passes.
package storetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/iotest"

	"github.com/safemigrate/safemigrate/snapshot/store"
)

// Run has a store pass the suite. open returns an empty store.
func Run(t *testing.T, open func(t *testing.T) store.Store) {
	t.Helper()
	for _, c := range []struct {
		name string
		test func(*testing.T, store.Store)
	}{
		{"what was put is read", putAndGet},
		{"put replaces", replace},
		{"a new name is given once", putNew},
		{"of many writers of a new name one wins", putNewAtOnce},
		{"a missing object", missing},
		{"a removed object is gone", remove},
		{"listing", list},
		{"more names than a page of a listing", manyNames},
		{"content that ends in an error leaves nothing", brokenContent},
		{"a cancelled context does nothing", cancelled},
		{"names that are refused", badNames},
		{"sizes", sizes},
		{"many at once", atOnce},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.test(t, open(t))
		})
	}
}

func put(t *testing.T, s store.Store, name, content string) {
	t.Helper()
	if err := s.Put(t.Context(), name, strings.NewReader(content)); err != nil {
		t.Fatal(err)
	}
}

func get(t *testing.T, s store.Store, name string) string {
	t.Helper()
	content, err := store.Read(t.Context(), s, name, 1<<30)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

func names(t *testing.T, s store.Store, prefix string) []string {
	t.Helper()
	var all []string
	for e, err := range s.List(t.Context(), prefix) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, e.Name)
	}
	return all
}

func putAndGet(t *testing.T, s store.Store) {
	t.Helper()
	for _, name := range []string{"a", "a-b/c_d/e.f", "chunks/00/0123456789abcdef"} {
		put(t, s, name, "content of "+name)
		if got := get(t, s, name); got != "content of "+name {
			t.Fatalf("%s holds %q", name, got)
		}
	}
}

func replace(t *testing.T, s store.Store) {
	t.Helper()
	for _, content := range []string{"first, and longer", "second", ""} {
		put(t, s, "x/y", content)
		if got := get(t, s, "x/y"); got != content {
			t.Fatalf("got %q, want %q", got, content)
		}
	}
}

func putNew(t *testing.T, s store.Store) {
	t.Helper()
	if err := s.PutNew(t.Context(), "locks/one", strings.NewReader("mine")); err != nil {
		t.Fatal(err)
	}
	if err := s.PutNew(t.Context(), "locks/one", strings.NewReader("yours")); !errors.Is(err, store.ErrExists) {
		t.Fatalf("got %v, want ErrExists", err)
	}
	if got := get(t, s, "locks/one"); got != "mine" {
		t.Fatalf("got %q", got)
	}
}

func putNewAtOnce(t *testing.T, s store.Store) {
	t.Helper()
	const writers = 8
	errs := make([]error, writers)
	var wg sync.WaitGroup
	for i := range writers {
		wg.Go(func() { errs[i] = s.PutNew(t.Context(), "locks/one", strings.NewReader(strconv.Itoa(i))) })
	}
	wg.Wait()
	winner := slices.Index(errs, nil)
	for i, err := range errs {
		if i != winner && !errors.Is(err, store.ErrExists) {
			t.Fatalf("writer %d: %v", i, err)
		}
	}
	if winner < 0 || get(t, s, "locks/one") != strconv.Itoa(winner) {
		t.Fatalf("writer %d won; the object holds another's content", winner)
	}
}

func missing(t *testing.T, s store.Store) {
	t.Helper()
	for _, name := range []string{"none", "none/at/all"} {
		if _, err := s.Get(t.Context(), name); !errors.Is(err, store.ErrMissing) {
			t.Fatalf("got %v, want ErrMissing", err)
		}
		if err := s.Remove(t.Context(), name); err != nil {
			t.Fatalf("remove: %v", err)
		}
	}
	if all := names(t, s, "none/"); len(all) > 0 {
		t.Fatalf("found %v", all)
	}
}

func remove(t *testing.T, s store.Store) {
	t.Helper()
	put(t, s, "a/b", "x")
	if err := s.Remove(t.Context(), "a/b"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Get(t.Context(), "a/b"); !errors.Is(err, store.ErrMissing) {
		t.Fatalf("got %v", err)
	}
	put(t, s, "a/b", "y")
	if got := get(t, s, "a/b"); got != "y" {
		t.Fatalf("got %q", got)
	}
}

func list(t *testing.T, s store.Store) {
	t.Helper()
	all := []string{"chunks/aa/1", "chunks/aa/2", "chunks/ab/3", "chunksx", "manifests/one.json"}
	for _, name := range slices.Backward(all) {
		put(t, s, name, name)
	}
	for prefix, want := range map[string][]string{
		"": all, "chunks/": all[:3], "chunks/aa/": all[:2], "chunks/aa/1": all[:1], "chunks": all[:4], "m": all[4:], "z": nil,
	} {
		if got := names(t, s, prefix); !slices.Equal(got, want) {
			t.Fatalf("%q: got %v, want %v", prefix, got, want)
		}
	}
	for e, err := range s.List(t.Context(), "chunks/aa/") {
		if err != nil || e.Size != int64(len(e.Name)) || e.Time.IsZero() {
			t.Fatalf("got %+v, %v", e, err)
		}
		break // a listing can be left
	}
}

func manyNames(t *testing.T, s store.Store) {
	t.Helper()
	const n = 1100 // a page of S3 has 1000
	var wg sync.WaitGroup
	for worker := range 8 {
		wg.Go(func() {
			for i := worker; i < n; i += 8 {
				if err := s.Put(t.Context(), fmt.Sprintf("many/%04d", i), strings.NewReader("x")); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	if got := names(t, s, "many/"); len(got) != n || !slices.IsSorted(got) {
		t.Fatalf("listed %d of %d", len(got), n)
	}
}

func brokenContent(t *testing.T, s store.Store) {
	t.Helper()
	broken := errors.New("the content broke")
	put(t, s, "old", "old content")
	for name, write := range map[string]func(context.Context, string, io.Reader) error{"old": s.Put, "new": s.PutNew, "other": s.Put} {
		r := io.MultiReader(strings.NewReader("half"), iotest.ErrReader(broken))
		if err := write(t.Context(), name, r); !errors.Is(err, broken) {
			t.Fatalf("%s: got %v", name, err)
		}
	}
	if got := get(t, s, "old"); got != "old content" {
		t.Fatalf("got %q", got)
	}
	if got := names(t, s, ""); !slices.Equal(got, []string{"old"}) {
		t.Fatalf("found %v", got)
	}
}

func cancelled(t *testing.T, s store.Store) {
	t.Helper()
	put(t, s, "old", "old content")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Put(ctx, "old", strings.NewReader("new")); !errors.Is(err, context.Canceled) {
		t.Fatalf("put: %v", err)
	}
	if err := s.PutNew(ctx, "new", strings.NewReader("new")); !errors.Is(err, context.Canceled) {
		t.Fatalf("put new: %v", err)
	}
	if err := s.Remove(ctx, "old"); !errors.Is(err, context.Canceled) {
		t.Fatalf("remove: %v", err)
	}
	if got := names(t, s, ""); !slices.Equal(got, []string{"old"}) || get(t, s, "old") != "old content" {
		t.Fatalf("found %v", got)
	}
}

func badNames(t *testing.T, s store.Store) {
	t.Helper()
	for _, name := range []string{
		"", "/", "/a", "a/", "a//b", "..", "../a", "a/../b", "a/..", ".", ".hidden", "a/.b", "A", "a/B", "a.tmp", "a b", "a\\b",
		"a\x00b", "a\nb", "ä", strings.Repeat("a", store.MaxName+1), "c:\\a", "a:b",
	} {
		if err := s.Put(t.Context(), name, strings.NewReader("x")); err == nil {
			t.Errorf("%q was put", name)
		}
		if err := s.PutNew(t.Context(), name, strings.NewReader("x")); err == nil {
			t.Errorf("%q was put as new", name)
		}
		if _, err := s.Get(t.Context(), name); err == nil {
			t.Errorf("%q was read", name)
		}
		if err := s.Remove(t.Context(), name); err == nil {
			t.Errorf("%q was removed", name)
		}
	}
}

func sizes(t *testing.T, s store.Store) {
	t.Helper()
	for _, size := range []int{0, 1, 4095, 64 << 10, 5<<20 + 1, 33 << 20} {
		content := bytes.Repeat([]byte("0123456789abcdef"), size/16+1)[:size]
		// A reader that cannot tell its length is content as well.
		if err := s.Put(t.Context(), "size", io.MultiReader(bytes.NewReader(content))); err != nil {
			t.Fatal(err)
		}
		if got := get(t, s, "size"); got != string(content) {
			t.Fatalf("%d bytes came back as %d, or others", size, len(got))
		}
	}
}

func atOnce(t *testing.T, s store.Store) {
	t.Helper()
	var wg sync.WaitGroup
	for i := range 16 {
		wg.Go(func() {
			name := fmt.Sprintf("d%d/x", i%4)
			if err := s.Put(t.Context(), name, strings.NewReader(name)); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for _, name := range names(t, s, "") {
		if got := get(t, s, name); got != name {
			t.Errorf("%s holds %q", name, got)
		}
	}
}
