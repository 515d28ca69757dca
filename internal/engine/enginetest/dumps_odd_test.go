//go:build unix

package enginetest_test

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/safemigrate/safemigrate"
	"github.com/safemigrate/safemigrate/internal/engine/enginetest"
	"github.com/safemigrate/safemigrate/internal/testpg"
	"github.com/safemigrate/safemigrate/migrate"
	"github.com/safemigrate/safemigrate/snapshot"
)

// rename gives a database another name until the end of the test.
func rename(t *testing.T, d *enginetest.PostgresDatabase, name string) {
	t.Helper()
	serverURL := strings.Replace(d.AdminURL, "/"+d.Name, "/postgres", 1)
	exec := func(sql string) {
		conn, err := pgx.Connect(context.WithoutCancel(t.Context()), serverURL)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close(context.WithoutCancel(t.Context()))
		if _, err := conn.Exec(context.WithoutCancel(t.Context()), sql); err != nil {
			t.Errorf("%s: %v", sql, err)
		}
	}
	old, quoted := d.Name, pgx.Identifier{name}.Sanitize()
	exec("ALTER DATABASE " + old + " RENAME TO " + quoted)
	t.Cleanup(func() { exec("ALTER DATABASE " + quoted + " RENAME TO " + old) })
	for _, u := range []*string{&d.Database.URL, &d.AdminURL} {
		v, err := url.Parse(*u)
		if err != nil {
			t.Fatal(err)
		}
		v.Path = "/" + name
		*u = v.String()
	}
}

// TestDumpOfAnOddlyNamedDatabase: PostgreSQL's programs get the name as it is, so that a
// dump of it is taken, restored elsewhere and exchanged for it.
func TestDumpOfAnOddlyNamedDatabase(t *testing.T) {
	t.Parallel()
	for what, name := range map[string]string{
		"an option, a connection, quotes": `--help host=nowhere we"ird 'sh\op' %s $1`,
		"63 bytes":                        strings.Repeat("ü", 31) + "x",
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			p, d, store := dumped(t, "UPDATE customers SET name = 'gone'; DROP TABLE orders;")
			serverExec(t, d, "ALTER ROLE "+d.Role+" CREATEDB")
			into := "in \"to " + d.Name
			rename(t, d, name)
			state := func() string { return d.Rows(t) + d.Sequences(t) + d.Census(t, "public.schema_migrations") }
			before := state()
			p.Up(t, safemigrate.UpOptions{})
			after := state()
			p.Rollback(t, wholly)
			if is := state(); is != before {
				t.Errorf("after the rollback:\n%s", enginetest.Difference(before, is))
			}
			p.Rollback(t, safemigrate.RollbackOptions{Undo: true})
			if is := state(); is != after {
				t.Errorf("after the undo:\n%s", enginetest.Difference(after, is))
			}
			st, l := inStore(t, store)
			done, err := st.Restore(t.Context(), l, safemigrate.RestoreOptions{Programs: testpg.Clients(), Into: into, Database: d.URL()})
			if err != nil || !done.Created || done.Tables != 4 || len(done.NotGiven) > 0 {
				t.Errorf("%+v, %v", done, err)
			}
			if _, err := p.Open(t).Prune(t.Context(), safemigrate.PruneOptions{Rules: snapshot.Retention{MaxBytes: 1}}); err != nil {
				t.Error(err)
			}
			dropOwned(t, d, name)
		})
	}
}

// dropOwned drops all databases of the test's role but one.
func dropOwned(t *testing.T, d *enginetest.PostgresDatabase, but string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), d.AdminURL)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	found, err := conn.Query(t.Context(), "SELECT datname::text FROM pg_database WHERE datdba = $1::text::regrole AND datname <> $2", d.Role, but)
	if err != nil {
		t.Fatal(err)
	}
	names, err := pgx.CollectRows(found, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if _, err := conn.Exec(t.Context(), "DROP DATABASE "+pgx.Identifier{name}.Sanitize()+" WITH (FORCE)"); err != nil {
			t.Error(err)
		}
	}
}

