//go:build unix

package enginetest_test

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/safemigrate/safemigrate/internal/engine/enginetest"
	"github.com/safemigrate/safemigrate/migrate"
	"github.com/safemigrate/safemigrate/snapshot"
)

// forgery is a change of what a snapshot says of the schema.
type forgery struct {
	name     string
	part     string
	find     string // regular expression in the part's JSON …
	replace  string // … and what takes its place
	resealed bool   // the manifest's sums and seal are made to agree
	refusal  []string
}

// TestForgedSchema changes one part of a snapshot; nothing may be taken back by it.
func TestForgedSchema(t *testing.T) {
	t.Parallel()
	const server = `"server":\d+`
	older := fmt.Sprintf(`"server":%d`, 140000-10000)
	for _, f := range []forgery{
		{name: "definition before", part: "before", find: `CREATE TABLE public.t `, replace: "CREATE UNLOGGED TABLE public.t "},
		{name: "definition after", part: "after", find: `CREATE TABLE public.t `, replace: "CREATE UNLOGGED TABLE public.t "},
		{name: "definition before that did not change", part: "before", find: `CREATE SCHEMA public`, replace: "CREATE SCHEMA private"},
		{name: "where the rows are", part: "kept", find: `"Source":"`, replace: `"Source":"public.`},
		{name: "which rows changed", part: "effect", find: `"rows_changed":\{[^}]*\}`, replace: `"rows_changed":{}`},
		{name: "server", part: "before", find: server, replace: older},
		{name: "server, and the seal made to fit", part: "before", find: server, replace: older, resealed: true,
			refusal: []string{"snapshot fits another server version", "it was taken on PostgreSQL 13, this server is ", "a server of the version"}},
	} {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			p := prepared(t, "CREATE TABLE t (id int PRIMARY KEY, n int); INSERT INTO t VALUES (1, 1), (2, 2)", map[string]string{
				"1_change.up.sql": "UPDATE t SET n = 0; ALTER TABLE t ADD z int; CREATE TABLE u ();"})
			batch := p.Up(t, everything).Batch
			f.forge(t, p, batch)
			want := p.DB.Fingerprint(t)
			_, err := p.TryRollback(t, takeOut)
			words := f.refusal
			if words == nil {
				words = []string{snapshot.ErrDamaged.Error(), f.part}
			}
			enginetest.Fails(t, err, migrate.NoWayBack, words...)
			p.Is(t, want, "after the refusal")
			p.Add(map[string]string{"2_more.up.sql": "ALTER TABLE t ADD y int; INSERT INTO t VALUES (3, 3);"})
			p.Up(t, everything) // what is worth nothing stands in no batch's way
			p.Rollback(t, takeBack)
			p.Is(t, want, "after a batch more and its rollback")
		})
	}
}

func (f *forgery) forge(t *testing.T, p *enginetest.Project, batch string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), p.DB.URL())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	var doc []byte
	if err := conn.QueryRow(t.Context(), "SELECT doc FROM safemigrate.part WHERE batch = $1 AND name = $2", batch, f.part).Scan(&doc); err != nil {
		t.Fatal(err)
	}
	text := unzipped(t, doc)
	forged := regexp.MustCompile(f.find).ReplaceAll(text, []byte(f.replace))
	if bytes.Equal(text, forged) {
		t.Fatalf("no %s in %s", f.find, text)
	}
	doc = zipped(t, forged)
	if _, err := conn.Exec(t.Context(), "UPDATE safemigrate.part SET doc = $3 WHERE batch = $1 AND name = $2", batch, f.part, doc); err != nil {
		t.Fatal(err)
	}
	if f.resealed {
		reseal(t, conn, batch, f.part, doc)
	}
}

// reseal makes a manifest agree with a part.
func reseal(t *testing.T, conn *pgx.Conn, batch, part string, doc []byte) {
	t.Helper()
	var text []byte
	if err := conn.QueryRow(t.Context(), "SELECT manifest FROM safemigrate.snapshot WHERE id = $1", batch).Scan(&text); err != nil {
		t.Fatal(err)
	}
	m, err := snapshot.Decode(text)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(doc)
	m.Parts[part] = hex.EncodeToString(sum[:])
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	if text, err = json.Marshal(m); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Exec(t.Context(), "UPDATE safemigrate.snapshot SET manifest = $2 WHERE id = $1", batch, string(text)); err != nil {
		t.Fatal(err)
	}
}

func unzipped(t *testing.T, doc []byte) []byte {
	t.Helper()
	r, err := gzip.NewReader(bytes.NewReader(doc))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func zipped(t *testing.T, text []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write(text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
