package sqltext

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestExcerpt(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name    string
		dialect Dialect
		text    string
		want    string
	}{
		{"one line", PostgreSQL, "select a,\r\n\t b  from/* c */t", "select a, b from t"},
		{"literals", PostgreSQL, `insert into t values ('s', E'\'', U&'x', B'1', $$s$$, $t$s$t$, 7)`, "insert into t values ('…', '…', '…', '…', '…', '…', 7)"},
		{"continued literal", PostgreSQL, "select 'a'\n'b'", "select '…'"},
		{"password", PostgreSQL, "alter role r password 12345", "alter role r password '…'"},
		{"password without quotes", PostgreSQL, "alter role r with password hunter-2;", "alter role r with password '…'"},
		{"no password", PostgreSQL, "alter role r password null valid until 'x'", "alter role r password null valid until '…'"},
		{"setting", PostgreSQL, "set app.db_password to hunter2, 3", "set app.db_password to '…', 3"},
		{"column", PostgreSQL, "create table t (password text, passwd int)", "create table t (password text, passwd int)"},
		{"assignment", PostgreSQL, "update t set password = 123 where a = 1", "update t set password = '…' where a = 1"},
		{"control characters", PostgreSQL, "select \"a\x1b[31m\n\u202e\"", `select "a\x1b[31m\n\u202e"`},
		{"psql variable", PostgreSQL, "select :'v'", "select :'…'"},
		{"exactly 80", PostgreSQL, "select " + strings.Repeat("é", 73), "select " + strings.Repeat("é", 73)},
		{"cut", PostgreSQL, "select " + strings.Repeat("é", 74), "select " + strings.Repeat("é", 72) + "…"},
		{"masked before it is cut", PostgreSQL, strings.Repeat("a", 76) + " 'secret'", strings.Repeat("a", 76) + " '…"},
		{"SQLite literals", SQLite, "insert into \"t\" values ('a', x'00', \"s\")", "insert into \"t\" values ('…', '…', '…')"},
		{"SQLite names", SQLite, "select [a b], `c` from main.\"d\"", "select [a b], `c` from main.\"d\""},
		{"MySQL literals", MySQL, "insert into `t` values ('a', \"b\", x'00', N'c') # d", "insert into `t` values ('…', '…', x'…', N'…')"},
		{"MySQL user", MySQL, "create user a@b identified by 'secret'", "create user a@b identified by '…'"},
		{"SQLite key", SQLite, `pragma key = "s"`, "pragma key = '…'"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s, err := Split(c.dialect, c.text)
			if err != nil {
				t.Fatal(err)
			}
			got := s[0].Excerpt()
			if c.name == "masked before it is cut" {
				if strings.Contains(got, "s") || utf8.RuneCountInString(got) != excerptLength {
					t.Errorf("got %q", got)
				}
				return
			}
			if got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}
