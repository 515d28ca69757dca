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
func newDatabase(tb testing.TB) *testpg.Database {
	tb.Helper()
	d := testpg.Start(tb).Database(tb)
	d.Exec(tb, fixture)
	return d
}

// facts reads them in a transaction of their own.
func facts(tb testing.TB, conn *pgx.Conn) *footprint.Facts {
	tb.Helper()
	tx, err := conn.Begin(tb.Context())
	if err != nil {
		tb.Fatal(err)
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(tb.Context())) }()
	f, err := footprint.Read(tb.Context(), tx)
	if err != nil {
		tb.Fatal(err)
	}
	return f
}

// script makes a migration of a text.
func script(tb testing.TB, file, text string) migrate.Script {
	tb.Helper()
	statements, err := sqltext.Split(sqltext.PostgreSQL, text)
	if err != nil {
		tb.Fatalf("%v\n%s", err, text)
	}
	return migrate.Script{Migration: migrate.Migration{File: file, Text: text}, Statements: statements}
}

// scripts makes a batch of texts.
func scripts(tb testing.TB, texts ...string) []migrate.Script {
	tb.Helper()
	out := make([]migrate.Script, len(texts))
	for i, text := range texts {
		out[i] = script(tb, fmt.Sprintf("%d.sql", i+1), text)
	}
	return out
}
