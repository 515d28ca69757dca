package sqltext

import (
	"slices"
	"testing"
)

func TestSplitMySQLQuotes(t *testing.T) {
	t.Parallel()
	checkSplits(t, MySQL, []splitCase{
		{"empty", " ;; # a;b\n -- c;\n /* d; */ ;\r\n--", nil},
		{"backslash", `select 'a\';', "b\";", 'c\\'; d`, []string{`select 'a\';', "b\";", 'c\\'`, "d"}},
		{"doubled quotes", "select 'a'';', \"b\"\";\", `c``;`; d", []string{"select 'a'';', \"b\"\";\", `c``;`", "d"}},
		{"no backslash in a name", "select `a\\`; b", []string{"select `a\\`", "b"}},
		{"prefixes", `select x'00', b'1', N'a\';', _utf8mb4'b;'; c`, []string{`select x'00', b'1', N'a\';', _utf8mb4'b;'`, "c"}},
		{"two dashes without a blank", "select 5--1; b", []string{"select 5--1", "b"}},
		{"two dashes and a tab", "select 5--\t1;\n; b", []string{"select 5", "b"}},
		{"hash", "select 1 # it's\n; b", []string{"select 1", "b"}},
		{"carriage return stays in a comment", "a #\r;\n; b", []string{"a", "b"}},
		{"comments do not nest", "a /* /* */; b", []string{"a", "b"}},
		{"hint", "select /*+ MAX_EXECUTION_TIME(1) */ 1; b", []string{"select /*+ MAX_EXECUTION_TIME(1) */ 1", "b"}},
		{"no brackets", "select a[;b]", []string{"select a[", "b]"}},
		{"dollar is a letter", "select a$$;b$$; $c;", []string{"select a$$", "b$$", "$c"}},
		{"name that begins with a digit", "select 1a.2b; c", []string{"select 1a.2b", "c"}},
		{"variables", "set @a := 1, @@b = 2, @'c;' = 3; d", []string{"set @a := 1, @@b = 2, @'c;' = 3", "d"}},
		{"byte order mark", "\uFEFFselect 1;", []string{"select 1"}},
		{"use", "use shop; select 1", []string{"use shop", "select 1"}},
	})
}

func TestSplitMySQLExecutableComments(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name  string
		rules Rules
		text  string
		wants []string
	}{
		{"whole statement", Rules{Dialect: MySQL}, "/*!40101 SET NAMES utf8mb4 */;\nb", []string{"/*!40101 SET NAMES utf8mb4 */", "b"}},
		{"no version", Rules{Dialect: MySQL}, "a /*! ';' */ b; c", []string{"a /*! ';' */ b", "c"}},
		{"newer than the server", Rules{Dialect: MySQL}, "/*!99999 a; /* b */ ; */ c; d /*!80100 ; */ e", []string{"c", "d /*!80100 ; */ e"}},
		{"six digits", Rules{Dialect: MySQL, Version: 80036}, "/*!080036 a */; /*!080037 b; */ c", []string{"/*!080036 a */", "c"}},
		{"MariaDB's own on MySQL", Rules{Dialect: MySQL}, "/*M!100100 a; */ b", []string{"b"}},
		{"MariaDB's own", Rules{Dialect: MariaDB}, "/*M!100100 a */; /*M!110000 b; */ c; /*M! d */", []string{"/*M!100100 a */", "c", "/*M! d */"}},
		{"MySQL's own on MariaDB", Rules{Dialect: MariaDB}, "/*!50706 a; */ b; /*!80000 c; */ d; /*!50606 e */; /*!100100 f */", []string{"b", "d", "/*!50606 e */", "/*!100100 f */"}},
		{"comment inside", Rules{Dialect: MySQL}, "a /*! b /* ; */ c */; d", []string{"a /*! b /* ; */ c */", "d"}},
		{"dump of a trigger", Rules{Dialect: MySQL}, "DELIMITER ;;\n/*!50003 CREATE*/ /*!50017 DEFINER=`root`@`localhost`*/ /*!50003 TRIGGER r BEFORE INSERT ON t FOR EACH ROW BEGIN\n  SET NEW.a = 1; SET @b = 2;\nEND */;;\nDELIMITER ;\nc;",
			[]string{"/*!50003 CREATE*/ /*!50017 DEFINER=`root`@`localhost`*/ /*!50003 TRIGGER r BEFORE INSERT ON t FOR EACH ROW BEGIN\n  SET NEW.a = 1; SET @b = 2;\nEND */", "c"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			checkTexts(t, c.rules, c.text, c.wants)
		})
	}
}

func checkTexts(t *testing.T, r Rules, text string, wants []string) {
	t.Helper()
	got, err := r.Split(text)
	if err != nil {
		t.Fatal(err)
	}
	var texts []string
	for _, s := range got {
		texts = append(texts, s.Text)
	}
	if !slices.Equal(texts, wants) {
		t.Errorf("got %q, want %q", texts, wants)
	}
}

