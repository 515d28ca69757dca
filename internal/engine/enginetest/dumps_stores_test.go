//go:build unix

package enginetest_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/safemigrate/safemigrate"
	"github.com/safemigrate/safemigrate/internal/engine/enginetest"
	"github.com/safemigrate/safemigrate/internal/testpg"
	"github.com/safemigrate/safemigrate/internal/testtools"
	"github.com/safemigrate/safemigrate/migrate"
	"github.com/safemigrate/safemigrate/snapshot/store/dir"
)

// TestStoresThatTakeNoDump: what is wrong with a store is named before anything of the
// batch runs, by plan as by up.
func TestStoresThatTakeNoDump(t *testing.T) {
	t.Parallel()
	address, _ := testtools.S3(t)
	for name, c := range map[string]struct{ url, says string }{
		"nobody listens":      {"s3://backups?endpoint=http://127.0.0.1:1", "backups"},
		"no bucket":           {"s3://backups?endpoint=http://" + address, "backups"},
		"a file in its place": {written(t, "store", "something"), "store"},
		"nothing above it":    {filepath.Join(t.TempDir(), "nowhere", "at", "all"), "nowhere"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, _, _ := dumped(t, "DELETE FROM orders;")
			p.Config.Store.URL = c.url
			before := p.DB.Fingerprint(t)
			_, err := p.TryUp(t, safemigrate.UpOptions{})
			enginetest.Fails(t, err, migrate.NoWayBack, c.says, "the database was not changed", "check the URL of the store")
			p.Is(t, before, "after the refusal")
			plan, err := p.Open(t).Plan(t.Context(), safemigrate.UpOptions{})
			if err != nil || len(plan.Snapshot.Blockers) != 1 {
				t.Errorf("planned: %+v, %v", plan, err)
			}
		})
	}
}

// sluggish stands before an object store and keeps what it is asked until it is let go, once
// it has been told to.
func sluggish(t *testing.T, address string) (front string, keep *atomic.Bool) {
	t.Helper()
	keep = &atomic.Bool{}
	over := make(chan struct{})
	pass := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(&url.URL{Scheme: "http", Host: address})
		r.Out.Host = r.In.Host // the one that the client signed
	}}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if keep.Load() && r.Method == http.MethodPut && strings.Contains(r.URL.Path, "/chunks/") {
			<-over
			return
		}
		pass.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	t.Cleanup(func() { close(over) }) // before the server waits for its requests
	return strings.TrimPrefix(server.URL, "http://"), keep
}

// TestStoreThatIsSlow: writers wait for as long as --max-lock says and no longer, whatever
// the store does; then the batch has not begun. What is over the limit by the estimate is
// not even begun.
func TestStoreThatIsSlow(t *testing.T) {
	t.Parallel()
	address, buckets := testtools.S3(t)
	if err := os.Mkdir(filepath.Join(buckets, "slow"), 0o700); err != nil {
		t.Fatal(err)
	}
	front, keep := sluggish(t, address)
	p, d, _ := dumped(t, "DELETE FROM orders;")
	p.Config.Store.URL = "s3://slow?endpoint=http://" + front
	before := p.DB.Fingerprint(t)

	p.Config.MaxLock = time.Microsecond
	plan, err := p.Open(t).Plan(t.Context(), safemigrate.UpOptions{})
	if err != nil || len(plan.Snapshot.Blockers) != 1 || !strings.Contains(plan.Snapshot.Blockers[0], "--max-lock") {
		t.Errorf("planned: %+v, %v", plan, err)
	}
	_, err = p.TryUp(t, safemigrate.UpOptions{})
	enginetest.Fails(t, err, migrate.NoWayBack, "it would keep writers waiting", "--max-lock")
	if left, _ := filepath.Glob(filepath.Join(buckets, "slow", "*")); len(left) > 0 {
		t.Errorf("the store holds %q", left)
	}

	p.Config.MaxLock = 2 * time.Second
	keep.Store(true)
	wrote := make(chan error, 1)
	conn := d.Database.Connect(t)
	go func() {
		_, err := conn.Exec(context.WithoutCancel(t.Context()), "SELECT pg_sleep(1); UPDATE orders SET total = total WHERE id = 1")
		wrote <- err
	}()
	_, err = p.TryUp(t, safemigrate.UpOptions{})
	enginetest.Fails(t, err, migrate.NoWayBack, "--max-lock allows (2s)", "the database was not changed")
	if err := errors.Join(<-wrote, conn.Close(t.Context())); err != nil {
		t.Errorf("a writer: %v", err)
	}
	keep.Store(false)
	p.Is(t, before, "after the refusals")
	if st, err := safemigrate.OpenStore(t.Context(), p.Config.Store); err != nil {
		t.Error(err)
	} else if all, err := st.Snapshots(t.Context()); err != nil || len(all) > 0 {
		t.Errorf("%d snapshots are listed, %v", len(all), err)
	}
	p.Config.MaxLock = time.Minute
	p.Up(t, safemigrate.UpOptions{})
}