// hashOfAnEnum is a tree of which a restored database has rows in other partitions: by the
// hash of an enum, and below it of what holds some, and of the name of a table.
const hashOfAnEnum = `CREATE TYPE feeling AS ENUM ('sad', 'ok', 'happy'); CREATE TABLE h (m feeling, n int, r regclass) PARTITION BY HASH (m);
	CREATE TABLE h0 PARTITION OF h FOR VALUES WITH (MODULUS 2, REMAINDER 0) PARTITION BY RANGE (n); CREATE TABLE h1 PARTITION OF h FOR VALUES WITH (MODULUS 2, REMAINDER 1);
	CREATE TABLE h00 PARTITION OF h0 FOR VALUES FROM (0) TO (20); CREATE TABLE h01 PARTITION OF h0 DEFAULT; CREATE INDEX ON h (n);
	CREATE TABLE a (m feeling[], n int) PARTITION BY HASH (m); CREATE TABLE r (r regclass, n int) PARTITION BY HASH (r);
	DO $$ BEGIN FOR i IN 0..3 LOOP EXECUTE format('CREATE TABLE a%1$s PARTITION OF a FOR VALUES WITH (MODULUS 4, REMAINDER %1$s); CREATE TABLE r%1$s PARTITION OF r FOR VALUES WITH (MODULUS 4, REMAINDER %1$s)', i); END LOOP; END $$;
	INSERT INTO h SELECT (enum_range(NULL::feeling))[1 + g % 3], g, 'customers' FROM generate_series(1, 60) g; INSERT INTO a SELECT ARRAY[m, m], n FROM h;
	INSERT INTO r SELECT c, 1 FROM unnest(ARRAY['customers', 'orders', 'h', 'h0', 'h00', 'h01', 'h1', 'a', 'r']::regclass[]) c`

// TestDumpOfAHashOfAnEnum: rows that elsewhere belong into another partition come back by
// rollback, by a restore, and by pg_restore, which puts them where the other database looks
// for them.
func TestDumpOfAHashOfAnEnum(t *testing.T) {
	t.Parallel()
	p, d, store := wholes(t, "DELETE FROM h; DELETE FROM a; DELETE FROM r;")
	d.Exec(t, hashOfAnEnum)
	before, rows := p.DB.Fingerprint(t), rowsByHash(t, d, d.Name)
	id := p.Up(t, safemigrate.UpOptions{}).Snapshot.ID
	p.Rollback(t, safemigrate.RollbackOptions{})
	p.Is(t, before, "after the rollback")
	later := p.Up(t, safemigrate.UpOptions{}).Batch
	if _, err := p.Open(t).VerifyRestored(t.Context(), id); err != nil {
		t.Error(err)
	}
	st, l := inStore(t, store)
	into := "new_" + d.Name
	if _, err := st.Restore(t.Context(), l, safemigrate.RestoreOptions{Programs: testpg.Clients(), Into: into, Database: d.URL(), Jobs: 2}); err != nil {
		t.Fatal(err)
	}
	defer serverExec(t, d, "DROP DATABASE "+into)
	if got := rowsByHash(t, d, into); got != rows {
		t.Errorf("restored: %s\nwant: %s", got, rows)
	}
	p.Add(map[string]string{"3_more.up.sql": "DELETE FROM legacy;"})
	p.Up(t, safemigrate.UpOptions{})
	_, err := p.TryRollback(t, wholly)
	enginetest.Fails(t, err, migrate.NoWayBack, "batch "+later+", which would stay, has written to public.", "restore the dump beside")
	p.Rollback(t, safemigrate.RollbackOptions{})
	p.Rollback(t, wholly)
	if got := rowsByHash(t, d, d.Name); got != rows {
		t.Errorf("exchanged: %s\nwant: %s", got, rows)
	}
}

