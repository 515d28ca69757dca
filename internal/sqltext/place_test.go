package sqltext

import "testing"

func TestPlaces(t *testing.T) {
	t.Parallel()
	const text = "\uFEFFé; b;\r\n  -- ü\r\n  select 'ä\r\nö' , x\n;日本 c"
	want := []struct {
		text                 string
		offset, line, column int
	}{
		{"é", 3, 1, 1},
		{"b", 7, 1, 4},
		{"select 'ä\r\nö' , x", 22, 3, 3},
		{"日本 c", 43, 5, 2},
	}
	got, err := Split(PostgreSQL, text)
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != len(want) {
		t.Fatalf("got %d statements, want %d", len(got), len(want))
	}
	for i, w := range want {
		s := got[i]
		if s.Text != w.text || s.Offset != w.offset || s.Line != w.line || s.Column != w.column {
			t.Errorf("got %q at %d, %d:%d, want %+v", s.Text, s.Offset, s.Line, s.Column, w)
		}
	}
}

func TestPosition(t *testing.T) {
	t.Parallel()
	got, err := Split(PostgreSQL, "a;\n  select 'ä\r\nö', x")
	if err != nil {
		t.Fatal(err)
	}
	cases := []struct {
		name               string
		char, line, column int
	}{
		{"before the start", 0, 2, 3},
		{"first", 1, 2, 3},
		{"wide character", 9, 2, 11},
		{"after the wide character", 10, 2, 12},
		{"line feed", 11, 2, 13},
		{"next line", 12, 3, 1},
		{"last", 16, 3, 5},
		{"end", 17, 3, 6},
		{"beyond", 99, 3, 6},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if line, column := got[1].Position(c.char); line != c.line || column != c.column {
				t.Errorf("got %d:%d, want %d:%d", line, column, c.line, c.column)
			}
		})
	}
}