// TestStoreThatIsInUse: while somebody sweeps the store no dump is begun; that is told as a
// lock, which a pipeline can wait for.
func TestStoreThatIsInUse(t *testing.T) {
	t.Parallel()
	p, _, store := dumped(t, "DELETE FROM orders;")
	before := p.DB.Fingerprint(t)
	st, err := dir.Open(store, true)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	away := context.WithoutCancel(ctx)
	sweeping := make(chan error, 1)
	go func() {
		for beat := 0; ctx.Err() == nil; beat++ {
			text := fmt.Sprintf(`{"owner":"the nightly prune","since":"2026-01-02T03:04:05Z","beat":%d}`, beat)
			if err := st.Put(away, "locks/sweep-1", strings.NewReader(text)); err != nil {
				sweeping <- err
				return
			}
			time.Sleep(50 * time.Millisecond)
		}
		sweeping <- st.Remove(away, "locks/sweep-1")
	}()
	for there := false; !there; {
		for range st.List(t.Context(), "locks/") {
			there = true
		}
	}
	_, err = p.TryUp(t, safemigrate.UpOptions{})
	enginetest.Fails(t, err, migrate.Locked, "in use by the nightly prune", "the database was not changed", "wait until the other one is done")
	p.Is(t, before, "after the refusal")
	cancel()
	if err := <-sweeping; err != nil {
		t.Fatal(err)
	}
	p.Up(t, safemigrate.UpOptions{})
}

// TestDumpWithoutAKeyIsRefused: only who has the identity takes a batch back; another
// identity, or none, is told from damage, and nothing is touched.
func TestDumpWithoutAKeyIsRefused(t *testing.T) {
	t.Parallel()
	p, _, store := dumped(t, "DROP TABLE orders; DELETE FROM legacy;")
	recipient, file := identityOf(t)
	_, other := identityOf(t)
	before := p.DB.Fingerprint(t)
	p.Config.Store.Recipients = []string{recipient}
	p.Up(t, safemigrate.UpOptions{})
	after := p.DB.Fingerprint(t)
	for _, c := range []safemigrate.StoreConfig{{URL: store}, {URL: store, Identities: []string{other}}, {URL: store, PassphraseFile: written(t, "phrase", "something\n")}} {
		p.Config.Store = c
		_, err := p.TryRollback(t, safemigrate.RollbackOptions{})
		enginetest.Fails(t, err, migrate.NoWayBack, "--identity")
		p.Is(t, after, "without the key")
	}
	p.Config.Store = safemigrate.StoreConfig{URL: store, Identities: []string{file}}
	p.Rollback(t, safemigrate.RollbackOptions{})
	p.Is(t, before, "with the key")
}