// rowsByHash are the rows of the trees of hashOfAnEnum as one reads them who looks for their
// keys, so that the server leaves out the partitions that should not hold them.
func rowsByHash(t *testing.T, d *enginetest.PostgresDatabase, database string) (all string) {
	t.Helper()
	config, err := pgx.ParseConfig(d.AdminURL)
	if err != nil {
		t.Fatal(err)
	}
	config.Database = database
	conn, err := pgx.ConnectConfig(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.WithoutCancel(t.Context()))
	err = conn.QueryRow(t.Context(), `SELECT string_agg(x, ' ' ORDER BY x) FROM (
		SELECT h::text FROM h WHERE m = 'sad' UNION ALL SELECT h::text FROM h WHERE m = 'ok' UNION ALL SELECT h::text FROM h WHERE m = 'happy' UNION ALL
		SELECT a::text FROM a WHERE m = '{sad,sad}' UNION ALL SELECT a::text FROM a WHERE m = '{ok,ok}' UNION ALL SELECT a::text FROM a WHERE m = '{happy,happy}' UNION ALL
		SELECT r::text FROM r WHERE r = 'customers'::regclass UNION ALL SELECT r::text FROM r WHERE r = 'h1'::regclass UNION ALL SELECT count(*)::text FROM r) q(x)`).Scan(&all)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// TestDumpOfAHashThatNobodyProves: where partitions have their columns in different orders
// nothing would prove that rows which the server puts elsewhere are the same. It is said,
// and refused before anything is made.
func TestDumpOfAHashThatNobodyProves(t *testing.T) {
	t.Parallel()
	p, d, store := wholes(t, "DELETE FROM h;")
	d.Exec(t, `CREATE TYPE feeling AS ENUM ('sad', 'ok', 'happy'); CREATE TABLE h (m feeling, n int) PARTITION BY HASH (n, m); CREATE TABLE h1 (n int, m feeling);
		CREATE TABLE h0 PARTITION OF h FOR VALUES WITH (MODULUS 2, REMAINDER 0); ALTER TABLE h ATTACH PARTITION h1 FOR VALUES WITH (MODULUS 2, REMAINDER 1);
		INSERT INTO h VALUES ('sad', 1), ('ok', 2), ('happy', 3), ('sad', 4)`)
	const why = "partitioned by a hash that is another one in each database, with partitions whose columns stand in different orders: public.h"
	plan, err := p.Open(t).Plan(t.Context(), safemigrate.UpOptions{})
	if err != nil || !strings.Contains(strings.Join(plan.Snapshot.Warnings, "\n"), why+"; ") {
		t.Errorf("planned: %+v, %v", plan, err)
	}
	wholeIsRefused(t, p, d, why)
	st, l := inStore(t, store)
	into := "new_" + d.Name
	_, err = st.Restore(t.Context(), l, safemigrate.RestoreOptions{Programs: testpg.Clients(), Into: into, Database: d.URL()})
	enginetest.Fails(t, err, migrate.Unchanged, why, "--pg-archive")
	if got := p.Rows(t, "SELECT count(*) FROM pg_database WHERE datname = '"+into+"'"); got[0] != "0" {
		t.Error("a database was made")
	}
}

// TestDumpThatTheServerDoesNotTake: what pg_dump has written and no server reads again is
// named with the object, and nothing is exchanged; the batch alone goes back.
func TestDumpThatTheServerDoesNotTake(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		sql, says string
		until     int // the server that does not take it any more; 0: all do
	}{
		"a check that reads another table": {`CREATE TABLE look (id int); INSERT INTO look VALUES (1); CREATE FUNCTION has(i int) RETURNS bool LANGUAGE sql AS 'SELECT EXISTS (SELECT 1 FROM look WHERE id = i)';
			CREATE TABLE chk (id int CHECK (has(id))); INSERT INTO chk VALUES (1)`, "public.chk", 0},
		"an index that reads another table": {`CREATE TABLE idx (t text); INSERT INTO idx VALUES ('A'); CREATE FUNCTION low(t text) RETURNS text IMMUTABLE LANGUAGE sql
			AS 'SELECT lower(t) || (SELECT count(*) FROM customers WHERE false)'; CREATE INDEX ON idx (low(t))`, "public.idx", 17},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, d, _ := wholes(t, "DELETE FROM orders;")
			if c.until != 0 && testpg.Start(t).Major(t) >= c.until {
				return
			}
			d.Exec(t, c.sql)
			wholeIsRefused(t, p, d, "cannot be restored", c.says, "does not exist")
		})
	}
}

