package s3_test

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"
	"time"

	"github.com/safemigrate/safemigrate/internal/testtools"
	"github.com/safemigrate/safemigrate/snapshot/dump"
	"github.com/safemigrate/safemigrate/snapshot/store"
)

// answering has the server answer, and passes that on changed.
func answering(change func(body []byte) []byte) func(http.ResponseWriter, *http.Request, http.Handler) {
	return func(w http.ResponseWriter, r *http.Request, pass http.Handler) {
		answer := httptest.NewRecorder()
		pass.ServeHTTP(answer, r)
		body := answer.Body.Bytes()
		if r.Method == http.MethodGet && answer.Code == http.StatusOK {
			body = change(body)
			answer.Header().Set("Content-Length", strconv.Itoa(len(body)))
		}
		copyHeader(w, answer)
		w.WriteHeader(answer.Code)
		_, _ = w.Write(body)
	}
}

// The wrong bodies of an answer that says that all is well.
var (
	// page is what stands between a client and a store says in its place.
	page = answering(func([]byte) []byte { return []byte("<html><body>please log in</body></html>") })
	// empty has nothing in it.
	empty = answering(func([]byte) []byte { return nil })
	// fewer is a listing that lacks what comes first.
	fewer = answering(func(body []byte) []byte {
		from, to := bytes.Index(body, []byte("<Contents>")), bytes.Index(body, []byte("</Contents>"))
		if from < 0 || to < 0 {
			return body
		}
		return append(bytes.Clone(body[:from]), body[to+len("</Contents>"):]...)
	})
	// capital has a letter of the first name made another one.
	capital = answering(func(body []byte) []byte {
		return bytes.Replace(body, []byte("<Key>manifests"), []byte("<Key>Manifests"), 1)
	})
)

// TestEveryRequestOfASweepFails spoils each request of the removal of a snapshot and what
// it alone needed in turn: what another snapshot needs stays, and the next sweep works.
func TestEveryRequestOfASweepFails(t *testing.T) { //nolint:tparallel // one after the other, which loads the machine less
	t.Parallel()
	server, buckets := testtools.S3(t)
	quick := dump.Locking{Beat: time.Minute, Patience: 2 * time.Minute}
	for name, how := range map[string]func(http.ResponseWriter, *http.Request, http.Handler){
		"500": internalError, "reset": reset, "late": late, "other": other,
		"page": page, "empty": empty, "fewer": fewer, "capital": capital,
	} {
		t.Run(name, func(t *testing.T) {
			p := newProxy(t, server)
			st := open(t, p.address(), bucket(t, buckets, "sweep-"+name))
			kept, err := save(t.Context(), st, "s0", "what is kept")
			if err != nil {
				t.Fatal(err)
			}
			for nth := int64(1); ; nth++ {
				gone, err := save(t.Context(), st, "s1", "what goes "+strconv.FormatInt(nth, 10))
				if err != nil {
					t.Fatal(err)
				}
				ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
				p.call.Store(0)
				p.spoil.Store(&spoil{from: nth, to: nth, how: how})
				err = dump.Remove(ctx, st, gone)
				if err == nil {
					_, err = dump.Sweep(ctx, st, dump.SweepOptions{Locking: quick})
				}
				passed := p.call.Load()
				p.spoil.Store(nil)
				cancel()
				if name == "500" && err != nil {
					t.Errorf("request %d: one error of the server stopped it: %v", nth, err)
				}
				load(t, st, kept, "what is kept")
				clearOf(t, st, "locks/")
				if err := dump.Remove(t.Context(), st, gone); err != nil {
					t.Fatal(err)
				}
				swept, err := dump.Sweep(t.Context(), st, dump.SweepOptions{Locking: quick})
				if err != nil || swept.Chunks > 1 {
					t.Fatalf("request %d: the next one: %+v, %v", nth, swept, err)
				}
				load(t, st, kept, "what is kept")
				if n := names(t, st, "chunks/"); len(n) != 1 {
					t.Fatalf("request %d: chunks stay: %q", nth, n)
				}
				if passed < nth {
					break
				}
			}
		})
	}
}

func names(t *testing.T, st store.Store, prefix string) (all []string) {
	t.Helper()
	for e, err := range st.List(t.Context(), prefix) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, e.Name)
	}
	return all
}

// clearOf takes away what dead runs left.
func clearOf(t *testing.T, st store.Store, prefix string) {
	t.Helper()
	for _, name := range names(t, st, prefix) {
		if err := st.Remove(t.Context(), name); err != nil {
			t.Fatal(err)
		}
	}
}
