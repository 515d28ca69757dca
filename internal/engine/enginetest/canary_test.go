//go:build unix

package enginetest_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/safemigrate/safemigrate"
	"github.com/safemigrate/safemigrate/internal/engine/enginetest"
	"github.com/safemigrate/safemigrate/migrate"
)

// canary is a password that nothing may repeat, with what makes URLs break.
const canary = `c4n4ry-p:w@/?#%&'" x`

// escaped is the canary as a URL holds it.
var escaped = strings.ReplaceAll(url.QueryEscape(canary), "+", "%20")

// sings checks that neither the canary nor a long piece of it is in a text, in
// any spelling.
func sings(t *testing.T, where, text string) {
	t.Helper()
	for _, form := range []string{"c4n4ry", escaped, canary[3:]} {
		if strings.Contains(text, form) {
			t.Errorf("%s: the password is in %q", where, text)
			return
		}
	}
}

// uglyURLs are URLs with the canary that are wrong in one way each, and some
// that are right but lead nowhere.
func uglyURLs(d *enginetest.PostgresDatabase) []string {
	quoted := escaped
	at := fmt.Sprintf("127.0.0.1:%d/%s", d.Server.Port(), d.Name)
	plain := "c4n4ry"
	return []string{
		"postgres://u:" + quoted + "@" + at + "?sslmode=disable",
		"postgres://" + d.Role + ":" + quoted + "@" + at + "?sslmode=disable",
		"postgres://" + d.Role + ":" + quoted + "@" + at + "?sslmode=verify-full",
		"postgres://u:" + quoted + "@127.0.0.1:1/x",
		"postgres://u:" + quoted + "@nowhere.invalid/x",
		"postgres://u:" + quoted + "@127.0.0.1:bad/x",
		"postgres://u:" + quoted + "@127.0.0.1:99999/x",
		"postgres://u:" + quoted + "@[::1/x",
		"postgres://u:" + quoted + "@" + at + "?sslmode=nonsense",
		"postgres://u:" + quoted + "@" + at + "?connect_timeout=" + plain,
		"postgres://u:" + canary + "@" + at,
		"postgres://u:" + plain + "%zz@" + at,
		"postgres://u:" + plain + "%@" + at,
		"postgres://u:" + plain + "@@" + at,
		"postgres://u:" + plain + "#@" + at,
		"postgres://u:" + plain + "?@" + at,
		"postgres://u:" + plain + "/@" + at,
		"postgres://u:" + plain + " @" + at,
		"postgres://u:" + plain + "\n@" + at,
		"postgres://u:" + plain + "\x00@" + at,
		"postgres://u:" + plain,
		"postgres:u:" + plain + "@" + at,
		"postgres//u:" + plain + "@" + at,
		"postgrs://u:" + plain + "@" + at,
		"mysql://u:" + plain + "@" + at,
		plain + "://u@" + at,
		"u:" + plain + "@" + at,
		plain,
		"host=127.0.0.1 port=1 user=u password=" + plain,
		"host=127.0.0.1 port=" + plain + " user=u password=" + plain,
		"host=127.0.0.1 user=u password='" + plain,
		"host=127.0.0.1 user=u password=" + plain + " nonsense",
		"password=" + plain + " =",
		"postgres://u@" + at + "?password=" + plain + "&sslmode=disable",
		"postgres://u@" + at + "?password=" + plain + "&" + plain + "=1",
		"postgres://u@" + at + "?sslpassword=" + plain + "&sslkey=/nowhere/key&sslcert=/nowhere/cert",
		"postgres://u:" + quoted + "@" + at + "?x-migrations-table-quoted=" + plain,
		"postgres://u:" + quoted + "@" + at + "?x-statement-timeout=" + plain,
		"postgres://u:" + quoted + "@" + at + "?service=nowhere",
		"postgres://u:" + quoted + "@127.0.0.1:1,127.0.0.1:2/x",
		"sqlite://" + plain + "/\x00",
		"sqlite://x.db?_pragma=" + plain,
		"sqlite://x.db?" + plain + "=1",
	}
}

