package s3

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/safemigrate/safemigrate/internal/testtools"
	"github.com/safemigrate/safemigrate/snapshot/store"
)

// shortStall is what a server is given that never answers. One that does, late, is given
// longer, since a busy machine is late, too.
const shortStall = 400 * time.Millisecond

// sluggish stands before a real server and takes its time.
type sluggish struct {
	silent atomic.Bool // requests are accepted, and never answered
	stuck  atomic.Bool // of an answer the first half comes, and no more
	pause  atomic.Int64
}

// newSluggish opens a store behind it, which is given up when nothing comes for so long.
func newSluggish(t *testing.T, stall time.Duration) (*sluggish, *Store, error) {
	t.Helper()
	server, buckets := testtools.S3(t)
	if err := os.Mkdir(filepath.Join(buckets, "slow"), 0o700); err != nil {
		t.Fatal(err)
	}
	s := &sluggish{}
	pass := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(&url.URL{Scheme: "http", Host: server})
		r.Out.Host = r.In.Host // the one that the client signed
	}}
	over := make(chan struct{})
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s.silent.Load() {
			<-over
			return
		}
		answer := httptest.NewRecorder()
		pass.ServeHTTP(answer, r)
		s.trickle(w, answer, over)
	}))
	t.Cleanup(front.Close)
	t.Cleanup(func() { close(over) }) // before the server waits for its requests
	st, err := open(t.Context(), "s3://slow?endpoint="+front.URL, stall)
	return s, st, err
}

// trickle passes an answer on in pieces, with a pause before each.
func (s *sluggish) trickle(w http.ResponseWriter, answer *httptest.ResponseRecorder, over <-chan struct{}) {
	const pieces = 8
	maps.Copy(w.Header(), answer.Header())
	body := answer.Body.Bytes()
	if w.Header().Get("Content-Length") == "" {
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	}
	time.Sleep(time.Duration(s.pause.Load()))
	w.WriteHeader(answer.Code)
	for i := range pieces {
		if s.stuck.Load() && i == pieces/2 {
			<-over
			return
		}
		if _, err := w.Write(body[len(body)*i/pieces : len(body)*(i+1)/pieces]); err != nil {
			return
		}
		_ = http.NewResponseController(w).Flush() // the next piece comes whoever listens
		time.Sleep(time.Duration(s.pause.Load()))
	}
}

// TestSilentServer gives a server up that accepts whatever it is asked and never
// answers, or no further, instead of waiting for it for ever.
func TestSilentServer(t *testing.T) {
	t.Parallel()
	s, patient, err := newSluggish(t, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	if err := patient.Put(t.Context(), "object", bytes.NewReader(bytes.Repeat([]byte("x"), 1<<20))); err != nil {
		t.Fatal(err)
	}
	st, err := prepare(patient.String(), shortStall)
	if err != nil {
		t.Fatal(err)
	}
	for name, ask := range map[string]func(context.Context) error{
		"open":   func(ctx context.Context) error { _, err := open(ctx, st.String(), shortStall); return err },
		"put":    func(ctx context.Context) error { return st.Put(ctx, "other", bytes.NewReader([]byte("y"))) },
		"get":    func(ctx context.Context) error { return read(ctx, st, 0) },
		"remove": func(ctx context.Context) error { return st.Remove(ctx, "other") },
		"list":   list(st),
	} {
		s.silent.Store(true)
		inTime(t, name, ask)
	}
	s.silent.Store(false)
	s.stuck.Store(true)
	inTime(t, "the rest of an answer", func(ctx context.Context) error { return read(ctx, st, 0) })
	inTime(t, "the rest of a listing", list(st))
	s.stuck.Store(false)
	if err := read(t.Context(), patient, 0); err != nil {
		t.Errorf("once it answers again: %v", err)
	}
}

// list looks for one object.
func list(st store.Store) func(context.Context) error {
	return func(ctx context.Context) error {
		for _, err := range st.List(ctx, "") {
			return err
		}
		return nil
	}
}

// inTime wants an error, and not that of a context that is over.
func inTime(t *testing.T, what string, ask func(context.Context) error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	if err := ask(ctx); err == nil || ctx.Err() != nil {
		t.Errorf("%s: %v, %v", what, err, ctx.Err())
	}
}

// TestSlowServer waits for a server from which something comes now and then, and
// lets a reader take its time between two reads. A busy machine is late, too: where the
// waiting was given up, all of it is tried with longer times.
func TestSlowServer(t *testing.T) {
	t.Parallel()
	for stall := 4 * time.Second; ; stall *= 2 {
		err := slowly(t, stall)
		if err == nil {
			return
		}
		if stall > time.Minute {
			t.Fatal(err)
		}
		t.Logf("in %v: %v", stall, err)
	}
}

// slowly reads for longer than what is waited for.
func slowly(t *testing.T, stall time.Duration) error {
	t.Helper()
	s, st, err := newSluggish(t, stall)
	if err == nil {
		err = st.Put(t.Context(), "object", bytes.NewReader(bytes.Repeat([]byte("0123456789abcdef"), 1<<16)))
	}
	if err != nil {
		return fmt.Errorf("before anything is slow: %w", err)
	}
	s.pause.Store(int64(stall / 7)) // eight of them are longer than what is waited for
	if err := read(t.Context(), st, 0); err != nil {
		return fmt.Errorf("a slow server: %w", err)
	}
	s.pause.Store(0)
	if err := read(t.Context(), st, stall*3/2); err != nil {
		return fmt.Errorf("a slow reader: %w", err)
	}
	return nil
}

// read reads the object, with a pause behind the first part of it.
func read(ctx context.Context, st store.Store, pause time.Duration) error {
	r, err := st.Get(ctx, "object")
	if err != nil {
		return fmt.Errorf("get: %w", err)
	}
	defer func() { _ = r.Close() }() // it was read
	for {
		n, err := io.CopyN(io.Discard, r, 1<<17)
		switch {
		case n < 1<<17 && err == io.EOF: //nolint:errorlint // io.CopyN gives it bare
			return nil
		case err != nil:
			return fmt.Errorf("read: %w", err)
		}
		time.Sleep(pause)
		pause = 0
	}
}
