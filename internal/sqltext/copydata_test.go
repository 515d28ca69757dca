package sqltext

import "testing"

func TestCopyData(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, text, copied, data string
		after                    int // statements after the COPY
	}{
		{"rows", "COPY t (a, b) FROM stdin;\n1\t;'\n2\t$$\n\\.\nselect 1;", "COPY t (a, b) FROM stdin", "1\t;'\n2\t$$\n", 1},
		{"CRLF", "copy t from STDIN;\r\n1\r\n\\.\r\na;b", "copy t from STDIN", "1\r\n", 2},
		{"no rows", "COPY t FROM stdin;\n\\.\na", "COPY t FROM stdin", "", 1},
		{"end of text", "COPY t FROM stdin;\n1\n\\.", "COPY t FROM stdin", "1\n", 0},
		{"end of text with a carriage return", "COPY t FROM stdin;\n1\n\\.\r", "COPY t FROM stdin", "1\n", 0},
		{"marker inside a line", "COPY t FROM stdin;\n\\.1\nx\\.\n\\.\n", "COPY t FROM stdin", "\\.1\nx\\.\n", 0},
		{"options", "COPY s.\"t;\" (a,b) FROM STDIN WITH (FORMAT csv, NULL ';') ;\n\";\"\n\\.\n", "COPY s.\"t;\" (a,b) FROM STDIN WITH (FORMAT csv, NULL ';')", "\";\"\n", 0},
		{"comment on the line", "COPY t FROM stdin; -- rows\r\n1\n\\.\n", "COPY t FROM stdin", "1\n", 0},
		{"comment before the verb", "/* x */ COPY /* y */ t FROM -- z\n stdin;\n1\n\\.\n", "COPY /* y */ t FROM -- z\n stdin", "1\n", 0},
		{"standard output means input", "COPY t FROM STDOUT;\n1\n\\.\n", "COPY t FROM STDOUT", "1\n", 0},
		{"binary keyword", "COPY BINARY t FROM STDIN;\n1\n\\.\n", "COPY BINARY t FROM STDIN", "1\n", 0},
		{"table called stdin", "COPY stdin (to_, from_) FROM stdin;\n1\n\\.\n", "COPY stdin (to_, from_) FROM stdin", "1\n", 0},
		{"psql variable in the data", "COPY t FROM stdin;\n\\N\t:a\n\\\\.\n\\.\n", "COPY t FROM stdin", "\\N\t:a\n\\\\.\n", 0},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := Split(PostgreSQL, c.text)
			if err != nil {
				t.Fatal(err)
			}
			if len(got) != c.after+1 {
				t.Fatalf("got %d statements, want %d", len(got), c.after+1)
			}
			s := got[0]
			if s.Text != c.copied || s.Data == nil || string(s.Data) != c.data || s.Traits != CopyFromStdin {
				t.Errorf("got %q with %q, want %q with %q", s.Text, s.Data, c.copied, c.data)
			}
		})
	}
}

func TestSeveralCopies(t *testing.T) {
	t.Parallel()
	got, err := Split(PostgreSQL, "COPY a FROM stdin;\n1\n\\.\n\nCOPY b FROM stdin;\n2\n\\.\nselect 3")
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 3 || string(got[0].Data) != "1\n" || string(got[1].Data) != "2\n" || got[2].Data != nil {
		t.Fatalf("got %+v", got)
	}
	if got[2].Line != 8 {
		t.Errorf("got line %d, want 8", got[2].Line)
	}
}

func TestNoCopyData(t *testing.T) {
	t.Parallel()
	checkSplits(t, PostgreSQL, []splitCase{
		{"quoted", "select 'COPY t FROM stdin;\n'; a", []string{"select 'COPY t FROM stdin;\n'", "a"}},
		{"dollar quoted", "do $$COPY t FROM stdin;$$; a", []string{"do $$COPY t FROM stdin;$$", "a"}},
		{"commented", "-- COPY t FROM stdin;\na", []string{"a"}},
		{"to the client", "COPY t TO stdout; a", []string{"COPY t TO stdout", "a"}},
		{"query from a table called stdin", "COPY (select a from stdin) TO stdout; a", []string{"COPY (select a from stdin) TO stdout", "a"}},
		{"file", "COPY t FROM 'stdin'; a", []string{"COPY t FROM 'stdin'", "a"}},
		{"quoted direction", `COPY "from" TO stdin; a`, []string{`COPY "from" TO stdin`, "a"}},
	})
}
