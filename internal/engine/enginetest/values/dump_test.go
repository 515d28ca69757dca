//go:build unix

package values_test

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/safemigrate/safemigrate"
	"github.com/safemigrate/safemigrate/internal/engine/postgres/dump"
	"github.com/safemigrate/safemigrate/internal/testpg"
	"github.com/safemigrate/safemigrate/snapshot"
	stored "github.com/safemigrate/safemigrate/snapshot/dump"
	"github.com/safemigrate/safemigrate/snapshot/store/memory"
	"github.com/safemigrate/safemigrate/snapshot/store/storetest"
)

// TestValuesFromStore has every value damaged and brought back from a store: as text it
// has left the server, and come back.
func TestValuesFromStore(t *testing.T) {
	t.Parallel()
	var update, drop strings.Builder
	for i := range kinds {
		fmt.Fprintf(&update, "UPDATE t%d SET v = NULL, n = -n;\n", i)
		fmt.Fprintf(&drop, "DROP TABLE t%d;\n", i)
	}
	for name, batch := range map[string]string{"updated": update.String(), "dropped": drop.String()} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, d := damaged(t, everyValue(), batch)
			p.Config.Strategy, p.Config.Store.URL, p.Config.Programs = snapshot.Dump, t.TempDir(), testpg.Clients()
			before, bytesBefore := d.Fingerprint(t), sent(t, d.Database)
			p.Up(t, safemigrate.UpOptions{})
			p.Rollback(t, safemigrate.RollbackOptions{})
			p.Is(t, before, "after the rollback")
			after := sent(t, d.Database)
			for table, was := range bytesBefore {
				if is := after[table]; is != was {
					t.Errorf("the server sends other bytes for %s: %s, want %s", table, is, was)
				}
			}
		})
	}
}

// everyValue has a table for each type.
func everyValue() string {
	var setup strings.Builder
	setup.WriteString(typesSetup)
	for i, k := range kinds {
		fmt.Fprintf(&setup, "CREATE TABLE t%d (gone int, n int, v %s, m int DEFAULT 7); ALTER TABLE t%d DROP gone;", i, k.of, i)
		for n, value := range k.values {
			fmt.Fprintf(&setup, "INSERT INTO t%d SELECT %d, (%s)::%s;", i, n, value, k.of)
		}
	}
	return setup.String()
}

// TestValuesByPgRestore has the stock pg_restore bring every value back from an exported
// archive, with one job and with several; also a table of all types, in ranges of its pages.
func TestValuesByPgRestore(t *testing.T) {
	t.Parallel()
	server := testpg.Start(t)
	d := server.Database(t)
	d.Exec(t, everyValue())
	const rows, longest = 400, 8 // of a type with more values the first ones are short
	columns := make([]string, len(kinds))
	for i, k := range kinds {
		columns[i] = fmt.Sprintf("(SELECT v FROM t%d WHERE n = i %% %d) AS v%d", i, min(len(k.values), longest), i)
	}
	d.Exec(t, fmt.Sprintf("CREATE TABLE wide AS SELECT i, %s FROM generate_series(1, %d) i", strings.Join(columns, ", "), rows))
	d.Exec(t, "SET lc_monetary = 'C'; CREATE MATERIALIZED VIEW monetary AS SELECT current_setting('lc_monetary')")
	o := dump.Options{Connect: func(ctx context.Context) (*pgx.Conn, error) { return pgx.Connect(ctx, d.URL) }, Jobs: 2, PartSize: 64 << 10, LockWait: time.Minute}
	from, c := exported(t, d, o)
	if parts := c.Tables[slices.IndexFunc(c.Tables, func(t dump.Table) bool { return t.Name == "wide" })].Parts; parts < 5 {
		t.Fatalf("the table came in %d parts", parts)
	}
	archive := filepath.Join(t.TempDir(), "archive")
	if err := from.Export(t.Context(), archive, nil); err != nil {
		t.Fatal(err)
	}
	want := d.Rows(t)
	for _, jobs := range []int{1, 2, 4} {
		into := server.Database(t)
		// Whatever its own form of money is, it reads what is written in that of C.
		into.AdminExec(t, "DO $do$ BEGIN EXECUTE format('ALTER DATABASE %I SET lc_monetary = %L', current_database(), 'C.utf8'); END $do$")
		into.PgRestore(t, archive, jobs)
		if into.Rows(t) != want {
			t.Errorf("-j%d: the rows differ", jobs)
		}
		o.Connect = func(ctx context.Context) (*pgx.Conn, error) { return pgx.Connect(ctx, into.URL) }
		if err := dump.Compare(t.Context(), o, c); err != nil {
			t.Errorf("-j%d: %v", jobs, err)
		}
	}
}

// exported takes a dump into a store, and opens it.
func exported(t *testing.T, d *testpg.Database, o dump.Options) (dump.FromStore, *dump.Contents) {
	t.Helper()
	programs, err := dump.Find(t.Context(), filepath.Dir(d.Server.Program(t, "pg_dump")), 140000)
	if err != nil {
		t.Fatal(err)
	}
	config, err := pgx.ParseConfig(d.URL)
	if err != nil {
		t.Fatal(err)
	}
	taking, err := dump.Begin(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	defer taking.Close(t.Context())
	if _, err := taking.Freeze(t.Context()); err != nil {
		t.Fatal(err)
	}
	st := &memory.Store{}
	w, err := stored.Begin(t.Context(), stored.Options{Store: st})
	if err != nil {
		t.Fatal(err)
	}
	defer w.End()
	c, err := taking.Save(t.Context(), w, programs, dump.Reach(config, d.URL))
	if err != nil {
		t.Fatal(err)
	}
	return dump.FromStore{Snapshot: storetest.Commit(t, w, st, stored.Keys{})}, c
}
