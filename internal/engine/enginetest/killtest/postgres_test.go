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
const noticeTime = 10 * time.Second

type postgresWorld struct {
	*testpg.Database
	// crashes: the server does. PostgreSQL then goes on with a later value of a
	// sequence, by as many as it had logged beforehand.
	crashes bool
}

func newPostgres(t *testing.T, server *testpg.Server, crashes bool) world {
	t.Helper()
	w := postgresWorld{server.Database(t), crashes}
	w.exec(t, postgresBase)
	return w
}

func (w postgresWorld) access() (url, secret string) { return w.URL, w.Password }

func (w postgresWorld) exec(t *testing.T, sql string) {
	t.Helper()
	w.Exec(t, sql)
}

func (w postgresWorld) fingerprint(t *testing.T) string {
	t.Helper()
	all := w.Dump(t) + w.Rows(t)
	if !w.crashes {
		all += w.Sequences(t)
	}
	return strings.ReplaceAll(all, w.Role, "owner")
}

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

func (w postgresWorld) remains(t *testing.T) []string {
	t.Helper()
	conn := w.admin(t)
	defer conn.Close(context.Background())
	for deadline := time.Now().Add(noticeTime); ; time.Sleep(20 * time.Millisecond) {
		left := strs(t, conn, remainsQuery)
		if len(left) == 0 || time.Now().After(deadline) {
			return left
		}
	}
}

func (w postgresWorld) admin(t *testing.T) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(context.Background(), w.AdminURL)
	if err != nil {
		t.Fatal(err)
	}
	return conn
}

func strs(t *testing.T, conn *pgx.Conn, sql string) []string {
	t.Helper()
	found, err := conn.Query(context.Background(), sql)
	if err != nil {
		t.Fatal(err)
	}
	all, err := pgx.CollectRows(found, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func (w postgresWorld) strays(t *testing.T, batches []migrate.Batch) []string {
	t.Helper()
	conn := w.admin(t)
	defer conn.Close(context.Background())
	kept := explained(batches)
	schemas := map[string]bool{}
	for id := range kept {
		schemas["safemigrate_"+strings.ReplaceAll(id, "-", "_")] = true
	}
	var found []string
	for _, name := range strs(t, conn, `SELECT nspname FROM pg_namespace WHERE nspname LIKE 'safemigrate\_%'`) {
		if !schemas[name] {
			found = append(found, "schema "+name)
		}
	}
	if len(strs(t, conn, `SELECT 'x' FROM pg_tables WHERE schemaname = 'safemigrate' AND tablename = 'snapshot'`)) == 0 {
		return found
	}
	for _, id := range strs(t, conn, `SELECT id FROM safemigrate.snapshot UNION SELECT batch FROM safemigrate.part`) {
		if !kept[id] {
			found = append(found, "snapshot "+id)
		}
	}
	for _, name := range strs(t, conn, `SELECT indexrelid::regclass::text FROM pg_index WHERE NOT indisvalid`) {
		found = append(found, "invalid index "+name)
	}
	return found
}

// own reads every table of the schema safemigrate; parts are unpacked.
func (w postgresWorld) own(t *testing.T) string {
	t.Helper()
	conn := w.admin(t)
	defer conn.Close(context.Background())
	var all strings.Builder
	for _, table := range strs(t, conn, `SELECT tablename FROM pg_tables WHERE schemaname = 'safemigrate'`) {
		fmt.Fprintln(&all, strings.Join(strs(t, conn, `SELECT (x.*)::text FROM safemigrate.`+table+` x`), "\n"))
	}
	if !strings.Contains(all.String(), "\\x") {
		return all.String()
	}
	found, err := conn.Query(context.Background(), `SELECT doc FROM safemigrate.part`)
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
