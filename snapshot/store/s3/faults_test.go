package s3_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/safemigrate/safemigrate/internal/testtools"
	"github.com/safemigrate/safemigrate/snapshot"
	"github.com/safemigrate/safemigrate/snapshot/dump"
	"github.com/safemigrate/safemigrate/snapshot/store"
)

// proxy stands before a real server and spoils requests.
type proxy struct {
	*httptest.Server

	call  atomic.Int64
	spoil atomic.Pointer[spoil]
}

// spoil says which requests go wrong, counted from 1, and how.
type spoil struct {
	from, to int64
	how      func(w http.ResponseWriter, r *http.Request, pass http.Handler)
}

func newProxy(t *testing.T, address string) *proxy {
	t.Helper()
	// The host stays the one that the client signed.
	pass := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(&url.URL{Scheme: "http", Host: address})
			r.Out.Host = r.In.Host
		},
		ErrorLog: nil, ErrorHandler: func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) },
	}
	p := &proxy{}
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n := p.call.Add(1)
		if s := p.spoil.Load(); s != nil && n >= s.from && n <= s.to {
			s.how(w, r, pass)
			return
		}
		pass.ServeHTTP(w, r)
	}))
	t.Cleanup(p.Close)
	return p
}

func (p *proxy) address() string { return strings.TrimPrefix(p.URL, "http://") }

// The ways in which a request goes wrong.
var (
	internalError = func(w http.ResponseWriter, _ *http.Request, _ http.Handler) {
		w.WriteHeader(http.StatusInternalServerError)
	}
	reset = func(w http.ResponseWriter, _ *http.Request, _ http.Handler) { hangUp(w) }
	// late does what was asked, and nobody hears of it.
	late = func(w http.ResponseWriter, r *http.Request, pass http.Handler) {
		pass.ServeHTTP(httptest.NewRecorder(), r)
		hangUp(w)
	}
	// half promises an answer and hangs up in its middle.
	half = func(w http.ResponseWriter, r *http.Request, pass http.Handler) {
		answer := httptest.NewRecorder()
		pass.ServeHTTP(answer, r)
		copyHeader(w, answer)
		w.WriteHeader(answer.Code)
		_, _ = w.Write(answer.Body.Bytes()[:answer.Body.Len()/2]) // nobody is there to hear of an error
		hangUp(w)
	}
	// other answers with other bytes of the same length.
	other = func(w http.ResponseWriter, r *http.Request, pass http.Handler) {
		answer := httptest.NewRecorder()
		pass.ServeHTTP(answer, r)
		body := bytes.Clone(answer.Body.Bytes())
		if r.Method == http.MethodGet && len(body) > 0 {
			body[len(body)/2] ^= 1
		}
		copyHeader(w, answer)
		w.WriteHeader(answer.Code)
		_, _ = w.Write(body)
	}
)

func hangUp(w http.ResponseWriter) {
	if conn, _, err := http.NewResponseController(w).Hijack(); err == nil {
		_ = conn.Close()
	}
}

func copyHeader(w http.ResponseWriter, answer *httptest.ResponseRecorder) {
	maps.Copy(w.Header(), answer.Header())
	if w.Header().Get("Content-Length") == "" {
		w.Header().Set("Content-Length", strconv.Itoa(answer.Body.Len()))
	}
}

var shop = snapshot.Database{Engine: "sqlite", Name: "shop", Ledger: "l1"}

func save(ctx context.Context, st store.Store, id, text string) (ref dump.Ref, err error) {
	w, err := dump.Begin(ctx, dump.Options{Store: st, Database: shop, Uploads: 1, Locking: dump.Locking{Beat: time.Minute, Patience: 2 * time.Minute}})
	if err != nil {
		return ref, err
	}
	defer func() { err = errors.Join(err, w.End()) }() //nolint:contextcheck // the writer has its own
	if err := w.WriteFile("database", strings.NewReader(text)); err != nil {
		return ref, err
	}
	m := &snapshot.Manifest{Format: snapshot.Format, ID: id, Strategy: snapshot.Clone, TakenAt: time.Unix(0, 0).UTC(), Database: shop, Tables: []snapshot.Table{}}
	if err := m.Close(); err != nil {
		return ref, err
	}
	return w.Commit(m) //nolint:contextcheck // the writer has its own
}

