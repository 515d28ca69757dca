//go:build unix

package mychanges_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/safemigrate/safemigrate"
	"github.com/safemigrate/safemigrate/internal/engine/enginetest"
	"github.com/safemigrate/safemigrate/internal/testshare"
	"github.com/safemigrate/safemigrate/migrate"
)

// pairStep is a batch over a table, written with the names that it and its columns have by
// then: T, ID, N, B and C in braces. Of names the batch gives others to, one x more; with those
// in puts its values go back by key.
type pairStep struct{ name, batch, renames, puts string }

var pairSteps = []pairStep{
	{"another name", "RENAME TABLE {T} TO {T}x;", "{T}", ""},
	{"a column by another name", "ALTER TABLE {T} RENAME COLUMN {N} TO {N}x;", "{N}", ""},
	{"the key by another name", "ALTER TABLE {T} RENAME COLUMN {ID} TO {ID}x;", "{ID}", ""},
	{"two columns by other names", "ALTER TABLE {T} CHANGE {B} {B}x varchar(20), RENAME COLUMN {C} TO {C}x;", "{B} {C}", ""},
	{"a key goes", "ALTER TABLE {T} DROP KEY {KEY};", "{KEY}", ""},
	{"a larger number", "ALTER TABLE {T} MODIFY {N} bigint;", "", ""},
	{"a smaller number", "ALTER TABLE {T} MODIFY {N} smallint;", "", ""},
	{"a column comes", "ALTER TABLE {T} ADD COLUMN {NEW} int DEFAULT 3;", "{NEW}", ""},
	{"a column goes", "ALTER TABLE {T} DROP COLUMN {SPARE};", "{SPARE}", "{ID} "},
	{"a column goes with its foreign key", "ALTER TABLE {T} DROP FOREIGN KEY {FK}, DROP COLUMN {P};", "{P} {FK}", "{ID} "},
	{"some rows", "UPDATE {T} SET {N} = {N} + 1 WHERE {ID} < 3; DELETE FROM {T} WHERE {ID} = 4; INSERT INTO {T} ({ID}, {N}) VALUES (4, 44);", "", ""},
	{"all rows", "ALTER TABLE {T} ADD COLUMN {NEW} int; UPDATE {T} SET {NEW} = {N}, {N} = 0; ALTER TABLE {T} DROP COLUMN {NEW};", "{NEW}", ""},
	{"no rows", "TRUNCATE {T};", "", ""},
}

const pairBase = `CREATE TABLE parents (id int PRIMARY KEY); INSERT INTO parents VALUES (1), (2);
CREATE TABLE t (id int PRIMARY KEY, n int, b varchar(20), c decimal(6,2), spare int DEFAULT 9, sparex int, sparexx int, KEY k (n), KEY kx (b, n), UNIQUE KEY kxx (b),
  p int, px int, pxx int, CONSTRAINT f FOREIGN KEY (p) REFERENCES parents (id), CONSTRAINT fx FOREIGN KEY (px) REFERENCES parents (id), CONSTRAINT fxx FOREIGN KEY (pxx) REFERENCES parents (id));
INSERT INTO t VALUES (1, 10, 'one', 1.5, 1, 2, 3, 1, 2, 1), (2, 20, 'two', 2.5, 1, NULL, 3, 2, 2, 2), (3, 30, NULL, NULL, 1, 2, 3, NULL, NULL, NULL), (4, 40, 'four', 4, 4, 4, 4, 1, 1, 1)`

// TestSoakPairs takes two and three batches back at once, each after each other one, and that
// back in turn; every other time with a row that somebody wrote since. Where it does not soak,
// that is a third of them.
func TestSoakPairs(t *testing.T) {
	t.Parallel()
	n, soaks := 0, os.Getenv("SAFEMIGRATE_SOAK") != ""
	run := func(steps ...int) {
		n++
		written := n%2 == 0
		var names []string
		for _, i := range steps {
			names = append(names, pairSteps[i].name)
		}
		name := strings.Join(names, ", then ")
		if !testshare.Has(name) {
			return
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pairBack(t, steps, written)
		})
	}
	for i := range pairSteps {
		for j := range pairSteps {
			if !soaks && (i+j)%3 != 0 {
				continue
			}
			run(i, j)
			if (i*len(pairSteps)+j)%12 == 0 {
				run(j, (i+j)%len(pairSteps), i)
			}
		}
	}
}

