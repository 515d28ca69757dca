//go:build unix

package dump_test

import (
	"bytes"
	"errors"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/dump"
	"github.com/safemigrate/safemigrate/internal/pgarchive"
	"github.com/safemigrate/safemigrate/internal/testpg"
)

// fixtures are databases, each with what makes an archive go wrong in a way of its own.
var fixtures = []struct{ name, setup string }{
	{"nothing", ""},
	{"one large table", `CREATE TABLE big (id bigint PRIMARY KEY, name text NOT NULL, doc jsonb, n numeric UNIQUE, at timestamptz DEFAULT now());
		INSERT INTO big SELECT i, md5(i::text) || repeat('x', i % 50), jsonb_build_object('i', i, 't', E'tab\t nl\n back\\slash'), i * 1.5, 'epoch' FROM generate_series(1, 20000) i;
		CREATE INDEX big_name ON big (name); CREATE INDEX big_doc ON big USING gin (doc);`},
	{"large tables that refer to each other", `CREATE TABLE parent (id int PRIMARY KEY, t text); CREATE TABLE child (id serial PRIMARY KEY, parent int NOT NULL REFERENCES parent, t text);
		INSERT INTO parent SELECT i, repeat('p', 40) FROM generate_series(1, 8000) i; INSERT INTO child (parent, t) SELECT i % 8000 + 1, repeat('c', 40) FROM generate_series(1, 12000) i;
		CREATE VIEW v AS SELECT p.t, c.t AS ct FROM parent p JOIN child c ON c.parent = p.id;
		CREATE MATERIALIZED VIEW m AS SELECT parent, count(*) FROM child GROUP BY parent; CREATE UNIQUE INDEX ON m (parent); CREATE MATERIALIZED VIEW m2 AS SELECT count(*) FROM m; CREATE MATERIALIZED VIEW empty AS SELECT 1 AS one WITH NO DATA;
		CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'must not fire'; END $$; CREATE TRIGGER t BEFORE INSERT ON child FOR EACH ROW EXECUTE FUNCTION f();`},
	{"partitions and inheritance", `CREATE TABLE p (id int, k text, PRIMARY KEY (id, k)) PARTITION BY LIST (k); CREATE TABLE p_a PARTITION OF p FOR VALUES IN ('a'); CREATE TABLE p_rest PARTITION OF p DEFAULT PARTITION BY HASH (id);
		CREATE TABLE p_1 PARTITION OF p_rest FOR VALUES WITH (MODULUS 2, REMAINDER 0); CREATE TABLE p_2 PARTITION OF p_rest FOR VALUES WITH (MODULUS 2, REMAINDER 1);
		INSERT INTO p SELECT i, chr(97 + i % 3) FROM generate_series(1, 15000) i; CREATE INDEX ON p (k);
		CREATE TABLE old (id int PRIMARY KEY, t text); CREATE TABLE young (more text) INHERITS (old); INSERT INTO old SELECT i, 'o' FROM generate_series(1, 6000) i; INSERT INTO young SELECT i, 'y', 'm' FROM generate_series(1, 6000) i;`},
	{"TOAST", `CREATE TABLE docs (id int PRIMARY KEY, body text); ALTER TABLE docs ALTER body SET STORAGE EXTERNAL; INSERT INTO docs SELECT i, repeat(md5(i::text), 4000) FROM generate_series(1, 40) i;`},
	{"names and columns", `CREATE SCHEMA "We""ird '; --"; CREATE TABLE "We""ird '; --"."t a.b" (id int GENERATED ALWAYS AS IDENTITY (START 5 INCREMENT 3), "or""der" text, twice int GENERATED ALWAYS AS (7 * 2) STORED, gone int, "ü" text);
		ALTER TABLE "We""ird '; --"."t a.b" DROP gone; INSERT INTO "We""ird '; --"."t a.b" ("or""der", "ü") SELECT i, E'\\.' FROM generate_series(1, 9000) i;
		CREATE TABLE nothing (); INSERT INTO nothing DEFAULT VALUES; INSERT INTO nothing DEFAULT VALUES; CREATE TABLE computed (a int GENERATED ALWAYS AS (1) STORED); INSERT INTO computed DEFAULT VALUES;
		CREATE SEQUENCE never; CREATE SEQUENCE down INCREMENT -2 MAXVALUE 10; SELECT nextval('down'), nextval('down');`},
	{"keys of every form", `CREATE SCHEMA "S (1)"; CREATE TABLE "S (1)"."t, ""x""" (id int, "a b" text, "c;" text, "d)" int, r int4range, CONSTRAINT "the ""key""" PRIMARY KEY (id, "a b") INCLUDE ("c;") WITH (fillfactor = 70),
			CONSTRAINT later UNIQUE ("a b") DEFERRABLE INITIALLY DEFERRED, CONSTRAINT soon UNIQUE ("d)", id) DEFERRABLE, UNIQUE ("c;") INCLUDE ("a b"), EXCLUDE USING gist (r WITH &&));
		INSERT INTO "S (1)"."t, ""x""" SELECT i, 'a' || i, 'c' || i, NULLIF(i % 7000, 0), int4range(i, i + 1) FROM generate_series(1, 7000) i;
		ALTER TABLE "S (1)"."t, ""x""" CLUSTER ON "the ""key"""; COMMENT ON CONSTRAINT later ON "S (1)"."t, ""x""" IS 'later'; COMMENT ON INDEX "S (1)".soon IS 'soon';
		CREATE TABLE identified (a int NOT NULL, b int, CONSTRAINT by_a UNIQUE (a)); ALTER TABLE identified REPLICA IDENTITY USING INDEX by_a; INSERT INTO identified VALUES (1, NULL), (2, NULL);
		CREATE TABLE identified_child (a int REFERENCES identified (a)); INSERT INTO identified_child VALUES (1);
		DO $$ BEGIN IF current_setting('server_version_num')::int >= 150000 THEN EXECUTE 'CREATE TABLE n (a int, UNIQUE NULLS NOT DISTINCT (a)); INSERT INTO n VALUES (NULL)'; END IF; END $$;`},
	{"large objects", `SELECT lo_from_bytea(0, decode(repeat('00ff5c0a', 5000), 'hex')); SELECT lo_from_bytea(0, ''); CREATE TABLE t (id int); INSERT INTO t SELECT generate_series(1, 5000);
		SELECT lo_from_bytea(4000000000, decode(repeat('5c2e0a', 100000), 'hex')); COMMENT ON LARGE OBJECT 4000000000 IS 'far'; GRANT SELECT ON LARGE OBJECT 4000000000 TO public; REVOKE UPDATE ON LARGE OBJECT 4000000000 FROM CURRENT_USER;`},
	{"row security and triggers", `CREATE TABLE r (id int PRIMARY KEY, t text, CHECK (id > 0)); INSERT INTO r SELECT i, 't' FROM generate_series(1, 8000) i; ALTER TABLE r ENABLE ROW LEVEL SECURITY; CREATE POLICY none ON r USING (false);
		CREATE RULE nope AS ON INSERT TO r DO INSTEAD NOTHING; CREATE UNLOGGED TABLE u (id int); INSERT INTO u VALUES (1);`},
	{"what 18 made new", `DO $do$ BEGIN IF current_setting('server_version_num')::int >= 180000 THEN EXECUTE $sql$
		CREATE TABLE virtual_too (id int PRIMARY KEY, a int CONSTRAINT a_there NOT NULL, twice int GENERATED ALWAYS AS (a * 2) VIRTUAL, thrice int GENERATED ALWAYS AS (a * 3) STORED, b int);
		INSERT INTO virtual_too (id, a, b) SELECT i, i, nullif(i % 5, 0) FROM generate_series(1, 9000) i;
		ALTER TABLE virtual_too ADD CONSTRAINT b_there NOT NULL b NOT VALID, ADD CONSTRAINT negative CHECK (a < 0) NOT ENFORCED;
		CREATE TABLE rooms (id int4range, during daterange, CONSTRAINT once PRIMARY KEY (id, during WITHOUT OVERLAPS)); INSERT INTO rooms VALUES ('[1,2)', '[2020-01-01,2021-01-01)'), ('[1,2)', '[2021-01-01,2022-01-01)');
		CREATE TABLE stays (room int4range, during daterange, CONSTRAINT stay FOREIGN KEY (room, PERIOD during) REFERENCES rooms (id, PERIOD during)); INSERT INTO stays VALUES ('[1,2)', '[2020-05-01,2021-05-01)');
		CREATE TABLE loose (room int4range, during daterange, c int REFERENCES virtual_too NOT ENFORCED); INSERT INTO loose VALUES (NULL, NULL, -1);
		$sql$; END IF; END $do$`},
	{"extension with rows of the user's", `CREATE EXTENSION IF NOT EXISTS hstore; CREATE TABLE h (id int PRIMARY KEY, v hstore); INSERT INTO h SELECT i, hstore('k', i::text) FROM generate_series(1, 5000) i;`},
}

