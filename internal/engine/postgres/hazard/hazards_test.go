package hazard_test

import (
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/hazard"
	"github.com/safemigrate/safemigrate/internal/testpg"
	"github.com/safemigrate/safemigrate/migrate"
)

// hazardSchema has a large table of each kind: the sizes are written into the
// catalog, where the planner of the server has them from, too.
const hazardSchema = `
CREATE TYPE mood AS ENUM ('sad', 'glad');
CREATE DOMAIN amount AS numeric;
CREATE DOMAIN positive AS int CHECK (VALUE > 0);
CREATE TABLE orders (id bigint PRIMARY KEY, customer bigint, note varchar(20), total numeric(8,2), at timestamptz, plain timestamp, price amount, checked text,
	CONSTRAINT there CHECK (checked IS NOT NULL));
CREATE TABLE customers (id bigint PRIMARY KEY, name text NOT NULL, age int);
CREATE TABLE small (id int, v text);
CREATE TABLE vacant (id int, v text);
CREATE TABLE items (id bigint, orders bigint REFERENCES orders (id));
CREATE TABLE log (id bigint NOT NULL, day date NOT NULL) PARTITION BY RANGE (day);
CREATE TABLE log_1 PARTITION OF log FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');
CREATE TABLE log_2 (id bigint NOT NULL, day date NOT NULL);
CREATE INDEX orders_note ON orders (note);
CREATE INDEX small_v ON small (v);
CREATE INDEX orders_customer ON orders (customer, at);
CREATE UNIQUE INDEX customers_age ON customers (age);
CREATE VIEW rich AS SELECT id FROM customers;
CREATE MATERIALIZED VIEW sums AS SELECT customer, count(*) AS n FROM orders GROUP BY customer;
CREATE UNIQUE INDEX sums_customer ON sums (customer);
CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE SCHEMA side;
CREATE TABLE side.thing (id bigint);
`

