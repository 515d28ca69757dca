//go:build unix

package enginetest_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/safemigrate/safemigrate"
	"github.com/safemigrate/safemigrate/internal/engine/enginetest"
	"github.com/safemigrate/safemigrate/migrate"
)

// drift is what somebody changes by hand between up and rollback.
type drift struct {
	name, batch, later string

	named  []string // what the report of the rollback says was changed, in part; all of it
	expect string   // what, done to the setup, gives what must be left; later itself where it is empty
	clash  string   // why the rollback is refused, in part; "" where it goes on
}

const driftBase = items + `CREATE TABLE pets (id integer PRIMARY KEY, owner integer REFERENCES t, kind text); INSERT INTO pets VALUES (1, 1, 'cat');
	CREATE VIEW v AS SELECT id, a FROM t; CREATE FUNCTION f(integer) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT $1';
	CREATE TYPE mood AS ENUM ('sad', 'ok'); CREATE SEQUENCE q; `

func drifts() []drift {
	const adds, drops, makes = `ALTER TABLE t ADD phone text;`, `ALTER TABLE t DROP COLUMN z;`, `CREATE TABLE n (id integer PRIMARY KEY); CREATE VIEW nv AS SELECT id FROM n;`
	return []drift{
		{name: "nothing", batch: adds + drops + makes},
		{name: "index", batch: adds, later: `CREATE INDEX hand ON t (n)`, named: []string{"index public.hand was made"}},
		{name: "index on a table that is put back", batch: drops, later: `CREATE INDEX hand ON t (n)`, named: []string{"index public.hand was made"}},
		{name: "index on a table that goes under its old name", batch: `ALTER TABLE t RENAME TO items;`, later: `CREATE INDEX hand ON items (n)`,
			expect: `CREATE INDEX hand ON t (n)`, named: []string{"index public.hand was made"}},
		{name: "column", batch: adds, later: `ALTER TABLE t ADD hand integer DEFAULT 4`, named: []string{"table public.t: its column hand's type was changed", "default hand ON public.t was made"}},
		{name: "column of another table", batch: adds, later: `ALTER TABLE pets ADD hand integer; UPDATE pets SET hand = 3`, named: []string{"table public.pets: its column hand"}},
		{name: "column of a table that would have to be put back", batch: drops, later: `ALTER TABLE t ADD hand integer`, clash: "hand"},
		{name: "view", batch: adds, later: `CREATE VIEW hand AS SELECT a, n FROM t`, named: []string{"view public.hand was made"}},
		{name: "view over a table that is put back", batch: drops, later: `CREATE VIEW hand AS SELECT a, n FROM t; GRANT SELECT ON hand TO PUBLIC`, named: []string{"view public.hand was made"}},
		{name: "view that was there", batch: adds, later: `CREATE OR REPLACE VIEW v AS SELECT id, a, n FROM t`, named: []string{"view public.v: its"}},
		{name: "grants", batch: adds, later: `GRANT SELECT ON t TO PUBLIC; GRANT UPDATE (owner) ON pets TO PUBLIC`, named: []string{"table public.t: its privileges", "table public.pets: its column owner"}},
		{name: "grants on a table that is put back", batch: drops, later: `GRANT SELECT ON t TO PUBLIC; GRANT UPDATE (n) ON t TO PUBLIC`, named: []string{"table public.t: its"}},
		{name: "comment, default, trigger, policy and rule", batch: adds, later: `COMMENT ON TABLE t IS 'hand'; ALTER TABLE pets ALTER kind SET DEFAULT 'dog'; CREATE POLICY hand ON t USING (n > 0);
			CREATE FUNCTION tf() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'; CREATE TRIGGER hand BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION tf(); CREATE RULE hand AS ON DELETE TO pets DO INSTEAD NOTHING`,
			named: []string{"table public.t: its comment", "default kind ON public.pets was made", "policy hand", "function public.tf()", "trigger hand", "rule hand"}},
		{name: "function, label and sequence", batch: adds, later: `CREATE OR REPLACE FUNCTION f(integer) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT $1 + 1'; ALTER TYPE mood ADD VALUE 'new'; ALTER SEQUENCE q INCREMENT 7`,
			named: []string{"function public.f(integer): its", "enum public.mood: its", "sequence public.q: its"}},
		{name: "table made", batch: adds, later: `CREATE TABLE hand (a integer); INSERT INTO hand VALUES (1)`, named: []string{"table public.hand was made"}},
		{name: "table renamed", batch: adds, later: `ALTER TABLE pets RENAME TO beasts`, named: []string{"table public.beasts: its name"}},
		{name: "another table dropped", batch: adds, later: `DROP TABLE pets`, named: []string{"table public.pets was dropped", "pets_pkey", "pets_owner_fkey"}},
		{name: "batch's table dropped", batch: makes, later: `DROP TABLE n CASCADE`, expect: `SELECT 1`},
		{name: "batch's column dropped", batch: adds, later: `ALTER TABLE t DROP phone`, expect: `SELECT 1`},

		{name: "changed table dropped", batch: adds, later: `DROP VIEW v; DROP TABLE t CASCADE`, clash: "table public.t was changed by the batch (column phone's type) and dropped since"},
		{name: "changed view dropped", batch: `CREATE OR REPLACE VIEW v AS SELECT id, a, z FROM t;`, later: `DROP VIEW v`, clash: "view public.v was changed by the batch"},
		{name: "batch's table altered", batch: makes, later: `ALTER TABLE n ADD hand integer`, clash: "table public.n was made by the batch, and its column hand's type was changed since"},
		{name: "batch's view replaced", batch: makes, later: `CREATE OR REPLACE VIEW nv AS SELECT id, 1 AS one FROM n`, clash: "view public.nv was made by the batch"},
		{name: "batch's column renamed", batch: adds, later: `ALTER TABLE t RENAME phone TO tel`, clash: "column phone's name was changed by the batch, and again since"},
		{name: "batch's column retyped", batch: adds, later: `ALTER TABLE t ALTER phone TYPE varchar(9)`, clash: "column phone's type was changed by the batch, and again since"},
		{name: "function that the batch replaced", batch: `CREATE OR REPLACE FUNCTION f(integer) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT 2';`,
			later: `CREATE OR REPLACE FUNCTION f(integer) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT 3'`, clash: "function public.f(integer): its definition was changed by the batch, and again since"},
		{name: "grants that the batch changed", batch: `GRANT SELECT ON pets TO PUBLIC;`, later: `GRANT UPDATE ON pets TO PUBLIC`, clash: "table public.pets: its privileges were changed by the batch, and again since"},
		{name: "view over the batch's column", batch: adds, later: `CREATE VIEW hand AS SELECT phone FROM t`, clash: "view public.hand depends on column phone of public.t"},
		{name: "foreign key to the batch's table", batch: makes, later: `ALTER TABLE pets ADD CONSTRAINT hand FOREIGN KEY (owner) REFERENCES n NOT VALID`, clash: "depends on column id of public.n"},
		{name: "name of a dropped table taken", batch: `DROP TABLE pets;`, later: `CREATE TABLE pets (a integer); INSERT INTO pets VALUES (9)`, clash: "would have the same name"},
	}
}

