package bench_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/safemigrate/safemigrate/internal/testmy"
)

// onMariaDB is a database with a table of a million rows, and the command.
type onMariaDB struct {
	*testmy.Database
	server *testmy.Server
	sm     string
}

// BenchmarkMySQL shows on MariaDB what a snapshot of a table of a million rows costs and
// what bringing it back costs. Aims: the copy within 1.1 times the server's own INSERT …
// SELECT, beside which stands mariadb-dump; the restore after a failing ALTER at least 3
// times faster than loading that dump; under 100 MiB of memory.
func BenchmarkMySQL(b *testing.B) {
	s := testmy.New(b, map[string]string{"innodb-buffer-pool-size": "1G", "innodb-log-file-size": "512M", "innodb-stats-persistent": "ON", "log-output": "TABLE"})
	m := onMariaDB{s.Database(b), s, safemigrate(b)}
	m.fill(b, m.Database)
	b.Run("copy against INSERT … SELECT", m.copyInsert)
	b.Run("copy against mariadb-dump", m.copyDump)
	b.Run("up against INSERT … SELECT and the ALTER", m.upInsert)
	b.Run("up and rollback of a column's name against those with a copy", m.names)
	b.Run("restore against loading the dump", m.restore)
	b.Run("restore of a column by key against loading the dump", m.putBackDump)
	b.Run("restore of a column by key against exchanging the table", m.putBackExchange)
}

// fill makes a table of a million rows of about 120 bytes, as the benchmarks on
// PostgreSQL have it.
func (onMariaDB) fill(b *testing.B, d *testmy.Database) {
	b.Helper()
	d.Exec(b, `CREATE TABLE big (id bigint NOT NULL AUTO_INCREMENT PRIMARY KEY, name varchar(60) NOT NULL, amount decimal(12,2) NOT NULL,
			at datetime NOT NULL DEFAULT '2026-01-01 00:00:00', note text, KEY name (name));
		INSERT INTO big (name, amount, note) SELECT concat('customer ', seq), seq % 9973 + 0.25, repeat(char(97 + seq % 26), 60) FROM `+testmy.Numbers(1_000_000)+`;
		ANALYZE TABLE big`)
}

// ran is what a command of ours took.
type ran struct {
	took, copy, readBack time.Duration
	restore              time.Duration // from the statement that fails to the end
	memory               int64
	server               time.Duration // of the server's processors
}

// command runs safemigrate on the database, which may end with an exit code of its own.
func (m onMariaDB) command(b *testing.B, code int, arguments ...string) ran {
	b.Helper()
	c := exec.Command(m.sm, arguments...)
	c.Env = append(os.Environ(), "SAFEMIGRATE_DATABASE="+m.URL)
	started := time.Now()
	out, _ := c.CombinedOutput() // the code tells
	r := ran{took: time.Since(started)}
	if got := c.ProcessState.ExitCode(); got != code {
		b.Fatalf("safemigrate %s ended with %d\n%s", arguments[0], got, out)
	}
	usage, ok := c.ProcessState.SysUsage().(*syscall.Rusage)
	if !ok {
		b.Fatal("no resource usage on this system")
	}
	r.memory = usage.Maxrss * 1024
	return r
}

// watched has the server note when each statement of up began: the copy is made until the
// tables are unlocked, and was read back when the description of the schema is kept. It is
// one of whole rows, as what it is compared with.
func (m onMariaDB) watched(b *testing.B, code int, files map[string]string) ran {
	b.Helper()
	m.AdminExec(b, "TRUNCATE mysql.general_log; SET GLOBAL general_log = ON")
	r := m.command(b, code, "up", "--scope", "all", "--source", directory(b, files))
	ended := time.Now()
	m.AdminExec(b, "SET GLOBAL general_log = OFF")
	copied := m.began(b, "UNLOCK TABLES")
	r.copy = copied.Sub(m.began(b, "CREATE TABLE `safemigrate_c_%"))
	r.readBack = m.began(b, "REPLACE INTO safemigrate_part%").Sub(copied)
	if code != 0 {
		r.restore = ended.Sub(m.began(b, failingMySQL+"%"))
	}
	return r
}