// TestArchive has the stock pg_restore bring every fixture back, whole, with one job
// and with several: also tables that are cut into many files.
func TestArchive(t *testing.T) {
	t.Parallel()
	server := testpg.Start(t)
	for _, f := range fixtures {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			d := server.Database(t)
			d.Exec(t, f.setup)
			dumped := take(t, d, options(d, 2), nil)
			dir := dumped.export(t)
			for _, jobs := range []int{1, 2, 4} {
				into := server.Database(t)
				into.PgRestore(t, dir, jobs)
				if got, want := into.Rows(t), d.Rows(t); got != want {
					t.Fatalf("-j%d: the rows differ:\n%.2000s\nwant:\n%.2000s", jobs, got, want)
				}
				if got, want := into.Sequences(t), d.Sequences(t); got != want {
					t.Errorf("-j%d: the sequences differ:\n%s\nwant:\n%s", jobs, got, want)
				}
				if got, want := largeObjects(t, into), largeObjects(t, d); got != want {
					t.Errorf("-j%d: the large objects are %q, want %q", jobs, got, want)
				}
				o := options(into, 1)
				if err := dump.Compare(t.Context(), o, dumped.Contents); err != nil {
					t.Errorf("-j%d: %v", jobs, err)
				}
			}
		})
	}
}

