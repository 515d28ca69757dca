//go:build unix

package myrandom

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/safemigrate/safemigrate"
	"github.com/safemigrate/safemigrate/internal/engine/enginetest"
	"github.com/safemigrate/safemigrate/internal/engine/enginetest/soak"
	"github.com/safemigrate/safemigrate/internal/testmy"
	"github.com/safemigrate/safemigrate/migrate"
)

func TestMain(m *testing.M) { testmy.Main(m) }

const (
	// cases is how many there are without a soak.
	cases = 80
	// shrunkAtMost bounds the time that many failures take.
	shrunkAtMost = 3
	// filesAtMost is how many files a batch is cut into.
	filesAtMost = 3
)

// TestSoak runs cases through the public interface, each in databases of its own.
func TestSoak(t *testing.T) {
	t.Parallel()
	source := soak.NewSeeds(t, 1, cases)
	soak.InParallel(t, func(t *testing.T, all *soak.Tally) {
		t.Helper()
		for {
			seed, ok := source.Draw()
			if !ok {
				return
			}
			done := t.Run(strconv.FormatUint(seed, 10), func(t *testing.T) { judge(t, all, seed) })
			if !done && !alive(t) {
				return
			}
		}
	})
}

// alive reports whether there is still a server.
func alive(t *testing.T) bool {
	t.Helper()
	return t.Run("server", func(t *testing.T) { testmy.Start(t).Database(t) })
}

// judge runs the case of a seed, and shortens one that is wrong.
func judge(t *testing.T, all *soak.Tally, seed uint64) {
	t.Helper()
	c := grow(t, seed)
	c, made := settle(t, c)
	if len(c.Batch) == 0 {
		return
	}
	o := roundTrip(t, c, made)
	all.Add(c, o)
	if o.Wrong == "" {
		return
	}
	t.Errorf("%s\n-- DIFFERENCE\n%s", c, o.Wrong)
	if all.Failures() > shrunkAtMost {
		return
	}
	c, o, err := soak.Shrink(c, o, func(c soak.Script) (o soak.Outcome, _ error) {
		made, invalid := byHand(t, c)
		if invalid == "" {
			o = roundTrip(t, c, made)
		}
		return o, nil
	})
	t.Errorf("shorter (%v):\n%s\n-- DIFFERENCE\n%s", err, c, o.Wrong)
}

// settle leaves out what a plain client cannot do, since something that was refused when the
// case grew left traces all the same, and returns what it makes of the rest.
func settle(t *testing.T, c soak.Script) (rest soak.Script, made string) {
	t.Helper()
	for {
		made, invalid := byHand(t, c)
		if invalid == "" {
			return c, made
		}
		out := func(sql string) bool { return sql == invalid }
		c = soak.Script{Setup: slices.DeleteFunc(slices.Clone(c.Setup), out), Batch: slices.DeleteFunc(slices.Clone(c.Batch), out)}
	}
}

// byHand is what a plain client makes of the files, or the statement that it cannot run.
func byHand(t *testing.T, c soak.Script) (made, invalid string) {
	t.Helper()
	d := &enginetest.MySQLDatabase{Database: testmy.Start(t).Database(t)}
	n := 0
	for _, part := range append([][]string{c.Setup}, files(c)...) {
		s := open(t, d.Database)
		if invalid := s.all(n, part); invalid != "" {
			s.close()
			return "", invalid
		}
		s.must(t, "COMMIT") // as writing the history does
		s.close()
		n = max(n+len(part), behind)
	}
	d.Exec(t, fmt.Sprintf("CREATE TABLE schema_migrations (version bigint NOT NULL PRIMARY KEY, dirty boolean NOT NULL); INSERT INTO schema_migrations VALUES (%d, false)", len(files(c))))
	return anywhere(t, d), ""
}

// anywhere is a fingerprint without what is another in each database.
func anywhere(tb testing.TB, d *enginetest.MySQLDatabase) string {
	tb.Helper()
	return strings.NewReplacer(d.Name, "DATABASE", d.Role, "USER").Replace(look(tb, d))
}

var (
	tableText = regexp.MustCompile(`(?s)CREATE TABLE .*?;\n`)
	counter   = regexp.MustCompile(`(?m)^(\) ENGINE=\w+) AUTO_INCREMENT=\d+`)
)

// look is a database's fingerprint without the counters that engines other than InnoDB show
// of tables in which no column counts: nobody uses them, and nothing can be read of them.
func look(tb testing.TB, d enginetest.Database) string {
	tb.Helper()
	return tableText.ReplaceAllStringFunc(d.Fingerprint(tb), func(create string) string {
		if strings.Contains(create, " AUTO_INCREMENT,\n") || strings.Contains(create, " AUTO_INCREMENT COMMENT ") {
			return create
		}
		return counter.ReplaceAllString(create, "$1")
	})
}

// files cuts a batch; where, its own text says.
func files(c soak.Script) [][]string {
	n := c.Middle()%filesAtMost + 1
	size := (len(c.Batch) + n - 1) / n
	return slices.Collect(slices.Chunk(c.Batch, max(size, 1)))
}

