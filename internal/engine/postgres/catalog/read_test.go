package catalog_test

import (
	"maps"
	"reflect"
	"slices"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/catalog"
	"github.com/safemigrate/safemigrate/internal/testpg"
)

// torture holds something of every kind.
const torture = base + `
	CREATE TABLE w (id serial PRIMARY KEY, tags text[] DEFAULT '{}', kind en DEFAULT 'a', "Ö ""x""" text COLLATE "C") WITH (fillfactor = 80);
	ALTER TABLE w ALTER tags SET STORAGE EXTERNAL, ALTER id SET STATISTICS 5, ENABLE ROW LEVEL SECURITY;
	CREATE VIEW v2 AS SELECT w.id, w.kind, count(*) FROM w JOIN t ON t.a = w.id GROUP BY w.id;
	CREATE INDEX ON w (lower("Ö ""x""")) WHERE id > 0; ALTER TABLE w REPLICA IDENTITY USING INDEX w_pkey;
	ALTER TABLE t DROP COLUMN c; ALTER TABLE t ADD c int; ALTER TABLE t DISABLE TRIGGER g;
	CREATE UNIQUE INDEX ON m (a); CREATE PROCEDURE pr(x int) LANGUAGE plpgsql AS 'BEGIN END';
	CREATE TABLE sch.t (a int REFERENCES t, b int UNIQUE DEFERRABLE); `

// TestDumpsAgree drops everything, makes it again from the definitions, and
// asks pg_dump whether anything differs.
func TestDumpsAgree(t *testing.T) {
	t.Parallel()
	db := testpg.Start(t).Database(t)
	db.Exec(t, torture+"ALTER TABLE t DROP COLUMN c; ALTER TABLE t ADD z int")
	want := db.Dump(t)
	tx, err := db.Connect(t).Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	before := read(t, tx)
	rebuild(t, tx, before)
	same(t, before, read(t, tx))
	if err := tx.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := db.Dump(t); got != want {
		t.Errorf("the schema that was made again:\n%s\nwant:\n%s", got, want)
	}
}

// TestCensusStaysTheSame does what changes catalogs but not the schema.
func TestCensusStaysTheSame(t *testing.T) {
	t.Parallel()
	db := testpg.Start(t).Database(t)
	db.Exec(t, torture)
	conn := db.Connect(t)
	var before *catalog.State
	inTx(t, conn, func(tx pgx.Tx) { before = read(t, tx) })
	for _, sql := range []string{
		`INSERT INTO t (a, b) SELECT i, repeat('x', 3000) FROM generate_series(1, 500) i`,
		`UPDATE t SET b = 'y'`, `INSERT INTO u SELECT a FROM t`, `DELETE FROM u`,
		`REFRESH MATERIALIZED VIEW m`, `SELECT nextval('s'), nextval('w_id_seq')`,
		`VACUUM`, `ANALYZE`, `VACUUM FULL t`, `REINDEX TABLE t`, `TRUNCATE u`,
		`CREATE TEMPORARY TABLE tmp (a serial PRIMARY KEY); CREATE TEMPORARY VIEW tmpv AS SELECT * FROM tmp`,
		`GRANT SELECT ON t TO CURRENT_USER`,
		`REVOKE ALL ON FUNCTION f FROM PUBLIC; GRANT EXECUTE ON FUNCTION f TO PUBLIC`,
	} {
		if _, err := conn.Exec(t.Context(), sql); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
		inTx(t, conn, func(tx pgx.Tx) {
			after := read(t, tx)
			if !maps.Equal(byAddress(before.Census), byAddress(after.Census)) {
				t.Errorf("%s: the census differs", sql)
			}
			if changes := catalog.Diff(before, after); len(changes) > 0 {
				t.Errorf("%s: changed: %+v", sql, changes)
			}
		})
	}
}

// byAddress drops the order, which is not promised.
func byAddress(census []catalog.Mark) map[[2]catalog.Address]catalog.Mark {
	marks := map[[2]catalog.Address]catalog.Mark{}
	for _, m := range census {
		marks[[2]catalog.Address{m.Address, m.Of}] = m
	}
	return marks
}

