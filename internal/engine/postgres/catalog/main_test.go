package catalog_test

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/catalog"
	"github.com/safemigrate/safemigrate/internal/testpg"
)

func TestMain(m *testing.M) { testpg.Main(m) }

// inTx runs a test in a transaction of its own that leaves nothing behind.
func inTx(t *testing.T, conn *pgx.Conn, test func(pgx.Tx)) {
	t.Helper()
	tx, err := conn.Begin(t.Context())
	if err != nil {
		t.Fatalf("beginning: %v", err)
	}
	defer func() {
		if err := tx.Rollback(context.Background()); err != nil {
			t.Errorf("rolling back: %v", err)
		}
	}()
	test(tx)
}

// exec runs SQL, one statement or several, with the usual search_path.
func exec(t *testing.T, tx pgx.Tx, sql string) {
	t.Helper()
	_, err := tx.Exec(t.Context(), "SET LOCAL search_path = public; "+sql)
	if err != nil {
		t.Fatalf("%v\nrunning: %s", err, sql)
	}
}

// define runs the statements of a definition as the rollback does.
func define(t *testing.T, tx pgx.Tx, sql string) {
	t.Helper()
	if _, err := tx.Exec(t.Context(), sql); err != nil {
		t.Fatalf("%v\nrunning: %s", err, sql)
	}
}

func read(t *testing.T, conn catalog.Conn) *catalog.State {
	t.Helper()
	state, err := catalog.Read(t.Context(), conn, catalog.Options{})
	if err != nil {
		t.Fatalf("Read: %v", err)
	}
	return state
}