// hazardCases pair statements with the IDs that they must have, in their order,
// and near misses that have none.
var hazardCases = []struct {
	name, sql string
	want      string
}{
	{"type change", "ALTER TABLE orders ALTER COLUMN customer TYPE int", "column-type-changed table-rewrite"},
	{"wider varchar", "ALTER TABLE orders ALTER COLUMN note TYPE varchar(40)", "column-type-changed"},
	{"narrower varchar", "ALTER TABLE orders ALTER COLUMN note TYPE varchar(4)", "column-type-changed table-rewrite"},
	{"varchar to text", "ALTER TABLE orders ALTER COLUMN note TYPE text", "column-type-changed"},
	{"wider numeric", "ALTER TABLE orders ALTER COLUMN total TYPE numeric(10,2)", "column-type-changed"},
	{"other scale", "ALTER TABLE orders ALTER COLUMN total TYPE numeric(10,3)", "column-type-changed table-rewrite"},
	{"with an expression", "ALTER TABLE orders ALTER COLUMN note TYPE text USING upper(note)", "column-type-changed table-rewrite"},
	{"the same type", "ALTER TABLE orders ALTER COLUMN note TYPE varchar(20)", ""},
	{"volatile default", "ALTER TABLE orders ADD COLUMN token uuid DEFAULT gen_random_uuid()", "table-rewrite"},
	{"stable default", "ALTER TABLE orders ADD COLUMN made timestamptz DEFAULT now()", ""},
	{"generated", "ALTER TABLE orders ADD COLUMN twice numeric GENERATED ALWAYS AS (total * 2) STORED", "table-rewrite"},
	{"identity", "ALTER TABLE orders ADD COLUMN n bigint GENERATED ALWAYS AS IDENTITY", "table-rewrite"},
	{"checked domain", "ALTER TABLE orders ADD COLUMN n positive", "table-rewrite"},
	{"free domain", "ALTER TABLE orders ADD COLUMN n amount", ""},
	{"logged", "ALTER TABLE orders SET LOGGED", "table-rewrite"},
	{"unlogged", "ALTER TABLE orders SET UNLOGGED", "table-rewrite set-unlogged"},
	{"access method", "ALTER TABLE orders SET ACCESS METHOD heap", "table-rewrite"},
	{"tablespace", "ALTER TABLE orders SET TABLESPACE pg_default", "table-rewrite"},
	{"fillfactor", "ALTER TABLE orders SET (fillfactor = 70)", ""},
	{"cluster", "CLUSTER orders USING orders_note", "table-rewrite"},
	{"vacuum full", "VACUUM FULL orders", "statement-outside-transaction table-rewrite"},
	{"vacuum", "VACUUM orders", "statement-outside-transaction"},
	{"rewrite of a small table", "ALTER TABLE small ALTER COLUMN id TYPE bigint", "column-type-changed (table-rewrite)"},
	{"two rewrites", "ALTER TABLE orders ALTER COLUMN customer TYPE int; ALTER TABLE orders SET LOGGED", "column-type-changed table-rewrite table-rewrite several-rewrites"},
	{"one rewrite of two", "ALTER TABLE orders ALTER COLUMN customer TYPE int, SET LOGGED", "column-type-changed table-rewrite"},
	{"index", "CREATE INDEX ON orders (total)", "index-not-concurrent"},
	{"index of a small table", "CREATE INDEX ON small (v)", "(index-not-concurrent)"},
	{"index concurrently", "CREATE INDEX CONCURRENTLY ON orders (total)", "statement-outside-transaction"},
	{"index in a block", "BEGIN; CREATE INDEX CONCURRENTLY ON orders (total); COMMIT", "statement-outside-transaction concurrently-in-transaction"},
	{"index of a new table", "CREATE TABLE fresh (id bigint); CREATE INDEX ON fresh (id)", ""},
	{"index of partitions", "CREATE INDEX ON log (id)", "partitioned-index"},
	{"index of the parent alone", "CREATE INDEX ON ONLY log (id)", ""},
	{"wide index", "CREATE INDEX CONCURRENTLY ON orders (id, note, total, at)", "statement-outside-transaction wide-index"},
	{"drop index", "DROP INDEX orders_note", "index-drop-not-concurrent"},
	{"drop index concurrently", "DROP INDEX CONCURRENTLY orders_note", "statement-outside-transaction"},
	{"drop index of a small table", "DROP INDEX small_v", "(index-drop-not-concurrent)"},
	{"reindex", "REINDEX TABLE orders", "reindex-not-concurrent"},
	{"reindex concurrently", "REINDEX TABLE CONCURRENTLY orders", "statement-outside-transaction"},
	{"not null without default", "ALTER TABLE orders ADD COLUMN x int NOT NULL", "not-null-without-default"},
	{"not null with default", "ALTER TABLE orders ADD COLUMN x int NOT NULL DEFAULT 1", ""},
	{"not null on an empty table", "ALTER TABLE vacant ADD COLUMN x int NOT NULL", "(not-null-without-default)"},
	{"set not null", "ALTER TABLE orders ALTER COLUMN note SET NOT NULL", "set-not-null-scan"},
	{"set not null, proved", "ALTER TABLE orders ALTER COLUMN checked SET NOT NULL", ""},
	{"set not null, is already", "ALTER TABLE customers ALTER COLUMN name SET NOT NULL", ""},
	{"drop not null", "ALTER TABLE customers ALTER COLUMN name DROP NOT NULL", "not-null-dropped"},
	{"check", "ALTER TABLE orders ADD CHECK (total > 0)", "check-validates"},
	{"check, not valid", "ALTER TABLE orders ADD CHECK (total > 0) NOT VALID", ""},
	{"foreign key", "ALTER TABLE orders ADD FOREIGN KEY (customer) REFERENCES customers (id)", "foreign-key-validates"},
	{"foreign key, not valid", "ALTER TABLE orders ADD FOREIGN KEY (customer) REFERENCES customers (id) NOT VALID", ""},
	{"foreign key without index", "ALTER TABLE customers ADD FOREIGN KEY (id, age) REFERENCES small (id, id) NOT VALID", "foreign-key-not-indexed"},
	{"foreign key of a new table", "CREATE TABLE fresh (o bigint REFERENCES orders (id))", ""},
	{"unique", "ALTER TABLE orders ADD UNIQUE (note)", "unique-builds-index"},
	{"primary key", "ALTER TABLE items ADD PRIMARY KEY (id)", "unique-builds-index"},
	{"unique using index", "ALTER TABLE customers ADD UNIQUE USING INDEX customers_age", ""},
	{"exclusion", "ALTER TABLE orders ADD EXCLUDE USING btree (note WITH =)", "exclusion-constraint"},
	{"exclusion in a new table", "CREATE TABLE fresh (a int, EXCLUDE USING btree (a WITH =))", ""},
	{"domain constraint", "ALTER DOMAIN amount ADD CHECK (VALUE > 0)", "domain-constraint-scan"},
	{"domain constraint, not valid", "ALTER DOMAIN amount ADD CHECK (VALUE > 0) NOT VALID", ""},
	{"refresh", "REFRESH MATERIALIZED VIEW sums", "refresh-not-concurrent"},
	{"refresh concurrently", "REFRESH MATERIALIZED VIEW CONCURRENTLY sums", ""},
	{"attach", "ALTER TABLE log ATTACH PARTITION log_2 FOR VALUES FROM ('2021-01-01') TO ('2022-01-01')", "attach-partition-scan"},
	{"attach a new table", "CREATE TABLE log_3 (id bigint NOT NULL, day date NOT NULL); ALTER TABLE log ATTACH PARTITION log_3 FOR VALUES FROM ('2021-01-01') TO ('2022-01-01')", ""},
	{"detach", "ALTER TABLE log DETACH PARTITION log_1", "detach-not-concurrent"},
	{"detach concurrently", "ALTER TABLE log DETACH PARTITION log_1 CONCURRENTLY", "statement-outside-transaction"},
	{"lock table", "LOCK TABLE orders IN SHARE MODE", "lock-table"},
	{"weak lock", "LOCK TABLE orders IN ROW SHARE MODE", ""},
	{"two tables", "ALTER TABLE orders ADD COLUMN x int; ALTER TABLE customers ADD COLUMN x int", "several-tables-locked"},
	{"both ends of a foreign key", "ALTER TABLE orders ADD COLUMN x int; ALTER TABLE items ADD COLUMN x int", ""},
	{"in both orders", "ALTER TABLE orders ADD COLUMN x int; ALTER TABLE customers ADD COLUMN x int; COMMIT; ALTER TABLE customers ADD COLUMN y int; ALTER TABLE orders ADD COLUMN y int",
		"several-tables-locked commit-in-file several-tables-locked lock-order"},
	{"in one order", "ALTER TABLE orders ADD COLUMN x int; COMMIT; ALTER TABLE customers ADD COLUMN y int", "commit-in-file"},
	{"backfill under a lock", "ALTER TABLE orders ADD COLUMN x int; UPDATE orders SET x = 1", "unbounded-write backfill-under-lock"},
	{"backfill", "UPDATE orders SET note = 'x' WHERE id < 1000", ""},
	{"update without where", "UPDATE orders SET note = 'x'", "unbounded-write"},
	{"delete without where", "DELETE FROM orders", "unbounded-write"},
	{"update of a small table", "UPDATE small SET v = 'x'", "(unbounded-write)"},
	{"update from a join", "UPDATE orders SET note = c.name FROM customers c WHERE c.id = customer", ""},
	{"update in a CTE", "WITH w AS (UPDATE orders SET note = 'x' RETURNING id) SELECT * FROM w", "unbounded-write"},
	{"in a block", "DO $$ BEGIN DELETE FROM orders; END $$", "unbounded-write"},
	{"in a dynamic statement", "DO $$ BEGIN EXECUTE 'CREATE INDEX ON orders (total)'; END $$", "index-not-concurrent"},
	{"trigger", "CREATE TRIGGER t BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION nothing()", "trigger-added"},
	{"trigger of a small table", "CREATE TRIGGER t BEFORE INSERT ON small FOR EACH ROW EXECUTE FUNCTION nothing()", "(trigger-added)"},
	{"rule", "CREATE RULE r AS ON UPDATE TO orders DO ALSO NOTHING", "rule-added"},
	{"rule of a new table", "CREATE TABLE fresh (id bigint); CREATE RULE r AS ON UPDATE TO fresh DO ALSO NOTHING", ""},
	{"drop column", "ALTER TABLE orders DROP COLUMN note", "column-dropped"},
	{"drop a new column's table", "CREATE TABLE fresh (id bigint, a int); ALTER TABLE fresh DROP COLUMN a", ""},
	{"rename column", "ALTER TABLE orders RENAME COLUMN note TO remark", "column-renamed"},
	{"rename an index", "ALTER INDEX orders_note RENAME TO orders_remark", ""},
	{"drop table", "DROP TABLE items", "table-dropped"},
	{"drop a table twice", "DROP TABLE items; CREATE TABLE items (id bigint); DROP TABLE items", "table-dropped"},
	{"drop what is not there", "DROP TABLE IF EXISTS nowhere", ""},
	{"rename table", "ALTER TABLE items RENAME TO lines", "table-renamed"},
	{"move table", "ALTER TABLE items SET SCHEMA side", "table-renamed"},
	{"renamed, then altered", "ALTER TABLE orders RENAME TO purchases; ALTER TABLE purchases DROP COLUMN note", "table-renamed column-dropped"},
	{"drop view", "DROP VIEW rich", "view-dropped"},
	{"drop schema", "DROP SCHEMA side CASCADE", "schema-dropped drop-cascade"},
	{"drop foreign key", "ALTER TABLE items DROP CONSTRAINT items_orders_fkey", "foreign-key-dropped"},
	{"drop check", "ALTER TABLE orders DROP CONSTRAINT there", ""},
	{"truncate", "TRUNCATE items", "truncate"},
	{"truncate an empty table", "TRUNCATE vacant", "(truncate)"},
	{"truncate cascade", "TRUNCATE orders CASCADE", "truncate truncate-cascade"},
	{"drop cascade", "DROP TABLE orders CASCADE", "table-dropped drop-cascade"},
	{"drop type cascade", "DROP DOMAIN amount CASCADE", "drop-cascade column-dropped"},
	{"enum value", "ALTER TYPE mood ADD VALUE 'calm'", "enum-value-added"},
	{"enum value renamed", "ALTER TYPE mood RENAME VALUE 'sad' TO 'blue'", "enum-value-renamed"},
	{"new enum", "CREATE TYPE colour AS ENUM ('red')", ""},
	{"alter system", "ALTER SYSTEM SET work_mem = '8MB'", "outside-way-back"},
	{"drop database", "DROP DATABASE other", "outside-way-back"},
	{"copy program", "COPY small FROM PROGRAM 'cat x'", "outside-way-back"},
	{"copy from stdin", "COPY small FROM STDIN;\n1\tx\n\\.\n", ""},
	{"extension", "CREATE EXTENSION hstore", "extension-changed"},
	{"extension's update", "ALTER EXTENSION hstore UPDATE", "extension-changed"},
	{"comment on an extension", "COMMENT ON EXTENSION plpgsql IS 'x'", ""},
	{"commit in a file", "CREATE TABLE a (id bigint); COMMIT; CREATE TABLE b (id bigint)", "commit-in-file"},
	{"begin and commit", "BEGIN; CREATE TABLE a (id bigint); COMMIT", ""},
	{"grant to public", "GRANT SELECT ON orders TO PUBLIC", "public-privileges"},
	{"revoke from public", "REVOKE ALL ON orders FROM PUBLIC", "public-privileges"},
	{"grant to a role", "GRANT SELECT ON orders TO CURRENT_USER", ""},
	{"disable trigger", "ALTER TABLE orders DISABLE TRIGGER USER", "triggers-disabled"},
	{"enable trigger", "ALTER TABLE orders ENABLE TRIGGER USER", ""},
	{"disable row security", "ALTER TABLE orders DISABLE ROW LEVEL SECURITY", "row-security-disabled"},
	{"enable row security", "ALTER TABLE orders ENABLE ROW LEVEL SECURITY", ""},
	{"json", "CREATE TABLE fresh (v json)", "json-column"},
	{"jsonb", "CREATE TABLE fresh (v jsonb)", ""},
	{"char", "CREATE TABLE fresh (v char(3))", "char-column"},
	{"varchar", "CREATE TABLE fresh (v varchar(3))", ""},
	{"serial", "CREATE TABLE fresh (v bigserial)", "serial-column"},
	{"identity of a new table", "CREATE TABLE fresh (v bigint GENERATED ALWAYS AS IDENTITY)", ""},
	{"int key", "CREATE TABLE fresh (v int PRIMARY KEY)", "int-key"},
	{"int key apart", "CREATE TABLE fresh (v int, PRIMARY KEY (v))", "int-key"},
	{"bigint key", "CREATE TABLE fresh (v bigint PRIMARY KEY)", ""},
	{"timestamp", "CREATE TABLE fresh (v timestamp)", "timestamp-without-zone"},
	{"timestamptz", "CREATE TABLE fresh (v timestamptz(3))", ""},
	{"in another schema", "SET search_path = side; ALTER TABLE thing DROP COLUMN id", "column-dropped"},
	{"of another schema's name", "SET search_path = side; ALTER TABLE orders DROP COLUMN note", ""},
}

