//go:build unix

package footprint_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/footprint"
)

func TestDirectives(t *testing.T) {
	t.Parallel()
	d := newDatabase(t)
	known := facts(t, d.Connect(t))
	const dynamic = "DO $$ DECLARE t text := 'x'; BEGIN EXECUTE 'DELETE FROM ' || t; END $$;\n"
	for _, c := range []struct {
		name, text string
		tables     []string
		whole      int
		problem    string
	}{
		{name: "none", text: dynamic, whole: 1},
		{name: "above", text: "-- safemigrate: touches plain\n" + dynamic, tables: []string{"public.plain"}},
		{name: "above the second only", text: "SELECT 1;\n-- safemigrate: touches plain\n" + dynamic + dynamic, tables: []string{"public.plain"}, whole: 1},
		{name: "with other comments", text: "-- cleans up\n  --safemigrate:touches public.plain , \"shop\".things\n/* so */\n" + dynamic, tables: []string{"public.plain", "shop.things"}},
		{name: "for the file", text: "-- safemigrate: touches plain\n\n" + dynamic + dynamic, tables: []string{"public.plain"}},
		{name: "for the file and above", text: "-- safemigrate: touches plain\n\n-- safemigrate: touches lonely\n" + dynamic + dynamic, tables: []string{"public.lonely", "public.plain"}},
		{name: "nothing", text: "-- safemigrate: touches nothing\n" + dynamic},
		{name: "with children", text: "-- safemigrate: touches animals\n" + dynamic, tables: []string{"public.animals", "public.dogs", "public.puppies"}},
		{name: "under a path", text: "SET search_path = shop;\n-- safemigrate: touches things\n" + dynamic, tables: []string{"shop.things"}},
		{name: "what is known stays", text: "-- safemigrate: touches nothing\nDO $$ DECLARE t text := 'x'; BEGIN DELETE FROM plain; EXECUTE t; END $$", tables: []string{"public.plain"}},
		{name: "a table that the batch makes", text: "CREATE TABLE fresh (a int);\n-- safemigrate: touches fresh\n" + dynamic},
		{name: "a table that the file makes later", text: "-- safemigrate: touches fresh, plain\n\n" + dynamic + "CREATE TABLE fresh (a int);", tables: []string{"public.plain"}},
		{name: "a table that is not there", text: "SELECT 1;\n\n-- safemigrate: touches missing\n" + dynamic, problem: "line 3: a directive names table missing, which does not exist"},
		{name: "a table that is not there, for the file", text: "-- safemigrate: touches shop.missing\n\n" + dynamic, problem: "line 1: a directive names table shop.missing, which does not exist"},
		{name: "no list", text: "-- safemigrate: touches\n" + dynamic, problem: "line 1: a directive lists tables"},
		{name: "a list that is none", text: "-- safemigrate: touches a b\n" + dynamic, problem: "line 1: a directive lists tables"},
		{name: "in the lines of a COPY", text: "COPY plain FROM stdin;\n1\t-- safemigrate: touches missing\n-- safemigrate: touches missing\n\\.\n" + dynamic, tables: []string{"public.plain"}, whole: 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			f := footprint.Of(known, scripts(t, c.text))
			var got []string
			for _, table := range f.Report(known).Tables {
				got = append(got, table.Name)
			}
			if !slices.Equal(got, c.tables) || len(f.Whole) != c.whole {
				t.Errorf("tables %v, whole %v", got, f.Whole)
			}
			if c.problem == "" && len(f.Problems) > 0 || c.problem != "" && (len(f.Problems) != 1 || !strings.HasPrefix(f.Problems[0].Detail, c.problem)) {
				t.Errorf("problems %v, want %q", f.Problems, c.problem)
			}
		})
	}
}

