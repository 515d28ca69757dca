package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"syscall"

	"github.com/safemigrate/safemigrate/internal/dsn"
	"github.com/safemigrate/safemigrate/migrate"
)

// answer writes a command's answer to stdout: one JSON document, or text.
func (p *program) answer(document any, render func(*text)) error {
	p.progress.clear()
	if p.settings.json {
		return p.written(writeJSON(p.env.Stdout, document))
	}
	t := &text{colour: p.env.colour(p.env.Terminals.Stdout)}
	render(t)
	_, err := io.WriteString(p.env.Stdout, t.b.String())
	return p.written(err)
}

func writeJSON(w io.Writer, document any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(document)
}

// written judges an error of writing to stdout. A reader that has seen enough
// is none.
func (p *program) written(err error) error {
	if err == nil || errors.Is(err, syscall.EPIPE) {
		return nil
	}
	return fmt.Errorf("writing the answer: %w", err)
}

// told is written for a command that has changed the database: an answer that
// could not be written does not make its exit code untrue.
func (p *program) told(err error) error {
	if err != nil {
		p.progress.warn(err.Error() + "; the command itself was carried out")
	}
	return nil
}

// errorDocument is the answer of a command that failed, with --json.
type errorDocument struct {
	Schema  string          `json:"schema"`
	Error   string          `json:"error"`
	Outcome migrate.Outcome `json:"outcome"`
	State   string          `json:"state,omitempty"`
	Hint    string          `json:"hint"`
	// Report is what the command found before it failed, in its own schema.
	Report any `json:"report,omitempty"`
}

// reportedError carries what a command found before it failed.
type reportedError struct {
	report any
	err    error
}

func (e *reportedError) Error() string { return e.err.Error() }

// Unwrap returns the failure.
func (e *reportedError) Unwrap() error { return e.err }

// withReport adds a command's document to its error, for --json.
func withReport(report any, err error) error { return &reportedError{report, err} }

// report tells an ending other than done.
func (p *program) report(f *migrate.Failure, err error) {
	what := p.scrub(message(f))
	if p.settings.json {
		document := errorDocument{Schema: "safemigrate/error/1", Error: what, Outcome: f.Outcome,
			State: p.scrub(f.State), Hint: p.scrub(f.Hint)}
		if with, ok := errors.AsType[*reportedError](err); ok {
			document.Report = with.report
		}
		if err := p.written(writeJSON(p.env.Stdout, document)); err != nil {
			p.progress.warn(err.Error())
		}
		return
	}
	p.progress.line(what)
	if bug, ok := errors.AsType[*panicError](err); ok && p.settings.verbose {
		p.progress.line(string(bug.stack))
	}
	if f.State != "" {
		p.progress.line("state: " + p.scrub(f.State))
	}
	for hint := range strings.SplitSeq(f.Hint, "\n") {
		p.progress.line("hint: " + p.scrub(hint))
	}
}

// message is what was tried, and why it failed.
func message(f *migrate.Failure) string {
	switch {
	case f.Err == nil:
		return f.Op
	case f.Op == "":
		return f.Err.Error()
	}
	return f.Op + ": " + f.Err.Error()
}

// scrub is the last defence: a URL with a password in it, from the command line
// or the settings, is not repeated whatever an error says.
func (p *program) scrub(text string) string {
	for _, word := range append([]string{p.settings.database}, p.args...) {
		if _, value, found := strings.Cut(word, "="); found && strings.HasPrefix(word, "--") {
			word = value
		}
		if word == "" || !dsn.HasPassword(word) {
			continue
		}
		quoted := fmt.Sprintf("%q", word)
		text = strings.ReplaceAll(text, quoted[1:len(quoted)-1], dsn.Redact(word))
		text = strings.ReplaceAll(text, word, dsn.Redact(word))
	}
	return text
}
