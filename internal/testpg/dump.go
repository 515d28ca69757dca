//go:build unix

package testpg

import (
	"bytes"
	"fmt"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// Dump returns what `pg_dump --schema-only` says of the database, as superuser,
// without safemigrate's own schemas, the tables named in without ("schema.table"),
// and what differs between two dumps of the same schema. Equal dumps mean equal
// schemas. Where no pg_dump is as new as the server, the dump is the census; the
// first one says so.
func (d *Database) Dump(tb testing.TB, without ...string) string {
	tb.Helper()
	if !d.Server.CanDump(tb) {
		d.Server.said.Do(func() { tb.Log(d.Server.oracle(tb)) })
		return d.Census(tb, without...)
	}
	arguments := []string{
		"--schema-only", "--no-password",
		"--host=127.0.0.1", "--port=" + strconv.Itoa(d.Server.port), "--username=" + superuser,
		"--exclude-schema=safemigrate", "--exclude-schema=safemigrate_[0-9]*", "--exclude-schema=safemigrate_beside_*",
	}
	for _, table := range without {
		arguments = append(arguments, "--exclude-table="+table)
	}
	command := exec.Command(d.Server.Program(tb, "pg_dump"), append(arguments, d.Name)...)
	command.Env = []string{"PGPASSWORD=" + d.Server.password, "LC_ALL=C", "PATH=/usr/bin:/bin", "PGSSLMODE=disable"}
	var stdout, stderr bytes.Buffer
	command.Stdout, command.Stderr = &stdout, &stderr
	if err := command.Run(); err != nil {
		tb.Fatalf("dumping %s: %v\n%s", d.Name, err, stderr.String())
	}
	return normaliseDump(stdout.String())
}

// CanDump tells whether there is a pg_dump that knows the server: an older one
// refuses it.
func (s *Server) CanDump(tb testing.TB) bool {
	tb.Helper()
	client, server := s.majorVersions(tb)
	return client >= server
}

// oracle says what schemas are compared by.
func (s *Server) oracle(tb testing.TB) string {
	tb.Helper()
	client, server := s.majorVersions(tb)
	if client >= server {
		return fmt.Sprintf("comparing by pg_dump %d and the census", client)
	}
	return fmt.Sprintf("pg_dump %d is older than the server %d: comparing by the census alone", client, server)
}

// versions are what programs said of themselves, by path: starting one takes as long
// as dumping a small schema.
var versions struct {
	sync.Mutex

	of map[string]int
}

// majorVersions are those of pg_dump and of the server.
func (s *Server) majorVersions(tb testing.TB) (client, server int) {
	tb.Helper()
	return majorVersion(tb, s.Program(tb, "pg_dump")), s.Major(tb)
}

// Major is the server's first version number.
func (s *Server) Major(tb testing.TB) int {
	tb.Helper()
	return majorVersion(tb, filepath.Join(s.binDir, "postgres"))
}

// majorVersion asks a program, such as "pg_dump (PostgreSQL) 15.14 (Debian …)".
func majorVersion(tb testing.TB, path string) int {
	tb.Helper()
	versions.Lock()
	defer versions.Unlock()
	if _, known := versions.of[path]; !known {
		if versions.of == nil {
			versions.of = map[string]int{}
		}
		versions.of[path] = askVersion(tb, path)
	}
	return versions.of[path]
}

func askVersion(tb testing.TB, program string) int {
	tb.Helper()
	out, err := exec.Command(program, "--version").Output()
	if err != nil {
		tb.Fatalf("asking %s for its version: %v", program, err)
	}
	_, version, _ := strings.Cut(string(out), ") ")
	digits := strings.IndexFunc(version, func(r rune) bool { return r < '0' || r > '9' })
	major, err := strconv.Atoi(version[:max(digits, 0)])
	if err != nil {
		tb.Fatalf("%s has no version that can be read: %q", program, out)
	}
	return major
}

// normaliseDump leaves out pg_dump's own comments, the random \restrict keys, and
// the settings that it writes whenever they change from one object to the next.
// Comments inside function bodies stay.
func normaliseDump(dump string) string {
	var kept strings.Builder
	blank := true
	for line := range strings.Lines(dump) {
		if isDumpNoise(strings.TrimRight(line, "\n")) {
			continue
		}
		isBlank := strings.TrimSpace(line) == ""
		if isBlank && blank {
			continue
		}
		blank = isBlank
		kept.WriteString(line)
	}
	return kept.String()
}

func isDumpNoise(line string) bool {
	if line == "--" {
		return true
	}
	for _, start := range []string{
		"-- Name: ", "-- PostgreSQL database dump", "-- Dumped from database", "-- Dumped by pg_dump",
		`\restrict `, `\unrestrict `, "SET default_tablespace = ", "SET default_table_access_method = ",
	} {
		if strings.HasPrefix(line, start) {
			return true
		}
	}
	return false
}