func TestHazards(t *testing.T) {
	t.Parallel()
	db := testpg.Start(t).Database(t)
	db.Exec(t, hazardSchema)
	db.AdminExec(t, `UPDATE pg_class SET relpages = 200000, reltuples = 1e7 WHERE relkind IN ('r', 'm', 'p') AND relname IN
			('orders', 'customers', 'items', 'log_1', 'log_2', 'sums', 'thing');
		UPDATE pg_class SET relpages = 1, reltuples = 3 WHERE relname = 'small'; UPDATE pg_class SET relpages = 0, reltuples = 0 WHERE relname = 'vacant'`)
	s := session{db.Connect(t)}
	begun := s.begun(t)
	met := map[string]bool{}
	for _, c := range hazardCases {
		found, err := hazard.Of(t.Context(), s, begun, batchOf(t, c.sql))
		if err != nil {
			t.Fatal(err)
		}
		var ids []string
		for _, h := range found.Hazards {
			met[h.ID] = true
			if h.Why == "" || h.Instead == "" || h.Line == 0 || h.File == "" {
				t.Errorf("%s: half a hazard: %+v", c.name, h)
			}
			if h.Note {
				h.ID = "(" + h.ID + ")"
			}
			ids = append(ids, h.ID)
		}
		if got := strings.Join(ids, " "); got != c.want {
			t.Errorf("%s: %s\n\tgot  %s\n\twant %s", c.name, c.sql, got, c.want)
		}
	}
	for _, id := range hazard.IDs() {
		if !met[id] {
			t.Errorf("no case has %s", id)
		}
	}
}

