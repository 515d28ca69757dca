//go:build unix

package enginetest_test

import (
	"bytes"
	"io"
	"net"
	"strconv"
	"strings"
	"testing"

	"github.com/safemigrate/safemigrate/internal/testmy"
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

// TestMySQLWindowsInPlan names the views that are away for a moment, and on MySQL the
// tables: it has no CREATE OR REPLACE TABLE.
func TestMySQLWindowsInPlan(t *testing.T) {
	t.Parallel()
	p, _ := myProject(t, nil, map[string]string{"1_x.up.sql": "CREATE OR REPLACE VIEW v AS SELECT id FROM t; CREATE VIEW fresh AS SELECT id FROM t; ALTER TABLE t DROP COLUMN b;"})
	p.Exec(t, "CREATE TABLE t (id int PRIMARY KEY, b int); CREATE VIEW v AS SELECT id, b FROM t")
	plan := planned(t, p)
	if w := strings.Join(plan.Snapshot.Warnings, "\n"); !strings.Contains(w, "view v again") || strings.Contains(w, "fresh") || strings.Contains(w, "table t again") != (testmy.Tested() == testmy.MySQL) {
		t.Errorf("warnings: %s", w)
	}
}