// TestDumpWhoseStoreIsGone: a dump that was removed from its store, and one whose store is
// gone, can be pruned; until then they are no way back, and not called damaged.
func TestDumpWhoseStoreIsGone(t *testing.T) {
	t.Parallel()
	p, _, store := dumped(t, "DELETE FROM orders;")
	id := p.Up(t, safemigrate.UpOptions{}).Snapshot.ID
	after := p.DB.Fingerprint(t)
	for _, c := range []struct{ gone, says string }{{filepath.Join(store, "manifests"), "snapshot was removed from its store"}, {store, "there is no such store"}} {
		if err := os.RemoveAll(c.gone); err != nil {
			t.Fatal(err)
		}
		_, err := p.TryRollback(t, safemigrate.RollbackOptions{})
		enginetest.Fails(t, err, migrate.NoWayBack, c.says)
		if _, err := p.Open(t).Verify(t.Context(), id); err == nil || !strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), "damaged") {
			t.Errorf("verify: %v", err)
		}
	}
	p.Config.Store, p.Config.Strategy = safemigrate.StoreConfig{}, ""
	if r, err := p.Open(t).Prune(t.Context(), safemigrate.PruneOptions{IDs: []string{id}}); err != nil || len(r.Pruned) != 1 {
		t.Errorf("%+v, %v", r, err)
	}
	p.Is(t, after, "after all that")
}

// TestRestoreThatLosesItsSessions has the server end every session of a restore in its
// middle: it ends with all rows, or with none and the same command works.
func TestRestoreThatLosesItsSessions(t *testing.T) {
	t.Parallel()
	p, d, store := dumped(t, "DELETE FROM orders;")
	rows := d.Rows(t)
	p.Up(t, safemigrate.UpOptions{})
	st, l := inStore(t, store)
	into := "new_" + d.Name
	there := strings.Replace(d.AdminURL, "/"+d.Name, "/"+into, 1)
	conn := elsewhere(t, d)
	defer conn.Close(context.WithoutCancel(t.Context()))
	var sessions int64
	for _, stage := range []string{"public.customers", "public.legacy", "comparing the rows"} {
		var ended atomic.Int64
		end := func() {
			var n int64
			err := conn.QueryRow(t.Context(), "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = $1", into).Scan(&n)
			if err != nil {
				t.Error(err)
			}
			ended.Add(n)
		}
		_, err := st.Restore(t.Context(), l, safemigrate.RestoreOptions{Programs: testpg.Clients(), Into: into, Database: d.AdminURL, Jobs: 1,
			Progress: func(n safemigrate.Notice) {
				if strings.HasPrefix(n.Text, stage) {
					end()
				}
			}})
		if err != nil {
			enginetest.Fails(t, err, migrate.Unchanged, "no database was left behind")
			if _, err := pgx.Connect(t.Context(), there); err == nil {
				t.Errorf("%s: a database is left", stage)
			}
			if _, err := st.Restore(t.Context(), l, safemigrate.RestoreOptions{Programs: testpg.Clients(), Into: into, Database: d.AdminURL}); err != nil {
				t.Fatalf("%s: again: %v", stage, err)
			}
		}
		restored := &testpg.Database{URL: there, AdminURL: there, Name: into, Role: d.Role, Server: d.Server}
		if is := restored.Rows(t); is != rows {
			t.Errorf("%s: the rows differ:\n%s", stage, enginetest.Difference(rows, is))
		}
		serverExec(t, d, "DROP DATABASE "+into+" WITH (FORCE)")
		sessions += ended.Load()
	}
	if sessions == 0 {
		t.Error("no session was ended")
	}
	if left, err := os.ReadDir(filepath.Join(store, "locks")); err == nil && len(left) > 0 {
		t.Errorf("%d locks are left in the store", len(left))
	}
}

