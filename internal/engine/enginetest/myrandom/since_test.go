//go:build unix

package myrandom

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/safemigrate/safemigrate"
	"github.com/safemigrate/safemigrate/internal/engine/enginetest"
	"github.com/safemigrate/safemigrate/internal/engine/enginetest/soak"
	"github.com/safemigrate/safemigrate/internal/testmy"
	"github.com/safemigrate/safemigrate/migrate"
)

// sinceEvery is in how many cases others put rows in behind the batch.
const sinceEvery = 3

// since has an application put rows in behind the batch, and takes it back. The definitions
// are then as before, and no row from before is missing; or it is refused, and nothing was
// changed.
func since(t *testing.T, c soak.Script, p *enginetest.Project, d *enginetest.MySQLDatabase) string {
	t.Helper()
	p.Files = migrations(c, -1)
	schema, rows := testmy.WithoutCounters(d.Dump(t)), d.Rows(t)
	if _, err := p.TryUp(t, safemigrate.UpOptions{}); err != nil {
		return "up once more: " + err.Error()
	}
	written := write(t, c, d)
	left := look(t, d)
	_, err := p.TryRollback(t, safemigrate.RollbackOptions{Decide: migrate.Discard})
	var wrong string
	switch f, ok := errors.AsType[*safemigrate.Failure](err); {
	case err == nil:
		if wrong = differs("behind later rows", schema, testmy.WithoutCounters(d.Dump(t))); wrong == "" {
			wrong = missing(rows, d.Rows(t))
		}
	case ok && (f.Outcome == migrate.Disagreement || f.Outcome == migrate.NoWayBack):
		wrong = differs("refused, and not as it was", testmy.WithoutCounters(left), testmy.WithoutCounters(look(t, d)))
	default:
		wrong = "rollback behind later rows: " + err.Error()
	}
	if wrong == "" {
		return ""
	}
	return fmt.Sprintf("%s\n-- WRITTEN SINCE\n%s", wrong, strings.Join(written, ";\n"))
}

// write puts rows into tables, where no trigger does more.
func write(t *testing.T, c soak.Script, d *enginetest.MySQLDatabase) (written []string) {
	t.Helper()
	s := open(t, d.Database)
	defer s.close()
	g := &gen{Dice: soak.NewDice(uint64(c.Middle())), w: s.look(t)}
	if len(g.w.triggers) > 0 {
		return nil
	}
	own := func(one *table) bool {
		return strings.HasPrefix(one.name, "safemigrate_") || one.name == "schema_migrations"
	}
	g.w.tables = slices.DeleteFunc(g.w.tables, own)
	for range g.Between(1, 4) {
		sql := insert(g)
		if strings.HasPrefix(sql, "INSERT") && !strings.Contains(sql, "ON DUPLICATE KEY") && s.run(sql) == nil {
			written = append(written, sql)
		}
	}
	return written
}

// missing are the rows of a database that another look at it does not have.
func missing(before, after string) string {
	there := map[string]int{}
	for line := range strings.Lines(after) {
		there[line]++
	}
	var out strings.Builder
	for line := range strings.Lines(before) {
		if there[line]--; there[line] < 0 {
			out.WriteString(line)
		}
	}
	return out.String()
}
