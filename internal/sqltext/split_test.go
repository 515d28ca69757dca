package sqltext

import (
	"slices"
	"testing"
)

type splitCase struct {
	name  string
	text  string
	wants []string
}

func checkSplits(t *testing.T, d Dialect, cases []splitCase) {
	t.Helper()
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := Split(d, c.text)
			if err != nil {
				t.Fatal(err)
			}
			var texts []string
			for _, s := range got {
				texts = append(texts, s.Text)
			}
			if !slices.Equal(texts, c.wants) {
				t.Errorf("got %q, want %q", texts, c.wants)
			}
		})
	}
}

func TestSplitPostgreSQLQuotes(t *testing.T) {
	t.Parallel()
	checkSplits(t, PostgreSQL, []splitCase{
		{"empty", "", nil},
		{"only gaps", " ;; -- a;b\n /* c; */ ;\r\n", nil},
		{"byte order mark", "\uFEFFselect 1;", []string{"select 1"}},
		{"mark inside a statement is a name", "select 1 \uFEFFa; b", []string{"select 1 \uFEFFa", "b"}},
		{"no last semicolon", "a;b", []string{"a", "b"}},
		{"trailing comment is not text", "a -- x\n; b /* y */", []string{"a", "b"}},
		{"inner comment stays", "a /* ; */ b;", []string{"a /* ; */ b"}},
		{"CRLF stays", "a\r\nb;\r\nc\r\n", []string{"a\r\nb", "c"}},
		{"quote", "select ';''; '; b", []string{"select ';''; '", "b"}},
		{"backslash in a plain string", `select '\'; b`, []string{`select '\'`, "b"}},
		{"backslash in an escape string", `select E'\';\\'; b`, []string{`select E'\';\\'`, "b"}},
		{"doubled quote in an escape string", `select e'a'';\''; b`, []string{`select e'a'';\''`, "b"}},
		{"identifier ending in e is no prefix", `select the'\'; b`, []string{`select the'\'`, "b"}},
		{"escapes hold in a continuation", "select E'a' -- x\n  '\\';'; b", []string{"select E'a' -- x\n  '\\';'", "b"}},
		{"no continuation on one line", `select E'a' '\'; b`, []string{`select E'a' '\'`, "b"}},
		{"no continuation over a block comment", "select E'a' /*\n*/ '\\'; b", []string{"select E'a' /*\n*/ '\\'", "b"}},
		{"bit and national strings", `select B'1;', x';', N';\'; b`, []string{`select B'1;', x';', N';\'`, "b"}},
		{"unicode string", `select U&'\0061;' UESCAPE '!'; b`, []string{`select U&'\0061;' UESCAPE '!'`, "b"}},
		{"unicode identifier", `select U&"\0061;"";"; b`, []string{`select U&"\0061;"";"`, "b"}},
		{"u and an operator", `select u& 'x\'; b`, []string{`select u& 'x\'`, "b"}},
		{"quoted identifier", `select "a;""'"; b`, []string{`select "a;""'"`, "b"}},
		{"number runs into a prefix", `select 1E'\';'; b`, []string{`select 1E'\';'`, "b"}},
	})
}

func TestSplitPostgreSQLDollarQuotes(t *testing.T) {
	t.Parallel()
	checkSplits(t, PostgreSQL, []splitCase{
		{"plain", "do $$a;'b$$; c", []string{"do $$a;'b$$", "c"}},
		{"tag", "do $a$ $$;$b$;$a$; c", []string{"do $a$ $$;$b$;$a$", "c"}},
		{"tag is case-sensitive", "do $a$;$A$;$a$; c", []string{"do $a$;$A$;$a$", "c"}},
		{"shared dollar sign", "do $a$;$b$a$; c", []string{"do $a$;$b$a$", "c"}},
		{"letters beyond ASCII", "do $é$;$é$; c", []string{"do $é$;$é$", "c"}},
		{"parameter", "select $1;$2", []string{"select $1", "$2"}},
		{"parameter before a quote", "select $1$$;$$; c", []string{"select $1$$;$$", "c"}},
		{"number before a quote", "select 1$$;$$; c", []string{"select 1$$;$$", "c"}},
		{"inside an identifier", "select a$$;b$$", []string{"select a$$", "b$$"}},
		{"digit cannot begin a tag", "select $1a$;b$1a$", []string{"select $1a$", "b$1a$"}},
		{"lone dollar sign", "select ${a};b", []string{"select ${a}", "b"}},
	})
}

func TestSplitPostgreSQLComments(t *testing.T) {
	t.Parallel()
	checkSplits(t, PostgreSQL, []splitCase{
		{"nested", "a /* ; /* ; */ ; */ b; c", []string{"a /* ; /* ; */ ; */ b", "c"}},
		{"stars and slashes", "a /*/ ; **/; b /****/; c /**//**/;", []string{"a", "b", "c"}},
		{"nested at once", "a /*/*;*/;*/ b; c", []string{"a /*/*;*/;*/ b", "c"}},
		{"quote in a comment", "a -- it's\n; b /* it's */", []string{"a", "b"}},
		{"comment in a quote", "a '--'; b '/*'; c \"/*\"", []string{"a '--'", "b '/*'", `c "/*"`}},
		{"operator with minus", "a @- b; c - -1", []string{"a @- b", "c - -1"}},
		{"operator runs into a comment", "a +--;\nb; c */*;*/ d", []string{"a +--;\nb", "c */*;*/ d"}},
		{"carriage return ends a line comment", "a --\r; b", []string{"a", "b"}},
		{"comment ends the text", "a; -- b;", []string{"a"}},
	})
}

