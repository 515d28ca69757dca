package sqltext

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"unicode/utf8"
)

func FuzzSplitPostgreSQL(f *testing.F) {
	for _, seed := range []string{
		"", "select 1; select ';'; -- x;\n/* /* ; */ */ select E'\\';'\n'\\';';",
		"do $a$;$$;$a$; select $1, a$b$c; create rule r as on insert to t do (a; b);",
		"create or replace function f() begin atomic select case when 1 then 2 end; END; begin; end;",
		"COPY t (a) FROM stdin;\r\n1\r\n\\.\r\nselect U&\"\\0061\", u&'x' uescape '!';",
		"\uFEFFalter type e add value 'é'; set standard_conforming_strings = off; select 'a';",
		"\\connect x", "grant a to b; create index concurrently on t (a); explain (analyze) select 1",
		"alter role r password 'x'; comment on database d is null; reindex (concurrently off) table t;",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) { checkSplit(t, PostgreSQL, text) })
}

func FuzzSplitSQLite(f *testing.F) {
	for _, seed := range []string{
		"", "select 1; select ';', \";\", `;`, [;], x'00' -- x;\n/* ; */;",
		"create temp trigger r after insert on t begin select case when 1 then 2 end; END; begin; end;",
		"pragma main.foreign_keys(on); explain pragma foreign_keys = 0; vacuum into 'x';",
		".read x", "rollback transaction a to b; attach 'x' as y; \uFEFFselect 0x1f;",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) { checkSplit(t, SQLite, text) })
}

func FuzzSplitMySQL(f *testing.F) {
	for _, seed := range []string{
		"", "select 1; select ';', \"\\\";\", `;`, x'00' # x;\n/* ; */; -- y\n;--1;",
		"DELIMITER $$\ncreate procedure p() begin select 1; end$$ select 2; select a$$b$$\ndelimiter ;\nselect 3",
		"/*!40101 SET @OLD=@@SQL_MODE, SQL_MODE='ANSI_QUOTES' */; select \"\\\"; /*!40101 SET SQL_MODE=@OLD */; /*!99999 a /* b */ ; */ /*M!100100 c; */",
		"create definer=a@b trigger r after insert on t for each row begin if a then case b when 1 then begin end; end case; end if; end; x: begin not atomic end",
		"create function f() returns set('a') return case when 1 then 2 end; declare exit handler for not found, 1062 begin end; repeat until a end repeat",
		"alter event e on schedule every 1 day do l: loop leave l; end loop; set global a = 1, sql_mode = default; lock tables t read; unlock tables;",
		"set names gbk", "source x.sql", "\\. x", "\uFEFFcreate temporary table t (a int); select 1 into outfile 'x'; analyze no_write_to_binlog table t",
	} {
		f.Add(seed, byte(0))
		f.Add(seed, byte(7))
	}
	f.Fuzz(func(t *testing.T, text string, bits byte) {
		r := Rules{Dialect: MySQL, ANSIQuotes: bits&2 != 0, NoBackslashEscapes: bits&4 != 0}
		if bits&1 != 0 {
			r.Dialect = MariaDB
		}
		checkSplitMySQL(t, r, text)
	})
}

// checkSplitMySQL checks what must hold for every text: the statements and the
// gaps between them are the text, no gap holds a statement, and a statement
// alone is cut out whole, by the rules that held where it stands.
func checkSplitMySQL(t *testing.T, r Rules, text string) {
	t.Helper()
	statements, err := r.Split(text)
	if err != nil {
		checkError(t, text, err)
		return
	}
	from, joined := 0, strings.Builder{}
	gap := newSplitter(r, text)
	for _, s := range statements {
		if s.Offset < from || s.Text == "" {
			t.Fatalf("%q is at %d, behind %d", s.Text, s.Offset, from)
		}
		joined.WriteString(text[from:s.Offset] + s.Text)
		checkGapMySQL(t, gap, text[:s.Offset])
		from = s.Offset + len(s.Text)
		gap.scan.text, gap.scan.pos, gap.scan.rules = text, from, s.rules
		checkPlace(t, text, s)
		checkExcerpt(t, s)
		again, err := s.rules.Split(s.Text + ";") // two dashes at the very end would be a comment
		if err != nil || len(again) != 1 || again[0].Text != s.Text || again[0].Verb != s.Verb || again[0].Traits != s.Traits {
			t.Fatalf("%q becomes %v, %v", s.Text, again, err)
		}
	}
	joined.WriteString(text[from:])
	if joined.String() != text {
		t.Fatalf("%q is joined to %q", text, joined.String())
	}
	checkGapMySQL(t, gap, text)
}

func checkGapMySQL(t *testing.T, p *splitter, until string) {
	t.Helper()
	p.scan.text = until
	if first, f := p.first(); f != nil || first.kind != end {
		t.Fatalf("%q is part of no statement: %v", until[first.start:], f)
	}
}

