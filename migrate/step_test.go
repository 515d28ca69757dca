package migrate_test

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/safemigrate/safemigrate/internal/sqltext"
	"github.com/safemigrate/safemigrate/migrate"
)

// shape writes steps as text: "tx[0:2. 1:1]" is a transaction with two
// statements of migration 0, which ends there, and one of migration 1, which
// does not; "out[…]" is a statement outside.
func shape(steps []migrate.Step) string {
	var parts []string
	for _, s := range steps {
		kind := "out"
		if s.Transaction {
			kind = "tx"
		}
		if s.ForeignKeysOff {
			kind += "-keys"
		}
		var segments []string
		for _, seg := range s.Segments {
			text := fmt.Sprintf("%d:%d", seg.Migration, len(seg.Statements))
			if seg.Last {
				text += "."
			}
			segments = append(segments, text)
		}
		parts = append(parts, kind+"["+strings.Join(segments, " ")+"]")
	}
	return strings.Join(parts, " ")
}

func scripts(t *testing.T, d sqltext.Dialect, outside bool, texts ...string) []migrate.Script {
	t.Helper()
	out := make([]migrate.Script, len(texts))
	for i, text := range texts {
		statements, err := sqltext.Split(d, text)
		if err != nil {
			t.Fatal(err)
		}
		out[i] = migrate.Script{Statements: statements,
			Migration: migrate.Migration{Version: strconv.Itoa(i + 1), File: fmt.Sprintf("%d.sql", i+1), OutsideTransaction: outside}}
	}
	return out
}

func TestSteps(t *testing.T) {
	t.Parallel()
	const pg, lite = sqltext.PostgreSQL, sqltext.SQLite
	cases := []struct {
		name    string
		dialect sqltext.Dialect
		outside bool
		files   []string
		want    string
	}{
		{"one transaction", pg, false, []string{"CREATE TABLE a (); CREATE TABLE b ();", "DROP TABLE a;"}, "tx[0:2. 1:1.]"},
		{"empty file", pg, false, []string{"-- nothing", "SELECT 1;"}, "tx[0:0. 1:1.]"},
		{"own BEGIN and COMMIT", pg, false, []string{"BEGIN; CREATE TABLE a (); COMMIT;", "SELECT 1;"}, "tx[0:1. 1:1.]"},
		{"two transactions in a file", pg, false, []string{"BEGIN; SELECT 1; COMMIT; BEGIN; SELECT 2; COMMIT;"}, "tx[0:1] tx[0:1.]"},
		{"statements around them", pg, false, []string{"SELECT 1; BEGIN; SELECT 2; COMMIT; SELECT 3;"}, "tx[0:2] tx[0:1.]"},
		{"enum value", pg, false, []string{"ALTER TYPE e ADD VALUE 'x';", "SELECT 'x'::e;", "SELECT 1;"}, "tx[0:1.] tx[1:1. 2:1.]"},
		{"index alone", pg, false, []string{"SELECT 1;", "CREATE INDEX CONCURRENTLY i ON t (a);", "SELECT 2;"}, "tx[0:1.] out[1:1.] tx[2:1.]"},
		{"index in the middle of a file", pg, false, []string{"SELECT 1; CREATE INDEX CONCURRENTLY i ON t (a); SELECT 2;"}, "tx[0:1] out[0:1] tx[0:1.]"},
		{"index last", pg, false, []string{"SELECT 1; VACUUM t;"}, "tx[0:1] out[0:1.]"},
		{"file outside", pg, true, []string{"SELECT 1; VACUUM t; SELECT 2;"}, "tx[0:1] out[0:1] tx[0:1.]"},
		{"file outside with a transaction of its own", pg, true, []string{"SELECT 1; BEGIN; SELECT 2; SELECT 3; COMMIT; SELECT 4;"}, "tx[0:1] tx[0:2] tx[0:1.]"},
		{"keys off", lite, false, []string{"SELECT 1;", "PRAGMA foreign_keys=OFF; BEGIN; SELECT 2; COMMIT; PRAGMA foreign_keys=ON;", "SELECT 3;"}, "tx[0:1.] tx-keys[1:1.] tx[2:1.]"},
		{"keys off, two transactions", lite, false, []string{"PRAGMA foreign_keys=OFF; BEGIN; SELECT 1; COMMIT; BEGIN; SELECT 2; COMMIT;"}, "tx-keys[0:1] tx-keys[0:1.]"},
		{"keys on", lite, false, []string{"PRAGMA foreign_keys=ON; SELECT 1;", "SELECT 2;"}, "tx[0:1. 1:1.]"},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			steps, err := migrate.Steps(scripts(t, tc.dialect, tc.outside, tc.files...), migrate.Cuts{})
			if err != nil {
				t.Fatal(err)
			}
			if got := shape(steps); got != tc.want {
				t.Errorf("%s, want %s", got, tc.want)
			}
		})
	}
}

func TestStepsWithCuts(t *testing.T) {
	t.Parallel()
	files := scripts(t, sqltext.PostgreSQL, false, "SELECT 1;", "SELECT 2; CALL p(); SELECT 3;")
	at := migrate.Place{Migration: 1, Offset: files[1].Statements[1].Offset}
	for want, cuts := range map[string]migrate.Cuts{
		"tx[0:1. 1:3.]":                  {},
		"tx[0:1.] tx[1:3.]":              {Before: map[int]bool{1: true}},
		"tx[0:1. 1:1] out[1:1] tx[1:1.]": {Outside: map[migrate.Place]bool{at: true}},
	} {
		steps, err := migrate.Steps(files, cuts)
		if err != nil || shape(steps) != want {
			t.Errorf("%s, %v, want %s", shape(steps), err, want)
		}
	}
}

func TestStepsRefuse(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"SELECT 1;\n  ROLLBACK;", "BEGIN;\n  COMMIT AND CHAIN;", "BEGIN;\n  PREPARE TRANSACTION 'x';"} {
		_, err := migrate.Steps(scripts(t, sqltext.PostgreSQL, false, text), migrate.Cuts{})
		var refused *migrate.Refusal
		if !errors.As(err, &refused) || refused.Line != 2 || refused.Column != 3 || refused.File != "1.sql" {
			t.Errorf("%q: %v", text, err)
		}
	}
}