func TestExcluded(t *testing.T) {
	t.Parallel()
	db := testpg.Start(t).Database(t)
	conn := db.Connect(t)
	opts := catalog.Options{ExcludeTables: []string{"public.history", `public.odd "name".x`}}
	readBy := func(tx pgx.Tx) *catalog.State {
		state, err := catalog.Read(t.Context(), tx, opts)
		if err != nil {
			t.Fatalf("Read: %v", err)
		}
		return state
	}
	inTx(t, conn, func(tx pgx.Tx) {
		exec(t, tx, `CREATE TABLE t (a int)`)
		before := readBy(tx)
		exec(t, tx, `
			CREATE TABLE history (id serial PRIMARY KEY, note text DEFAULT 'x' UNIQUE CHECK (note > ''), n int GENERATED ALWAYS AS IDENTITY);
			COMMENT ON TABLE history IS 'x'; COMMENT ON COLUMN history.id IS 'x'; CREATE INDEX hi ON history (note);
			COMMENT ON INDEX hi IS 'x'; GRANT SELECT ON history TO PUBLIC; CREATE STATISTICS hst ON id, note FROM history;
			CREATE TABLE "odd ""name"".x" (a int);
			CREATE SCHEMA safemigrate; CREATE TABLE safemigrate.batches (a serial PRIMARY KEY, b text);
			CREATE FUNCTION safemigrate.f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
			CREATE TRIGGER g BEFORE INSERT ON history EXECUTE FUNCTION safemigrate.f();
			CREATE TYPE safemigrate.e AS ENUM ('x'); CREATE DOMAIN safemigrate.d AS int CHECK (VALUE > 0);
			CREATE SCHEMA safemigrate_20261130_114542_123abc; CREATE TABLE safemigrate_20261130_114542_123abc.t AS SELECT * FROM t; CREATE SCHEMA safemigrate_beside_16384;
			COMMENT ON SCHEMA safemigrate IS 'x'; CREATE VIEW safemigrate.v AS SELECT * FROM history`)
		after := readBy(tx)
		for _, c := range catalog.Diff(before, after) {
			t.Errorf("seen: %s %s", c.After.Kind, c.After.Identity)
		}
		found, err := catalog.Unexplained(t.Context(), tx, before, after)
		if err != nil || len(found) > 0 {
			t.Errorf("unexplained: %q, %v", found, err)
		}
		if len(before.Census) != len(after.Census) {
			t.Errorf("the census grew from %d to %d marks", len(before.Census), len(after.Census))
		}
	})
}

func TestExtras(t *testing.T) {
	t.Parallel()
	db := testpg.Start(t).Database(t)
	inTx(t, db.Connect(t), func(tx pgx.Tx) {
		exec(t, tx, `CREATE TABLE t (a int, b int); ALTER TABLE t DROP a; CREATE VIEW v AS SELECT b FROM t; CREATE SEQUENCE s;
			COMMENT ON TABLE t IS 'it''s'; COMMENT ON COLUMN t.b IS 'column'; COMMENT ON COLUMN v.b IS 'of a view';
			GRANT SELECT (b) ON t TO PUBLIC; GRANT UPDATE (b) ON v TO PUBLIC; REVOKE ALL ON t FROM CURRENT_USER;
			GRANT USAGE ON s TO PUBLIC;
			CREATE UNLOGGED TABLE w (a int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, b int GENERATED ALWAYS AS IDENTITY);
			COMMENT ON INDEX w_pkey IS 'by a'; COMMENT ON SEQUENCE w_a_seq IS 'of a'; GRANT USAGE ON SEQUENCE w_a_seq TO PUBLIC;
			REVOKE ALL ON SEQUENCE w_b_seq FROM CURRENT_USER`)
		state := read(t, tx)
		table := state.ByIdentity(catalog.KindTable, "public.t")
		view := state.ByIdentity(catalog.KindView, "public.v")
		sequence := state.ByIdentity(catalog.KindSequence, "public.s")
		identities := state.ByIdentity(catalog.KindTable, "public.w").Table.Columns
		ofA, ofB := identities[0].IdentitySeq, identities[1].IdentitySeq
		grant := func(to, privilege string) catalog.Grant {
			return catalog.Grant{Grantor: db.Role, Grantee: to, Privilege: privilege}
		}
		for _, c := range []struct {
			name      string
			got, want any
		}{
			{"owner", table.Owner, db.Role},
			{"comment", table.Comment, "it's"},
			{"an empty list is not the default", len(table.Grants), 0},
			{"column comment", table.Table.Columns[0].Comment, "column"},
			{"column grants", table.Table.Columns[0].Grants, []catalog.Grant{grant("", "SELECT")}},
			{"view column", view.Columns, []catalog.ColumnExtras{{
				Name: "b", Comment: "of a view", Grants: []catalog.Grant{grant("", "UPDATE")},
			}}},
			{"sequence", sequence.Grants, []catalog.Grant{
				grant("", "USAGE"), grant(db.Role, "SELECT"), grant(db.Role, "UPDATE"), grant(db.Role, "USAGE"),
			}},
			{"identity sequence", ofA.Grants, sequence.Grants},
			{"comment on an identity sequence", ofA.Comment, "of a"},
			{"an empty list of an identity sequence", len(ofB.Grants), 0},
			{"comment on a key's index", state.ByIdentity(catalog.KindConstraint, "w_pkey ON public.w").OnIndex, "by a"},
		} {
			if !reflect.DeepEqual(c.got, c.want) {
				t.Errorf("%s: %+v, want %+v", c.name, c.got, c.want)
			}
		}
		if len(view.Grants) < 7 || view.Grants[0].Grantee != db.Role {
			t.Errorf("the default privileges of a view: %+v", view.Grants)
		}
	})
}

