package sqltext

import (
	"slices"
	"testing"
)

func TestBody(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"create procedure p(a int) comment 'x' begin select 1; end":                                 "begin select 1; end",
		"create definer=a@b function f() returns int deterministic return case a when 1 then 2 end": "return case a when 1 then 2 end",
		"create procedure p() deterministic x: begin end x":                                         "x: begin end x",
		"create procedure p() update t set a = 1":                                                   "update t set a = 1",
		"create trigger r after insert on t for each row follows q insert into u values (1)":        "insert into u values (1)",
		"create trigger r after insert on t for each row begin end":                                 "begin end",
		"create trigger r after insert on t for each row x: begin end x":                            "x: begin end x",
		"create event e on schedule every 1 day do call p()":                                        "call p()",
		"create table t (a int)": "",
		"select 1":               "",
	} {
		s, err := Split(MySQL, text)
		if err != nil || len(s) != 1 {
			t.Fatal(text, err)
		}
		if got := s[0].Body(); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

func TestInner(t *testing.T) {
	t.Parallel()
	for body, want := range map[string][]string{
		"update t set a = 1": {"update t set a = 1"},
		"begin select 1; if a then delete from t; else update t set b = 1; end if; end": {
			"begin", "select 1", "if a then", "delete from t", "else", "update t set b = 1", "end if", "end"},
		"x: begin declare exit handler for not found, 1062 delete from t; while a do insert into t values (1); end while; end x": {
			"x: begin", "declare exit handler for not found, 1062", "delete from t", "while a do", "insert into t values (1)", "end while", "end x"},
		"begin declare exit handler for sqlexception begin rollback; end; set a = case when b then 1 end; end": {
			"begin", "declare exit handler for sqlexception", "begin", "rollback", "end", "set a = case when b then 1 end", "end"},
		"begin not atomic truncate t; end": {"begin", "not", "atomic", "truncate t", "end"},
		"begin repeat delete from t; until a end repeat; case a when 1 then drop table t; end case; end": {
			"begin", "repeat", "delete from t", "until a end repeat", "case a when 1 then", "drop table t", "end case", "end"},
	} {
		var got []string
		for _, s := range (Rules{Dialect: MariaDB}).Inner(body) {
			got = append(got, s.Text)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%q:\ngot  %q\nwant %q", body, got, want)
		}
	}
}