// TestArchiveOfAHash: rows whose hash is another one in each database come where the other one
// looks for them, and before triggers, indexes and keys of any table of the tree.
func TestArchiveOfAHash(t *testing.T) {
	t.Parallel()
	server := testpg.Start(t)
	d := server.Database(t)
	d.Exec(t, `CREATE TYPE e AS ENUM ('a', 'b', 'c', 'd'); CREATE TABLE h (e e, n int, PRIMARY KEY (e, n)) PARTITION BY HASH (e);
		CREATE TABLE h0 PARTITION OF h FOR VALUES WITH (MODULUS 2, REMAINDER 0); CREATE TABLE h1 PARTITION OF h FOR VALUES WITH (MODULUS 2, REMAINDER 1);
		INSERT INTO h SELECT (enum_range(NULL::e))[1 + g % 4], g FROM generate_series(1, 20000) g; INSERT INTO h VALUES ('a', 0);
		CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$; CREATE TRIGGER t BEFORE INSERT ON h FOR EACH ROW EXECUTE FUNCTION f();`)
	dumped := take(t, d, options(d, 2), nil)
	dir := dumped.export(t)
	for _, jobs := range []int{1, 4} {
		into := server.Database(t)
		into.PgRestore(t, dir, jobs)
		holdsHash(t, into, dumped.Contents)
	}
	into := server.Database(t)
	if err := dumped.restoring(t, into).Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	holdsHash(t, into, dumped.Contents)
	into.Exec(t, "ALTER TABLE h DISABLE TRIGGER t; INSERT INTO h VALUES ('b', 0); DELETE FROM h WHERE e = 'b' AND n = 1")
	if err := dump.Compare(t.Context(), options(into, 1), dumped.Contents); !errors.Is(err, dump.ErrDamaged) || !strings.Contains(err.Error(), "public.h,") {
		t.Errorf("another row in place of one: %v", err)
	}
}

// holdsHash counts the rows of the tree of TestArchiveOfAHash as one who looks for their keys.
func holdsHash(t *testing.T, d *testpg.Database, c *dump.Contents) {
	t.Helper()
	var counts string
	conn := d.Connect(t)
	err := conn.QueryRow(t.Context(), `SELECT concat_ws(' ', (SELECT count(*) FROM h WHERE e = 'a'), (SELECT count(*) FROM h WHERE e = 'b'), (SELECT count(*) FROM h WHERE e = 'c'), (SELECT count(*) FROM h WHERE e = 'd'))`).Scan(&counts)
	if err := errors.Join(err, conn.Close(t.Context())); err != nil {
		t.Fatal(err)
	}
	if counts != "5001 5000 5000 5000" {
		t.Errorf("the rows are %s", counts)
	}
	if err := dump.Compare(t.Context(), options(d, 1), c); err != nil {
		t.Error(err)
	}
}

// largeObjects are the numbers of the large objects of a database, and what they hold.
func largeObjects(t *testing.T, d *testpg.Database) (all string) {
	t.Helper()
	conn := d.Connect(t)
	err := conn.QueryRow(t.Context(), `SELECT coalesce(string_agg(oid || ' ' || md5(lo_get(oid)), ', ' ORDER BY oid), '') FROM pg_largeobject_metadata`).Scan(&all)
	if err := errors.Join(err, conn.Close(t.Context())); err != nil {
		t.Fatal(err)
	}
	return all
}

