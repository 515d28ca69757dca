//go:build unix

package enginetest_test

import (
	"bytes"
	"io"
	"net"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/safemigrate/safemigrate"
	"github.com/safemigrate/safemigrate/internal/engine/enginetest"
	"github.com/safemigrate/safemigrate/internal/testconn"
	"github.com/safemigrate/safemigrate/internal/testmy"
	"github.com/safemigrate/safemigrate/migrate"
	"github.com/safemigrate/safemigrate/migrate/golangmigrate"
)

// TestMySQLConnect says where a connection was tried, what came back, and what to
// look at, once.
func TestMySQLConnect(t *testing.T) {
	t.Parallel()
	p, d := myProject(t, nil, map[string]string{"1_t.up.sql": "CREATE TABLE t (id int PRIMARY KEY);"})
	port := strconv.Itoa(d.Server.Port())
	replace := replacer(t, d.URL())
	version := d.AdminQuery(t, "SELECT substring_index(@@version, '.', 2)")[0]
	older := "10.5"
	if len(version) == len("10.11") {
		older = "10.05"
	}
	tryConnections(t, p, []connection{
		{"host", replace("127.0.0.1", "nowhere.invalid"), []string{"nowhere.invalid:" + port, "is the server running"}},
		{"port", replace(":"+port, ":1"), []string{"at 127.0.0.1:1", "refused", "host and port"}},
		{"password", replace(d.Password, "wrong"), []string{d.Role, d.Name, "1045", "check user and password"}},
		{"user", replace(d.Role, "nobody_at_all"), []string{"nobody_at_all", "1045"}},
		{"database", replace("/"+d.Name, "/no_such_database"), []string{"no_such_database", "SHOW GRANTS"}},
		{"TLS", replace("/"+d.Name, "/"+d.Name+"?tls=true"), []string{"TLS", "leave tls out"}},
		{"a setting", replace("/"+d.Name, "/"+d.Name+"?sql_mode=%27NONSENSE%27"), []string{"1231", "settings in the database URL"}},
		{"an old server", replace(":"+port, ":"+relay(t, port, func(m []byte) []byte {
			return bytes.ReplaceAll(m, []byte(version+"."), []byte(older+"."))
		})), []string{"too old: 10.6"}},
		{"a proxy that changes nothing", replace(":"+port, ":"+relay(t, port, func(m []byte) []byte { return m })), nil},
		{"a server that is none", replace(":"+port, ":"+talker(t)), []string{"connect to database", "that answers there"}},
	})
}

// TestMySQLAddresses works by each form of an address.
func TestMySQLAddresses(t *testing.T) {
	t.Parallel()
	p, d := myProject(t, nil, map[string]string{"1_t.up.sql": "CREATE TABLE t (id int PRIMARY KEY);"})
	replace, host := replacer(t, d.URL()), "tcp(127.0.0.1:"+strconv.Itoa(d.Server.Port())+")"
	tryConnections(t, p, []connection{
		{"the other scheme", replace("mysql://", "mariadb://"), nil},
		{"a socket", replace(host, "unix("+d.Server.Socket()+")"), nil},
		{"a socket beside the host", replace("@"+host+"/"+d.Name, "@localhost/"+d.Name+"?socket="+url.QueryEscape(d.Server.Socket())), nil},
		{"the driver's form", replace("mysql://", ""), nil},
	})
}

// TestMySQLNoLock: x-no-lock keeps golang-migrate from its lock, and not safemigrate.
func TestMySQLNoLock(t *testing.T) {
	t.Parallel()
	p, d := myProject(t, nil, map[string]string{"1_t.up.sql": "CREATE TABLE t (id int PRIMARY KEY);"})
	plain := testconn.MySQL{Conn: d.Database.Connect(t)}
	id, err := golangmigrate.New(golangmigrate.Options{}).History().Identity(t.Context(), plain)
	if err == nil {
		_, err = plain.Query(t.Context(), "SELECT get_lock($1, 0)", id.LockNames[0])
	}
	if err != nil {
		t.Fatal(err)
	}
	p.Config.Database, p.Config.LockTimeout = d.URL()+"?x-no-lock=true", time.Millisecond
	_, err = p.TryUp(t, safemigrate.UpOptions{})
	enginetest.Fails(t, err, migrate.Locked, "the plain migration tool")
	if err := plain.Exec(t.Context(), "DO release_lock($1)", id.LockNames[0]); err != nil {
		t.Fatal(err)
	}
	p.Up(t, safemigrate.UpOptions{})
}

