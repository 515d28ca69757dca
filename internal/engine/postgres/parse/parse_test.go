package parse_test

import (
	"strings"
	"testing"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/parse"
)

func TestStatements(t *testing.T) {
	t.Parallel()
	found, err := parse.Statements("ALTER TABLE shop.orders ADD COLUMN note text; MERGE INTO a USING b ON a.id = b.id WHEN MATCHED THEN DELETE")
	if err != nil {
		t.Fatal(err)
	}
	if len(found) != 2 || found[0].GetStmt().GetAlterTableStmt() == nil || found[1].GetStmt().GetMergeStmt() == nil {
		t.Errorf("got %v", found)
	}
	if name := found[0].GetStmt().GetAlterTableStmt().GetRelation().GetSchemaname(); name != "shop" {
		t.Errorf("schema %q", name)
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	for _, sql := range []string{"ALTER TABLE", "SELECT 1 FROM", "\\d", "SELECT '\x00'"} {
		if found, err := parse.Statements(sql); err == nil {
			t.Errorf("%q: got %v", sql, found)
		}
	}
	for _, sql := range []string{
		"DO $$ BEGIN perform; END", "DO LANGUAGE plpgsql", "SELECT 1",
		"CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql", "CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql RETURN 1",
		"CREATE PROCEDURE f() LANGUAGE plpgsql BEGIN ATOMIC END",
	} {
		if found, err := parse.Routine(sql); err == nil {
			t.Errorf("%q: got %v", sql, found)
		}
	}
}

func TestRoutine(t *testing.T) {
	t.Parallel()
	found, err := parse.Routine("DO $$ BEGIN DELETE FROM orders; EXECUTE 'TRUNCATE customers'; END $$")
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{"PLpgSQL_stmt_execsql", "DELETE FROM orders", "PLpgSQL_stmt_dynexecute", "TRUNCATE customers"} {
		if !strings.Contains(found, part) {
			t.Errorf("%q is not in %s", part, found)
		}
	}
}