func TestSplitPostgreSQLNesting(t *testing.T) {
	t.Parallel()
	const atomic = `CREATE OR REPLACE FUNCTION f(begin int) RETURNS int LANGUAGE sql
BEGIN /* x */ ATOMIC
  SELECT CASE WHEN a THEN CASE b WHEN 1 THEN 2 END ELSE 3 END FROM t;
  SELECT 1 AS end, t.case FROM t;
  RETURN (SELECT 1);
END`
	checkSplits(t, PostgreSQL, []splitCase{
		{"rule", "CREATE RULE r AS ON INSERT TO t DO (a; b (c; d)); e", []string{"CREATE RULE r AS ON INSERT TO t DO (a; b (c; d))", "e"}},
		{"body", atomic + "; SELECT 2;", []string{atomic, "SELECT 2"}},
		{"empty body", "create procedure p() begin atomic end; a", []string{"create procedure p() begin atomic end", "a"}},
		{"empty statement in a body", "create procedure p() begin atomic ; end; a", []string{"create procedure p() begin atomic ; end", "a"}},
		{"label without as", "create function f() returns int begin atomic select 1 end; END; a", []string{"create function f() returns int begin atomic select 1 end; END", "a"}},
		{"end in parentheses", "create function f() begin atomic create rule r as on insert to t do also (a; end); end; b", []string{"create function f() begin atomic create rule r as on insert to t do also (a; end); end", "b"}},
		{"body in a schema", "create schema s create function f() begin atomic select 1; end; a", []string{"create schema s create function f() begin atomic select 1; end", "a"}},
		{"string body", "create function f() as 'begin;' language sql; a", []string{"create function f() as 'begin;' language sql", "a"}},
		{"transaction block", "begin; select 1; end; a", []string{"begin", "select 1", "end", "a"}},
		{"name called begin", "create function begin() as '' ; a", []string{"create function begin() as ''", "a"}},
		{"schema with elements", "create schema s create table t (a int) create view v as select 1; a", []string{"create schema s create table t (a int) create view v as select 1", "a"}},
		{"psql variables", `select :a, :'b;', :"c;", x::text; d`, []string{`select :a, :'b;', :"c;", x::text`, "d"}},
		{"closing parenthesis too many", "a); b", []string{"a)", "b"}},
		{"array", "select a[1]; b", []string{"select a[1]", "b"}},
	})
}

func TestSplitSQLite(t *testing.T) {
	t.Parallel()
	const trigger = `CREATE TEMP TRIGGER IF NOT EXISTS r AFTER UPDATE ON t
WHEN CASE new.begin WHEN 1 THEN 2 END BEGIN
  UPDATE t SET a = CASE WHEN b THEN 1 ELSE CASE c WHEN 1 THEN 2 END END, end = 1;
  SELECT end FROM t;
END`
	checkSplits(t, SQLite, []splitCase{
		{"quotes", "a ';'';'; b \";\"\";\"; c `;``;`; d [;];e", []string{"a ';'';'", "b \";\"\";\"", "c `;``;`", "d [;]", "e"}},
		{"blob", "a x'00'; b X';'", []string{"a x'00'", "b X';'"}},
		{"no escape strings", `a E'\'; b`, []string{`a E'\'`, "b"}},
		{"no dollar quotes", "a $$;b$$", []string{"a $$", "b$$"}},
		{"comments do not nest", "a /* /* */; b -- ; \n c", []string{"a", "b -- ; \n c"}},
		{"carriage return stays in a comment", "a --\r;\n; b", []string{"a", "b"}},
		{"parentheses do not nest statements", "a (b; c)", []string{"a (b", "c)"}},
		{"trigger", trigger + "; SELECT 2;", []string{trigger, "SELECT 2"}},
		{"trigger called begin", "create trigger begin after insert on t begin select 1; end; a", []string{"create trigger begin after insert on t begin select 1; end", "a"}},
		{"trigger explained", "explain query plan create trigger r after insert on t begin select 1; end; a", []string{"explain query plan create trigger r after insert on t begin select 1; end", "a"}},
		{"quoted end is a name", `create trigger r after insert on t begin select 1; select "end"; end; a`, []string{`create trigger r after insert on t begin select 1; select "end"; end`, "a"}},
		{"trigger without body", "create trigger r; a", []string{"create trigger r", "a"}},
		{"transaction", "begin; a; end; b", []string{"begin", "a", "end", "b"}},
		{"table called trigger", "create table trigger (begin); a", []string{"create table trigger (begin)", "a"}},
		{"mark inside is a gap", "a;\uFEFFb", []string{"a", "b"}},
		{"numbers", "select 0x1F, 1e5, 1_0; b", []string{"select 0x1F, 1e5, 1_0", "b"}},
		{"backslash", `a \b; c`, []string{`a \b`, "c"}},
		{"dot inside", "select a\n.b; c", []string{"select a\n.b", "c"}},
		{"unreadable number", "select .5; .;", []string{"select .5", "."}},
	})
}