func TestCanaryInURLs(t *testing.T) {
	t.Parallel()
	_, d := postgresProject(t, nil)
	paths := 0
	for _, link := range uglyURLs(d) {
		var said strings.Builder
		db, err := safemigrate.Open(t.Context(), safemigrate.Config{Database: link, FS: samples(enginetest.Postgres()),
			Progress: func(n safemigrate.Notice) { said.WriteString(n.Text + "\n") }})
		told := []error{err}
		if err == nil {
			_, plan := db.Plan(t.Context(), safemigrate.UpOptions{})
			_, up := db.Up(t.Context(), safemigrate.UpOptions{})
			_, status := db.Status(t.Context())
			_, back := db.Rollback(t.Context(), safemigrate.RollbackOptions{})
			_, again := db.Recover(t.Context(), safemigrate.RecoverOptions{})
			_, verify := db.Verify(t.Context(), "1")
			told = []error{plan, up, status, back, again, verify}
		}
		for _, err := range told {
			paths++
			if err == nil {
				t.Errorf("%q has no error", link)
				continue
			}
			texts := []string{fmt.Sprintf("%v %+v %#v", err, err, err)}
			for e := err; e != nil; e = errors.Unwrap(e) {
				texts = append(texts, e.Error())
			}
			var f *safemigrate.Failure
			if !errors.As(err, &f) || f.Hint == "" {
				t.Errorf("no hint: %v", err)
				continue
			}
			if f.Outcome != migrate.Usage && f.Outcome != migrate.Unchanged {
				t.Errorf("outcome %d: %v", f.Outcome, err)
			}
			sings(t, "an error", strings.Join(append(texts, f.Hint, f.Op, f.State), "\n"))
		}
		sings(t, "a notice", said.String())
	}
	if paths < 60 {
		t.Errorf("only %d error paths", paths)
	}
}

// TestCanaryAtWork uses the canary as the right password, through success and
// failure, and then reads everything that is kept.
func TestCanaryAtWork(t *testing.T) {
	t.Parallel()
	p, d := postgresProject(t, map[string]string{
		"1_t.up.sql": "CREATE TABLE t (id integer, a text); INSERT INTO t VALUES (1, 'x');",
		"2_t.up.sql": "BEGIN; ALTER TABLE t DROP COLUMN a; COMMIT; INSERT INTO t VALUES (2);",
		"3_t.up.sql": "BEGIN; DELETE FROM t; COMMIT; SELECT 1/0;",
	})
	d.AdminExec(t, "ALTER ROLE "+d.Role+" PASSWORD '"+strings.ReplaceAll(canary, "'", "''")+"'")
	p.Config.Database = strings.Replace(d.URL(), d.Password, escaped, 1)
	d.Password = canary // what the project looks for in all that is said
	p.Up(t, safemigrate.UpOptions{To: "2"})
	_, err := p.TryUp(t, safemigrate.UpOptions{})
	enginetest.Fails(t, err, migrate.Restored)
	_, err = p.TryUp(t, safemigrate.UpOptions{KeepOnFailure: true})
	enginetest.Fails(t, err, migrate.Interrupted)
	db := p.Open(t)
	recovered, recoverErr := db.Recover(t.Context(), safemigrate.RecoverOptions{})
	planned, planErr := db.Plan(t.Context(), safemigrate.UpOptions{})
	rolledBack := p.Rollback(t, safemigrate.RollbackOptions{})
	status, statusErr := db.Status(t.Context())
	list, listErr := db.Snapshots(t.Context())
	if err := errors.Join(recoverErr, planErr, statusErr, listErr); err != nil {
		t.Fatal(err)
	}
	reports, err := json.Marshal([]any{recovered, planned, rolledBack, status, list})
	if err != nil {
		t.Fatal(err)
	}
	sings(t, "a report", string(reports))
	sings(t, "a notice", p.Notices())
	sings(t, "what is kept", keptText(t, d))
}

// keptText is all that safemigrate keeps in a database, unpacked.
func keptText(t *testing.T, d *enginetest.PostgresDatabase) string {
	t.Helper()
	var all strings.Builder
	conn, err := pgx.Connect(t.Context(), d.AdminURL)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	read := func(query string) [][]byte {
		found, err := conn.Query(t.Context(), query)
		if err != nil {
			t.Fatal(err)
		}
		values, err := pgx.CollectRows(found, pgx.RowTo[[]byte])
		if err != nil {
			t.Fatal(err)
		}
		return values
	}
	for _, query := range []string{
		"SELECT convert_to(doc, 'UTF8') FROM safemigrate.batch", "SELECT convert_to(name || value, 'UTF8') FROM safemigrate.meta", "SELECT convert_to(manifest, 'UTF8') FROM safemigrate.snapshot",
		"SELECT convert_to(application_name || query, 'UTF8') FROM pg_stat_activity WHERE pid <> pg_backend_pid()",
	} {
		all.Write(bytes.Join(read(query), []byte("\n")))
	}
	packed := read("SELECT doc FROM safemigrate.part UNION ALL SELECT doc FROM safemigrate.renumbering")
	if len(packed) < 4 {
		t.Fatalf("only %d parts are kept", len(packed))
	}
	for _, doc := range packed {
		unzip, err := gzip.NewReader(bytes.NewReader(doc))
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(unzip)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(text)
	}
	return all.String()
}
