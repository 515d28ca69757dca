//go:build unix

package footprint_test

import (
	"sync"
	"testing"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/footprint"
	"github.com/safemigrate/safemigrate/internal/sqltext"
	"github.com/safemigrate/safemigrate/migrate"
)

// FuzzOf gives it texts of all kinds: it must end, and not panic.
func FuzzOf(f *testing.F) {
	for _, c := range corpus(f) {
		f.Add(c.files[0])
	}
	for _, text := range []string{"", "\x00", "SELECT '\x00'", "DO $$ $$", "DO 'BEGIN EXECUTE ''DO ''''BEGIN NULL; END''''''; END'", "SET search_path =", "SELECT ((((((1))))))",
		"-- safemigrate: touches \"\n\nSELECT 1", "-- safemigrate: touches ,,,\nSELECT 1", "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS ''"} {
		f.Add(text)
	}
	var once sync.Once
	var known *footprint.Facts
	f.Fuzz(func(t *testing.T, text string) {
		once.Do(func() { known = facts(t, newDatabase(t).Connect(t)) })
		statements, err := sqltext.Split(sqltext.PostgreSQL, text)
		if err != nil {
			statements = []sqltext.Statement{{Text: text, Line: 1}}
		}
		batch := migrate.Script{Migration: migrate.Migration{File: "f.sql", Text: text}, Statements: statements}
		got := footprint.Of(known, []migrate.Script{batch, batch})
		if r := got.Report(known); len(r.Tables) != len(got.Tables) {
			t.Errorf("%d tables became %d", len(got.Tables), len(r.Tables))
		}
	})
}
