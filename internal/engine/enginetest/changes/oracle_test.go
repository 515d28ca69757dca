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

// sight is all that the oracle sees of a database: the rows of the system
// catalogs, by names; the user's rows in physical column order; sequences; and,
// in a full look, what pg_dump says, or, where none is at hand that knows the
// server, the definitions that safemigrate reads.
type sight struct{ catalogs, rows, sequences, schema string }

func glance(t *testing.T, d *database) sight {
	t.Helper()
	return sight{rows: d.Rows(t, history), sequences: d.Sequences(t), catalogs: d.Census(t, history)}
}

// see looks in full.
func see(t *testing.T, d *database) sight {
	t.Helper()
	s := glance(t, d)
	if server.dumps {
		s.schema = sortGrants(d.Dump(t, history))
	} else {
		s.schema = d.definitions(t)
	}
	return s
}

// sortGrants puts the GRANTs on one object in order: the order of an access list
// has no meaning, and depends on that of the statements that made it.
func sortGrants(dump string) string {
	paragraphs := strings.Split(dump, "\n\n")
	for i, p := range paragraphs {
		if strings.HasPrefix(p, "GRANT ") || strings.HasPrefix(p, "REVOKE ") {
			lines := strings.Split(p, "\n")
			slices.Sort(lines)
			paragraphs[i] = strings.Join(lines, "\n")
		}
	}
	return strings.Join(paragraphs, "\n\n")
}

// alike compares what a glance sees.
func (s sight) alike(other sight) bool {
	return s.catalogs == other.catalogs && s.rows == other.rows && s.sequences == other.sequences
}

func (s sight) is(t *testing.T, want sight, when string) {
	t.Helper()
	for _, part := range []struct{ name, got, want string }{
		{"schema", s.schema, want.schema},
		{"catalogs", s.catalogs, want.catalogs},
		{"rows", s.rows, want.rows},
		{"sequences", s.sequences, want.sequences},
	} {
		if part.got != part.want {
			t.Errorf("%s, the %s:\n%s", when, part.name, enginetest.Difference(part.want, part.got))
		}
	}
}

// definitions are read by the superuser, who sees all.
func (d *database) definitions(t *testing.T) string {
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
	return spelled(t, state)
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
