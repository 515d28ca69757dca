//go:build unix

package footprint_test

import (
	"embed"
	"fmt"
	"io/fs"
	"path"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/footprint"
)

//go:embed testdata/corpus
var corpusFiles embed.FS

// change is one entry of the corpus: a batch of one or several files.
type change struct {
	name  string
	files []string // texts
	since int      // the server's version that knows it
	alone bool     // cannot run in a transaction
	admin string   // run before, as a superuser
}

// corpus reads testdata/corpus: "--- name" begins an entry, "--- file" its next
// file; "--- since 17", "--- alone" and "--- admin: SQL" stand below the name.
func corpus(tb testing.TB) []change {
	tb.Helper()
	var out []change
	names, err := fs.Glob(corpusFiles, "testdata/corpus/*.sql")
	if err != nil || len(names) == 0 {
		tb.Fatalf("no corpus: %v", err)
	}
	seen := map[string]bool{}
	for _, file := range names {
		text, err := corpusFiles.ReadFile(file)
		if err != nil {
			tb.Fatal(err)
		}
		group := strings.TrimSuffix(path.Base(file), ".sql")
		for line := range strings.Lines(string(text)) {
			word, isMark := strings.CutPrefix(strings.TrimRight(line, "\n"), "--- ")
			last := len(out) - 1
			switch {
			case !isMark:
				if last < 0 {
					tb.Fatalf("%s: text before the first name", file)
				}
				files := out[last].files
				files[len(files)-1] += line
			case word == "file":
				out[last].files = append(out[last].files, "")
			case word == "alone":
				out[last].alone = true
			case strings.HasPrefix(word, "admin: "):
				out[last].admin = strings.TrimPrefix(word, "admin: ")
			case strings.HasPrefix(word, "since "):
				if _, err := fmt.Sscanf(word, "since %d", &out[last].since); err != nil {
					tb.Fatal(err)
				}
			default:
				name := group + "/" + word
				if seen[name] {
					tb.Fatalf("two entries are called %s", name)
				}
				seen[name] = true
				out = append(out, change{name: name, files: []string{""}})
			}
		}
	}
	return out
}

// leastEntries is how many the corpus has at least; largerAtMost is how many of
// a hundred footprints may say more than happens.
const (
	leastEntries = 300
	largerAtMost = 10
)

// TestCorpus compares every footprint with what really happens.
func TestCorpus(t *testing.T) {
	t.Parallel()
	all := corpus(t)
	if len(all) < leastEntries {
		t.Errorf("the corpus has %d entries, fewer than %d", len(all), leastEntries)
	}
	d := newDatabase(t)
	conn := d.Connect(t)
	known := facts(t, conn)
	judged, large := 0, 0
	for _, c := range all {
		if known.Version < c.since {
			continue
		}
		var f *footprint.Footprint
		var happened map[uint32]*footprint.Table
		var err error
		if c.alone || c.admin != "" {
			f, happened, err = runAlone(t, c)
		} else {
			f, happened, err = runUndone(t, conn, known, c)
		}
		if err != nil {
			t.Errorf("%s: the server refuses it: %v", c.name, err)
			continue
		}
		judged++
		if missed := outside(f, happened); len(missed) > 0 {
			t.Errorf("%s: outside the footprint:\n\t%s\n%s", c.name, strings.Join(missed, "\n\t"), strings.Join(c.files, "\n-- next file\n"))
		}
		if more := larger(f, happened); len(more) > 0 {
			large++
			t.Logf("larger than needed: %s: %s", c.name, strings.Join(more, "; "))
		}
	}
	t.Logf("%d of %d footprints are larger than needed (%.1f %%)", large, judged, 100*float64(large)/float64(max(judged, 1)))
	if large*100 > judged*largerAtMost {
		t.Errorf("more than %d %% are larger than needed", largerAtMost)
	}
}

// runUndone runs an entry in a transaction, which it undoes.
func runUndone(t *testing.T, conn *pgx.Conn, known *footprint.Facts, c change) (*footprint.Footprint, map[uint32]*footprint.Table, error) {
	t.Helper()
	batch := scripts(t, c.files...)
	f := footprint.Of(known, batch)
	if _, err := conn.Exec(t.Context(), "BEGIN"); err != nil {
		t.Fatal(err)
	}
	defer func() {
		if _, err := conn.PgConn().Exec(t.Context(), "ROLLBACK; RESET ROLE; RESET ALL; DEALLOCATE ALL").ReadAll(); err != nil {
			t.Fatal(err)
		}
		conn.DeallocateAll(t.Context())
	}()
	before := look(t, conn, "before "+c.name)
	if err := play(t.Context(), conn, batch); err != nil {
		return nil, nil, err
	}
	if _, err := conn.PgConn().Exec(t.Context(), "RESET ROLE; RESET ALL; SET CONSTRAINTS ALL IMMEDIATE").ReadAll(); err != nil {
		return nil, nil, err
	}
	return f, compared(before, look(t, conn, "after "+c.name)), nil
}

// runAlone runs an entry in a database of its own.
func runAlone(t *testing.T, c change) (*footprint.Footprint, map[uint32]*footprint.Table, error) {
	t.Helper()
	d := newDatabase(t)
	if c.admin != "" {
		d.AdminExec(t, c.admin)
	}
	conn := d.Connect(t)
	if !c.alone {
		return runUndone(t, conn, facts(t, conn), c)
	}
	batch := scripts(t, c.files...)
	f := footprint.Of(facts(t, conn), batch)
	before := look(t, conn, "before "+c.name)
	err := play(t.Context(), conn, batch)
	return f, compared(before, look(t, conn, "after "+c.name)), err
}