func TestDependencies(t *testing.T) {
	conn := testpg.Start(t).Database(t).Connect(t)
	cases := []struct{ name, sql, from, on string }{
		{"view on a column", `CREATE TABLE t (a int, b int); CREATE VIEW v AS SELECT b FROM t`, "view public.v", "table public.t.2"},
		{"view on a key", `CREATE TABLE t (a int PRIMARY KEY, b int); CREATE VIEW v AS SELECT a, b FROM t GROUP BY a`,
			"view public.v", "constraint t_pkey ON public.t"},
		{"view on a row type", `CREATE TABLE t (a int); CREATE VIEW v AS SELECT NULL::t[] AS x`, "view public.v", "table public.t"},
		{"foreign key on a key", `CREATE TABLE t (a int PRIMARY KEY); CREATE TABLE u (a int CONSTRAINT c REFERENCES t)`,
			"constraint c ON public.u", "constraint t_pkey ON public.t"},
		{"foreign key on a column", `CREATE TABLE t (a int PRIMARY KEY); CREATE TABLE u (a int CONSTRAINT c REFERENCES t)`,
			"constraint c ON public.u", "table public.t.1"},
		{"default on a function", `CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'; CREATE TABLE t (a int DEFAULT f())`,
			"default a ON public.t", "function public.f()"},
		{"default on a sequence", `CREATE TABLE t (a serial)`, "default a ON public.t", "sequence public.t_a_seq"},
		{"sequence on its table", `CREATE TABLE t (a serial)`, "sequence public.t_a_seq", "table public.t.1"},
		{"table on an enum by its array", `CREATE TYPE e AS ENUM ('x'); CREATE TABLE t (a e[])`, "table public.t", "enum public.e"},
		{"generated column on a function", `CREATE FUNCTION f(int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT 1';
			CREATE TABLE t (a int, b int GENERATED ALWAYS AS (f(a)) STORED)`, "table public.t", "function public.f(integer)"},
		{"table on its schema", `CREATE SCHEMA s; CREATE TABLE s.t ()`, "table s.t", "schema s"},
		{"table on public", `CREATE TABLE t ()`, "table public.t", "schema public"},
		{"trigger on a function", `CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN END'; CREATE TABLE t ();
			CREATE TRIGGER g BEFORE INSERT ON t EXECUTE FUNCTION f()`, "trigger g ON public.t", "function public.f()"},
		{"function on its language", `CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN END'`, "function public.f()", "extension plpgsql"},
		{"table on an extension", `CREATE EXTENSION citext; CREATE TABLE t (a citext)`, "table public.t", "extension citext"},
		{"index on its table", `CREATE TABLE t (a int); CREATE INDEX i ON t ((1))`, "index public.i", "table public.t"},
		{"partition on its parent", `CREATE TABLE t (a int) PARTITION BY LIST (a); CREATE TABLE p PARTITION OF t DEFAULT`, "table public.p", "table public.t"},
		{"function on a table by its body", `CREATE TABLE t (a int); CREATE FUNCTION f() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT a FROM t; END`,
			"function public.f()", "table public.t.1"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			inTx(t, conn, func(tx pgx.Tx) {
				exec(t, tx, c.sql)
				state := read(t, tx)
				if on := dependsOn(state, c.from); !slices.Contains(on, c.on) {
					t.Errorf("%s depends on %q, want %q", c.from, on, c.on)
				}
			})
		})
	}
}

// dependsOn names what an object ("kind identity") depends on; a column by its
// number behind a dot.
func dependsOn(state *catalog.State, from string) []string {
	var on []string
	for _, o := range state.Objects {
		if string(o.Kind)+" "+o.Identity != from {
			continue
		}
		for _, a := range o.DependsOn {
			num := a.Column
			a.Column = 0
			if target := state.Object(a); target != nil {
				name := string(target.Kind) + " " + target.Identity
				if num != 0 {
					name += "." + string(rune('0'+num))
				}
				on = append(on, name)
			}
		}
	}
	return on
}

// TestReadInEveryQueryMode reads over connections that are set up as poolers
// want them.
func TestReadInEveryQueryMode(t *testing.T) {
	t.Parallel()
	db := testpg.Start(t).Database(t)
	db.Exec(t, torture)
	var first *catalog.State
	for _, mode := range []pgx.QueryExecMode{
		pgx.QueryExecModeCacheStatement, pgx.QueryExecModeCacheDescribe, pgx.QueryExecModeDescribeExec,
		pgx.QueryExecModeExec, pgx.QueryExecModeSimpleProtocol,
	} {
		config, err := pgx.ParseConfig(db.URL)
		if err != nil {
			t.Fatal(err)
		}
		config.DefaultQueryExecMode = mode
		conn, err := pgx.ConnectConfig(t.Context(), config)
		if err != nil {
			t.Fatal(err)
		}
		inTx(t, conn, func(tx pgx.Tx) {
			state := read(t, tx)
			if first == nil {
				first = state
			}
			found, err := catalog.Unexplained(t.Context(), tx, first, state)
			if changes := catalog.Diff(first, state); err != nil || len(changes)+len(found) > 0 {
				t.Errorf("mode %v: %+v, %q, %v", mode, changes, found, err)
			}
		})
		if err := conn.Close(t.Context()); err != nil {
			t.Error(err)
		}
	}
}
