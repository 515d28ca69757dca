package catalog_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/catalog"
	"github.com/safemigrate/safemigrate/internal/testpg"
)

// making is a definition that must survive being dropped and made again.
type making struct {
	name     string
	sql      string
	kind     catalog.Kind
	identity string
}

// newer are SQL words that older servers do not have, by the first version
// that has them.
var newer = map[string]int{
	"security_invoker": 150000, "UNLOGGED SEQUENCE": 150000, "SET UNLOGGED": 150000, "NULLS NOT DISTINCT": 150000, "SET NULL (": 150000,
	"TABLES IN SCHEMA": 150000, "(newer)": 150000, " VIRTUAL": 180000, "NOT ENFORCED": 180000, "WITHOUT OVERLAPS": 180000,
	"RULES = ": 160000, "PROVIDER = builtin": 170000, "NOT NULL a NO INHERIT": 180000, "CONSTRAINT nn": 180000,
}

// known tells whether a server of this version has all words of some SQL.
func known(t *testing.T, conn *pgx.Conn, sql string) bool {
	t.Helper()
	var version int
	if err := conn.QueryRow(t.Context(), "SELECT current_setting('server_version_num')::int").Scan(&version); err != nil {
		t.Fatal(err)
	}
	for words, since := range newer {
		if version < since && strings.Contains(sql, words) {
			return false
		}
	}
	return true
}

// rebuildAll checks for each making that its object is found, that everything
// can be dropped without CASCADE in reverse order of dependency, and that what
// the definitions make has the same definitions.
func rebuildAll(t *testing.T, makings []making) {
	t.Helper()
	rebuildOver(t, testpg.Start(t).Database(t).Connect(t), makings)
}

func rebuildOver(t *testing.T, conn *pgx.Conn, makings []making) {
	t.Helper()
	for _, m := range makings {
		if !known(t, conn, m.name+m.sql) {
			continue
		}
		t.Run(m.name, func(t *testing.T) {
			inTx(t, conn, func(tx pgx.Tx) { m.again(t, tx) })
		})
	}
}

// again makes what is wanted, drops all, and makes all again.
func (m *making) again(t *testing.T, tx pgx.Tx) {
	t.Helper()
	exec(t, tx, m.sql)
	before := read(t, tx)
	if before.ByIdentity(m.kind, m.identity) == nil {
		t.Fatalf("no %s %q in %q", m.kind, m.identity, identities(before))
	}
	rebuild(t, tx, before)
	same(t, before, read(t, tx))
}

// rebuild drops all objects and makes them again.
func rebuild(t *testing.T, tx pgx.Tx, state *catalog.State) {
	t.Helper()
	ordered := order(t, state)
	for _, o := range slices.Backward(ordered) {
		define(t, tx, catalog.DropStatement(*o))
	}
	for _, o := range ordered {
		define(t, tx, o.Create)
		for _, sql := range o.After {
			define(t, tx, sql)
		}
	}
}

// order sorts the objects that a test made so that each comes after what it
// depends on.
func order(t *testing.T, state *catalog.State) []*catalog.Object {
	t.Helper()
	var ordered []*catalog.Object
	visited := map[catalog.Address]bool{}
	var visit func(o *catalog.Object)
	visit = func(o *catalog.Object) {
		if o == nil || visited[o.Address] {
			return
		}
		visited[o.Address] = true
		for _, on := range o.DependsOn {
			on.Column = 0
			visit(state.Object(on))
		}
		if o.Kind != catalog.KindExtension && o.Kind != catalog.KindDatabase && o.Identity != "public" {
			ordered = append(ordered, o)
		}
	}
	for i := range state.Objects {
		visit(&state.Objects[i])
	}
	return ordered
}

func same(t *testing.T, before, after *catalog.State) {
	t.Helper()
	for i := range before.Objects {
		b := before.Objects[i]
		a := after.ByIdentity(b.Kind, b.Identity)
		switch {
		case a == nil:
			t.Errorf("%s %s is gone", b.Kind, b.Identity)
		case !b.Same(*a):
			t.Errorf("%s %s differs:\n%s\n%s", b.Kind, b.Identity, spell(t, b), spell(t, *a))
		}
	}
	if len(before.Objects) != len(after.Objects) {
		t.Errorf("%q became %q", identities(before), identities(after))
	}
}

func spell(t *testing.T, o catalog.Object) string {
	t.Helper()
	text, err := json.MarshalIndent(o, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func identities(s *catalog.State) []string {
	var all []string
	for _, o := range s.Objects {
		all = append(all, string(o.Kind)+" "+o.Identity)
	}
	return all
}
