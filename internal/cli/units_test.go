package cli

import (
	"testing"
	"time"
)

func TestUnits(t *testing.T) {
	t.Parallel()
	cases := []struct{ got, want string }{
		{count(0), "0"}, {count(9999), "9999"}, {count(10_000), "10 k"}, {count(40_499), "40 k"}, {count(999_600), "1.0 M"},
		{count(1_234_567), "1.2 M"}, {count(9_949_999), "9.9 M"}, {count(9_960_000), "10 M"}, {count(7_000_000_000), "7.0 G"}, {count(-1), "?"},
		{counted(1, "row"), "1 row"}, {counted(0, "row"), "0 rows"}, {counted(-1, "row"), "? rows"}, {counted(40_000, "row"), "40 k rows"},
		{size(0), "0 B"}, {size(999), "999 B"}, {size(1000), "1.0 kB"}, {size(61_000_000), "61 MB"}, {size(5e18), "5000 PB"}, {size(-1), "?"},
		{took(0), "0 ms"}, {took(12 * time.Millisecond), "12 ms"}, {took(900 * time.Millisecond), "0.9 s"}, {took(59900 * time.Millisecond), "59.9 s"},
		{took(59990 * time.Millisecond), "1 min 0 s"}, {took(125 * time.Second), "2 min 5 s"}, {took(3*time.Hour + 2*time.Minute + 40*time.Second), "3 h 3 min"},
		{moment(time.Time{}), "-"}, {moment(taken.In(time.FixedZone("x", 3600))), "2026-01-02 12:04:31Z"},
	}
	for _, c := range cases {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
}

func TestEscape(t *testing.T) {
	t.Parallel()
	cases := []struct{ text, want string }{
		{"orders → заказы 注文", "orders → заказы 注文"},
		{"a\x1b[2Jb", `a\x1b[2Jb`},
		{"a\nsafemigrate: hint: rm", `a\nsafemigrate: hint: rm`},
		{"tab\tand\rreturn", `tab\tand\rreturn`},
		{"C1 \u009b31m", `C1 \x9b31m`},
		{"turned \u202egnp", `turned \u202egnp`},
		{"hidden \u200b space", `hidden \u200b space`},
		{"line\u2028end", `line\u2028end`},
		{"broken \xff\xfe", `broken \xff\xfe`},
		{"", ""},
	}
	for _, c := range cases {
		if got := escape(c.text); got != c.want {
			t.Errorf("%q: got %q, want %q", c.text, got, c.want)
		}
		if got := escape(escape(c.text)); got != c.want {
			t.Errorf("%q: escaping twice gives %q", c.text, got)
		}
	}
}

func TestNextFiles(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name       string
		existing   []string
		convention string
		down       bool
		want       string // "" for a point in time
	}{
		{"nothing", nil, "", false, "000001_x.up.sql"},
		{"next", []string{"000001_a.up.sql", "000009_b.up.sql", "000009_b.down.sql", "README.md"}, "", false, "000010_x.up.sql"},
		{"few digits", []string{"1_a.up.sql", "9_b.up.sql"}, "", false, "10_x.up.sql"},
		{"four digits", []string{"0041_a.up.sql"}, "", false, "0042_x.up.sql"},
		{"too large for a machine", []string{"99999999999999999999_a.up.sql"}, "", false, "100000000000000000000_x.up.sql"},
		{"points in time", []string{"20200101120000_a.up.sql"}, "", false, ""},
		{"a point in the future", []string{"99990101120000_a.up.sql"}, "", false, "99990101120001_x.up.sql"},
		{"Flyway", []string{"V1__a.sql", "V2.5__b.sql", "R__views.sql"}, "", false, "V3__x.sql"},
		{"Flyway padded", []string{"V001__a.SQL", "V002_1__b.sql"}, "", false, "V003__x.sql"},
		{"Flyway by name", nil, "flyway", false, "V1__x.sql"},
	}
	for _, c := range cases {
		files, err := nextFiles(c.existing, c.convention, "x", c.down)
		if err != nil {
			t.Fatal(err)
		}
		if c.want != "" && files[0] != c.want || c.want == "" && len(files[0]) != len(stamp+"_x.up.sql") {
			t.Errorf("%s: got %q, want %q", c.name, files, c.want)
		}
	}
}

func TestCleanName(t *testing.T) {
	t.Parallel()
	cases := map[string]string{"Add Phone!": "add_phone", "../../etc/passwd": "etc_passwd", "a\nb": "a_b", "__x__y__": "x_y", "ÄÖ": "", "é1": "1"}
	for name, want := range cases {
		if got := cleanName(name); got != want {
			t.Errorf("%q: got %q, want %q", name, got, want)
		}
	}
}

func TestParseAge(t *testing.T) {
	t.Parallel()
	cases := map[string]time.Duration{"30d": 720 * time.Hour, "2w": 336 * time.Hour, "36h": 36 * time.Hour, "90m": 90 * time.Minute, "0d": 0, "-1h": 0, "soon": 0, "": 0, "1y": 0}
	for text, want := range cases {
		got, ok := parseAge(text)
		if ok != (want > 0) || ok && got != want {
			t.Errorf("%q: got %s %t, want %s", text, got, ok, want)
		}
	}
}