// checkSplit checks what must hold for every text.
func checkSplit(t *testing.T, d Dialect, text string) {
	t.Helper()
	statements, err := Split(d, text)
	if err != nil {
		checkError(t, text, err)
		return
	}
	from := 0
	for _, s := range statements {
		if s.Offset < from || text[s.Offset:s.Offset+len(s.Text)] != s.Text || s.Text == "" {
			t.Fatalf("%q is not at %d, behind %d", s.Text, s.Offset, from)
		}
		checkGap(t, d, text[from:s.Offset])
		from = s.Offset + len(s.Text)
		if s.Traits.Has(CopyFromStdin) {
			from = checkData(t, text, from, s)
		}
		checkPlace(t, text, s)
		checkAgain(t, d, s)
		checkExcerpt(t, s)
		s.ForeignKeysValue()
	}
	checkGap(t, d, text[from:])
}

func checkError(t *testing.T, text string, err error) {
	t.Helper()
	var syntax *SyntaxError
	if !errors.As(err, &syntax) {
		t.Fatalf("got %T, want a SyntaxError", err)
	}
	lines := strings.Split(strings.TrimPrefix(text, byteOrderMark), "\n")
	if syntax.Line < 1 || syntax.Line > len(lines) || syntax.Column < 1 ||
		syntax.Column > utf8.RuneCountInString(lines[syntax.Line-1])+1 || syntax.Msg == "" {
		t.Fatalf("%v lies outside the text", err)
	}
}

// checkGap removes white space, comments and semicolons; nothing may be left.
func checkGap(t *testing.T, d Dialect, gap string) {
	t.Helper()
	rest := strings.TrimPrefix(gap, byteOrderMark)
	for rest != "" {
		after := rest
		switch {
		case strings.ContainsRune(" \t\n\r\f\v;", rune(rest[0])):
			after = rest[1:]
		case d == SQLite && strings.HasPrefix(rest, byteOrderMark):
			after = rest[len(byteOrderMark):]
		case strings.HasPrefix(rest, "--"):
			end := strings.IndexFunc(rest, func(r rune) bool { return r == '\n' || r == '\r' && d == PostgreSQL })
			if end < 0 {
				return
			}
			after = rest[end:]
		case strings.HasPrefix(rest, "/*"):
			after = afterComment(d, rest)
		}
		if after == rest {
			t.Fatalf("%q in the gap %q is part of no statement", rest, gap)
		}
		rest = after
	}
}

func afterComment(d Dialect, text string) string {
	depth := 0
	for i := 0; i+1 < len(text); i++ {
		switch pair := text[i : i+2]; {
		case pair == "/*" && (d == PostgreSQL || depth == 0):
			depth++
			i++
		case pair == "*/":
			depth--
			i++
		}
		if depth == 0 {
			return text[i+1:]
		}
	}
	return text
}

// checkData checks that the data follows on the next line and is closed.
func checkData(t *testing.T, text string, from int, s Statement) int {
	t.Helper()
	i := strings.Index(text[from:], "\n"+string(s.Data)+`\.`)
	if i < 0 || s.Data == nil {
		t.Fatalf("the data %q does not follow %q", s.Data, s.Text)
	}
	checkGap(t, PostgreSQL, text[from:from+i])
	return from + i + len("\n") + len(s.Data) + len(`\.`)
}

func checkPlace(t *testing.T, text string, s Statement) {
	t.Helper()
	before := strings.TrimPrefix(text[:s.Offset], byteOrderMark)
	line := strings.Count(before, "\n") + 1
	column := utf8.RuneCountInString(before[strings.LastIndexByte(before, '\n')+1:]) + 1
	if s.Line != line || s.Column != column {
		t.Fatalf("%q is at %d:%d, want %d:%d", s.Text, s.Line, s.Column, line, column)
	}
	if line, column := s.Position(1); line != s.Line || column != s.Column {
		t.Fatalf("the first character of %q is at %d:%d", s.Text, line, column)
	}
}

// checkAgain cuts the text of one statement: it must come out whole.
func checkAgain(t *testing.T, d Dialect, s Statement) {
	t.Helper()
	alone := s.Text
	if s.Traits.Has(CopyFromStdin) {
		alone += ";\n" + string(s.Data) + "\\.\n"
	}
	again, err := Split(d, alone)
	if err != nil || len(again) != 1 {
		t.Fatalf("%q becomes %v, %v", s.Text, again, err)
	}
	a := again[0]
	if a.Text != s.Text || a.Verb != s.Verb || a.Traits != s.Traits || !bytes.Equal(a.Data, s.Data) {
		t.Fatalf("%+v becomes %+v", s, a)
	}
}

func checkExcerpt(t *testing.T, s Statement) {
	t.Helper()
	e := s.Excerpt()
	if utf8.RuneCountInString(e) > excerptLength || !utf8.ValidString(e) || strings.ContainsAny(e, "\r\n\t\x1b") {
		t.Fatalf("the excerpt of %q is %q", s.Text, e)
	}
}
