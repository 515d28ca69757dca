//go:build unix

package footprint_test

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/footprint"
)

var update = flag.Bool("update", false, "write testdata/expected.txt anew")

// TestExpected compares the footprint of every entry with the one that is kept.
// Both builds of the parser, linked in with cgo and WebAssembly without, are
// tested against the same file.
func TestExpected(t *testing.T) {
	t.Parallel()
	d := newDatabase(t)
	known := facts(t, d.Connect(t))
	var b strings.Builder
	for _, c := range corpus(t) {
		if c.admin == "" {
			spellOut(&b, c.name, footprint.Of(known, scripts(t, c.files...)), known)
		}
	}
	const file = "testdata/expected.txt"
	if *update {
		if err := os.WriteFile(file, []byte(b.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	kept, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	got, want := strings.Split(b.String(), "\n\n"), strings.Split(string(kept), "\n\n")
	for i := range max(len(got), len(want)) {
		switch {
		case i >= len(want):
			t.Errorf("new:\n%s", got[i])
		case i >= len(got):
			t.Errorf("gone:\n%s", want[i])
		case got[i] != want[i]:
			t.Errorf("got\n%s\nwant\n%s", got[i], want[i])
		}
	}
}

// spellOut writes a footprint, one line for each thing.
func spellOut(b *strings.Builder, name string, f *footprint.Footprint, known *footprint.Facts) {
	fmt.Fprintf(b, "# %s\n", name)
	r := f.Report(known)
	for _, t := range r.Tables {
		fmt.Fprintf(b, "%s: %s (%s)", t.Name, t.Rows, strings.Join(t.Files, " "))
		for i, c := range t.Columns {
			fmt.Fprintf(b, "%s %s %s", map[bool]string{true: ":", false: ","}[i == 0], c.Name, c.Verdict)
		}
		b.WriteByte('\n')
	}
	for _, o := range r.Objects {
		fmt.Fprintf(b, "object %s\n", o)
	}
	for _, w := range r.Whole {
		fmt.Fprintf(b, "whole %s:%d: %s\n", w.File, w.Line, w.Why)
	}
	for _, p := range f.Problems {
		fmt.Fprintf(b, "problem %s: %s\n", p.File, p.Detail)
	}
	b.WriteByte('\n')
}