// TestRestoreByARoleThatMayNot names the object, and how else it can be restored.
func TestRestoreByARoleThatMayNot(t *testing.T) {
	t.Parallel()
	p, d, store := dumped(t, "DELETE FROM orders;")
	d.AdminExec(t, "CREATE VIEW theirs AS SELECT 1 AS one; GRANT SELECT ON theirs TO PUBLIC")
	serverExec(t, d, "ALTER ROLE "+d.Role+" CREATEDB")
	p.Up(t, safemigrate.UpOptions{})
	st, l := inStore(t, store)
	into := "new_" + d.Name
	o := safemigrate.RestoreOptions{Programs: testpg.Clients(), Into: into, Database: d.URL()}
	_, err := st.Restore(t.Context(), l, o)
	enginetest.Fails(t, err, migrate.Unchanged, "theirs", "no database was left behind", "--no-owner")
	o.NoOwner = true
	if _, err := st.Restore(t.Context(), l, o); err != nil {
		t.Error(err)
	}
	serverExec(t, d, "DROP DATABASE "+into)
}

// TestRestoreIntoAPoorerCluster: all that the server lacks is named at once, with the way to
// it, before anything is restored.
func TestRestoreIntoAPoorerCluster(t *testing.T) {
	t.Parallel()
	p, d, store := dumped(t, "DELETE FROM orders;")
	owner, reader, space := `"owner of `+d.Name+`"`, "reader_of_"+d.Name, `"far from `+d.Name+`"`
	conn := elsewhere(t, d)
	defer conn.Close(context.WithoutCancel(t.Context()))
	exec := func(statements ...string) {
		t.Helper()
		for _, sql := range statements {
			if _, err := conn.Exec(t.Context(), sql); err != nil {
				t.Fatalf("%s: %v", sql, err)
			}
		}
	}
	where := "''" // in the server's own directory
	if testpg.Start(t).Major(t) < 15 {
		where = "'" + spaceFor(t, conn) + "'"
	} else {
		exec("SET allow_in_place_tablespaces = on")
	}
	acting := "acting_" + d.Name
	runs := "FUNCTION runs() RETURNS int LANGUAGE sql SET role TO " + acting + " AS 'SELECT 1'"
	exec("CREATE ROLE "+owner, "CREATE ROLE "+reader, "CREATE ROLE "+acting, "GRANT "+owner+" TO "+d.Role, "CREATE TABLESPACE "+space+" LOCATION "+where)
	d.AdminExec(t, "CREATE "+runs+"; ALTER FUNCTION runs() OWNER TO "+d.Role+"; CREATE TABLE theirs (id int); ALTER TABLE theirs OWNER TO "+owner+"; GRANT SELECT ON orders TO "+reader+" WITH GRANT OPTION; ALTER TABLE legacy SET TABLESPACE "+space)
	p.Up(t, safemigrate.UpOptions{})
	d.AdminExec(t, "ALTER TABLE legacy SET TABLESPACE pg_default; REASSIGN OWNED BY "+owner+" TO "+d.Role+"; DROP OWNED BY "+owner+", "+reader)
	exec("DROP ROLE "+owner, "DROP ROLE "+reader, "DROP ROLE "+acting)
	_, refused := conn.Exec(t.Context(), "BEGIN; SET LOCAL check_function_bodies = off; CREATE "+runs+"; ROLLBACK")
	exec("ROLLBACK")
	st, l := inStore(t, store)
	into := "new_" + d.Name
	var told []string
	o := safemigrate.RestoreOptions{Programs: testpg.Clients(), Into: into, Database: d.AdminURL, Progress: func(n safemigrate.Notice) { told = append(told, n.Text) }}
	_, err := st.Restore(t.Context(), l, o)
	enginetest.Fails(t, err, migrate.Unchanged, "the server lacks ", "role "+owner+" (table public.theirs)", `role "`+reader+`" (privileges on TABLE orders)`, "nothing was restored", "--no-owner")
	o.NoOwner = true
	exec("DROP TABLESPACE " + space)
	_, err = st.Restore(t.Context(), l, o)
	enginetest.Fails(t, err, migrate.Unchanged, "the server lacks tablespace "+space+" (table public.legacy)", "nothing was restored", "CREATE TABLESPACE")
	if err := conn.QueryRow(t.Context(), "SELECT FROM pg_database WHERE datname = $1", into).Scan(); !errors.Is(err, pgx.ErrNoRows) {
		t.Errorf("a database is left: %v", err)
	}
	exec("CREATE TABLESPACE " + space + " LOCATION " + where)
	told = nil
	_, err = st.Restore(t.Context(), l, o)
	if refused != nil { // before 14.?
		enginetest.Fails(t, err, migrate.Unchanged, `the server lacks role "`+acting+`" (function public.runs())`, "nothing was restored", "make the roles first")
		return
	}
	if said := "function public.runs() runs as role \"" + acting + "\", which the server lacks"; err != nil || !strings.Contains(strings.Join(told, "\n"), said) {
		t.Errorf("%v, told:\n%s", err, strings.Join(told, "\n"))
	}
	exec("DROP DATABASE " + into)
}