// TestTablesAreCut makes sure that the fixtures are what they claim: most of their
// tables come in several files.
func TestTablesAreCut(t *testing.T) {
	t.Parallel()
	d := testpg.Start(t).Database(t)
	d.Exec(t, fixtures[1].setup)
	c := take(t, d, options(d, 2), nil)
	if c.Tables[0].Parts < 10 {
		t.Fatalf("the table came in %d parts", c.Tables[0].Parts)
	}
	whole := take(t, d, options(d, 1), nil)
	if whole.Tables[0].Parts != 1 || whole.Tables[0].Sum != c.Tables[0].Sum || whole.Tables[0].Rows != c.Tables[0].Rows {
		t.Fatalf("one job: %+v, two: %+v", whole.Tables[0], c.Tables[0])
	}
}

// TestTableOfContentsIsReadAndWritten round-trips what pg_dump wrote.
func TestTableOfContentsIsReadAndWritten(t *testing.T) {
	t.Parallel()
	d := testpg.Start(t).Database(t)
	for _, f := range fixtures {
		d.Exec(t, f.setup)
	}
	text, err := os.ReadFile(filepath.Join(take(t, d, options(d, 2), nil).schema, "toc.dat"))
	if err != nil {
		t.Fatal(err)
	}
	a, err := pgarchive.Read(text)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(a.Bytes(), text) {
		t.Error("what was read is written in another way")
	}
	for n := 0; n < len(text); n += 101 {
		if _, err := pgarchive.Read(text[:n]); err == nil {
			t.Fatalf("cut off after %d of %d bytes, it is read", n, len(text))
		}
	}
}

// TestFilesAreThoseOfPgDump: what comes through a pipe is what pg_dump writes into a
// directory, but for the time.
func TestFilesAreThoseOfPgDump(t *testing.T) {
	t.Parallel()
	d := testpg.Start(t).Database(t)
	for _, f := range fixtures {
		d.Exec(t, f.setup)
	}
	got, want := take(t, d, options(d, 2), nil).schema, filepath.Join(t.TempDir(), "want")
	command := exec.Command(programs(t, d.Server).Dump, "--exclude-table-data=*.*", "--blobs", "--format=directory", "--compress=0", "--file="+want, "--dbname="+d.URL)
	if out, err := command.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	files := func(dir string) map[string]string {
		all, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		out := map[string]string{}
		for _, e := range all {
			text, err := os.ReadFile(filepath.Join(dir, e.Name()))
			if err != nil {
				t.Fatal(err)
			}
			if e.Name() == "toc.dat" {
				a, err := pgarchive.Read(text)
				if err != nil {
					t.Fatal(err)
				}
				a.Created = time.Time{}
				text = a.Bytes()
			}
			out[e.Name()] = string(text)
		}
		return out
	}
	has, is := files(want), files(got)
	if len(has) < 5 || !maps.Equal(has, is) {
		t.Errorf("%d files, want %d:\n%q\n%q", len(is), len(has), slices.Sorted(maps.Keys(is)), slices.Sorted(maps.Keys(has)))
	}
}

// TestArchiveOfAnotherProgram has the pg_restore of this run bring an archive back that the
// oldest pg_dump of this machine wrote that serves the server.
func TestArchiveOfAnotherProgram(t *testing.T) {
	t.Parallel()
	server := testpg.Start(t)
	d := server.Database(t)
	d.Exec(t, fixtures[1].setup+"; SELECT lo_from_bytea(0, 'large')")
	o := options(d, 2)
	var version int
	conn := d.Connect(t)
	err := conn.QueryRow(t.Context(), "SELECT current_setting('server_version_num')::int").Scan(&version)
	if err := errors.Join(err, conn.Close(t.Context())); err != nil {
		t.Fatal(err)
	}
	older, err := dump.Find(t.Context(), "", version)
	if err != nil {
		older = programs(t, server)
	}
	dumped := takeBy(t, d, older, o, nil)
	dir := dumped.export(t)
	for _, jobs := range []int{1, 2, 4} {
		into := server.Database(t)
		into.PgRestore(t, dir, jobs)
		if into.Rows(t) != d.Rows(t) || into.Sequences(t) != d.Sequences(t) || largeObjects(t, into) != largeObjects(t, d) {
			t.Errorf("-j%d: by pg_restore %s of what pg_dump %s wrote: rows, sequences or large objects differ", jobs, programs(t, server).Version, older.Version)
		}
	}
	into := server.Database(t)
	if err := dumped.restoring(t, into).Run(t.Context()); err != nil {
		t.Error(err)
	}
}