// pairBack runs batches, takes them back and that back, too.
func pairBack(t *testing.T, steps []int, written bool) {
	t.Helper()
	p := enginetest.NewProject(t, enginetest.MySQL(), map[string]string{})
	p.Exec(t, pairBase)
	before := p.DB.Fingerprint(t)
	called := map[string]string{"{T}": "t", "{ID}": "id", "{N}": "n", "{B}": "b", "{C}": "c", "{KEY}": "k", "{NEW}": "w", "{SPARE}": "spare", "{P}": "p", "{FK}": "f"}
	spelled := func(text string) string {
		for word, name := range called {
			text = strings.ReplaceAll(text, word, name)
		}
		return text
	}
	puts, renames := "", "" // names of columns with which values go back, and of such as get others
	for i, step := range steps {
		s := pairSteps[step]
		p.Add(map[string]string{fmt.Sprintf("%d_x.up.sql", i+1): spelled(s.batch)})
		p.Up(t, safemigrate.UpOptions{})
		for word := range strings.FieldsSeq(s.renames) {
			called[word] += "x"
		}
		puts += s.puts
		if strings.Contains(s.batch, "RENAME COLUMN") {
			renames += s.renames + " "
		}
	}
	if written {
		p.Exec(t, spelled("INSERT INTO {T} ({ID}, {N}, {B}) VALUES (100, 100, 'later')"))
	}
	after, none := p.DB.Fingerprint(t), ""
	if r, err := p.TryRollback(t, safemigrate.RollbackOptions{To: &none, Decide: migrate.Discard}); err != nil {
		if shareName(puts, renames) {
			enginetest.Fails(t, err, migrate.NoWayBack, "with which values go back", "once for each of them")
			p.Is(t, after, "after the refusal")
			for range steps {
				p.Rollback(t, safemigrate.RollbackOptions{Decide: migrate.Discard})
			}
			p.Exec(t, "DELETE FROM t WHERE id = 100")
			p.Is(t, before, "after one rollback after the other")
			return
		}
		t.Fatalf("%v, %+v", err, r)
	}
	p.Rollback(t, safemigrate.RollbackOptions{Undo: true})
	p.Is(t, after, "after the undo")
	p.Rollback(t, safemigrate.RollbackOptions{To: &none, Decide: migrate.Discard})
	p.Exec(t, "DELETE FROM t WHERE id = 100")
	p.Is(t, before, "after the rollback")
}

// TestNamesCross refuses to take batches back at once where values, or the keys by which they are
// found, were kept by names that they do not have in the end, whatever else has those by then.
func TestNamesCross(t *testing.T) {
	t.Parallel()
	for name, batches := range map[string][]string{
		"a name, then it goes":                     {"ALTER TABLE t RENAME COLUMN c TO d;", "ALTER TABLE t DROP COLUMN d;"},
		"it goes, another gets its name, and goes": {"ALTER TABLE t DROP COLUMN spare;", "ALTER TABLE t RENAME COLUMN c TO spare;", "ALTER TABLE t DROP COLUMN spare;"},
		"a name, it goes, and another gets it":     {"ALTER TABLE t RENAME COLUMN c TO d;", "ALTER TABLE t DROP COLUMN d;", "ALTER TABLE t RENAME COLUMN spare TO d;"},
		"a name, another of it comes and goes":     {"ALTER TABLE t RENAME COLUMN c TO d;", "ALTER TABLE t ADD COLUMN c int DEFAULT 7;", "ALTER TABLE t DROP COLUMN c;"},
		"and the name comes back":                  {"ALTER TABLE t RENAME COLUMN c TO d;", "ALTER TABLE t ADD COLUMN c int DEFAULT 7;", "ALTER TABLE t DROP COLUMN c;", "ALTER TABLE t RENAME COLUMN d TO c;"},
		"it goes, then the key's name":             {"ALTER TABLE t DROP COLUMN spare;", "ALTER TABLE t RENAME COLUMN id TO number;"},
		"the key's name, then it goes":             {"ALTER TABLE t RENAME COLUMN id TO number;", "ALTER TABLE t DROP COLUMN spare;"},
		"another type, then a name":                {"ALTER TABLE t MODIFY c decimal(6,1);", "ALTER TABLE t RENAME COLUMN c TO m;"},
		"another type, a name, another type":       {"ALTER TABLE t MODIFY c decimal(6,1);", "ALTER TABLE t RENAME COLUMN c TO m;", "ALTER TABLE t MODIFY m decimal(5,1);"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, before, after := applied(t, batches)
			none := ""
			_, err := p.TryRollback(t, safemigrate.RollbackOptions{To: &none})
			enginetest.Fails(t, err, migrate.NoWayBack, "with which values go back", "once for each of them")
			p.Is(t, after, "after the refusal")
			for range batches {
				p.Rollback(t, safemigrate.RollbackOptions{})
			}
			p.Is(t, before, "after one rollback after the other")
		})
	}
}

