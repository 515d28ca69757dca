//go:build unix

package enginetest_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/safemigrate/safemigrate/internal/engine/enginetest"
	"github.com/safemigrate/safemigrate/migrate"
)

// standsInTheWay has a plan name each kind of session that stands in the way of a batch
// which locks table t: by its process, with what it holds or waits for.
func standsInTheWay(t *testing.T, p *enginetest.Project) {
	t.Helper()
	d := postgresOf(t, p)
	const anybody = -1
	says := func(kind string, pid int64, words string) bool {
		plan, err := p.Open(t).Plan(t.Context(), everything)
		if err != nil {
			t.Fatal(err)
		}
		return slices.ContainsFunc(plan.Sessions, func(s migrate.SessionNote) bool {
			return s.Kind == kind && (pid == anybody || s.PID == pid) && strings.Contains(s.Text, words)
		})
	}
	await := func(kind string, pid int64, words string) {
		for deadline := time.Now().Add(patience); !says(kind, pid, words); time.Sleep(pollWait) {
			if time.Now().After(deadline) {
				plan, err := p.Open(t).Plan(t.Context(), everything)
				t.Fatalf("no %s of process %d: %q\n%+v, %v", kind, pid, words, plan.Sessions, err)
			}
		}
	}
	// standing runs statements in a session that stays; sent, when set, is not waited for.
	standing := func(sql, sent string) (int64, func()) {
		conn := d.Database.Connect(t)
		if _, err := conn.PgConn().Exec(t.Context(), sql).ReadAll(); err != nil {
			t.Fatal(err)
		}
		if sent != "" {
			query(t, conn.PgConn(), sent)
		}
		return int64(conn.PgConn().PID()), func() { leave(t, p, conn.PgConn()) }
	}
	long, leaveLong := standing("BEGIN; SELECT 1", "")
	for _, c := range []struct{ kind, sql, sent, words string }{
		{"idle-in-transaction", "BEGIN; SELECT count(*) FROM t", "", "holds AccessShareLock on public.t and does nothing"},
		{"blocker", "BEGIN; LOCK TABLE t IN ROW EXCLUSIVE MODE", "SELECT pg_sleep(600)", "holds RowExclusiveLock on public.t"},
		{"blocker", "BEGIN; LOCK TABLE t IN SHARE UPDATE EXCLUSIVE MODE /* as VACUUM does */", "SELECT pg_sleep(600)", "holds ShareUpdateExclusiveLock on public.t"},
		{"dump", "SET application_name = 'pg_dump'; BEGIN; SELECT count(*) FROM t", "", "dumps the database and holds AccessShareLock on public.t"},
	} {
		pid, leave := standing(c.sql, c.sent)
		await(c.kind, pid, c.words)
		leave()
	}
	first, leaveFirst := standing("BEGIN; SELECT count(*) FROM t", "")
	second, leaveSecond := standing("BEGIN", "LOCK TABLE t IN ACCESS EXCLUSIVE MODE")
	await("waiting", second, fmt.Sprintf("waits for AccessExclusiveLock on public.t, behind %d: up would queue behind it", first))
	leaveFirst()
	await("idle-in-transaction", second, "holds AccessExclusiveLock on public.t and does nothing")
	leaveSecond()

	_, leavePrepared := standing("BEGIN; SELECT count(*) FROM t; PREPARE TRANSACTION 'stands'", "")
	await("prepared-transaction", 0, fmt.Sprintf("prepared transaction %q of role %s holds AccessShareLock on public.t", "stands", d.Role))
	leavePrepared()
	p.Exec(t, "ROLLBACK PREPARED 'stands'")

	wraparound(t, p, await)

	config, err := pgx.ParseConfig(d.URL())
	if err != nil {
		t.Fatal(err)
	}
	config.RuntimeParams["replication"] = "true"
	backup, err := pgconn.ConnectConfig(t.Context(), &config.Config)
	if err != nil {
		t.Fatal(err)
	}
	query(t, backup, "BASE_BACKUP (CHECKPOINT 'fast')") // nobody reads it, so it goes on
	await("dump", int64(backup.PID()), "takes a backup of the server meanwhile")
	leave(t, p, backup)
	untilTrue(t, p, fmt.Sprintf("SELECT xact_start < now() - interval '31 s' FROM pg_stat_activity WHERE pid = %d", long))
	await("long-transaction", long, "has had a transaction open for 00:00:3")
	leaveLong()
	if says("dump", anybody, "") || says("waiting", anybody, "") || says("prepared-transaction", anybody, "") {
		t.Error("who has left is still named")
	}
}

