package sqltext

import (
	"strings"
	"unicode/utf8"
)

// Split cuts text into its statements, by the default rules of a dialect.
func Split(d Dialect, text string) ([]Statement, error) { return Rules{Dialect: d}.Split(text) }

// Split cuts text into its statements. Empty statements yield nothing. The
// error is a *SyntaxError: a quote, comment, parenthesis, body or COPY data
// without its end, a command of psql, mysql or the sqlite3 shell that no
// server understands, a NUL byte, or bytes that are not UTF-8.
func (r Rules) Split(text string) ([]Statement, error) {
	if f := checkBytes(text); f != nil {
		return nil, f.in(text)
	}
	p := newSplitter(r, text)
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

func newSplitter(r Rules, text string) *splitter {
	p := &splitter{place: startOf(text), verbs: map[string]string{}, modes: newModes(r)}
	p.scan = scanner{rules: r, text: text, pos: p.place.offset}
	return p
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
	// modes follows sql_mode through the text, on MySQL and MariaDB.
	modes modes
}

// statement returns the next statement, or false at the end of the text.
func (p *splitter) statement() (Statement, bool, *fault) {
	first, f := p.first()
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

// first consumes what stands before a statement and returns its first token.
func (p *splitter) first() (token, *fault) {
	for {
		t, f := p.scan.next()
		switch {
		case f != nil:
			return t, f
		case t.kind == semicolon || t.kind == terminator:
			continue
		case t.kind == word && p.scan.rules.Dialect.mysql() && isKeyword(p.scan.text[t.start:t.end], "DELIMITER"):
			if f := p.scan.setDelimiter(t); f != nil {
				return t, f
			}
			continue
		}
		return t, nil
	}
}

// impossibleStart finds what no statement begins with but a file can hold: a
// command of the sqlite3 shell, and the byte order mark of a file that was
// appended to another one, which PostgreSQL takes for part of a name.
func (p *splitter) impossibleStart(start int) *fault {
	rest := p.scan.text[start:]
	switch {
	case p.scan.rules.Dialect == SQLite && rest[0] == '.':
		return dotCommand(p.scan.text, start)
	case p.scan.rules.Dialect != SQLite && strings.HasPrefix(rest, byteOrderMark):
		return &fault{start, "a byte order mark can stand at the start of a file only"}
	case p.scan.rules.Dialect.mysql():
		return clientWord(p.scan.text, start)
	}
	return nil
}

// extent consumes a statement from its first token to its semicolon or the
// end of the text and returns where its last token ends.
func (p *splitter) extent(t token) (stop int, f *fault) {
	body := newBody(p.scan.rules.Dialect)
	var depth, outermost int
	for first := t; ; {
		switch {
		case t.kind == end || t.kind == terminator:
			return stop, p.unfinished(first, body.isOpen(), depth, outermost)
		case t.kind == semicolon && depth == 0 && !body.isOpen():
			return stop, p.scan.cutInComment(t)
		case t.kind == opening && p.scan.rules.Dialect != SQLite:
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
		if f := p.modes.check(p.scan.text, t); f != nil {
			return 0, f
		}
		if f := body.see(t, p.scan.text, depth); f != nil {
			return 0, f
		}
		stop = t.end
		if t, f = p.scan.next(); f != nil {
			return 0, f
		}
	}
}

func (p *splitter) unfinished(first token, open bool, depth, outermost int) *fault {
	switch {
	case p.scan.executed:
		return &fault{p.scan.comment, "this comment is never closed"}
	case depth > 0:
		return &fault{outermost, "this parenthesis is never closed"}
	case open && p.scan.rules.Dialect.mysql():
		return &fault{first.start, "a compound statement in here, such as BEGIN or IF, has no END"}
	case open:
		return &fault{first.start, "the body of this statement has BEGIN and no END"}
	}
	return nil
}

// build makes the statement between two offsets and consumes its COPY data.
func (p *splitter) build(start, stop int) (Statement, *fault) {
	p.place.advance(p.scan.text, start)
	s := Statement{
		Text:   p.scan.text[start:stop],
		Offset: start,
		Line:   p.place.line,
		Column: p.place.column,
		rules:  p.scan.rules,
	}
	verb, traits := classify(s.rules, s.Text)
	if known, ok := p.verbs[verb]; ok {
		verb = known
	} else {
		p.verbs[verb] = verb
	}
	s.Verb, s.Traits = verb, traits
	if loose, ok := looseStringsAfter(s); ok {
		p.looseStrings = loose
	}
	if f := p.followSettings(s); f != nil {
		return s, f
	}
	if !traits.Has(CopyFromStdin) {
		return s, nil
	}
	var f *fault
	s.Data, f = p.copyData(start)
	return s, f
}
