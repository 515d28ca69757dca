//go:build unix

package enginetest_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/safemigrate/safemigrate"
	"github.com/safemigrate/safemigrate/internal/engine/enginetest"
	"github.com/safemigrate/safemigrate/internal/testpg"
	"github.com/safemigrate/safemigrate/migrate"
)

func TestPostgresConnect(t *testing.T) {
	t.Parallel()
	p, d := postgresProject(t, map[string]string{"1_t.up.sql": "CREATE TABLE t (id integer);"})
	port := strconv.Itoa(d.Server.Port())
	replace := replacer(t, d.URL())
	number := p.Rows(t, "SHOW server_version_num")[0]
	tryConnections(t, p, []connection{
		{"host", replace("127.0.0.1", "nowhere.invalid"), []string{"nowhere.invalid:" + port}},
		{"host, tried with TLS and without", strings.Replace(replace("127.0.0.1", "nowhere.invalid"), "sslmode=disable", "sslmode=prefer", 1), []string{"nowhere.invalid:" + port}},
		{"port", replace(":"+port, ":1"), []string{"127.0.0.1:1", "refused"}},
		{"password", replace(d.Password, "wrong"), []string{d.Role, "28P01", "password"}},
		{"user", replace(d.Role, "nobody_at_all"), []string{"nobody_at_all", "28P01"}},
		{"database", replace("/"+d.Name, "/no_such_database"), []string{"no_such_database", "3D000"}},
		{"TLS", replace("sslmode=disable", "sslmode=verify-full"), []string{"TLS"}},
		{"a pooler", replace(":"+port, ":"+proxy(t, port, otherPID)), []string{"pooler"}},
		{"an old server", replace(":"+port, ":"+proxy(t, port, func(m []byte) []byte {
			return bytes.ReplaceAll(m, []byte(number), []byte("130099"))
		})), []string{"older than 14"}},
		{"a proxy that changes nothing", replace(":"+port, ":"+proxy(t, port, func(m []byte) []byte { return m })), nil},
		{"a server that is none", replace(":"+port, ":"+talker(t)), []string{"connect to database"}},
	})
}

func TestPostgresReadOnly(t *testing.T) {
	t.Parallel()
	p, d := postgresProject(t, map[string]string{"1_t.up.sql": "CREATE TABLE t (id integer);"})
	d.AdminExec(t, "ALTER ROLE "+d.Role+" IN DATABASE "+d.Name+" SET default_transaction_read_only = on")
	_, err := p.TryUp(t, safemigrate.UpOptions{})
	enginetest.Fails(t, err, migrate.Unchanged, "read-only")
}

// TestPostgresStandby turns a server into a standby of nobody, which is one all
// the same.
func TestPostgresStandby(t *testing.T) {
	t.Parallel()
	server := testpg.New(t, nil)
	d := server.Database(t)
	conn := d.Connect(t)
	var dir string
	admin := enginetest.Project{DB: &enginetest.PostgresDatabase{Database: &testpg.Database{URL: d.AdminURL, Name: d.Name, Server: server}}}
	dir = admin.Rows(t, "SHOW data_directory")[0]
	if err := conn.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	server.Stop(t, false)
	signal := filepath.Join(dir, "standby.signal")
	if err := os.WriteFile(signal, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(dir)
	if err != nil {
		t.Fatal(err)
	}
	giveTo(t, signal, info)
	server.Restart(t)
	t.Cleanup(func() { server.Stop(t, true) }) // or the database would have to be dropped in it
	p := enginetest.Project{DB: &enginetest.PostgresDatabase{Database: d}}
	p.Add(map[string]string{})
	_, err = p.TryUp(t, safemigrate.UpOptions{})
	enginetest.Fails(t, err, migrate.Unchanged, "standby")
}

// proxy is a server in between that changes messages of the real one.
func proxy(t *testing.T, port string, change func(message []byte) []byte) string {
	t.Helper()
	return listen(t, func(client net.Conn) {
		server, err := net.Dial("tcp", "127.0.0.1:"+port)
		if err != nil {
			return
		}
		defer server.Close()
		go func() {
			_, _ = io.Copy(server, client) // ends with the connection
			_ = server.Close()
		}()
		for {
			message, err := readMessage(server)
			if err != nil {
				return
			}
			if _, err := client.Write(change(message)); err != nil {
				return
			}
		}
	})
}

// talker answers with something else than PostgreSQL's protocol.
func talker(t *testing.T) string {
	t.Helper()
	return listen(t, func(client net.Conn) {
		_, _ = client.Write([]byte("HTTP/1.1 400 Bad Request\r\n\r\n")) // whether it arrives or not
	})
}

func listen(t *testing.T, serve func(client net.Conn)) (port string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer client.Close()
				serve(client)
			}()
		}
	}()
	_, port, err = net.SplitHostPort(listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return port
}

// readMessage reads one message of the server: a type, a length, and the rest.
func readMessage(r io.Reader) ([]byte, error) {
	head := make([]byte, 5)
	if _, err := io.ReadFull(r, head); err != nil {
		return nil, err
	}
	length := binary.BigEndian.Uint32(head[1:])
	if length < 4 || length > 1<<26 {
		return nil, errors.New("no message of PostgreSQL's")
	}
	message := make([]byte, 1+length)
	copy(message, head)
	_, err := io.ReadFull(r, message[5:])
	return message, err
}

// otherPID changes BackendKeyData, as a pooler does that keeps a number of its own.
func otherPID(message []byte) []byte {
	if message[0] == 'K' {
		message[8]++
	}
	return message
}

func giveTo(t *testing.T, path string, like os.FileInfo) {
	t.Helper()
	if uid, gid, ok := owner(like); ok {
		if err := os.Chown(path, uid, gid); err != nil {
			t.Fatal(err)
		}
	}
}
