package sqltext

import (
	"errors"
	"strings"
	"testing"
)

func TestSyntaxErrors(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name         string
		dialect      Dialect
		text         string
		line, column int
		msg          string
	}{
		{"string", PostgreSQL, "a;\n  b 'c", 2, 5, "string is never closed"},
		{"escape string", PostgreSQL, `a E'\'`, 1, 3, "string is never closed"},
		{"escape at the end", PostgreSQL, `a E'\`, 1, 3, "string is never closed"},
		{"continued string", PostgreSQL, "a 'b'\n'c", 1, 3, "string is never closed"},
		{"identifier", PostgreSQL, `é "b`, 1, 3, "quoted identifier is never closed"},
		{"dollar quote", PostgreSQL, "a\r\n$x$ $y$", 2, 1, "dollar-quoted string is never closed"},
		{"comment", PostgreSQL, "a /* /* */", 1, 3, "comment is never closed"},
		{"parenthesis", PostgreSQL, "a;\nb (c (d); e", 2, 3, "parenthesis is never closed"},
		{"body", PostgreSQL, "a;\n create function f() begin atomic select 1; ", 2, 2, "BEGIN and no END"},
		{"connect", PostgreSQL, "a;\n\\connect postgres://u:secret@h/d\n", 2, 1, `\connect is a command of psql`},
		{"include", PostgreSQL, `\i x.sql`, 1, 1, `\i is a command of psql`},
		{"copy", PostgreSQL, `\copy t from x`, 1, 1, `\copy is a command of psql`},
		{"shell", PostgreSQL, `\! rm`, 1, 1, `\! is a command of psql`},
		{"set", PostgreSQL, `  \set a b`, 1, 3, `\set is a command of psql`},
		{"gexec", PostgreSQL, `select 'a' \gexec`, 1, 12, `\gexec is a command of psql`},
		{"backslash", PostgreSQL, `select \ 1`, 1, 8, "a backslash outside quotes"},
		{"end of data", PostgreSQL, "a;\n\\.\n", 2, 1, `none before it`},
		{"no data", PostgreSQL, "a;\nCOPY t FROM stdin;\n1\n", 2, 1, `the line \. is missing`},
		{"no data at all", PostgreSQL, "COPY t FROM stdin", 1, 1, `the line \. is missing`},
		{"end not alone", PostgreSQL, "COPY t FROM stdin;\n1\n\\. \n\\.x\n", 1, 1, `the line \. is missing`},
		{"data on the line", PostgreSQL, "COPY t FROM stdin; select 1;\n\\.\n", 1, 20, "begins on the next line"},
		{"loose string", PostgreSQL, "SET standard_conforming_strings TO 'off';\nselect '\\';'", 2, 8, "write E'…'"},
		{"NUL", PostgreSQL, "é\x00", 1, 2, "NUL"},
		{"encoding", PostgreSQL, "ab\n�c\xff", 2, 3, "not UTF-8"},
		{"mark inside", PostgreSQL, "a;\n\uFEFFb", 2, 1, "byte order mark"},
		{"after a mark", PostgreSQL, "\uFEFFa 'b", 1, 3, "string is never closed"},
		{"SQLite string", SQLite, "a 'b", 1, 3, "string is never closed"},
		{"SQLite brackets", SQLite, "a [b", 1, 3, "quoted identifier is never closed"},
		{"SQLite backtick", SQLite, "a `b", 1, 3, "quoted identifier is never closed"},
		{"SQLite comment", SQLite, "a /* b", 1, 3, "comment is never closed"},
		{"SQLite trigger", SQLite, "create trigger r after insert on t begin select 1;", 1, 1, "BEGIN and no END"},
		{"SQLite shell", SQLite, "a;\n.read x.sql\n", 2, 1, ".read is a command of the sqlite3 shell"},
		{"SQLite shell first", SQLite, ".mode csv\na;", 1, 1, ".mode is a command of the sqlite3 shell"},
		{"MySQL string", MySQL, "a 'b\\'", 1, 3, "string is never closed"},
		{"MySQL name", MySQL, "a `b", 1, 3, "quoted identifier is never closed"},
		{"MySQL comment", MySQL, "a /* b", 1, 3, "comment is never closed"},
		{"MySQL executable comment", MySQL, "a;\n/*! b", 2, 1, "comment is never closed"},
		{"MySQL semicolon in a comment", MySQL, "/*! a; b */", 1, 6, "a semicolon ends this statement"},
		{"MySQL comment in a comment", MySQL, "/*! a /*! b */ */", 1, 7, "stands inside another one"},
		{"MySQL body", MySQL, "a;\ncreate procedure p() begin select 1;", 2, 1, "has no END"},
		{"MySQL body before a delimiter", MySQL, "DELIMITER $$\ncreate procedure p() begin if a then select 1; end$$", 2, 1, "has no END"},
		{"MySQL parenthesis", MySQL, "a (b; c", 1, 3, "parenthesis is never closed"},
		{"MySQL source", MySQL, "a;\n source /secret.sql", 2, 2, "SOURCE is a command of the mysql client"},
		{"MySQL backslash dot", MySQL, "\\. secret.sql", 1, 1, `\. is a command of the mysql client`},
		{"MySQL backslash G", MySQL, `select 1\G`, 1, 9, `\G is a command of the mysql client`},
		{"MySQL delimiter alone", MySQL, "DELIMITER\n$$", 1, 1, "wants a delimiter on its line"},
		{"MySQL delimiter of letters", MySQL, "delimiter go\n", 1, 1, "can be made of the signs"},
		{"MySQL text after a delimiter", MySQL, "delimiter $$ secret", 1, 1, "nothing may follow"},
		{"MySQL sql_mode from somewhere", MySQL, "set sql_mode = @secret;\nselect 'a', \"b\"", 2, 13, "depends on sql_mode"},
		{"MySQL backslash under an unknown mode", MySQL, "set @@sql_mode = replace(@@sql_mode, 'NO_BACKSLASH_ESCAPES', ''); select '\\'';", 1, 74, "depends on sql_mode"},
		{"MariaDB Oracle mode", MariaDB, "set a = 1, sql_mode = 'oracle'", 1, 12, "ORACLE has another grammar"},
		{"MariaDB body after AS", MariaDB, "create procedure p() as begin null; end;", 1, 22, "Oracle mode"},
		{"MariaDB package", MariaDB, "create or replace package p as end", 1, 19, "Oracle mode"},
		{"MySQL character set", MySQL, "set names gbk", 1, 5, "keep utf8mb4"},
		{"SQLite NUL", SQLite, "a\x00", 1, 2, "NUL"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := Split(c.dialect, c.text)
			var syntax *SyntaxError
			if !errors.As(err, &syntax) || got != nil {
				t.Fatalf("got %v and %v, want a SyntaxError alone", got, err)
			}
			if syntax.Line != c.line || syntax.Column != c.column || !strings.Contains(syntax.Msg, c.msg) {
				t.Errorf("got %v, want %d:%d %q", err, c.line, c.column, c.msg)
			}
			if strings.Contains(err.Error(), "secret") {
				t.Errorf("the error shows an argument: %v", err)
			}
		})
	}
}

func TestLooseStrings(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, text string }{
		{"no backslash", "SET standard_conforming_strings = off; select 'a', E'\\'', $$\\$$;"},
		{"on again", `SET standard_conforming_strings = off; SET SESSION standard_conforming_strings TO "on"; select '\'`},
		{"other setting", `SET backslash_quote = off; select '\'`},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if _, err := Split(PostgreSQL, c.text); err != nil {
				t.Error(err)
			}
		})
	}
}
