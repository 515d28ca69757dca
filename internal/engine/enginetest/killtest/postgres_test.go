//go:build failpoint && unix

package killtest

import (
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/safemigrate/safemigrate/internal/testpg"
	"github.com/safemigrate/safemigrate/migrate"
)

// noticeTime is how long the server may take to end the session of a dead client.
const noticeTime = time.Minute

type postgresWorld struct {
	*testpg.Database
	// crashes: the server does. PostgreSQL then goes on with a later value of a
	// sequence, by as many as it had logged beforehand.
	crashes bool
	watch   *pgx.Conn // looks on as superuser, for as long as the test
}

func newPostgres(t *testing.T, server *testpg.Server, crashes bool) world {
	t.Helper()
	w := &postgresWorld{Database: server.Database(t), crashes: crashes}
	w.exec(t, postgresBase)
	t.Cleanup(func() {
		if w.watch != nil {
			_ = w.watch.Close(context.Background())
		}
	})
	return w
}

func (w *postgresWorld) access() (url, secret string) { return w.URL, w.Password }

func (w *postgresWorld) exec(t *testing.T, sql string) {
	t.Helper()
	w.Exec(t, sql)
}

func (w *postgresWorld) fingerprint(t *testing.T) string {
	t.Helper()
	all := w.Dump(t) + w.Rows(t)
	if !w.crashes {
		all += strings.Join(w.ask(t, sequencesQuery), "\n")
	}
	return strings.ReplaceAll(all, w.Role, "owner")
}

const sequencesQuery = `SELECT concat_ws(' ', schemaname, sequencename, coalesce(last_value::text, 'unused'), increment_by)
  FROM pg_sequences WHERE schemaname !~ '^safemigrate' ORDER BY schemaname, sequencename`

const remainsQuery = `
SELECT 'session ' || pid || ' of ' || application_name || ': ' || coalesce(state, '') FROM pg_stat_activity
 WHERE datname = current_database() AND application_name LIKE 'safemigrate%'
UNION ALL
SELECT 'lock ' || locktype || ' of ' || pid FROM pg_locks
 WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
UNION ALL
SELECT 'prepared transaction ' || gid FROM pg_prepared_xacts WHERE database = current_database()
UNION ALL
SELECT 'replication slot ' || slot_name FROM pg_replication_slots WHERE database = current_database()`

func (w *postgresWorld) remains(t *testing.T) []string {
	t.Helper()
	for deadline := time.Now().Add(noticeTime); ; time.Sleep(20 * time.Millisecond) {
		left := w.ask(t, remainsQuery)
		if len(left) == 0 || time.Now().After(deadline) {
			return left
		}
	}
}

// admin opens a session as superuser, for the caller to close.
func (w *postgresWorld) admin(t *testing.T) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(context.Background(), w.AdminURL)
	if err != nil {
		t.Fatal(err)
	}
	return conn
}

// ask reads one column of text. A session that was lost with its server is
// opened again.
func (w *postgresWorld) ask(t *testing.T, sql string) []string {
	t.Helper()
	if w.watch == nil || w.watch.Ping(context.Background()) != nil {
		w.watch = w.admin(t)
	}
	found, err := w.watch.Query(context.Background(), sql)
	if err != nil {
		t.Fatal(err)
	}
	all, err := pgx.CollectRows(found, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func (w *postgresWorld) ledger(t *testing.T) (docs, version []string) {
	t.Helper()
	if w.has(t, "safemigrate", "batch") {
		docs = w.ask(t, `SELECT doc FROM safemigrate.batch ORDER BY n`)
	}
	if w.has(t, "public", "schema_migrations") {
		version = w.ask(t, `SELECT version::text FROM public.schema_migrations`)
	}
	return docs, version
}

func (w *postgresWorld) has(t *testing.T, schema, table string) bool {
	t.Helper()
	return len(w.ask(t, fmt.Sprintf(`SELECT 'x' FROM pg_tables WHERE schemaname = '%s' AND tablename = '%s'`, schema, table))) > 0
}

// preparedQuery lists the schemas of tables that a manifest names as prepared.
const preparedQuery = `SELECT split_part(t->>'at', '.', 1) FROM safemigrate.snapshot,
  json_array_elements(CASE WHEN manifest LIKE '%"prepared":%' THEN manifest::json->'prepared' END) t`

func (w *postgresWorld) strays(t *testing.T, batches []migrate.Batch) []string {
	t.Helper()
	kept := explained(batches)
	schemas := map[string]bool{}
	for id := range kept {
		schemas["safemigrate_"+strings.ReplaceAll(id, "-", "_")] = true
	}
	if w.has(t, "safemigrate", "snapshot") {
		for _, name := range w.ask(t, preparedQuery) {
			schemas[name] = true
		}
	}
	var found []string
	for _, name := range w.ask(t, `SELECT nspname FROM pg_namespace WHERE nspname LIKE 'safemigrate\_%'`) {
		if !schemas[name] {
			found = append(found, "schema "+name)
		}
	}
	if !w.has(t, "safemigrate", "snapshot") {
		return found
	}
	for _, id := range w.ask(t, `SELECT id FROM safemigrate.snapshot UNION SELECT batch FROM safemigrate.part`) {
		if !kept[id] {
			found = append(found, "snapshot "+id)
		}
	}
	for _, name := range w.ask(t, `SELECT indexrelid::regclass::text FROM pg_index WHERE NOT indisvalid`) {
		found = append(found, "invalid index "+name)
	}
	return found
}

// own reads every table of the schema safemigrate; parts are unpacked.
func (w *postgresWorld) own(t *testing.T) string {
	t.Helper()
	var all strings.Builder
	for _, table := range w.ask(t, `SELECT tablename FROM pg_tables WHERE schemaname = 'safemigrate'`) {
		fmt.Fprintln(&all, strings.Join(w.ask(t, `SELECT (x.*)::text FROM safemigrate.`+table+` x`), "\n"))
	}
	if !w.has(t, "safemigrate", "part") {
		return all.String()
	}
	found, err := w.watch.Query(context.Background(), `SELECT doc FROM safemigrate.part`)
	if err != nil {
		t.Fatal(err)
	}
	docs, err := pgx.CollectRows(found, pgx.RowTo[[]byte])
	if err != nil {
		t.Fatal(err)
	}
	for _, doc := range docs {
		r, err := gzip.NewReader(strings.NewReader(string(doc)))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(&all, r); err != nil {
			t.Fatal(err)
		}
	}
	return all.String()
}