// relay stands between, changes what the server says, and returns its port. Unlike
// PostgreSQL's, this server speaks first.
func relay(t *testing.T, port string, change func(said []byte) []byte) string {
	t.Helper()
	return listen(t, func(client net.Conn) {
		server, err := net.Dial("tcp", "127.0.0.1:"+port)
		if err != nil {
			return
		}
		defer server.Close()
		go func() { // ends with either side
			_, _ = io.Copy(server, client)
			_ = server.Close()
		}()
		said := make([]byte, 1<<16)
		for {
			n, err := server.Read(said)
			if err != nil {
				return
			}
			if _, err := client.Write(change(said[:n])); err != nil {
				return
			}
		}
	})
}

// TestMySQLWindowsInPlan names what others can miss for a moment: views, programs and
// events that are changed, triggers that cannot go and come under their table's lock, and on
// MySQL tables whose rows are written, for it has no CREATE OR REPLACE TABLE. What stays is
// not named.
func TestMySQLWindowsInPlan(t *testing.T) {
	t.Parallel()
	p, _ := myProject(t, nil, map[string]string{"1_x.up.sql": `CREATE OR REPLACE VIEW v AS SELECT id FROM t; CREATE VIEW fresh AS SELECT id FROM t; ALTER TABLE t DROP COLUMN b;
		DROP PROCEDURE p; CREATE PROCEDURE P() DO 2; DROP FUNCTION f; CREATE FUNCTION f() RETURNS int DETERMINISTIC RETURN 2; DROP PROCEDURE gone; ALTER EVENT e COMMENT 'x';
		DROP TRIGGER second; CREATE TRIGGER second BEFORE UPDATE ON u FOR EACH ROW SET NEW.b = 2; ALTER TABLE u ADD COLUMN c int;
		UPDATE r SET b = 1; RENAME TABLE r TO s;`})
	p.Exec(t, "CREATE TABLE t (id int PRIMARY KEY, b int); CREATE VIEW v AS SELECT id, b FROM t; CREATE TABLE u (id int PRIMARY KEY, b int);"+
		"CREATE PROCEDURE p() DO 1; CREATE PROCEDURE gone() DO 1; CREATE PROCEDURE stays() DO 1; CREATE FUNCTION f() RETURNS int DETERMINISTIC RETURN 1; CREATE EVENT e ON SCHEDULE EVERY 1 YEAR DISABLE DO DO 1;"+
		"CREATE TRIGGER stamps BEFORE INSERT ON t FOR EACH ROW SET NEW.id = NEW.id; CREATE TRIGGER first BEFORE UPDATE ON u FOR EACH ROW SET NEW.b = 1;"+
		"CREATE TRIGGER second BEFORE UPDATE ON u FOR EACH ROW SET NEW.b = 1; CREATE TABLE r (id int PRIMARY KEY, b int); CREATE TRIGGER moves BEFORE INSERT ON r FOR EACH ROW SET NEW.b = 1; CREATE TRIGGER third BEFORE INSERT ON u FOR EACH ROW SET NEW.b = 1")
	w := strings.Join(planned(t, p).Snapshot.Warnings, "\n")
	for word, told := range map[string]bool{
		"view v again": true, "fresh": false, "table t again": testmy.Tested() == testmy.MySQL,
		"procedure p again": true, "function f again": true, "event e again": true, "gone": false, "stays": false,
		"write to it do not fire trigger stamps": testmy.Tested() == testmy.MariaDB, "trigger stamps again": false, "first": false, "second": false, "third": false,
		"trigger moves again": true, "write to table r do not fire it": true,
	} {
		if strings.Contains(w, word) != told {
			t.Errorf("%q: named %v, want %v", word, !told, told)
		}
	}
	if t.Failed() {
		t.Log(w)
	}
}