func TestSplitMySQLModes(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name  string
		rules Rules
		text  string
		wants []string
	}{
		{"ANSI_QUOTES", Rules{Dialect: MySQL, ANSIQuotes: true}, `select "a\"; b '\';'`, []string{`select "a\"`, `b '\';'`}},
		{"NO_BACKSLASH_ESCAPES", Rules{Dialect: MySQL, NoBackslashEscapes: true}, `select '\'; b "\"; c`, []string{`select '\'`, `b "\"`, "c"}},
		{"set in the text", Rules{Dialect: MySQL}, `set sql_mode = 'NO_BACKSLASH_ESCAPES'; select '\'; set @@session.sql_mode = ''; select '\';'`,
			[]string{`set sql_mode = 'NO_BACKSLASH_ESCAPES'`, `select '\'`, `set @@session.sql_mode = ''`, `select '\';'`}},
		{"of the server", Rules{Dialect: MySQL}, `set global max_connections = 5, sql_mode = 'ANSI_QUOTES', session sql_mode = ''; select "\";"`,
			[]string{`set global max_connections = 5, sql_mode = 'ANSI_QUOTES', session sql_mode = ''`, `select "\";"`}},
		{"saved and put back", Rules{Dialect: MySQL}, `/*!40101 SET @OLD=@@SQL_MODE, SQL_MODE='ANSI' */; select "\"; /*!40101 SET SQL_MODE=@old */; select "\";"`,
			[]string{`/*!40101 SET @OLD=@@SQL_MODE, SQL_MODE='ANSI' */`, `select "\"`, `/*!40101 SET SQL_MODE=@old */`, `select "\";"`}},
		{"more of the same", Rules{Dialect: MySQL}, `set sql_mode = concat(@@sql_mode, ',STRICT_ALL_TABLES'); select "\";"`,
			[]string{`set sql_mode = concat(@@sql_mode, ',STRICT_ALL_TABLES')`, `select "\";"`}},
		{"default", Rules{Dialect: MariaDB, ANSIQuotes: true}, `set sql_mode = 'MSSQL'; set sql_mode = ''; select "\";"; set sql_mode = default; select "\"`,
			[]string{`set sql_mode = 'MSSQL'`, `set sql_mode = ''`, `select "\";"`, `set sql_mode = default`, `select "\"`}},
		{"unknown, and of no matter", Rules{Dialect: MySQL}, "set sql_mode = @x; select 'a;', `b`; set sql_mode = ''; select \"\\\";\"",
			[]string{"set sql_mode = @x", "select 'a;', `b`", "set sql_mode = ''", "select \"\\\";\""}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			checkTexts(t, c.rules, c.text, c.wants)
		})
	}
}

func TestSplitMySQLDelimiters(t *testing.T) {
	t.Parallel()
	checkSplits(t, MySQL, []splitCase{
		{"slashes", "delimiter //\nselect 1 // select 2; select 3//\nDELIMITER ;\nb", []string{"select 1", "select 2", "select 3", "b"}},
		{"in a string", "delimiter //\nselect '//', `//`, /* // */ 1 //", []string{"select '//', `//`, /* // */ 1"}},
		{"CRLF", "DELIMITER ;;\r\nselect 1;;\r\nDELIMITER ;\r\nb", []string{"select 1", "b"}},
		{"comment after it", "DELIMITER $$ -- stored programs\nselect a$$b$$ DELIMITER ; # done\nc", []string{"select a", "b", "c"}},
		{"semicolon before the delimiter", "DELIMITER $$\ncreate procedure p() begin select 1; end;\n$$\nb$$", []string{"create procedure p() begin select 1; end", "b"}},
		{"name", "select delimiter from t; b", []string{"select delimiter from t", "b"}},
	})
}