// TestDrift has somebody change the schema by hand between up and rollback. What is
// theirs is left alone and named by the plan and by the rollback, or the rollback
// stops and changes nothing, whatever is decided about rows.
func TestDrift(t *testing.T) {
	t.Parallel()
	for _, c := range drifts() {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := prepared(t, driftBase, map[string]string{"1_batch.up.sql": c.batch})
			p.Up(t, everything)
			if c.later != "" {
				p.Exec(t, c.later)
			}
			if c.clash != "" {
				c.refused(t, p)
				return
			}
			model := prepared(t, driftBase+c.left(), nil)
			after := p.DB.Fingerprint(t)
			c.says(t, p.Rollback(t, safemigrate.RollbackOptions{Plan: true}))
			c.says(t, p.Rollback(t, takeBack))
			rowsAre(t, model, p)
			p.Rollback(t, undoIt)
			p.Is(t, after, "after the undo")
		})
	}
}

func (c *drift) left() string {
	if c.expect != "" {
		return c.expect
	}
	return c.later
}

// refused tries the ways to go on that there are.
func (c *drift) refused(t *testing.T, p *enginetest.Project) {
	t.Helper()
	after := p.DB.Fingerprint(t)
	for _, o := range []safemigrate.RollbackOptions{{Plan: true}, takeBack, takeOut, keepLater} {
		_, err := p.TryRollback(t, o)
		enginetest.Fails(t, err, migrate.Disagreement, c.clash)
	}
	p.Is(t, after, "after the refusals")
}

// says checks what the report names as changed by hand.
func (c *drift) says(t *testing.T, r *safemigrate.RollbackReport) {
	t.Helper()
	for _, words := range c.named {
		if !slices.ContainsFunc(r.Drift, func(line string) bool { return strings.Contains(line, words) }) {
			t.Errorf("%q is not named: %q", words, r.Drift)
		}
	}
	if len(c.named) == 0 && len(r.Drift) > 0 {
		t.Errorf("named without a cause: %q", r.Drift)
	}
}
