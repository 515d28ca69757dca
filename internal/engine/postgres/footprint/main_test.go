//go:build unix

package footprint_test

import (
	"context"
	_ "embed"
	"fmt"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/footprint"
	"github.com/safemigrate/safemigrate/internal/sqltext"
	"github.com/safemigrate/safemigrate/internal/testpg"
	"github.com/safemigrate/safemigrate/migrate"
)

func TestMain(m *testing.M) { testpg.Main(m) }

//go:embed testdata/fixture.sql
var fixture string

// newDatabase makes a database with the fixture in it.
func newDatabase(t testing.TB) *testpg.Database {
	t.Helper()
	d := testpg.Start(t).Database(t)
	d.Exec(t, fixture)
	return d
}

// facts reads them in a transaction of their own.
func facts(t testing.TB, conn *pgx.Conn) *footprint.Facts {
	t.Helper()
	tx, err := conn.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(t.Context())) }()
	f, err := footprint.Read(t.Context(), tx)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// script makes a migration of a text.
func script(t testing.TB, file, text string) migrate.Script {
	t.Helper()
	statements, err := sqltext.Split(sqltext.PostgreSQL, text)
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return migrate.Script{Migration: migrate.Migration{File: file, Text: text}, Statements: statements}
}

// scripts makes a batch of texts.
func scripts(t testing.TB, texts ...string) []migrate.Script {
	t.Helper()
	out := make([]migrate.Script, len(texts))
	for i, text := range texts {
		out[i] = script(t, fmt.Sprintf("%d.sql", i+1), text)
	}
	return out
}
