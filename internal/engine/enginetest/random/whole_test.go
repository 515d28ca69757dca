//go:build unix

package random

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/safemigrate/safemigrate"
	"github.com/safemigrate/safemigrate/internal/engine/enginetest"
	"github.com/safemigrate/safemigrate/internal/engine/enginetest/soak"
	"github.com/safemigrate/safemigrate/internal/testpg"
	"github.com/safemigrate/safemigrate/migrate"
)

// history is the plain tool's table, which only one of two databases has.
const history = "public.schema_migrations"

// TestSoakWhole runs cases through the public interface, each in databases of
// its own, with pg_dump as the judge.
func TestSoakWhole(t *testing.T) {
	t.Parallel()
	source := soak.NewSeeds(t, 1_000_001, wholeCases)
	soak.InParallel(t, func(t *testing.T, all *soak.Tally) {
		t.Helper()
		wholeWorker(t, source, all)
	})
}

func wholeWorker(t *testing.T, source *soak.Seeds, all *soak.Tally) {
	t.Helper()
	s := open(t, newDatabase(t))
	for {
		seed, ok := source.Draw()
		if !ok {
			return
		}
		c, err := s.only(seed)
		if err != nil {
			t.Fatalf("seed %d: %v\n%s", seed, err, c)
		}
		t.Run(strconv.FormatUint(seed, 10), func(t *testing.T) { whole(t, all, c) })
	}
}

// only makes a script and undoes it.
func (s *session) only(seed uint64) (script, error) {
	if err := s.begin(); err != nil {
		return script{}, err
	}
	c, err := newGen(seed).grow(s, func() error { return nil })
	return c.besideHistory(), errors.Join(err, s.script("ROLLBACK"))
}

// besideHistory leaves out what a migration cannot do to the schema in which
// its own history stands.
func (c script) besideHistory() script {
	var batch []string
	for _, sql := range c.Batch {
		if !strings.HasPrefix(sql, `DROP SCHEMA "public"`) && !strings.HasPrefix(sql, `ALTER SCHEMA "public" RENAME`) {
			batch = append(batch, sql)
		}
	}
	c.Batch = batch
	return c
}

// whole judges one case.
func whole(tb testing.TB, all *soak.Tally, c script) {
	tb.Helper()
	o := c.roundTrip(tb)
	all.Add(c.Script, o)
	if o.Wrong != "" {
		tb.Errorf("%s\n-- DIFFERENCE\n%s", c, o.Wrong)
	}
}

func (c script) roundTrip(tb testing.TB) (o soak.Outcome) {
	tb.Helper()
	plain, whole := c.plain(tb)
	if plain == "" {
		return soak.Outcome{Refused: []string{"not valid without savepoints"}}
	}
	d := c.prepared(tb)
	p := &enginetest.Project{DB: &enginetest.PostgresDatabase{Database: d}, Files: fstest.MapFS{}}
	before, sequences := d.Dump(tb)+d.Rows(tb), d.Sequences(tb)
	p.Add(map[string]string{"1_batch.up.sql": strings.Join(c.Batch, ";\n") + ";"})
	report, err := p.TryUp(tb, safemigrate.UpOptions{})
	switch f, ok := errors.AsType[*safemigrate.Failure](err); {
	case err == nil:
		if !whole {
			plain = ""
		}
		o.Wrong = c.andBack(tb, p, d, before+sequences, plain, len(report.Widened) > 0)
	case ok && (f.Outcome == migrate.NoWayBack || f.Outcome == migrate.Restored && !whole && lacksCommit(err)):
		o.Refused = []string{f.Error()}
		o.Wrong = lines("refused, and not as before", before, d.Dump(tb)+d.Rows(tb))
	default:
		o.Wrong = "up: " + err.Error()
	}
	if o.Wrong == "" {
		o.Wrong = c.fails(tb, p, d, before) // as which it was just found
	}
	return o
}

// lacksCommit says whether a statement failed only because others of its file share its
// transaction, as they do with the plain tool, which sends a file at once.
func lacksCommit(err error) bool {
	st, ok := errors.AsType[*migrate.StatementError](err)
	return ok && st.NeedsCommit
}

// plain is what the statements make where nobody keeps anything; whole tells
// whether they can share a transaction. It is "" where they make nothing.
func (c script) plain(tb testing.TB) (made string, whole bool) {
	tb.Helper()
	if d := c.prepared(tb); d == nil {
		return "", false
	} else if runs(tb, d, strings.Join(c.Batch, ";\n")) {
		return fingerprint(tb, d), true
	}
	d := c.prepared(tb) // a transaction that failed has moved sequences on
	if !runs(tb, d, c.Batch...) {
		return "", false
	}
	return fingerprint(tb, d), false
}

