//go:build unix

package enginetest_test

import (
	"maps"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/safemigrate/safemigrate"
	"github.com/safemigrate/safemigrate/internal/engine/enginetest"
	"github.com/safemigrate/safemigrate/internal/testmy"
	"github.com/safemigrate/safemigrate/migrate"
)

// tlsCase is a connection: options of the URL, and the words of its failure, none
// where it works.
type tlsCase struct {
	name, options string
	words         []string
}

// TestMySQLTLS connects to a server whose certificate was made for it, and to one that
// wants TLS of everybody.
func TestMySQLTLS(t *testing.T) { //nolint:tparallel // the connections share a database
	t.Parallel()
	ours, other := testmy.NewAuthority(t), testmy.NewAuthority(t)
	server := testmy.NewTLS(t, ours.Sign(t, "127.0.0.1", time.Now().Add(time.Hour)), map[string]string{"require-secure-transport": "ON"})
	cert, key := ours.Sign(t, "deploy", time.Now().Add(time.Hour)).Files(t)
	foreign, foreignKey := other.Sign(t, "deploy", time.Now().Add(time.Hour)).Files(t)
	custom := "?tls=custom&x-tls-ca=" + ours.File
	p := connectsWith(t, server, "", []tlsCase{
		{"the authority is named", custom, nil},
		{"nothing is proved", "?tls=skip-verify", nil},
		{"TLS where there is", "?tls=preferred", nil},
		{"no TLS", "", map[testmy.Product][]string{testmy.MariaDB: {"connect to database", "TLS"}, testmy.MySQL: {"3159", "the server wants TLS"}}[testmy.Tested()]}, // MariaDB says 1045 before 11.4
		{"an authority that is not known", "?tls=true", []string{"certificate", "x-tls-ca=FILE"}},
		{"another authority", "?tls=custom&x-tls-ca=" + other.File, []string{"certificate", "x-tls-ca=FILE"}},
	})
	connectsTo(t, p, "another name", "localhost", custom, []string{"wanted to match localhost", "a name that the server's certificate is for"})
	connectsWith(t, server, "REQUIRE X509", []tlsCase{
		{"a certificate of the user's", custom + "&x-tls-cert=" + cert + "&x-tls-key=" + key, nil},
		{"no certificate of the user's", custom, []string{"1045", "with TLS"}},
		{"somebody else's certificate", custom + "&x-tls-cert=" + foreign + "&x-tls-key=" + foreignKey, []string{"connect to database"}},
	})
}

// TestMySQLTLSExpired has a server with a certificate whose time is over, and one that
// has none.
func TestMySQLTLSExpired(t *testing.T) {
	t.Parallel()
	ours := testmy.NewAuthority(t)
	past := testmy.NewTLS(t, ours.Sign(t, "127.0.0.1", time.Now().Add(-time.Minute)), nil)
	connectsWith(t, past, "", []tlsCase{{"out of date", "?tls=custom&x-tls-ca=" + ours.File, []string{"expired", "out of date"}}})
	off := map[testmy.Product]map[string]string{testmy.MySQL: {"tls-version": ""}}[testmy.Tested()] // it makes a certificate for itself
	connectsWith(t, testmy.New(t, off), "", []tlsCase{
		{"wanted", "?tls=true", []string{"does not support TLS", "the server has no TLS"}},
		{"wanted without proof", "?tls=skip-verify", []string{"does not support TLS", "the server has no TLS"}},
		{"wanted with an authority", "?tls=custom&x-tls-ca=" + ours.File, []string{"does not support TLS", "the server has no TLS"}},
		{"preferred", "?tls=preferred", nil},
	})
}

// TestMySQLTLSFiles names the files that cannot be used, and connects to nobody.
func TestMySQLTLSFiles(t *testing.T) {
	t.Parallel()
	p, d := myProject(t, nil, map[string]string{"1_t.up.sql": "CREATE TABLE t (id int PRIMARY KEY);"})
	ours := testmy.NewAuthority(t)
	cert, key := ours.Sign(t, "deploy", time.Now().Add(time.Hour)).Files(t)
	nowhere := filepath.Join(t.TempDir(), "nowhere.pem")
	for name, c := range map[string]tlsCase{
		"no authority's file":     {options: "x-tls-ca=" + nowhere, words: []string{"certificate authority", "x-tls-ca"}},
		"a key for an authority":  {options: "x-tls-ca=" + key, words: []string{"holds no certificate", "x-tls-ca"}},
		"no key":                  {options: "x-tls-ca=" + ours.File + "&x-tls-cert=" + cert, words: []string{"go together"}},
		"a key's file is missing": {options: "x-tls-ca=" + ours.File + "&x-tls-cert=" + cert + "&x-tls-key=" + nowhere, words: []string{"client's certificate", "x-tls-key"}},
	} {
		q := &enginetest.Project{DB: p.DB, Files: p.Files, Config: safemigrate.Config{Database: d.URL() + "?tls=custom&" + c.options}}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := tryUp(t, q)
			enginetest.Fails(t, err, migrate.Usage, c.words...)
		})
	}
}

// tryUp also takes a URL that Open refuses.
func tryUp(t *testing.T, p *enginetest.Project) (*safemigrate.UpReport, error) {
	t.Helper()
	c := p.Config
	c.FS = p.Files
	db, err := safemigrate.Open(t.Context(), c)
	if err != nil {
		return nil, err
	}
	return db.Up(t.Context(), safemigrate.UpOptions{})
}

// connectsWith tries each case on a database of its own, whose user has to fulfil a
// requirement, "" for none.
func connectsWith(t *testing.T, server *testmy.Server, requirement string, cases []tlsCase) *enginetest.Project {
	t.Helper()
	p, d := myProject(t, server, map[string]string{"1_t.up.sql": "CREATE TABLE t (id int PRIMARY KEY);"})
	if requirement != "" {
		d.AdminExec(t, "ALTER USER "+d.Role+" "+requirement)
	}
	for _, c := range cases {
		connectsTo(t, p, c.name, "127.0.0.1", c.options, c.words)
	}
	return p
}

// connectsTo tries up and takes it back, or has it fail before anything is changed.
func connectsTo(t *testing.T, p *enginetest.Project, name, host, options string, words []string) {
	t.Helper()
	t.Run(name, func(t *testing.T) {
		t.Helper()
		q := &enginetest.Project{DB: p.DB, Files: maps.Clone(p.Files), Config: safemigrate.Config{Database: strings.Replace(p.DB.URL(), "127.0.0.1", host, 1) + options}}
		_, err := q.TryUp(t, safemigrate.UpOptions{})
		if words == nil {
			if err != nil {
				t.Fatalf("up: %v", err)
			}
			q.Rollback(t, safemigrate.RollbackOptions{})
			return
		}
		enginetest.Fails(t, err, migrate.Unchanged, words...)
	})
}
