package sqltext

import (
	"strings"
	"unicode/utf8"
)

// Split cuts text into its statements. Empty statements yield nothing. The
// error is a *SyntaxError: a quote, comment, parenthesis, body or COPY data
// without its end, a command of psql or the sqlite3 shell, a NUL byte, or
// bytes that are not UTF-8.
func Split(d Dialect, text string) ([]Statement, error) {
	if f := checkBytes(text); f != nil {
		return nil, f.in(text)
	}
	p := splitter{place: startOf(text), verbs: map[string]string{}}
	p.scan = scanner{dialect: d, text: text, pos: p.place.offset}
	var statements []Statement
	for {
		s, ok, f := p.statement()
		if f != nil {
			return nil, f.in(text)
		}
		if !ok {
			return statements, nil
		}
		statements = append(statements, s)
	}
}

func checkBytes(text string) *fault {
	if !strings.Contains(text, "\x00") && utf8.ValidString(text) {
		return nil
	}
	for i, r := range text {
		if r == 0 {
			return &fault{i, "a NUL byte cannot be part of a statement"}
		}
		if r != utf8.RuneError {
			continue
		}
		if _, size := utf8.DecodeRuneInString(text[i:]); size == 1 {
			return &fault{i, "these bytes are not UTF-8"}
		}
	}
	return nil
}

// splitter walks one text.
type splitter struct {
	scan  scanner
	place mark
	// verbs keeps one copy of each verb for all statements that have it.
	verbs map[string]string
	// looseStrings is true after the text has turned
	// standard_conforming_strings off.
	looseStrings bool
}

// statement returns the next statement, or false at the end of the text.
func (p *splitter) statement() (Statement, bool, *fault) {
	first, f := p.scan.next()
	for f == nil && first.kind == semicolon {
		first, f = p.scan.next()
	}
	if f != nil || first.kind == end {
		return Statement{}, false, f
	}
	if f := p.impossibleStart(first.start); f != nil {
		return Statement{}, false, f
	}
	stop, f := p.extent(first)
	if f != nil {
		return Statement{}, false, f
	}
	s, f := p.build(first.start, stop)
	return s, true, f
}

// impossibleStart finds what no statement begins with but a file can hold: a
// command of the sqlite3 shell, and the byte order mark of a file that was
// appended to another one, which PostgreSQL takes for part of a name.
func (p *splitter) impossibleStart(start int) *fault {
	rest := p.scan.text[start:]
	switch {
	case p.scan.dialect == SQLite && rest[0] == '.':
		return dotCommand(p.scan.text, start)
	case p.scan.dialect == PostgreSQL && strings.HasPrefix(rest, byteOrderMark):
		return &fault{start, "a byte order mark can stand at the start of a file only"}
	}
	return nil
}

// extent consumes a statement from its first token to its semicolon or the
// end of the text and returns where its last token ends.
func (p *splitter) extent(t token) (stop int, f *fault) {
	var body block
	var depth, outermost int
	for first := t; ; {
		switch {
		case t.kind == end:
			return stop, unfinished(first, body.open, depth, outermost)
		case t.kind == semicolon && depth == 0 && !body.open:
			return stop, nil
		case t.kind == opening && p.scan.dialect == PostgreSQL:
			if depth == 0 {
				outermost = t.start
			}
			depth++
		case t.kind == closing && depth > 0:
			depth--
		case t.kind == literal && p.looseStrings:
			if f := looseString(p.scan.text, t); f != nil {
				return 0, f
			}
		}
		body.see(p.scan.dialect, t, p.scan.text, depth)
		stop = t.end
		if t, f = p.scan.next(); f != nil {
			return 0, f
		}
	}
}

func unfinished(first token, open bool, depth, outermost int) *fault {
	switch {
	case depth > 0:
		return &fault{outermost, "this parenthesis is never closed"}
	case open:
		return &fault{first.start, "the body of this statement has BEGIN and no END"}
	}
	return nil
}

// build makes the statement between two offsets and consumes its COPY data.
func (p *splitter) build(start, stop int) (Statement, *fault) {
	p.place.advance(p.scan.text, start)
	s := Statement{
		Text:    p.scan.text[start:stop],
		Offset:  start,
		Line:    p.place.line,
		Column:  p.place.column,
		dialect: p.scan.dialect,
	}
	verb, traits := classify(s.dialect, s.Text)
	if known, ok := p.verbs[verb]; ok {
		verb = known
	} else {
		p.verbs[verb] = verb
	}
	s.Verb, s.Traits = verb, traits
	if loose, ok := looseStringsAfter(s); ok {
		p.looseStrings = loose
	}
	if !traits.Has(CopyFromStdin) {
		return s, nil
	}
	var f *fault
	s.Data, f = p.copyData(start)
	return s, f
}
