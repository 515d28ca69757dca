//go:build unix

package changes_test

import (
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/safemigrate/safemigrate/internal/engine/enginetest"
	"github.com/safemigrate/safemigrate/internal/engine/postgres/catalog"
	"github.com/safemigrate/safemigrate/internal/testpg"
)

const history = "public.schema_migrations"

// database is one case's database.
type database struct{ *testpg.Database }

// sight is all that the oracle sees of a database: what pg_dump says, where one is
// at hand that knows the server; rows in physical column order; sequences; the
// definitions that safemigrate reads; and what pg_dump leaves out.
type sight struct{ dump, rows, sequences, definitions, rest string }

func see(t *testing.T, d *database) sight {
	t.Helper()
	s := sight{rows: d.Rows(t, history), sequences: d.Sequences(t)}
	if server.dumps {
		s.dump = d.Dump(t, "--exclude-table="+history)
	}
	s.definitions, s.rest = d.read(t)
	return s
}

func (s sight) is(t *testing.T, want sight, when string) {
	t.Helper()
	for _, part := range []struct{ name, got, want string }{
		{"pg_dump", s.dump, want.dump},
		{"rows", s.rows, want.rows},
		{"sequences", s.sequences, want.sequences},
		{"definitions", s.definitions, want.definitions},
		{"what pg_dump leaves out", s.rest, want.rest},
	} {
		if part.got != part.want {
			t.Errorf("%s, by %s:\n%s", when, part.name, enginetest.Difference(part.want, part.got))
		}
	}
}

// restSQL lists what neither pg_dump nor a definition says: indexes that are not
// valid, and how many columns of a view or key there are.
const restSQL = `
SELECT format('index %s: valid %s, ready %s, live %s, immediate %s', indexrelid::regclass, indisvalid, indisready, indislive, indimmediate)
  FROM pg_catalog.pg_index x JOIN pg_catalog.pg_class c ON c.oid = x.indexrelid
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
 WHERE n.nspname !~ '^(pg_|safemigrate$|safemigrate_)' AND c.relname <> 'schema_migrations_pkey'
 ORDER BY 1`

// read returns the definitions and the rest, read by the superuser, who sees all.
func (d *database) read(t *testing.T) (definitions, rest string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), d.AdminURL)
	if err != nil {
		t.Fatalf("connecting: %v", err)
	}
	defer conn.Close(t.Context())
	tx, err := conn.Begin(t.Context())
	if err != nil {
		t.Fatalf("beginning: %v", err)
	}
	defer func() { _ = tx.Rollback(t.Context()) }() // it only reads
	state, err := catalog.Read(t.Context(), tx, catalog.Options{ExcludeTables: []string{history}})
	if err != nil {
		t.Fatalf("reading the definitions: %v", err)
	}
	found, err := tx.Query(t.Context(), restSQL)
	if err != nil {
		t.Fatalf("reading what pg_dump leaves out: %v", err)
	}
	lines, err := pgx.CollectRows(found, pgx.RowTo[string])
	if err != nil {
		t.Fatalf("reading what pg_dump leaves out: %v", err)
	}
	return spelled(t, state), strings.Join(lines, "\n")
}

// spelled is a state as text, one object a line, without what another making of
// the same objects has otherwise.
func spelled(t *testing.T, s *catalog.State) string {
	t.Helper()
	lines := make([]string, 0, len(s.Objects))
	for _, o := range s.Objects {
		text, err := json.Marshal(o.Bare())
		if err != nil {
			t.Fatalf("spelling %s: %v", o.Identity, err)
		}
		lines = append(lines, string(text)+"\n")
	}
	slices.Sort(lines)
	return strings.Join(lines, "")
}

// HasHistory tells whether the migration tool's table is there.
func (d *database) HasHistory(t *testing.T) bool {
	t.Helper()
	var there bool
	if err := d.Connect(t).QueryRow(t.Context(), "SELECT to_regclass($1) IS NOT NULL", history).Scan(&there); err != nil {
		t.Fatalf("looking for the history table: %v", err)
	}
	return there
}

// server is what is known about the server under test; learned once.
var server struct {
	once    sync.Once
	version int  // server_version_num
	dumps   bool // there is a pg_dump that knows it
}

func learn(t *testing.T) {
	t.Helper()
	server.once.Do(func() {
		server.dumps = testpg.Start(t).CanDump(t)
		conn := testpg.Start(t).Database(t).Connect(t)
		const sql = "SELECT current_setting('server_version_num')::int"
		if err := conn.QueryRow(t.Context(), sql).Scan(&server.version); err != nil {
			t.Errorf("asking for the version: %v", err)
		}
	})
}
