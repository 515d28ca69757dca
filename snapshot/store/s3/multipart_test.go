package s3_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/safemigrate/safemigrate/internal/testtools"
	"github.com/safemigrate/safemigrate/snapshot/dump"
	"github.com/safemigrate/safemigrate/snapshot/store"
)

// severalParts goes up in two parts.
var severalParts = bytes.Repeat([]byte("0123456789abcde\n"), 1<<20+1)

// stored is what is under a name; nil: nothing.
func stored(t *testing.T, st store.Store, name string) []byte {
	t.Helper()
	r, err := st.Get(t.Context(), name)
	if errors.Is(err, store.ErrMissing) {
		return nil
	}
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(r)
	if err := errors.Join(err, r.Close()); err != nil {
		t.Fatal(err)
	}
	return text
}

// TestPartsFail spoils each request of an upload in several parts (create, each part,
// complete, and what gives it up): there is all of the object, or none of it.
func TestPartsFail(t *testing.T) {
	t.Parallel()
	server, buckets := testtools.S3(t)
	for name, how := range map[string]func(http.ResponseWriter, *http.Request, http.Handler){"500": internalError, "reset": reset, "late": late} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newProxy(t, server)
			st := open(t, p.address(), bucket(t, buckets, "parts-"+name))
			for nth := int64(1); ; nth++ {
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				p.call.Store(0)
				p.spoil.Store(&spoil{from: nth, to: nth, how: how})
				object := "object-" + string(rune('a'+nth))
				err := st.Put(ctx, object, bytes.NewReader(severalParts))
				passed := p.call.Load()
				p.spoil.Store(nil)
				cancel()
				is := stored(t, st, object)
				if is != nil && !bytes.Equal(is, severalParts) || err == nil && is == nil {
					t.Fatalf("request %d: %d bytes are there, %v", nth, len(is), err)
				}
				if name == "500" && err != nil {
					t.Errorf("request %d: one error of the server stopped it: %v", nth, err)
				}
				if passed < nth {
					break
				}
			}
			for _, nth := range []int64{1, 2, 4} { // and for good
				p.call.Store(0)
				p.spoil.Store(&spoil{from: nth, to: 1 << 60, how: reset})
				err := st.Put(t.Context(), "never", bytes.NewReader(severalParts))
				p.spoil.Store(nil)
				if is := stored(t, st, "never"); err == nil || is != nil {
					t.Errorf("from request %d on: %d bytes are there, %v", nth, len(is), err)
				}
			}
		})
	}
}

// TestLargeAndNew: what would go up in several parts does not take a name that is taken.
func TestLargeAndNew(t *testing.T) {
	t.Parallel()
	server, buckets := testtools.S3(t)
	st := open(t, server, bucket(t, buckets, "large-new"))
	if err := st.PutNew(t.Context(), "one", bytes.NewReader(severalParts)); err != nil || !bytes.Equal(stored(t, st, "one"), severalParts) {
		t.Fatalf("a name that is free: %v", err)
	}
	if err := st.PutNew(t.Context(), "one", bytes.NewReader(append(bytes.Clone(severalParts), 'x'))); !errors.Is(err, store.ErrExists) {
		t.Errorf("a name that is taken: %v", err)
	}
	if !bytes.Equal(stored(t, st, "one"), severalParts) {
		t.Error("what had the name is gone")
	}
}

// TestReadingFails spoils each request of the reading of a snapshot: what is read is what
// was written, or an error.
func TestReadingFails(t *testing.T) {
	t.Parallel()
	server, buckets := testtools.S3(t)
	p := newProxy(t, server)
	st := open(t, p.address(), bucket(t, buckets, "reading"))
	text := strings.Repeat("some content of a file\n", 3000)
	ref, err := save(t.Context(), st, "s0", text)
	if err != nil {
		t.Fatal(err)
	}
	read := func() (string, error) {
		s, err := dump.Open(t.Context(), st, ref, dump.Keys{})
		if err != nil {
			return "", err
		}
		var got bytes.Buffer
		err = s.CopyFile(t.Context(), &got, "database")
		return got.String(), err
	}
	for name, how := range map[string]func(http.ResponseWriter, *http.Request, http.Handler){"500": internalError, "reset": reset, "half": half, "other": other} {
		for nth := int64(1); ; nth++ {
			p.call.Store(0)
			p.spoil.Store(&spoil{from: nth, to: nth, how: how})
			got, err := read()
			passed := p.call.Load()
			p.spoil.Store(nil)
			if err == nil && got != text || err != nil && name != "other" {
				t.Errorf("%s, request %d: %d bytes, %v", name, nth, len(got), err)
			}
			if passed < nth {
				break
			}
		}
	}
}

// TestNoOtherChecksums: stores that are not AWS refuse checksums that they do not know.
// What is sent is signed with its own sum, and nothing beyond.
func TestNoOtherChecksums(t *testing.T) {
	t.Parallel()
	server, buckets := testtools.S3(t)
	p := newProxy(t, server)
	var mu sync.Mutex
	var seen []http.Header
	p.spoil.Store(&spoil{from: 1, to: 1 << 60, how: func(w http.ResponseWriter, r *http.Request, pass http.Handler) {
		mu.Lock()
		seen = append(seen, r.Header.Clone())
		mu.Unlock()
		pass.ServeHTTP(w, r)
	}})
	st := open(t, p.address(), bucket(t, buckets, "sums"))
	for _, content := range [][]byte{[]byte("small"), severalParts} {
		if err := errors.Join(st.Put(t.Context(), "a", bytes.NewReader(content)), st.PutNew(t.Context(), "b", bytes.NewReader(content)), st.Remove(t.Context(), "b")); err != nil {
			t.Fatal(err)
		}
		stored(t, st, "a")
	}
	if len(seen) < 10 {
		t.Errorf("%d requests", len(seen))
	}
	for _, h := range seen {
		for name := range h {
			if low := strings.ToLower(name); strings.Contains(low, "checksum") || strings.Contains(low, "trailer") {
				t.Errorf("sent with %s: %s", name, h.Get(name))
			}
		}
	}
}
