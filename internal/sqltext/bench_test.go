package sqltext

import (
	"strings"
	"testing"
)

// BenchmarkSplit cuts 100 MiB of each shape; bytes per second and allocations
// show that neither time nor memory grows faster than the text.
func BenchmarkSplit(b *testing.B) {
	const size = 100 << 20
	fill := func(unit string) string { return strings.Repeat(unit, size/len(unit)) }
	for _, bench := range []struct{ name, text string }{
		{"inserts", fill("INSERT INTO orders (id, note) VALUES (12345, 'it''s a note; with a semicolon');\n")},
		{"one line", fill("INSERT INTO orders (id, note) VALUES (12345, 'a note of some length to be stored'); ")},
		{"one literal", "SELECT '" + fill("a;''") + "'"},
		{"one body", "DO $$" + fill("PERFORM 1;\n") + "$$"},
		{"comments", fill("/* a ** b */ -- c\n")},
		{"copy", "COPY t FROM stdin;\n" + fill("1\tsome text\t\\N\n") + "\\.\n"},
		{"parentheses", fill("(") + fill(")")},
		{"one operator", "SELECT " + fill("+")},
	} {
		b.Run(bench.name, func(b *testing.B) {
			b.SetBytes(int64(len(bench.text)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Split(PostgreSQL, bench.text); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