func TestSplitMySQLPrograms(t *testing.T) {
	t.Parallel()
	var cases []splitCase
	for _, c := range []struct{ name, text string }{
		{"procedure", "create procedure p() begin select 1; select 2; end"},
		{"empty body", "create procedure p() begin end"},
		{"traits", "CREATE DEFINER = 'a'@'%' PROCEDURE IF NOT EXISTS d.p(IN a DECIMAL(10, 2), OUT `begin` INT) COMMENT 'x;' NOT DETERMINISTIC MODIFIES SQL DATA SQL SECURITY INVOKER BEGIN SELECT 1; END"},
		{"label", "create procedure p() main: begin leave main; end main"},
		{"label in quotes", "create procedure p() deterministic `m`: begin leave `m`; end `m`"},
		{"nested", "create procedure p() begin begin select 1; end; if a then begin end; elseif b then select 2; else select 3; end if; end"},
		{"loops", "create procedure p() begin l: loop leave l; end loop l; while a do set a = 0; end while; repeat set a = 1; until a end repeat; end"},
		{"until with CASE", "create procedure p() begin repeat set a = 1; until case when a then 1 else 0 end end repeat; select 1; end"},
		{"case statement", "create procedure p() begin case a when 1 then select 1; select 2; else begin end; end case; select 3; end"},
		{"case in a case", "create procedure p() begin case case a when 1 then 2 end when 2 then set b = case when c then d end; end case; select (case when end then 1 end); end"},
		{"functions called like statements", "create procedure p() begin set a = if(b, 1, 2), c = repeat('x', 3); select replace(a, 'b', 'c'); while if(a, 1, 0) do select 1; end while; end"},
		{"columns called like keywords", "create procedure p() begin select t.begin, t.end, t.case, begin from t; drop table if exists end; end"},
		{"handler", "create procedure p() begin declare a, b int default case when 1 then 2 end; declare c cursor for select 1; declare exit handler for sqlstate value '23000', 1062, not found, sqlexception begin rollback; end; declare continue handler for x set a = 1; select 1; end"},
		{"handler with IF", "create procedure p() begin declare exit handler for sqlwarning if a then select 1; end if; select 2; end"},
		{"body that is one IF", "create procedure p() if a then select 1; end if"},
		{"body that is one loop", "create procedure p(a int) x: while a do set a = a - 1; end while x"},
		{"function", "create function f(a int) returns varchar(20) character set utf8mb4 collate utf8mb4_bin deterministic begin return case a when 1 then 'x' end; end"},
		{"function of a SET", "create function f() returns set('a;') reads sql data begin return 'a'; end"},
		{"short function", "create function f() returns int return case when a then 1 end"},
		{"short procedure", "create procedure p() update t set a = if(b, 1, 2)"},
		{"trigger", "create trigger if not exists r before insert on t for each row follows q begin set new.a = 1; end"},
		{"short trigger", "create trigger r after delete on t for each row delete from u where a = case when old.b then 1 end"},
		{"trigger that is one IF", "create trigger r after delete on t for each row if old.a then set @b = 1; set @c = 2; end if"},
		{"event", "create event e on schedule every case when 1 then 1 end day starts now() on completion preserve comment 'do' do begin delete from t; delete from u; end"},
		{"event with a label", "alter event e on schedule at now() do x: begin select 1; end x"},
		{"event without a body", "alter event e disable"},
		{"loadable function", "create aggregate function f returns string soname 'f.so'"},
		{"view of a definer", "create algorithm = merge definer = trigger@localhost sql security invoker view v as select case when a then 1 end from t"},
		{"in a comment", "create /*! procedure p() begin select 1; end */"},
	} {
		cases = append(cases, splitCase{c.name, c.text + "; select 'after';", []string{c.text, "select 'after'"}})
	}
	checkSplits(t, MySQL, cases)
	checkSplits(t, MariaDB, cases)
	checkSplits(t, MySQL, []splitCase{
		{"body between delimiters", "DELIMITER $$\ncreate procedure p()\nbegin\n select 1; -- x\nend$$\ndelimiter ;\nb;", []string{"create procedure p()\nbegin\n select 1; -- x\nend", "b"}},
		{"transaction", "begin; select 1; commit; begin work; end", []string{"begin", "select 1", "commit", "begin work", "end"}},
		{"string of JavaScript", "create function f() returns int language javascript as 'x;'; b", []string{"create function f() returns int language javascript as 'x;'", "b"}},
	})
}

func TestSplitMariaDBCompoundStatements(t *testing.T) {
	t.Parallel()
	var cases []splitCase
	for _, c := range []struct{ name, text string }{
		{"block", "begin not atomic select 1; if a then select 2; end if; end"},
		{"block that begins with IF", "begin not atomic if a then select 2; end if; end"},
		{"label", "x: begin not atomic leave x; end x"},
		{"if", "if a then select 1; else select 2; end if"},
		{"for", "for i in 1..10 do select i; end for"},
		{"for over rows", "for r in (select a from t) do begin select r.a; end; end for"},
		{"loop", "l: loop leave l; end loop l"},
		{"while", "while a do do sleep(1); set a = 0; end while"},
		{"repeat", "repeat set @a = 1; until @a end repeat"},
		{"case", "case a when 1 then select 1; end case"},
		{"procedure with one inside", "create or replace procedure p() begin not atomic select 1; end"},
		{"aggregate", "create aggregate function f(x int) returns int begin declare continue handler for not found return 1; loop fetch group next row; end loop; end"},
	} {
		cases = append(cases, splitCase{c.name, c.text + "; select 'after';", []string{c.text, "select 'after'"}})
	}
	checkSplits(t, MariaDB, cases)
}

func TestSplitMySQLDollarQuotes(t *testing.T) {
	t.Parallel()
	r := Rules{Dialect: MySQL, Version: 90700}
	checkTexts(t, r, "create function f() returns int language javascript as $js$ let a = 1; return a; $js$; b", []string{"create function f() returns int language javascript as $js$ let a = 1; return a; $js$", "b"})
	checkTexts(t, r, "delimiter $$\nselect a$$ b$$", []string{"select a", "b"})
}
