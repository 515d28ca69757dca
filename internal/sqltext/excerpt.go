package sqltext

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	excerptLength = 80
	masked        = "'…'"
)

// Excerpt returns at most the first 80 characters of the statement on one
// line, for errors and progress: comments left out, the contents of literals
// and the values of passwords masked, control characters escaped.
func (s Statement) Excerpt() string {
	var out excerpt
	m := masker{role: namesRole(s.Verb)}
	c := newCursor(s.rules, s.Text)
	for stop := c.tok.start; !c.atEnd() && out.length <= excerptLength; c.advance() {
		spaced := c.tok.start > stop
		stop = c.tok.end
		if spaced {
			out.write(" ")
		}
		switch m.see(&c, spaced) {
		case shown:
			out.writeEscaped(c.raw())
		case hidden:
			out.write(masked)
		case swallowed:
		}
	}
	return out.cut()
}

// excerpt collects one line. Nothing is cut before it is masked and escaped.
type excerpt struct {
	text   strings.Builder
	length int
}

func (e *excerpt) write(text string) {
	e.text.WriteString(text)
	e.length += utf8.RuneCountInString(text)
}

func (e *excerpt) writeEscaped(text string) {
	for _, r := range text {
		if e.length > excerptLength {
			return
		}
		if unicode.IsPrint(r) {
			e.write(string(r))
			continue
		}
		q := strconv.QuoteRune(r)
		e.write(q[1 : len(q)-1])
	}
}

func (e *excerpt) cut() string {
	text := e.text.String()
	if e.length <= excerptLength {
		return text
	}
	runes := []rune(text)
	return string(runes[:excerptLength-1]) + "…"
}
