package sqltext

import "strconv"

// SyntaxError tells where and why a text cannot be cut into statements. Its
// message names keywords and shell commands, never the contents of a literal.
type SyntaxError struct {
	Line, Column int // 1-based; the column is counted in characters
	Msg          string
}

// Error returns line, column and message.
func (e *SyntaxError) Error() string {
	return "line " + strconv.Itoa(e.Line) + ", column " + strconv.Itoa(e.Column) + ": " + e.Msg
}

// fault is a SyntaxError whose place is still a byte offset.
type fault struct {
	offset int
	msg    string
}

func (f *fault) in(text string) *SyntaxError {
	m := startOf(text)
	m.advance(text, f.offset)
	return &SyntaxError{Line: m.line, Column: m.column, Msg: f.msg}
}