// wraparound has the server vacuum table t because it has grown too old, which a cursor on
// its first page holds up: it is named as what it is, also to a role that may not see what
// others do, and up waits for it no longer than it may.
func wraparound(t *testing.T, p *enginetest.Project, await func(kind string, pid int64, words string)) {
	t.Helper()
	d := postgresOf(t, p)
	p.Exec(t, `ALTER TABLE t SET (autovacuum_freeze_max_age = 100000, autovacuum_freeze_table_age = 0, autovacuum_freeze_min_age = 0); CREATE TABLE spent (i integer);
		DO $$ BEGIN FOR i IN 1..100100 LOOP BEGIN INSERT INTO spent VALUES (i); EXCEPTION WHEN division_by_zero THEN END; END LOOP; END $$; DROP TABLE spent`)
	reader := d.Database.Connect(t)
	if _, err := reader.PgConn().Exec(t.Context(), "BEGIN; DECLARE c CURSOR FOR SELECT * FROM t; FETCH c").ReadAll(); err != nil {
		t.Fatal(err)
	}
	reload := func(set string) {
		d.AdminExec(t, "ALTER SYSTEM "+set+" autovacuum_naptime"+map[bool]string{true: " = 1"}[set == "SET"])
		d.AdminExec(t, "SELECT pg_reload_conf()")
	}
	reload("SET")
	const vacuums = "SELECT EXISTS (SELECT FROM pg_locks WHERE relation = 't'::regclass AND mode = 'ShareUpdateExclusiveLock')"
	untilTrue(t, p, vacuums)
	reload("RESET")
	pid := p.Rows(t, "SELECT pid FROM pg_locks WHERE relation = 't'::regclass AND mode = 'ShareUpdateExclusiveLock'")[0]
	await("wraparound-vacuum", -1, "server process "+pid+" (autovacuum) vacuums public.t to prevent wraparound, and does not give way")
	p.Config.LockTimeout = 1500 * time.Millisecond
	_, err := p.TryUp(t, everything)
	p.Config.LockTimeout = 0
	enginetest.Fails(t, err, migrate.Locked, "server process "+pid+" (autovacuum), ShareUpdateExclusiveLock on public.t to prevent wraparound")
	untilTrue(t, p, vacuums)
	leave(t, p, reader.PgConn())
	untilTrue(t, p, "SELECT NOT ("+vacuums[len("SELECT "):]+")")
	p.Exec(t, "ALTER TABLE t RESET (autovacuum_freeze_max_age, autovacuum_freeze_table_age, autovacuum_freeze_min_age)")
}

// query sends a query and does not wait for its end.
func query(t *testing.T, conn *pgconn.PgConn, sql string) {
	t.Helper()
	conn.Frontend().Send(&pgproto3.Query{String: sql})
	if err := conn.Frontend().Flush(); err != nil {
		t.Fatal(err)
	}
}

// leave breaks a session off, whatever it does, and awaits its end.
func leave(t *testing.T, p *enginetest.Project, conn *pgconn.PgConn) {
	t.Helper()
	d := postgresOf(t, p)
	d.AdminExec(t, fmt.Sprintf("SELECT pg_terminate_backend(%d)", conn.PID()))
	_ = conn.Conn().Close()
	untilTrue(t, p, fmt.Sprintf("SELECT NOT EXISTS (SELECT FROM pg_stat_activity WHERE pid = %d)", conn.PID()))
	_ = conn.Close(context.WithoutCancel(t.Context()))
}