// spaceFor makes a directory that the server's user can have for a tablespace.
func spaceFor(t *testing.T, conn *pgx.Conn) (path string) {
	t.Helper()
	err := conn.QueryRow(t.Context(), "SELECT current_setting('data_directory') || '-' || md5(random()::text)").Scan(&path)
	if err == nil {
		_, err = conn.Exec(t.Context(), "COPY (SELECT) TO PROGRAM 'mkdir "+path+"'")
	}
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// TestDumpOfATableThatIsHeld: a dump needs every table, also those that the batch does not
// touch. Who has one for himself alone is named, by plan without waiting for him.
func TestDumpOfATableThatIsHeld(t *testing.T) {
	t.Parallel()
	p, d, _ := dumped(t, "DELETE FROM orders;")
	p.Config.LockTimeout = 300 * time.Millisecond
	holder := d.Database.Connect(t)
	defer holder.Close(context.WithoutCancel(t.Context()))
	if _, err := holder.Exec(t.Context(), "BEGIN; LOCK TABLE legacy IN ACCESS EXCLUSIVE MODE"); err != nil {
		t.Fatal(err)
	}
	plan, err := p.Open(t).Plan(t.Context(), safemigrate.UpOptions{})
	if err != nil || !strings.Contains(strings.Join(plan.Snapshot.Warnings, "\n"), "somebody has table public.legacy for himself alone") {
		t.Errorf("planned: %+v, %v", plan, err)
	}
	_, err = p.TryUp(t, safemigrate.UpOptions{})
	enginetest.Fails(t, err, migrate.Locked, "table public.legacy", fmt.Sprintf("server process %d", holder.PgConn().PID()), "the database was not changed")
	if _, err := holder.Exec(t.Context(), "ROLLBACK"); err != nil {
		t.Fatal(err)
	}
	p.Up(t, safemigrate.UpOptions{})
}

// TestConnectionLimit: a database that takes no more connections is told from a server that
// has none free, and a dump that gets too few of them leaves nothing behind.
func TestConnectionLimit(t *testing.T) {
	t.Parallel()
	p, d, store := dumped(t, "DELETE FROM orders;")
	p.Config.Jobs = 4 // of which the first must not be done before the others ask
	before := p.DB.Fingerprint(t)
	for limit, want := range map[string]migrate.Outcome{"0": migrate.Unchanged, "2": migrate.NoWayBack, "3": migrate.NoWayBack} {
		serverExec(t, d, "ALTER DATABASE "+d.Name+" CONNECTION LIMIT "+limit)
		connected(t, d, 0)
		_, err := p.TryUp(t, safemigrate.UpOptions{})
		enginetest.Fails(t, err, want, "too many connections for database", "the database was not changed")
		if strings.Count(err.Error(), "the database was not changed") != 1 {
			t.Errorf("limit %s: %v", limit, err)
		}
		if limit == "0" {
			enginetest.Fails(t, err, want, "CONNECTION LIMIT")
		}
		serverExec(t, d, "ALTER DATABASE "+d.Name+" CONNECTION LIMIT -1")
		p.Is(t, before, "with a limit of "+limit)
	}
	left, err := filepath.Glob(filepath.Join(store, "manifests", "*"))
	if err != nil || len(left) != 0 {
		t.Errorf("manifests are left in the store: %q, %v", left, err)
	}
}