// runs reports whether a session carries all statements out.
func runs(tb testing.TB, d *testpg.Database, statements ...string) bool {
	tb.Helper()
	conn := d.Connect(tb)
	return !slices.ContainsFunc(statements, func(sql string) bool {
		_, err := conn.PgConn().Exec(tb.Context(), sql).ReadAll()
		return err != nil
	})
}

// prepared is a database with the setup in it; nil where that cannot be made without the
// statements that failed when it was drawn, and moved a sequence on.
func (c script) prepared(tb testing.TB) *testpg.Database {
	tb.Helper()
	d := newDatabase(tb)
	s := open(tb, d)
	defer func() { _ = s.Close(context.Background()) }()
	for _, sql := range c.Setup {
		err := s.script(sql)
		if answer, ok := errors.AsType[*pgconn.PgError](err); ok && answer.Code == "23505" {
			return nil
		}
		if err != nil {
			tb.Fatalf("%s: %v", sql, err)
		}
	}
	return d
}

// fingerprint is what two databases of the same kind have in common.
func fingerprint(tb testing.TB, d *testpg.Database) string {
	tb.Helper()
	all := d.Dump(tb, history) + d.Rows(tb, history) + d.Sequences(tb)
	return strings.ReplaceAll(all, d.Role, "owner")
}

// sequenceLines are those of testpg's Sequences.
var sequenceLines = regexp.MustCompile(`(?m)^sequence .*\n?`)

// andBack compares what up made, takes it back, and compares again. plain is "" where there
// is nothing to compare with. What ran twice, behind a wider snapshot, took values from
// sequences twice.
func (c script) andBack(tb testing.TB, p *enginetest.Project, d *testpg.Database, before, plain string, twice bool) string {
	tb.Helper()
	made := fingerprint(tb, d)
	if twice {
		plain, made = sequenceLines.ReplaceAllString(plain, ""), sequenceLines.ReplaceAllString(made, "")
	}
	if wrong := lines("not what the plain statements make", plain, made); plain != "" && wrong != "" {
		return wrong
	}
	if _, err := p.TryRollback(tb, safemigrate.RollbackOptions{}); err != nil {
		return "rollback: " + err.Error()
	}
	return lines("after the rollback", before, d.Dump(tb)+d.Rows(tb)+d.Sequences(tb))
}

// fails runs the batch again with an error between two of its statements, in
// one case here, in another there. Values that a failed batch took from sequences are gone, as
// always.
func (c script) fails(tb testing.TB, p *enginetest.Project, d *testpg.Database, before string) string {
	tb.Helper()
	at := c.Middle()
	failing := slices.Insert(slices.Clone(c.Batch), at, "SELECT 1 / 0")
	p.Files = fstest.MapFS{}
	p.Add(map[string]string{"1_failing.up.sql": strings.Join(failing, ";\n") + ";"})
	_, err := p.TryUp(tb, safemigrate.UpOptions{})
	if f, ok := errors.AsType[*safemigrate.Failure](err); !ok || f.Outcome != migrate.Restored && f.Outcome != migrate.NoWayBack {
		return fmt.Sprintf("a batch that fails after statement %d ended with %v", at, err)
	}
	return lines(fmt.Sprintf("after a failure behind statement %d", at), before, d.Dump(tb)+d.Rows(tb))
}

func lines(when, want, got string) string {
	was, is := inOrder(want), inOrder(got)
	if slices.Equal(was, is) {
		return ""
	}
	if d := difference(was, is); d != "" {
		return when + ":\n" + d
	}
	i := 0
	for was[i] == is[i] {
		i++
	}
	const some = 3 // lines
	return when + ", in another order:\n" + strings.Join(is[i:min(i+some, len(is))], "\n") + "\ninstead of:\n" + strings.Join(was[i:min(i+some, len(was))], "\n")
}

// inOrder lists lines with the privileges of one object sorted, whose order says nothing.
func inOrder(text string) []string {
	all := strings.Split(text, "\n")
	granted := func(line string) bool { return strings.HasPrefix(line, "GRANT ") || strings.HasPrefix(line, "REVOKE ") }
	for i := 0; i < len(all); i++ {
		from := i
		for i < len(all) && granted(all[i]) {
			i++
		}
		slices.Sort(all[from:i])
	}
	return all
}