// TestWhole: what may touch anything, as far as its text tells, is named with its reason, and
// what looks like it is not.
func TestWhole(t *testing.T) {
	t.Parallel()
	d := newDatabase(t)
	d.AdminExec(t, "CREATE EXTENSION dblink; CREATE EXTENSION tablefunc")
	known := facts(t, d.Connect(t))
	const inC = "CREATE FUNCTION f() RETURNS int LANGUAGE c %s AS 'library', 'symbol';\n"
	for name, c := range map[string]struct{ text, why string }{
		"a function in C":                   {fmt.Sprintf(inC, "VOLATILE") + "SELECT f()", "2: function public.f is written in C"},
		"a function in C that writes not":   {fmt.Sprintf(inC, "STABLE") + "SELECT f()", ""},
		"a function in C that nobody calls": {fmt.Sprintf(inC, "VOLATILE"), ""},
		"a trigger's in C":                  {"CREATE FUNCTION f() RETURNS trigger LANGUAGE c AS 'library', 'symbol';\nCREATE TRIGGER x BEFORE INSERT ON plain FOR EACH ROW EXECUTE FUNCTION f();\nINSERT INTO plain VALUES (9)", "3: function public.f is written in C"},
		"another language":                  {"CREATE FUNCTION f() RETURNS int LANGUAGE plpython3u AS 'return 1';\nSELECT f()", "2: function public.f is written in plpython3u"},
		"a block in another language":       {"DO LANGUAGE plperl 'x'", "1: a DO block in plperl"},
		"a block that is none":              {"DO $$ BEGIN IF; END $$", "1: a DO block: "},
		"dblink":                            {"SELECT * FROM dblink('x', 'SELECT 1') AS t(a int)", "1: "},
		"connectby":                         {"SELECT * FROM connectby('nodes', 'id', 'parent', '1', 0) AS t(a int, b int, c int)", "1: function public.connectby runs a text"},
		"crosstab of a text":                {"SELECT * FROM crosstab('SELECT ' || name FROM customers)", "1: "},
		"crosstab of a column":              {"SELECT crosstab(val, 2) FROM lonely", "1: a query text given to public.crosstab that is not a literal"},
		"a query in XML":                    {"SELECT query_to_xml(val, true, true, '') FROM lonely", "1: a query text given to query_to_xml that is not a literal"},
		"a query in XML of a literal":       {"SELECT query_to_xml('SELECT 1', true, true, '')", ""},
		"set_config of a column":            {"SELECT set_config('search_path', val, false) FROM lonely", "1: set_config, which may set search_path"},
		"set_config of any setting":         {"SELECT set_config(val, 'x', false) FROM lonely", "1: set_config, which may set search_path"},
		"set_config of another setting":     {"SELECT set_config('work_mem', val, false) FROM lonely", ""},
		"a statement of the session's":      {"EXECUTE theirs(1)", "1: EXECUTE of a statement that this batch did not prepare"},
		"a statement of the batch":          {"PREPARE ours AS SELECT 1;\nEXECUTE ours", ""},
		"a system catalog":                  {"UPDATE pg_class SET relname = relname", "1: it writes to the system catalog pg_class"},
		"a system catalog by its schema":    {"DELETE FROM pg_catalog.pg_attribute", "1: it writes to the system catalog pg_attribute"},
		"an unknown extension":              {"CREATE EXTENSION surprises", "1: the scripts of extension surprises"},
		"an update of one":                  {"ALTER EXTENSION surprises UPDATE", "1: the scripts of extension surprises"},
		"a known extension":                 {"CREATE EXTENSION hstore", ""},
		"a subscription":                    {"CREATE SUBSCRIPTION s CONNECTION '' PUBLICATION p WITH (connect = false)", "1: a subscription, which writes rows in the background"},
		"a subscription that goes on":       {"ALTER SUBSCRIPTION s REFRESH PUBLICATION", "1: a subscription, which writes rows in the background"},
		"a schema renamed in a block":       {"DO $$ BEGIN ALTER SCHEMA shop RENAME TO store; END $$", "1: a schema is renamed where that may or may not happen"},
		"a schema renamed":                  {"ALTER SCHEMA shop RENAME TO store", ""},
		"a subscription that goes":          {"DROP SUBSCRIPTION s", ""},
		"another database":                  {"ALTER DATABASE d SET work_mem = '1MB'; ALTER DATABASE d RENAME TO e", ""},
		"a security label":                  {"SECURITY LABEL FOR p ON TABLE plain IS 'x'; SECURITY LABEL ON LARGE OBJECT 1 IS 'x'", ""},
		"imported tables":                   {"IMPORT FOREIGN SCHEMA far LIMIT TO (plain) FROM SERVER s INTO shop", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := footprint.Of(known, scripts(t, c.text))
			var got []string
			for _, w := range f.Whole {
				got = append(got, fmt.Sprintf("%d: %s", w.Line, w.Why))
			}
			if c.why == "" && len(got) > 0 || c.why != "" && (len(got) != 1 || !strings.HasPrefix(got[0], c.why)) {
				t.Errorf("whole %q, want %q", got, c.why)
			}
		})
	}
}

// TestRefused: what the parser refuses may touch anything, whatever the server's
// version, until a directive says what.
func TestRefused(t *testing.T) {
	t.Parallel()
	d := newDatabase(t)
	for _, version := range []int{14, 17, 18} {
		known := facts(t, d.Connect(t))
		known.Version = version
		f := footprint.Of(known, scripts(t, "ALTER TABLE plain FROBNICATE;", "SELECT 1"))
		if len(f.Whole) != 1 || len(f.Refused) != 1 || f.Refused[0].File != "1.sql" {
			t.Errorf("version %d: whole %v, refused %v", version, f.Whole, f.Refused)
		}
		f = footprint.Of(known, scripts(t, "-- safemigrate: touches plain\nALTER TABLE plain FROBNICATE;"))
		if len(f.Whole) != 0 || len(f.Refused) != 1 || len(f.Tables) != 1 {
			t.Errorf("version %d, with a directive: whole %v, refused %v, tables %v", version, f.Whole, f.Refused, f.Tables)
		}
	}
}

// TestHomonyms: to a server older than the parser some of its words are names of
// functions.
func TestHomonyms(t *testing.T) {
	t.Parallel()
	d := newDatabase(t)
	calls := map[string]string{
		"json": `json('1')`, "json_scalar": `json_scalar(1)`, "json_serialize": `json_serialize('1')`, "json_object": `json_object('a': 1)`,
		"json_array": `json_array(1)`, "json_objectagg": `json_objectagg('a': 1)`, "json_arrayagg": `json_arrayagg(1)`,
		"json_value": `json_value('1', '$')`, "json_query": `json_query('1', '$')`, "json_exists": `json_exists('1', '$')`,
		"merge_action": `merge_action()`,
	}
	for function := range calls {
		d.Exec(t, `CREATE FUNCTION "`+function+`"(a integer, b integer, c integer) RETURNS integer LANGUAGE sql AS 'DELETE FROM plain; SELECT 1'`)
	}
	known := facts(t, d.Connect(t))
	for function, call := range calls {
		for version, want := range map[int]int{14: 1, 17: 0} {
			known.Version = version
			if f := footprint.Of(known, scripts(t, "SELECT "+call)); len(f.Tables) != want || len(f.Whole) > 0 {
				t.Errorf("%s on version %d: %d tables, want %d; whole %v", function, version, len(f.Tables), want, f.Whole)
			}
		}
	}
}