// applied is a project with some batches, each applied by itself, and the database before and after.
func applied(t *testing.T, batches []string) (p *enginetest.Project, before, after string) {
	t.Helper()
	p = enginetest.NewProject(t, enginetest.MySQL(), map[string]string{})
	p.Exec(t, pairBase)
	before = p.DB.Fingerprint(t)
	for i, batch := range batches {
		p.Add(map[string]string{fmt.Sprintf("%d_x.up.sql", i+1): batch})
		p.Up(t, safemigrate.UpOptions{})
	}
	return p, before, p.DB.Fingerprint(t)
}

// shareName reports whether one of some names is one of others.
func shareName(some, others string) bool {
	return slices.ContainsFunc(strings.Fields(some), func(name string) bool { return slices.Contains(strings.Fields(others), name) })
}

// TestNamesOfColumns takes batches back at once that give columns names which others had.
func TestNamesOfColumns(t *testing.T) {
	t.Parallel()
	for name, batches := range map[string][]string{
		"a new one":                                           {"ALTER TABLE t RENAME COLUMN n TO m;", "ALTER TABLE t ADD COLUMN n int FIRST; UPDATE t SET n = 5;"},
		"a new one, and rows":                                 {"ALTER TABLE t RENAME COLUMN n TO m;", "ALTER TABLE t ADD COLUMN n int FIRST;", "UPDATE t SET n = m, m = 0 WHERE id < 3;"},
		"another one":                                         {"ALTER TABLE t RENAME COLUMN n TO m;", "ALTER TABLE t RENAME COLUMN c TO n;"},
		"they change places":                                  {"ALTER TABLE t RENAME COLUMN spare TO x;", "ALTER TABLE t RENAME COLUMN n TO spare;", "ALTER TABLE t RENAME COLUMN x TO n;"},
		"a new one of it again":                               {"ALTER TABLE t RENAME COLUMN n TO m;", "ALTER TABLE t RENAME COLUMN m TO k;", "ALTER TABLE t ADD COLUMN m int FIRST;"},
		"there and back":                                      {"ALTER TABLE t RENAME COLUMN n TO m;", "ALTER TABLE t RENAME COLUMN m TO n;"},
		"rows, then a name":                                   {"UPDATE t SET n = n + 1 WHERE id < 3;", "ALTER TABLE t RENAME COLUMN n TO m, RENAME COLUMN id TO number;", "ALTER TABLE t ADD COLUMN n int FIRST;"},
		"it goes, then another":                               {"ALTER TABLE t DROP COLUMN n;", "ALTER TABLE t RENAME COLUMN c TO n;"},
		"a new one, it goes, and gets its name":               {"ALTER TABLE t ADD COLUMN m varchar(20); UPDATE t SET m = concat('x', n);", "ALTER TABLE t DROP COLUMN n;", "ALTER TABLE t RENAME COLUMN m TO n;"},
		"another goes, a name, and rows":                      {"ALTER TABLE t DROP COLUMN spare;", "ALTER TABLE t RENAME COLUMN c TO d;", "UPDATE t SET n = n + 1 WHERE id < 3;"},
		"a name, another goes, and rows":                      {"ALTER TABLE t RENAME COLUMN c TO d;", "ALTER TABLE t DROP COLUMN spare;", "UPDATE t SET n = n + 1 WHERE id < 3; DELETE FROM t WHERE id = 4;"},
		"another goes, a name, and all rows":                  {"ALTER TABLE t DROP COLUMN spare;", "ALTER TABLE t RENAME COLUMN c TO d;", "ALTER TABLE t ADD COLUMN w int; UPDATE t SET w = n, n = 0; ALTER TABLE t DROP COLUMN w;"},
		"a name, another goes, and all rows":                  {"ALTER TABLE t RENAME COLUMN c TO d;", "ALTER TABLE t DROP COLUMN spare;", "ALTER TABLE t ADD COLUMN w int; UPDATE t SET w = n, n = 0; ALTER TABLE t DROP COLUMN w;"},
		"another goes, a name, another type":                  {"ALTER TABLE t DROP COLUMN spare;", "ALTER TABLE t RENAME COLUMN c TO d;", "ALTER TABLE t MODIFY n smallint;"},
		"another type, a name, and it is none":                {"ALTER TABLE t MODIFY n smallint;", "ALTER TABLE t RENAME COLUMN c TO d;", "DROP TABLE t;"},
		"another goes, a referring column's name":             {"ALTER TABLE t DROP COLUMN spare;", "ALTER TABLE t RENAME COLUMN p TO parent;"},
		"a reference goes, and another's name":                {"ALTER TABLE t DROP FOREIGN KEY fx, DROP COLUMN px;", "ALTER TABLE t RENAME COLUMN p TO parent;"},
		"a name in a key, another goes from it":               {"ALTER TABLE t RENAME COLUMN n TO m;", "ALTER TABLE t DROP COLUMN b;"},
		"one goes from a key, another's name":                 {"ALTER TABLE t DROP COLUMN b;", "ALTER TABLE t RENAME COLUMN n TO m;"},
		"a name in a key, another goes, one gets its name":    {"ALTER TABLE t RENAME COLUMN n TO m;", "ALTER TABLE t DROP COLUMN b;", "ALTER TABLE t RENAME COLUMN c TO b;"},
		"another goes, a name, and the table's":               {"ALTER TABLE t DROP COLUMN spare;", "ALTER TABLE t RENAME COLUMN c TO d;", "RENAME TABLE t TO u;"},
		"the table's name, another goes, a name, the table's": {"RENAME TABLE t TO u;", "ALTER TABLE u DROP COLUMN spare;", "ALTER TABLE u RENAME COLUMN c TO d;", "RENAME TABLE u TO w;"},
		"a type, a name, a type, a name":                      {"ALTER TABLE t MODIFY n smallint;", "ALTER TABLE t RENAME COLUMN c TO d;", "ALTER TABLE t MODIFY spare smallint;", "ALTER TABLE t RENAME COLUMN d TO e;"},
		"one with its name, the key's name, and another goes": {"ALTER TABLE t DROP COLUMN spare; ALTER TABLE t RENAME COLUMN c TO spare;", "ALTER TABLE t RENAME COLUMN id TO number;", "ALTER TABLE t DROP COLUMN sparex;"},
		"a name, then it goes":                                {"ALTER TABLE t RENAME COLUMN n TO m;", "DROP TABLE t; CREATE TABLE t (id int PRIMARY KEY, n int);"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, before, after := applied(t, batches)
			none := ""
			p.Rollback(t, safemigrate.RollbackOptions{To: &none})
			p.Is(t, before, "after the rollback")
			p.Rollback(t, safemigrate.RollbackOptions{Undo: true})
			p.Is(t, after, "after its undo")
			p.Rollback(t, safemigrate.RollbackOptions{To: &none})
			p.Is(t, before, "after the second rollback")
		})
	}
}
