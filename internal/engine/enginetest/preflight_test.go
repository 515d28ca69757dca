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
	for _, c := range []struct{ kind, sql, sent, words string }{
		{"idle-in-transaction", "BEGIN; SELECT count(*) FROM t", "", "holds AccessShareLock on public.t and does nothing"},
		{"blocker", "BEGIN; LOCK TABLE t IN ROW EXCLUSIVE MODE", "SELECT pg_sleep(600)", "holds RowExclusiveLock on public.t"},
		{"blocker", "BEGIN; LOCK TABLE t IN SHARE UPDATE EXCLUSIVE MODE /* as VACUUM does */", "SELECT pg_sleep(600)", "holds ShareUpdateExclusiveLock on public.t"},
		{"dump", "SET application_name = 'pg_dump'; BEGIN; SELECT count(*) FROM t", "", "dumps the database and holds AccessShareLock on public.t"},
		{"wraparound-vacuum", "BEGIN; LOCK TABLE t IN SHARE UPDATE EXCLUSIVE MODE /* to prevent wraparound */", "", "vacuums public.t to prevent wraparound"},
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
	if says("dump", anybody, "") || says("waiting", anybody, "") || says("prepared-transaction", anybody, "") {
		t.Error("who has left is still named")
	}
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