// TestRestoreThatIsInterrupted leaves no database behind, wherever it is stopped; a second
// one keeps out of its database.
func TestRestoreThatIsInterrupted(t *testing.T) {
	t.Parallel()
	p, d, store := dumped(t, "DELETE FROM orders;")
	p.Up(t, safemigrate.UpOptions{})
	st, l := inStore(t, store)
	into := "new_" + d.Name
	there := strings.Replace(d.AdminURL, "/"+d.Name, "/"+into, 1)
	for _, stage := range []string{"tables and types", "rows, sequences and large objects", "public.customers", "comparing the rows"} {
		ctx, cancel := context.WithCancel(t.Context())
		_, err := st.Restore(ctx, l, safemigrate.RestoreOptions{Programs: testpg.Clients(), Into: into, Database: d.AdminURL, Progress: func(n safemigrate.Notice) {
			if strings.HasPrefix(n.Text, stage) {
				cancel()
			}
		}})
		cancel()
		enginetest.Fails(t, err, migrate.Unchanged, "interrupted", "no database was left behind", "run the same command again")
		if _, err := pgx.Connect(t.Context(), there); err == nil {
			t.Errorf("%s: a database is left", stage)
		}
	}
	var seen string
	_, err := st.Restore(t.Context(), l, safemigrate.RestoreOptions{Programs: testpg.Clients(), Into: into, Database: d.AdminURL, Progress: func(n safemigrate.Notice) {
		if strings.HasPrefix(n.Text, "comparing the rows") {
			_, err := st.Restore(t.Context(), l, safemigrate.RestoreOptions{Programs: testpg.Clients(), Into: into, Database: d.AdminURL})
			enginetest.Fails(t, err, migrate.Locked, "safemigrate is at work in it", "nothing was changed")
			seen = err.Error()
		}
	}})
	if err != nil || seen == "" {
		t.Errorf("%v; the other was told %q", err, seen)
	}
	_, err = st.Restore(t.Context(), l, safemigrate.RestoreOptions{Programs: testpg.Clients(), Into: into, Database: d.AdminURL})
	enginetest.Fails(t, err, migrate.Usage, "not empty")
	serverExec(t, d, "DROP DATABASE "+into)
	spoil(t, store)
	_, err = st.Restore(t.Context(), l, safemigrate.RestoreOptions{Programs: testpg.Clients(), Into: into, Database: d.AdminURL})
	enginetest.Fails(t, err, migrate.NoWayBack, "damaged", "no database was left behind", "restore another snapshot")
	if _, err := pgx.Connect(t.Context(), there); err == nil {
		t.Error("a database is left of a damaged snapshot")
	}
}

// TestArchiveIsWholeOrNotThere: what pg_dump wrote of the schema is an archive by itself,
// which pg_restore would take for a database without rows. So an export that does not come
// to its end leaves nothing.
func TestArchiveIsWholeOrNotThere(t *testing.T) {
	t.Parallel()
	p, _, store := dumped(t, "DELETE FROM orders;")
	p.Up(t, safemigrate.UpOptions{})
	st, l := inStore(t, store)
	place := t.TempDir()
	archive := filepath.Join(place, "archive")
	left := func(want string) {
		t.Helper()
		var names []string
		entries, err := os.ReadDir(place)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			names = append(names, e.Name())
		}
		if is := strings.Join(names, " "); is != want {
			t.Errorf("there is %q, want %q", is, want)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := st.Export(ctx, l, archive)
	enginetest.Fails(t, err, migrate.Unchanged, "interrupted")
	left("")
	if _, err := st.Export(t.Context(), l, archive+"/"); err != nil {
		t.Fatal(err)
	}
	left("archive")
	_, err = st.Export(t.Context(), l, archive)
	enginetest.Fails(t, err, migrate.Usage, "exists", "name a directory that is not there yet")
	if err := os.RemoveAll(archive); err != nil {
		t.Fatal(err)
	}
	spoil(t, store)
	_, err = st.Export(t.Context(), l, archive)
	enginetest.Fails(t, err, migrate.NoWayBack, "damaged")
	left("")
}
