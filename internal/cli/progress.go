package cli

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/safemigrate/safemigrate/migrate"
)

// How often a count is shown: on a terminal, where one line is written over
// and over, and in a log, where every line stays.
const (
	liveEvery = 100 * time.Millisecond
	logEvery  = 10 * time.Second
)

// liveWidth is short enough for any terminal; a longer line would wrap, and
// could not be written over.
const liveWidth = 78

// progress writes to stderr while a command works. In a log every notice is a
// line that stays. On a terminal the newest one replaces the one before, since
// the answer repeats what matters; warnings, waits and restores stay.
type progress struct {
	mu             sync.Mutex
	w              io.Writer
	live           bool // a terminal
	quiet, verbose bool
	shown          bool // a live line stands on the terminal
	counted        time.Time
}

func newProgress(env Env) *progress { return &progress{w: env.Stderr, live: env.Terminals.Stderr} }

// notice shows what an operation tells.
func (p *progress) notice(n migrate.Notice) {
	if n.Phase == "warning" {
		p.warn(n.Text)
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.quiet || !p.due(n) {
		return
	}
	line := fmt.Sprintf("%-*s%s", labelWidth, escape(n.Phase), escape(n.Text))
	if n.Total > 0 {
		line = fmt.Sprintf("%-*s%s %s", labelWidth, escape(n.Phase), bar(n.Done, n.Total), escape(n.Text))
	}
	line = strings.TrimRight(line, " ")
	stays := !p.live || p.verbose || n.Phase == "restore" || n.Phase == "wait"
	p.erase()
	if stays && (n.Total == 0 || !p.live) {
		fmt.Fprintln(p.w, line)
		return
	}
	if cut := []rune(line); len(cut) > liveWidth {
		line = string(cut[:liveWidth-1]) + "…"
	}
	fmt.Fprint(p.w, line)
	p.shown = true
}

// due drops counts that come too fast. Work that is done before the first
// count is due shows none.
func (p *progress) due(n migrate.Notice) bool {
	if n.Total == 0 {
		p.counted = time.Now()
		return true
	}
	every := logEvery
	if p.live {
		every = liveEvery
	}
	if time.Since(p.counted) < every {
		return false
	}
	p.counted = time.Now()
	return true
}

// bar draws how much is done: [######....]  60 %.
func bar(done, total int64) string {
	const width = 20
	part := min(max(float64(done)/float64(total), 0), 1)
	full := int(part * width)
	return fmt.Sprintf("[%s%s] %3.0f %%", strings.Repeat("#", full), strings.Repeat(".", width-full), part*100)
}

// warn shows a warning, also with --quiet.
func (p *progress) warn(text string) { p.line("warning: " + text) }

// line writes lines that stay, each with the program's name before it.
func (p *progress) line(text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.erase()
	for i, line := range strings.Split(strings.TrimRight(text, "\n"), "\n") {
		// A line within a message cannot pass for one of the program's own.
		if i > 0 {
			line = "  " + strings.TrimSpace(line)
		}
		fmt.Fprintln(p.w, "safemigrate: "+escape(line))
	}
}

// clear takes the live line away before something else is written.
func (p *progress) clear() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.erase()
}

func (p *progress) erase() {
	if p.shown {
		fmt.Fprint(p.w, "\r\x1b[K")
	}
	p.shown = false
}