// TestWideIndexNames has what an index computes in its list, too.
func TestWideIndexNames(t *testing.T) {
	t.Parallel()
	db := testpg.Start(t).Database(t)
	db.Exec(t, "CREATE TABLE a (id bigint, v text, w text)")
	s := session{db.Connect(t)}
	found, err := hazard.Of(t.Context(), s, s.begun(t), batchOf(t, "CREATE INDEX CONCURRENTLY ON a (lower(v), id, w, v)"))
	if err != nil {
		t.Fatal(err)
	}
	const want = "the index on a has 4 columns: (an expression), id, w, v"
	if !slices.ContainsFunc(found.Hazards, func(h migrate.Hazard) bool { return h.Why == want }) {
		t.Errorf("no hazard says %q: %+v", want, found.Hazards)
	}
}

func TestSilenced(t *testing.T) {
	t.Parallel()
	db := testpg.Start(t).Database(t)
	db.Exec(t, "CREATE TABLE a (id bigint, v text); CREATE TABLE b (id bigint, v text)")
	const head = "-- safemigrate: allow column-dropped nobody reads it\n-- and more\n\nALTER TABLE a DROP COLUMN v;\nALTER TABLE b DROP COLUMN v;\n"
	const at = "ALTER TABLE a DROP COLUMN v;\n-- safemigrate: allow column-dropped\n  ALTER TABLE b DROP COLUMN v;\nDROP TABLE b;\n"
	s := session{db.Connect(t)}
	for _, c := range []struct {
		name, text string
		want       []string
	}{
		{"before the first statement", strings.Replace(head, "\n\n", "\n", 1), []string{"nobody reads it", ""}},
		{"at the head", head, []string{"nobody reads it", "nobody reads it"}},
		{"before a statement", at, []string{"", "no reason given", ""}},
	} {
		found, err := hazard.Of(t.Context(), s, s.begun(t), batchOf(t, c.text))
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, h := range found.Hazards {
			if h.ID != "several-tables-locked" {
				got = append(got, h.Silenced)
			}
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestWorkUnderLock(t *testing.T) {
	t.Parallel()
	db := testpg.Start(t).Database(t)
	db.Exec(t, "CREATE TABLE orders (id bigint, v text)")
	db.AdminExec(t, "UPDATE pg_class SET relpages = 200000, reltuples = 1e7 WHERE relname = 'orders'")
	s := session{db.Connect(t)}
	found, err := hazard.Of(t.Context(), s, s.begun(t), batchOf(t, "SELECT 1;\nALTER TABLE orders ALTER COLUMN id TYPE int;\nCREATE INDEX ON orders (v);", "ALTER TABLE orders ADD COLUMN w int"))
	if err != nil {
		t.Fatal(err)
	}
	const size = 200_000 * 8192
	want := []migrate.LockNote{{File: "1_test.up.sql", Line: 2, Table: "public.orders", Mode: "ACCESS EXCLUSIVE", Blocks: "reads and writes", Step: 1,
		Work: "rewrite + index build", Bytes: 2 * size, Took: 73728 * time.Millisecond}}
	if len(found.Locks) == 1 {
		found.Locks[0].Took = found.Locks[0].Took.Round(time.Millisecond)
	}
	if !slices.Equal(found.Locks, want) {
		t.Errorf("got  %+v\nwant %+v", found.Locks, want)
	}
}

// TestDocumented holds docs/hazards.md and the kinds together.
func TestDocumented(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../../../docs/hazards.md")
	if err != nil {
		t.Fatal(err)
	}
	var documented []string
	own, _, _ := strings.Cut(string(text), "\n## MariaDB and MySQL")
	for line := range strings.Lines(own) {
		if rest, ok := strings.CutPrefix(line, "| `"); ok {
			id, _, _ := strings.Cut(rest, "`")
			documented = append(documented, id)
		}
	}
	if got := hazard.IDs(); !slices.Equal(got, documented) {
		t.Errorf("docs/hazards.md lists\n%q, the kinds are\n%q", documented, got)
	}
}