// load checks that a snapshot is there and whole.
func load(t *testing.T, st store.Store, ref dump.Ref, want string) {
	t.Helper()
	s, err := dump.Open(t.Context(), st, ref, dump.Keys{})
	if err != nil {
		t.Fatal(err)
	}
	var got bytes.Buffer
	if err := s.CopyFile(t.Context(), &got, "database"); err != nil || got.String() != want {
		t.Fatalf("%d bytes, %v; want %d", got.Len(), err, len(want))
	}
}

// TestEveryRequestFails spoils each request of the writing of a snapshot in turn:
// once, which is tried again, or from then on for good.
func TestEveryRequestFails(t *testing.T) {
	t.Parallel()
	server, buckets := testtools.S3(t)
	text := strings.Repeat("some content of a file\n", 3000)
	for name, how := range map[string]func(http.ResponseWriter, *http.Request, http.Handler){
		"500": internalError, "reset": reset, "late": late, "half": half, "other": other,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newProxy(t, server)
			st := open(t, p.address(), bucket(t, buckets, "spoil-"+name))
			first, err := save(t.Context(), st, "s0", text)
			if err != nil {
				t.Fatal(err)
			}
			for nth := int64(1); ; nth++ {
				ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
				p.call.Store(0)
				p.spoil.Store(&spoil{from: nth, to: nth, how: how})
				id := "s" + strconv.FormatInt(nth, 10)
				ref, err := save(ctx, st, id, text+id)
				passed := p.call.Load()
				p.spoil.Store(nil)
				cancel()
				load(t, st, first, text)
				all, listErr := dump.List(t.Context(), st)
				if listErr != nil {
					t.Fatalf("request %d: %v", nth, listErr)
				}
				for _, l := range all[1:] {
					load(t, st, l.Ref, text+l.Ref.ID)
				}
				if err == nil && !slices.ContainsFunc(all, func(l dump.Listed) bool { return l.Ref == ref }) {
					t.Fatalf("request %d: no error and no snapshot", nth)
				}
				if name == "500" && err != nil {
					t.Errorf("request %d: one error of the server stopped it: %v", nth, err)
				}
				if passed < nth {
					break
				}
			}
		})
	}
}

// TestStoreGoesAway: from some request on nothing answers any more.
func TestStoreGoesAway(t *testing.T) {
	t.Parallel()
	server, buckets := testtools.S3(t)
	p := newProxy(t, server)
	st := open(t, p.address(), bucket(t, buckets, "away"))
	first, err := save(t.Context(), st, "s0", "content")
	if err != nil {
		t.Fatal(err)
	}
	for _, nth := range []int64{1, 3, 5, 7} {
		p.call.Store(0)
		p.spoil.Store(&spoil{from: nth, to: 1 << 60, how: reset})
		if _, err := save(t.Context(), st, "s1", "other content"); err == nil {
			t.Fatalf("from request %d on: no error", nth)
		}
		p.spoil.Store(nil)
		all, err := dump.List(t.Context(), st)
		if err != nil || len(all) != 1 || all[0].Ref != first {
			t.Fatalf("from request %d on: %v, %v", nth, all, err)
		}
	}
}

// TestDownloadIsTakenUp: a connection that breaks in the middle of a large object
// is taken up where it broke.
func TestDownloadIsTakenUp(t *testing.T) {
	t.Parallel()
	server, buckets := testtools.S3(t)
	p := newProxy(t, server)
	st := open(t, p.address(), bucket(t, buckets, "large"))
	content := bytes.Repeat([]byte("0123456789"), 300_000)
	if err := st.Put(t.Context(), "large", bytes.NewReader(content)); err != nil {
		t.Fatal(err)
	}
	p.call.Store(0)
	p.spoil.Store(&spoil{from: 1, to: 2, how: half})
	r, err := st.Get(t.Context(), "large")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	got, err := io.ReadAll(r)
	if err != nil || !bytes.Equal(got, content) {
		t.Fatalf("%d bytes, %v", len(got), err)
	}
}
