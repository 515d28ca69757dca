package cli

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/safemigrate/safemigrate/migrate"
)

// tell sends the notices of a small operation.
func tell(p *progress) {
	p.notice(migrate.Notice{Phase: "plan", Text: "13 add\x1b[2J"})
	for done := range int64(101) {
		p.notice(migrate.Notice{Phase: "snapshot", Text: "orders", Done: done, Total: 100})
		time.Sleep(300 * time.Millisecond)
	}
	p.notice(migrate.Notice{Phase: "restore", Text: strings.Repeat("x", 100)})
	p.notice(migrate.Notice{Phase: "warning", Text: "look"})
	p.notice(migrate.Notice{Phase: "apply", Text: "13 add, 4 ms"})
	p.clear()
}

func TestProgress(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name  string
		set   func(p *progress)
		lines int // that stay
		want  []string
		not   string
	}{
		{"log", func(*progress) {}, 6, []string{"plan      13 add\\x1b[2J\n", "snapshot  [######..............]  34 % orders\n", "safemigrate: warning: look\n", "apply     13 add, 4 ms\n"}, "\x1b"},
		{"terminal", func(p *progress) { p.live = true }, 2, []string{"[####################] 100 % orders", "\r\x1b[K", "restore   " + strings.Repeat("x", 100) + "\n"}, "\x1b[2J"},
		{"verbose terminal", func(p *progress) { p.live, p.verbose = true, true }, 4, []string{"apply     13 add, 4 ms\n"}, "\x1b[2J"},
		{"quiet", func(p *progress) { p.quiet = true }, 1, []string{"safemigrate: warning: look\n"}, "plan"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				env := newTestEnv()
				p := newProgress(env.Env)
				c.set(p)
				tell(p)
				got := env.err.String()
				if n := strings.Count(got, "\n"); n != c.lines {
					t.Errorf("%d lines, want %d:\n%q", n, c.lines, got)
				}
				for _, want := range c.want {
					if !strings.Contains(got, want) {
						t.Errorf("%q is not in\n%q", want, got)
					}
				}
				if strings.Contains(got, c.not) {
					t.Errorf("%q is in\n%q", c.not, got)
				}
			})
		})
	}
}
