package sqltext

import "strings"

// copyData consumes the lines after COPY … FROM stdin up to the line `\.` and
// returns a copy of them. The scanner stands behind the semicolon; start is
// where the COPY began.
func (p *splitter) copyData(start int) ([]byte, *fault) {
	s := &p.scan
	s.skipWhile(isSpaceInLine)
	if s.startsWith("--") {
		s.lineComment()
		s.skipWhile(isSpaceInLine)
	}
	if s.pos == len(s.text) {
		return nil, endless(start)
	}
	if s.text[s.pos] != '\n' {
		return nil, &fault{s.pos, "the data of COPY … FROM stdin begins on the next line: nothing may follow on this one"}
	}
	first := s.pos + 1
	for from := s.pos; ; {
		i := strings.Index(s.text[from:], "\n\\.")
		if i < 0 {
			return nil, endless(start)
		}
		last := from + i + 1
		if rest := s.text[last+2:]; endsLine(rest) {
			s.pos = last + 2
			return append(make([]byte, 0, last-first), s.text[first:last]...), nil
		}
		from = last
	}
}

func endless(start int) *fault {
	return &fault{start, `the data of this COPY … FROM stdin has no end: the line \. is missing`}
}

func endsLine(rest string) bool {
	rest = strings.TrimPrefix(rest, "\r")
	return rest == "" || rest[0] == '\n'
}

func isSpaceInLine(c byte) bool { return c != '\n' && isSpace(c) }
