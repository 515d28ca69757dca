//go:build unix

package enginetest

import (
	"encoding/json"
	"errors"
	"maps"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/safemigrate/safemigrate"
	"github.com/safemigrate/safemigrate/migrate"
)

// Project is a database together with its migrations, driven as a Go program
// drives them. Whatever it gets to read is searched for the password.
type Project struct {
	DB     Database
	Files  fstest.MapFS
	Config safemigrate.Config // Database, FS and Progress are filled in

	application Session // of Exec and Rows, opened by the first of them

	mu      sync.Mutex
	notices []safemigrate.Notice
}

// NewProject makes a project with an empty database.
func NewProject(tb testing.TB, e Engine, files map[string]string) *Project {
	tb.Helper()
	p := &Project{DB: e.Fresh(tb), Files: fstest.MapFS{}}
	p.Add(files)
	return p
}

// Add adds or replaces files.
func (p *Project) Add(files map[string]string) {
	if p.Files == nil {
		p.Files = fstest.MapFS{}
	}
	for name, text := range files {
		p.Files[name] = &fstest.MapFile{Data: []byte(text), Mode: 0o644}
	}
}

// Without is a copy of the files without some.
func (p *Project) Without(names ...string) fstest.MapFS {
	rest := maps.Clone(p.Files)
	for _, name := range names {
		delete(rest, name)
	}
	return rest
}

// Open opens the database.
func (p *Project) Open(tb testing.TB) *safemigrate.DB {
	tb.Helper()
	c := p.Config
	if c.Database == "" {
		c.Database = p.DB.URL()
	}
	if c.FS == nil {
		c.FS = p.Files
	}
	c.Progress = func(n safemigrate.Notice) {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.notices = append(p.notices, n)
	}
	db, err := safemigrate.Open(tb.Context(), c)
	if err != nil {
		tb.Fatalf("open: %v", err)
	}
	return db
}

// Notices are the progress of all methods so far, one a line.
func (p *Project) Notices() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var all strings.Builder
	for _, n := range p.notices {
		all.WriteString(n.Phase + ": " + n.Text + "\n")
	}
	return all.String()
}

// mute checks that a password is in none of the texts.
func (p *Project) mute(tb testing.TB, report any, err error) {
	tb.Helper()
	secret := p.DB.Secret()
	if secret == "" {
		return
	}
	text, jsonErr := json.Marshal(report)
	if jsonErr != nil {
		tb.Errorf("encode the report: %v", jsonErr)
	}
	said := string(text) + p.Notices()
	if f, ok := errors.AsType[*safemigrate.Failure](err); ok {
		said += f.Error() + f.Hint
	}
	if strings.Contains(said, secret) {
		tb.Errorf("the password is in what was said: %s", said)
	}
}

// TryUp runs up.
func (p *Project) TryUp(tb testing.TB, o safemigrate.UpOptions) (*safemigrate.UpReport, error) {
	tb.Helper()
	report, err := p.Open(tb).Up(tb.Context(), o)
	p.mute(tb, report, err)
	return report, err
}

// Up runs up, which must do.
func (p *Project) Up(tb testing.TB, o safemigrate.UpOptions) *safemigrate.UpReport {
	tb.Helper()
	report, err := p.TryUp(tb, o)
	if err != nil {
		tb.Fatalf("up: %v", err)
	}
	return report
}

// Prepare runs prepare, which must do and leave everything as it is.
func (p *Project) Prepare(tb testing.TB) *safemigrate.PrepareReport {
	tb.Helper()
	before := p.DB.Fingerprint(tb)
	report, err := p.Open(tb).Prepare(tb.Context(), safemigrate.PrepareOptions{})
	p.mute(tb, report, err)
	if err != nil {
		tb.Fatalf("prepare: %v", err)
	}
	p.Is(tb, before, "after prepare")
	return report
}

// TryRollback runs rollback.
func (p *Project) TryRollback(tb testing.TB, o safemigrate.RollbackOptions) (*safemigrate.RollbackReport, error) {
	tb.Helper()
	report, err := p.Open(tb).Rollback(tb.Context(), o)
	p.mute(tb, report, err)
	return report, err
}

// Rollback runs rollback, which must do.
func (p *Project) Rollback(tb testing.TB, o safemigrate.RollbackOptions) *safemigrate.RollbackReport {
	tb.Helper()
	report, err := p.TryRollback(tb, o)
	if err != nil {
		tb.Fatalf("rollback: %v", err)
	}
	return report
}

// session is one connection that stays open all the time, as an application's does.
func (p *Project) session(tb testing.TB) Session {
	tb.Helper()
	if p.application == nil {
		p.application = p.DB.Connect(tb)
	}
	return p.application
}

// Exec runs SQL as an application.
func (p *Project) Exec(tb testing.TB, sql string) {
	tb.Helper()
	if err := p.session(tb).Run(sql); err != nil {
		tb.Fatalf("%s: %v", sql, err)
	}
}

// Rows reads rows as an application.
func (p *Project) Rows(tb testing.TB, sql string) []string {
	tb.Helper()
	rows, err := p.session(tb).Rows(sql)
	if err != nil {
		tb.Fatalf("%s: %v", sql, err)
	}
	return rows
}

// Is checks that the database is exactly as it was, and that nothing is left over.
func (p *Project) Is(tb testing.TB, want, when string) {
	tb.Helper()
	if got := p.DB.Fingerprint(tb); got != want {
		tb.Errorf("%s the database is not what it was:\n%s", when, Difference(want, got))
	}
	if left := p.DB.Store().Leftovers(tb); len(left) > 0 {
		tb.Errorf("%s there are leftovers: %q", when, left)
	}
}

// Difference shows the lines that only one of two texts has.
func Difference(want, got string) string {
	count := map[string]int{}
	for line := range strings.Lines(want) {
		count[line]++
	}
	var out strings.Builder
	for line := range strings.Lines(got) {
		if count[line]--; count[line] < 0 {
			out.WriteString("+ " + line)
		}
	}
	for line := range strings.Lines(want) {
		if count[line]--; count[line] >= 0 {
			out.WriteString("- " + line)
		}
	}
	if out.Len() == 0 {
		return "the same lines in another order, from here on:\n" + firstMoved(want, got)
	}
	return out.String()
}

// firstMoved shows the first line that stands elsewhere.
func firstMoved(want, got string) string {
	w, g := strings.Split(want, "\n"), strings.Split(got, "\n")
	for i := range g {
		if g[i] != w[i] {
			return "- " + w[i] + "\n+ " + g[i]
		}
	}
	return ""
}

// Fails checks an error: its class, and words that have to be in its message or
// hint. It returns the message.
func Fails(tb testing.TB, err error, want migrate.Outcome, words ...string) string {
	tb.Helper()
	f, ok := errors.AsType[*safemigrate.Failure](err)
	if !ok {
		tb.Fatalf("error %v (%T), want a Failure with outcome %d", err, err, want)
	}
	if f.Outcome != want {
		tb.Errorf("outcome %d, want %d: %v", f.Outcome, want, f)
	}
	for _, word := range words {
		if !strings.Contains(f.Error()+"\n"+f.Hint, word) {
			tb.Errorf("%q is neither in the message nor in the hint: %v (hint: %s)", word, f, f.Hint)
		}
	}
	if f.Hint == "" {
		tb.Errorf("no hint: %v", f)
	}
	if strings.ContainsAny(f.Error(), "\x00\x1b") {
		tb.Errorf("control characters in %q", f.Error())
	}
	return f.Error()
}