// clock has a statement read the same time in all databases of its case, and later than
// the one before.
func clock(n int) string { return fmt.Sprintf("SET timestamp = %d", 1_700_000_000+n) }

// behind is how far a batch begins behind its setup, by the clock.
const behind = 1000

// nowhere fails.
const nowhere = "SELECT * FROM nowhere;\n"

// migrations are the files of a batch; a statement fails behind so many others, or none where
// that is less than 0.
func migrations(c soak.Script, failing int) fstest.MapFS {
	out, n := fstest.MapFS{}, 0
	for i, file := range files(c) {
		var text strings.Builder
		for _, sql := range file {
			if n == failing {
				text.WriteString(nowhere)
			}
			text.WriteString(clock(behind+n) + ";\n" + sql + ";\n")
			n++
		}
		if n == failing && n == len(c.Batch) {
			text.WriteString(nowhere)
		}
		out[fmt.Sprintf("%d_batch.up.sql", i+1)] = &fstest.MapFile{Data: []byte(text.String())}
	}
	return out
}

// roundTrip runs a case, takes it back, and lets it fail; made is what a plain client makes.
func roundTrip(t *testing.T, c soak.Script, made string) (o soak.Outcome) {
	t.Helper()
	d := &enginetest.MySQLDatabase{Database: testmy.Start(t).Database(t)}
	s := open(t, d.Database)
	if invalid := s.all(0, append(slices.Clip(c.Setup), "COMMIT")); invalid != "" {
		t.Fatalf("%s: not valid any more", invalid)
	}
	s.close()
	p := &enginetest.Project{DB: d, Files: migrations(c, -1)}
	before := look(t, d)
	_, err := p.TryUp(t, safemigrate.UpOptions{})
	switch f, ok := errors.AsType[*safemigrate.Failure](err); {
	case err == nil:
		o.Wrong = differs("not what a plain client makes", made, anywhere(t, d))
		if o.Wrong == "" {
			o.Wrong = andBack(t, p, before)
		}
	case ok && (f.Outcome == migrate.NoWayBack || unreadable(f)):
		o.Refused = []string{f.Error()}
		o.Wrong = differs("refused, and not as before", before, look(t, d))
	default:
		o.Wrong = "up: " + err.Error()
	}
	if o.Wrong == "" {
		o.Wrong = fails(t, c, p, before)
	}
	if o.Wrong == "" && len(o.Refused) == 0 && len(c.String())%sinceEvery == 0 {
		o.Wrong = since(t, c, p, d)
	}
	return o
}

// unreadable reports whether there is a view, or would be, that shows itself: neither the
// server nor its dump have a text of it.
func unreadable(f *safemigrate.Failure) bool { return strings.Contains(f.Error(), " shows itself, ") }

func andBack(t *testing.T, p *enginetest.Project, before string) string {
	t.Helper()
	if _, err := p.TryRollback(t, safemigrate.RollbackOptions{}); err != nil {
		return "rollback: " + err.Error()
	}
	if left := p.DB.Store().Leftovers(t); len(left) > 0 {
		return fmt.Sprintf("after the rollback there are leftovers: %q", left)
	}
	return differs("after the rollback", before, look(t, p.DB))
}

// fails runs the batch again with a failing statement in it, in one case here, in another there.
func fails(t *testing.T, c soak.Script, p *enginetest.Project, before string) string {
	t.Helper()
	at := c.Middle()
	p.Files = migrations(c, at)
	_, err := p.TryUp(t, safemigrate.UpOptions{})
	if f, ok := errors.AsType[*safemigrate.Failure](err); !ok || f.Outcome != migrate.Restored && f.Outcome != migrate.NoWayBack && !unreadable(f) {
		return fmt.Sprintf("a batch that fails after statement %d ended with %v", at, err)
	}
	if left := p.DB.Store().Leftovers(t); len(left) > 0 {
		return fmt.Sprintf("after a failure behind statement %d there are leftovers: %q", at, left)
	}
	return differs(fmt.Sprintf("after a failure behind statement %d", at), before, look(t, p.DB))
}

func differs(when, want, got string) string {
	if want == got {
		return ""
	}
	return when + ":\n" + enginetest.Difference(want, got)
}

// session is a client's connection.
type session struct {
	*sql.Conn
}

func open(t *testing.T, d *testmy.Database) *session {
	t.Helper()
	return &session{Conn: d.Connect(t)}
}

// close ends the connection, which Close only gives back.
func (s *session) close() {
	_ = s.Raw(func(any) error { return driver.ErrBadConn })
}

// run runs a statement; the error is the server's.
func (s *session) run(text string) error {
	_, err := s.ExecContext(context.Background(), text)
	return err
}

func (s *session) must(t *testing.T, text string) {
	t.Helper()
	if err := s.run(text); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
}

// all runs statements until one is refused, and returns that; so many went before.
func (s *session) all(before int, statements []string) (invalid string) {
	for i, text := range statements {
		if s.run(clock(before+i)) != nil || s.run(text) != nil {
			return text
		}
	}
	return ""
}