// began is when the server first got a statement. Those of safemigrate's own sessions begin
// with a comment that says whose they are.
func (m onMariaDB) began(b *testing.B, like string) time.Time {
	b.Helper()
	found := m.AdminQuery(b, "SELECT CAST(1000000 * unix_timestamp(min(event_time)) AS SIGNED) FROM mysql.general_log WHERE command_type IN ('Query', 'Execute') AND (argument LIKE '"+like+"' OR argument LIKE '/* safemigrate % */ "+like+"')")
	at, err := strconv.ParseInt(found[0], 10, 64)
	if err != nil {
		b.Fatalf("%s: %v", like, err)
	}
	return time.UnixMicro(at)
}

const (
	dropNoteMySQL = "ALTER TABLE big DROP COLUMN note;"
	failingMySQL  = "INSERT INTO big (id, name, amount) VALUES (1"
)

// up drops a column and takes it back.
func (m onMariaDB) up(b *testing.B) ran {
	b.Helper()
	r := m.watched(b, 0, map[string]string{"1_drop_note.up.sql": dropNoteMySQL})
	r.memory = max(r.memory, m.command(b, 0, "rollback").memory)
	m.command(b, 0, "snapshot", "prune", "--keep-last", "0")
	return r
}

// insert is the server's own copy of the table.
func (m onMariaDB) insert(b *testing.B) time.Duration {
	b.Helper()
	m.Exec(b, "CREATE TABLE copied LIKE big")
	started := time.Now()
	m.Exec(b, "INSERT INTO copied SELECT * FROM big")
	took := time.Since(started)
	m.Exec(b, "DROP TABLE copied")
	return took
}

// alter drops the column from a table that is then made anew.
func (m onMariaDB) alter(b *testing.B, d *testmy.Database) time.Duration {
	b.Helper()
	d.Exec(b, "CREATE TABLE IF NOT EXISTS altered (id bigint PRIMARY KEY); DROP TABLE altered; CREATE TABLE altered LIKE big; INSERT INTO altered SELECT * FROM big")
	started := time.Now()
	d.Exec(b, "ALTER TABLE altered DROP COLUMN note")
	took := time.Since(started)
	d.Exec(b, "DROP TABLE altered")
	return took
}

// copyInsert compares the copy, with the sum of what it has to hold; the read-back is shown
// apart, since the server's own copy has none.
func (m onMariaDB) copyInsert(b *testing.B) {
	m.copies(b, func() time.Duration { return m.insert(b) })
}

func (m onMariaDB) copyDump(b *testing.B) {
	m.copies(b, func() time.Duration { return m.dump(b, filepath.Join(b.TempDir(), "dump")) })
}

func (m onMariaDB) copies(b *testing.B, theirs func() time.Duration) {
	b.Helper()
	var memory int64
	var readBack time.Duration
	compareRuns(b, slowRuns, func() time.Duration {
		r := m.up(b)
		memory, readBack = max(memory, r.memory), max(readBack, r.readBack)
		return r.copy
	}, theirs)
	b.ReportMetric(float64(memory)/(1<<20), "peak-MiB")
	b.ReportMetric(float64(readBack.Milliseconds()), "read-back-ms")
}

func (m onMariaDB) upInsert(b *testing.B) {
	compareRuns(b, slowRuns, func() time.Duration { return m.up(b).took },
		func() time.Duration { return m.insert(b) + m.alter(b, m.Database) })
}

// names: a batch that gives a column another name, and its rollback, with no copy and with one
// of whole rows.
func (m onMariaDB) names(b *testing.B) {
	both := func(scope string) time.Duration {
		files := directory(b, map[string]string{"1_name.up.sql": "ALTER TABLE big RENAME COLUMN note TO remark, DROP KEY name;"})
		took := m.command(b, 0, "up", "--scope", scope, "--source", files).took + m.command(b, 0, "rollback").took
		m.command(b, 0, "snapshot", "prune", "--keep-last", "0")
		return took
	}
	compareRuns(b, slowRuns, func() time.Duration { return both("auto") }, func() time.Duration { return both("all") })
}

func (m onMariaDB) dump(b *testing.B, file string) time.Duration {
	b.Helper()
	took, _ := run(b, m.secret(m.Database), append(m.client("mariadb-dump", m.Database), "--single-transaction", "--result-file="+file, m.Name, "big")...)
	return took
}

