package sqltext

// Statement is one statement of a migration file.
type Statement struct {
	// Text is the statement from its first to its last token, exactly as
	// written: without the final semicolon and without the white space and the
	// comments around it.
	Text string
	// Offset is the byte offset of Text in the file.
	Offset int
	// Line and Column are the place of Text in the file, 1-based; the column is
	// counted in characters.
	Line, Column int
	// Data holds the lines that follow COPY … FROM stdin, up to and without the
	// line `\.`; it is nil for every other statement.
	Data []byte
	// Verb is what the statement does, in upper-case keywords without
	// modifiers: "CREATE TABLE" also for CREATE TEMP TABLE, "CREATE INDEX" also
	// for CREATE UNIQUE INDEX CONCURRENTLY, "ROLLBACK TO", "SELECT"; empty when
	// the statement does not begin with a keyword.
	Verb   string
	Traits Traits

	rules Rules // that held where it stands
}

// Position converts a 1-based character offset within Text, as PostgreSQL's
// error field P gives it, to line and column in the file. Offsets beyond Text
// give the place after its end, offsets below 1 its start.
func (s Statement) Position(char int) (line, column int) {
	line, column = s.Line, s.Column
	for _, r := range s.Text {
		if char <= 1 {
			break
		}
		char--
		column++
		if r == '\n' {
			line, column = line+1, 1
		}
	}
	return line, column
}
