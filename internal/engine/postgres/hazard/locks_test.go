package hazard_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/hazard"
	"github.com/safemigrate/safemigrate/internal/sqltext"
	"github.com/safemigrate/safemigrate/internal/testpg"
	"github.com/safemigrate/safemigrate/migrate"
)

func TestMain(m *testing.M) { testpg.Main(m) }

// session is a connection as the package asks for one.
type session struct{ *pgx.Conn }

func (s session) Query(ctx context.Context, sql string, args ...any) ([]migrate.Row, error) {
	values := make([][]byte, len(args))
	for i, a := range args {
		values[i] = fmt.Append(nil, a)
	}
	result := s.PgConn().ExecParams(ctx, sql, values, nil, nil, nil).Read()
	rows := make([]migrate.Row, len(result.Rows))
	for i, r := range result.Rows {
		for _, v := range r {
			if v == nil {
				rows[i] = append(rows[i], nil)
				continue
			}
			text := string(v)
			rows[i] = append(rows[i], &text)
		}
	}
	return rows, result.Err
}

func (s session) begun(t *testing.T) hazard.Session {
	t.Helper()
	var n int
	if err := s.QueryRow(t.Context(), "SELECT current_setting('server_version_num')::int").Scan(&n); err != nil {
		t.Fatal(err)
	}
	found, err := hazard.ReadSession(t.Context(), s, n)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// batchOf cuts files into statements and steps.
func batchOf(t *testing.T, files ...string) migrate.AssessRequest {
	t.Helper()
	var r migrate.AssessRequest
	for i, text := range files {
		statements, err := sqltext.Split(sqltext.PostgreSQL, text)
		if err != nil {
			t.Fatal(err)
		}
		r.Scripts = append(r.Scripts, migrate.Script{Statements: statements,
			Migration: migrate.Migration{Version: strconv.Itoa(i + 1), File: fmt.Sprintf("%d_test.up.sql", i+1), Text: text}})
	}
	var err error
	if r.Steps, err = migrate.Steps(r.Scripts, migrate.Cuts{}); err != nil {
		t.Fatal(err)
	}
	return r
}

// lockSchema has one of each relation that statements lock in their own way.
const lockSchema = `
CREATE TYPE mood AS ENUM ('sad', 'glad');
CREATE DOMAIN amount AS numeric;
CREATE TABLE owners (id int PRIMARY KEY, code text NOT NULL UNIQUE, name varchar(20), total numeric(8,2), price amount, state mood, moment timestamp);
CREATE TABLE pets (id int PRIMARY KEY, owner int REFERENCES owners (id) ON DELETE CASCADE, tag text, weight int CONSTRAINT heavy CHECK (weight > 0));
CREATE TABLE visits (id int PRIMARY KEY, pet int CONSTRAINT visits_pet REFERENCES pets (id), note text);
CREATE TABLE lonely (a int, b text, c int NOT NULL);
CREATE TABLE base (id int, label text);
CREATE TABLE fitting (id int, label text);
CREATE TABLE derived (extra int) INHERITS (base);
CREATE TABLE parted (id int NOT NULL, day date NOT NULL, v text) PARTITION BY RANGE (day);
CREATE TABLE parted_1 PARTITION OF parted FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');
CREATE TABLE parted_2 PARTITION OF parted FOR VALUES FROM ('2021-01-01') TO ('2022-01-01');
CREATE TABLE loose (id int NOT NULL, day date NOT NULL, v text);
CREATE INDEX lonely_a ON lonely (a);
CREATE UNIQUE INDEX lonely_c ON lonely (c);
CREATE INDEX parted_v ON parted (v);
CREATE VIEW people AS SELECT id, name FROM owners;
CREATE VIEW animals AS SELECT p.id, w.name FROM pets p JOIN people w ON w.id = p.owner;
CREATE MATERIALIZED VIEW counts AS SELECT owner, count(*) AS n FROM pets GROUP BY owner;
CREATE UNIQUE INDEX counts_owner ON counts (owner);
CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER quiet BEFORE INSERT ON lonely FOR EACH ROW EXECUTE FUNCTION nothing();
CREATE TABLE ruled (a int);
CREATE RULE never AS ON DELETE TO ruled WHERE a = 999 DO INSTEAD NOTHING;
CREATE POLICY own ON lonely USING (a > 0);
CREATE STATISTICS lonely_ab ON a, b FROM lonely;
CREATE PUBLICATION news FOR TABLE loose;
ALTER TABLE lonely ADD CONSTRAINT late CHECK (a > 0) NOT VALID;
ALTER TABLE visits ADD CONSTRAINT late_pet FOREIGN KEY (pet) REFERENCES pets (id) NOT VALID;
INSERT INTO owners VALUES (1, 'a', 'ann', 1), (2, 'b', 'bob', 2);
INSERT INTO pets VALUES (1, 1, 'x', 3), (2, 2, 'y', 4);
INSERT INTO visits VALUES (1, 1, 'fine');
INSERT INTO lonely VALUES (1, 'one', 1);
INSERT INTO base VALUES (1, 'b');
INSERT INTO derived VALUES (2, 'd', 2);
INSERT INTO parted VALUES (1, '2020-05-05', 'p'), (2, '2021-05-05', 'q');
CREATE SCHEMA side;
CREATE TABLE side.thing (id int PRIMARY KEY);
CREATE TABLE side.part (thing int REFERENCES side.thing (id));
REFRESH MATERIALIZED VIEW counts;
`

// lockCases are statements whose locks are compared with the server's.
var lockCases = []string{
	"ALTER TABLE lonely ADD COLUMN d int",
	"ALTER TABLE lonely ADD COLUMN d int DEFAULT 5 NOT NULL",
	"ALTER TABLE lonely ADD COLUMN d double precision DEFAULT random()",
	"ALTER TABLE lonely ADD COLUMN owner int REFERENCES owners (id)",
	"ALTER TABLE lonely ADD COLUMN d int UNIQUE",
	"ALTER TABLE lonely DROP COLUMN b",
	"ALTER TABLE pets DROP COLUMN owner CASCADE",
	"ALTER TABLE lonely ALTER COLUMN b TYPE varchar(30)",
	"ALTER TABLE owners ALTER COLUMN total TYPE numeric(10,2)",
	"ALTER TABLE side.thing ALTER COLUMN id TYPE bigint",
	"ALTER TABLE side.part ALTER COLUMN thing TYPE bigint",
	"ALTER TABLE lonely ALTER COLUMN a SET NOT NULL",
	"ALTER TABLE lonely ALTER COLUMN c DROP NOT NULL",
	"ALTER TABLE lonely ALTER COLUMN a SET DEFAULT 7",
	"ALTER TABLE lonely ALTER COLUMN a DROP DEFAULT",
	"ALTER TABLE lonely ALTER COLUMN a SET STATISTICS 500",
	"ALTER TABLE lonely ALTER COLUMN a SET (n_distinct = 5)",
	"ALTER TABLE lonely ALTER COLUMN b SET STORAGE external",
	"ALTER TABLE lonely ADD CONSTRAINT few CHECK (c < 1000)",
	"ALTER TABLE lonely ADD CONSTRAINT few CHECK (c < 1000) NOT VALID",
	"ALTER TABLE lonely ADD CONSTRAINT lonely_key PRIMARY KEY (c)",
	"ALTER TABLE lonely ADD UNIQUE (a)",
	"ALTER TABLE lonely ADD CONSTRAINT lonely_once UNIQUE USING INDEX lonely_c",
	"ALTER TABLE lonely ADD CONSTRAINT apart EXCLUDE USING btree (a WITH =)",
	"ALTER TABLE lonely ADD CONSTRAINT owned FOREIGN KEY (a) REFERENCES owners (id)",
	"ALTER TABLE lonely ADD CONSTRAINT owned FOREIGN KEY (a) REFERENCES owners (id) NOT VALID",
	"ALTER TABLE lonely VALIDATE CONSTRAINT late",
	"ALTER TABLE visits VALIDATE CONSTRAINT late_pet",
	"ALTER TABLE lonely DROP CONSTRAINT late",
	"ALTER TABLE visits DROP CONSTRAINT visits_pet",
	"ALTER TABLE visits ALTER CONSTRAINT visits_pet DEFERRABLE",
	"ALTER TABLE owners DROP CONSTRAINT owners_pkey CASCADE",
	"ALTER TABLE lonely SET (fillfactor = 70)",
	"ALTER TABLE lonely SET (autovacuum_enabled = off)",
	"ALTER TABLE lonely RESET (fillfactor)",
	"ALTER TABLE lonely SET UNLOGGED",
	"ALTER TABLE lonely CLUSTER ON lonely_a",
	"ALTER TABLE lonely SET WITHOUT CLUSTER",
	"ALTER TABLE lonely REPLICA IDENTITY FULL",
	"ALTER TABLE lonely DISABLE TRIGGER quiet",
	"ALTER TABLE lonely ENABLE ALWAYS TRIGGER quiet",
	"ALTER TABLE lonely DISABLE TRIGGER USER",
	"ALTER TABLE ruled DISABLE RULE never",
	"ALTER TABLE lonely ENABLE ROW LEVEL SECURITY",
	"ALTER TABLE lonely FORCE ROW LEVEL SECURITY",
	"ALTER TABLE lonely OWNER TO CURRENT_USER",
	"ALTER TABLE lonely ALTER COLUMN c ADD GENERATED ALWAYS AS IDENTITY",
	"ALTER TABLE fitting INHERIT base",
	"ALTER TABLE derived NO INHERIT base",
	"ALTER TABLE base ADD COLUMN d int",
	"ALTER TABLE ONLY base ADD CONSTRAINT few CHECK (id > 0) NO INHERIT",
	"ALTER TABLE base ADD CONSTRAINT few CHECK (id > 0)",
	"ALTER TABLE base ADD UNIQUE (id)",
	"ALTER TABLE base ALTER COLUMN label SET DEFAULT 'x'",
	"ALTER TABLE base ALTER COLUMN label TYPE varchar(9)",
	"ALTER TABLE parted ADD COLUMN d int",
	"ALTER TABLE parted ADD PRIMARY KEY (id, day)",
	"ALTER TABLE parted ADD UNIQUE (id, day)",
	"ALTER TABLE parted ADD CHECK (id > 0)",
	"ALTER TABLE parted ADD FOREIGN KEY (id) REFERENCES owners (id)",
	"ALTER TABLE parted ALTER COLUMN v SET NOT NULL",
	"ALTER TABLE parted ATTACH PARTITION loose FOR VALUES FROM ('2022-01-01') TO ('2023-01-01')",
	"ALTER TABLE parted DETACH PARTITION parted_2",
	"ALTER TABLE lonely RENAME TO alone",
	"ALTER TABLE lonely RENAME COLUMN a TO aa",
	"ALTER TABLE base RENAME COLUMN label TO l",
	"ALTER TABLE lonely RENAME CONSTRAINT late TO later",
	"ALTER TABLE lonely SET SCHEMA side",
	"ALTER TRIGGER quiet ON lonely RENAME TO calm",
	"ALTER INDEX lonely_a RENAME TO lonely_aa",
	"ALTER INDEX lonely_a SET (fillfactor = 70)",
	"ALTER VIEW people RENAME TO persons",
	"ALTER VIEW people ALTER COLUMN id SET DEFAULT 4",
	"ALTER POLICY own ON lonely USING (a > 1)",
	"ALTER RULE never ON ruled RENAME TO ever",
	"CREATE INDEX ON lonely (b)",
	"CREATE UNIQUE INDEX pets_tag ON pets (tag)",
	"CREATE INDEX ON parted (id)",
	"CREATE INDEX ON ONLY parted (id)",
	"CREATE INDEX ON base (id)",
	"DROP INDEX lonely_a",
	"DROP INDEX parted_v",
	"REINDEX INDEX lonely_a",
	"REINDEX TABLE lonely",
	"CLUSTER lonely USING lonely_a",
	"ANALYZE lonely",
	"ANALYZE base",
	"CREATE TABLE child (id int REFERENCES owners (id))",
	"CREATE TABLE child () INHERITS (base)",
	"CREATE TABLE child (LIKE lonely)",
	"CREATE TABLE parted_3 PARTITION OF parted FOR VALUES FROM ('2023-01-01') TO ('2024-01-01')",
	"CREATE TABLE copy AS SELECT * FROM lonely",
	"SELECT * INTO copy FROM lonely",
	"CREATE VIEW v AS SELECT * FROM lonely",
	"CREATE OR REPLACE VIEW people AS SELECT id, name FROM owners WHERE id > 0",
	"CREATE MATERIALIZED VIEW m AS SELECT * FROM lonely",
	"REFRESH MATERIALIZED VIEW counts",
	"REFRESH MATERIALIZED VIEW CONCURRENTLY counts",
	"DROP TABLE lonely",
	"DROP TABLE visits",
	"DROP TABLE pets CASCADE",
	"DROP TABLE owners CASCADE",
	"DROP TABLE base CASCADE",
	"DROP TABLE parted",
	"DROP TABLE parted_1",
	"DROP VIEW animals",
	"DROP VIEW people CASCADE",
	"DROP MATERIALIZED VIEW counts",
	"DROP SCHEMA side CASCADE",
	"DROP TYPE mood CASCADE",
	"DROP TRIGGER quiet ON lonely",
	"DROP RULE never ON ruled",
	"DROP POLICY own ON lonely",
	"DROP STATISTICS lonely_ab",
	"CREATE TRIGGER loud AFTER UPDATE ON lonely FOR EACH ROW EXECUTE FUNCTION nothing()",
	"CREATE TRIGGER loud AFTER UPDATE ON parted FOR EACH ROW EXECUTE FUNCTION nothing()",
	"CREATE CONSTRAINT TRIGGER loud AFTER UPDATE ON lonely FROM owners FOR EACH ROW EXECUTE FUNCTION nothing()",
	"CREATE RULE other AS ON UPDATE TO lonely DO ALSO NOTHING",
	"CREATE POLICY other ON lonely USING (true)",
	"CREATE STATISTICS more ON a, c FROM lonely",
	"CREATE PUBLICATION all_of FOR TABLE lonely",
	"ALTER PUBLICATION news ADD TABLE lonely",
	"COMMENT ON TABLE lonely IS 'x'",
	"COMMENT ON COLUMN lonely.a IS 'x'",
	"COMMENT ON CONSTRAINT late ON lonely IS 'x'",
	"COMMENT ON TRIGGER quiet ON lonely IS 'x'",
	"COMMENT ON VIEW people IS 'x'",
	"COMMENT ON INDEX lonely_a IS 'x'",
	"GRANT SELECT ON lonely TO PUBLIC",
	"REVOKE ALL ON lonely FROM PUBLIC",
	"ALTER DOMAIN amount ADD CONSTRAINT positive CHECK (VALUE > 0)",
	"ALTER DOMAIN amount ADD CONSTRAINT positive CHECK (VALUE > 0) NOT VALID",
	"ALTER TYPE mood ADD VALUE 'calm'",
	"LOCK TABLE lonely",
	"LOCK TABLE lonely IN SHARE MODE",
	"LOCK TABLE base IN EXCLUSIVE MODE",
	"LOCK TABLE ONLY base IN EXCLUSIVE MODE",
	"LOCK TABLE people IN ROW EXCLUSIVE MODE",
	"TRUNCATE lonely",
	"TRUNCATE owners CASCADE",
	"TRUNCATE base",
	"TRUNCATE parted",
	"SELECT * FROM lonely",
	"SELECT * FROM people",
	"SELECT * FROM animals",
	"SELECT * FROM base",
	"SELECT * FROM parted",
	"SELECT * FROM lonely FOR UPDATE",
	"SELECT * FROM lonely l JOIN owners o ON o.id = l.a FOR SHARE OF l",
	"INSERT INTO lonely VALUES (5, 'five', 5)",
	"INSERT INTO lonely SELECT id, code, id FROM owners WHERE id > 1",
	"INSERT INTO pets VALUES (9, 1, 'z', 1)",
	"UPDATE lonely SET b = 'x'",
	"UPDATE lonely SET b = 'x' WHERE a = 1",
	"UPDATE lonely SET b = o.name FROM owners o WHERE o.id = lonely.a",
	"UPDATE pets SET owner = 2 WHERE id = 1",
	"UPDATE pets SET tag = 'q'",
	"UPDATE base SET label = 'x'",
	"DELETE FROM lonely",
	"DELETE FROM visits WHERE id = 1",
	"DELETE FROM pets WHERE id = 2",
	"DELETE FROM owners WHERE id = 2",
	"WITH gone AS (DELETE FROM lonely RETURNING a) INSERT INTO base SELECT a FROM gone",
	"DO $$ BEGIN UPDATE lonely SET b = 'y'; EXECUTE 'ALTER TABLE base ADD COLUMN z int'; END $$",
	"COPY lonely TO STDOUT",
	"CREATE SEQUENCE seq OWNED BY lonely.a",
}

// TestLocksAreTheServers runs each statement in a transaction, reads the locks
// that the session holds then, and compares them with what was foretold.
func TestLocksAreTheServers(t *testing.T) {
	t.Parallel()
	db := testpg.Start(t).Database(t)
	db.Exec(t, lockSchema)
	conn := db.Connect(t)
	s := session{conn}
	begun := s.begun(t)
	cases := lockCases
	if begun.Server >= 150000 {
		cases = append(cases, "MERGE INTO lonely l USING owners o ON o.id = l.a WHEN MATCHED THEN UPDATE SET b = o.code WHEN NOT MATCHED THEN INSERT VALUES (o.id, o.code, o.id)")
	}
	for _, sql := range cases {
		want := truth(t, conn, sql)
		found, err := hazard.Of(t.Context(), s, begun, batchOf(t, sql))
		if err != nil {
			t.Fatal(err)
		}
		got := map[uint32]string{}
		for oid, mode := range found.Modes {
			got[oid] = mode.Catalog()
		}
		if !maps.Equal(got, want) {
			t.Errorf("%s\n\tforetold: %s\n\tserver:   %s", sql, spell(t, conn, got), spell(t, conn, want))
		}
	}
	t.Logf("%d statements", len(cases))
}

// truth is the strongest lock per table that was there before, as pg_locks says.
func truth(t *testing.T, conn *pgx.Conn, sql string) map[uint32]string {
	t.Helper()
	ctx := t.Context()
	tx, err := conn.Begin(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback(ctx)
	if _, err := tx.Exec(ctx, "CREATE TEMP TABLE there ON COMMIT DROP AS SELECT oid FROM pg_class WHERE relkind IN ('r', 'p', 'm', 'v', 'f') AND oid >= 16384"); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.PgConn().Exec(ctx, sql).ReadAll(); err != nil {
		t.Errorf("%s: %v", sql, err)
		return nil
	}
	rows, err := tx.Query(ctx, `SELECT l.relation, l.mode FROM pg_locks l
		WHERE l.pid = pg_backend_pid() AND l.locktype = 'relation' AND l.relation IN (SELECT oid FROM there) AND l.relation <> 'there'::regclass`)
	if err != nil {
		t.Fatal(err)
	}
	out := map[uint32]string{}
	var oid uint32
	var mode string
	if _, err := pgx.ForEachRow(rows, []any{&oid, &mode}, func() error {
		if strength(mode) > strength(out[oid]) {
			out[oid] = mode
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return out
}

func strength(mode string) hazard.Mode {
	for m := hazard.AccessShare; m <= hazard.AccessExclusive; m++ {
		if m.Catalog() == mode {
			return m
		}
	}
	return hazard.None
}

func spell(t *testing.T, conn *pgx.Conn, locks map[uint32]string) string {
	t.Helper()
	var out []string
	for oid, mode := range locks {
		var name string
		if err := conn.QueryRow(t.Context(), "SELECT coalesce((SELECT relname FROM pg_class WHERE oid = $1), '?')", oid).Scan(&name); err != nil {
			t.Fatal(err)
		}
		out = append(out, name+" "+mode)
	}
	slices.Sort(out)
	return strings.Join(out, ", ")
}