func (onMariaDB) secret(d *testmy.Database) []string { return []string{"MYSQL_PWD=" + d.Password} }

func (m onMariaDB) client(program string, d *testmy.Database) []string {
	return []string{program, "--no-defaults", "--host=127.0.0.1", fmt.Sprintf("--port=%d", m.server.Port()), "--user=" + d.Role}
}

// restore: what fails is the statement behind the ALTER, which has committed.
func (m onMariaDB) restore(b *testing.B) {
	dump := filepath.Join(b.TempDir(), "dump")
	m.dump(b, dump)
	load := m.loads(b, dump)
	var memory int64
	compareRuns(b, slowRuns, func() time.Duration {
		r := m.watched(b, 3, map[string]string{"1_drop_note.up.sql": dropNoteMySQL + "\n" + failingMySQL + ", 'twice', 0);"})
		m.command(b, 0, "snapshot", "prune", "--keep-last", "0")
		memory = max(memory, r.memory)
		return r.restore
	}, load)
	b.ReportMetric(float64(memory)/(1<<20), "peak-MiB")
}

// loads loads a dump into a database of its own.
func (m onMariaDB) loads(b *testing.B, dump string) func() time.Duration {
	b.Helper()
	return func() time.Duration {
		into := m.server.Database(b)
		took, _ := run(b, m.secret(into), append(m.client("mariadb", into), into.Name, "--execute=source "+dump)...)
		into.Exec(b, "DROP TABLE big")
		return took
	}
}

// putBackDump: of a table that lost a column its values alone were kept.
func (m onMariaDB) putBackDump(b *testing.B) {
	dump := filepath.Join(b.TempDir(), "dump")
	m.dump(b, dump)
	load := m.loads(b, dump)
	m.recovers(b, func() ran {
		before := m.cpu(b)
		took := load()
		return ran{took: took, server: m.cpu(b) - before}
	})
}

// putBackExchange: a copy of whole rows becomes the table.
func (m onMariaDB) putBackExchange(b *testing.B) {
	m.recovers(b, func() ran { return m.recovered(b, "all") })
}

// recovers tells the server's work, too.
func (m onMariaDB) recovers(b *testing.B, theirs func() ran) {
	b.Helper()
	var memory int64
	var ours, others time.Duration
	n := 0
	compareRuns(b, slowRuns, func() time.Duration {
		n++
		r := m.recovered(b, "auto")
		memory, ours = max(memory, r.memory), ours+r.server
		return r.took
	}, func() time.Duration {
		r := theirs()
		others += r.server
		return r.took
	})
	b.ReportMetric(float64(memory)/(1<<20), "peak-MiB")
	b.ReportMetric(float64(ours.Milliseconds())/float64(n), "ours-server-cpu-ms")
	b.ReportMetric(float64(others.Milliseconds())/float64(n), "theirs-server-cpu-ms")
}

// recovered takes a batch back that stopped behind its ALTER; what was kept before is no part
// of what that takes.
func (m onMariaDB) recovered(b *testing.B, scope string) ran {
	b.Helper()
	m.command(b, 4, "up", "--scope", scope, "--on-failure", "keep", "--source", directory(b, map[string]string{"1_drop_note.up.sql": dropNoteMySQL + "\n" + failingMySQL + ", 'twice', 0);"}))
	before := m.cpu(b)
	r := m.command(b, 0, "recover")
	r.server = m.cpu(b) - before
	m.command(b, 0, "snapshot", "prune", "--keep-last", "0")
	return r
}

// cpu is what the server has used of its processors.
func (m onMariaDB) cpu(b *testing.B) time.Duration {
	b.Helper()
	id, err := os.ReadFile(m.AdminQuery(b, "SELECT @@pid_file")[0])
	if err != nil {
		b.Fatal(err)
	}
	text, err := os.ReadFile("/proc/" + strings.TrimSpace(string(id)) + "/stat")
	if err != nil {
		b.Fatal(err)
	}
	const user, system, tick = 11, 12, time.Second / 100 // behind the name, in parentheses
	fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
	var used time.Duration
	for _, field := range []string{fields[user], fields[system]} {
		n, err := strconv.Atoi(field)
		if err != nil {
			b.Fatal(err)
		}
		used += time.Duration(n) * tick
	}
	return used
}
