package sqltext

import (
	"strings"
	"unicode/utf8"
)

const byteOrderMark = "\uFEFF"

// mark is a place in a text. It only moves forward, so that finding the lines
// of all statements costs one pass however long a line is.
type mark struct {
	offset, line, column int
}

// startOf returns the place of the first character: a byte order mark takes
// bytes but no column, as in every editor.
func startOf(text string) mark {
	m := mark{line: 1, column: 1}
	if strings.HasPrefix(text, byteOrderMark) {
		m.offset = len(byteOrderMark)
	}
	return m
}

// advance moves to offset, which must not lie before the mark.
func (m *mark) advance(text string, offset int) {
	if offset <= m.offset {
		return
	}
	passed := text[m.offset:offset]
	if last := strings.LastIndexByte(passed, '\n'); last >= 0 {
		m.line += strings.Count(passed, "\n")
		m.column = 1
		passed = passed[last+1:]
	}
	m.column += utf8.RuneCountInString(passed)
	m.offset = offset
}
