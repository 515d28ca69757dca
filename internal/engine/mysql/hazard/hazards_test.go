//go:build unix

package hazard

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/safemigrate/safemigrate/internal/testmy"
)

// TestHazards names what each statement may hurt; "id?" is a mere note.
func TestHazards(t *testing.T) {
	t.Parallel()
	d := testmy.Start(t).Database(t)
	d.Exec(t, shop)
	d.Exec(t, "CREATE TABLE big (id int NOT NULL PRIMARY KEY, a int, b varchar(20) NOT NULL, pad longtext); INSERT INTO big SELECT seq, seq, '', repeat('x', 1000000) FROM "+testmy.Numbers(12)+"; ANALYZE TABLE big")
	d.Exec(t, "CREATE TABLE child (id int PRIMARY KEY, a int, CONSTRAINT child_of FOREIGN KEY (a) REFERENCES big (id))")
	conn := d.Connect(t)
	lost := map[testmy.Product]string{testmy.MariaDB: "foreign-keys-lost "}[testmy.Tested()]
	for text, want := range map[string]string{
		"ALTER TABLE big ADD COLUMN z int":                               "",
		"ALTER TABLE big ADD COLUMN z int NOT NULL":                      "not-null-without-default",
		"ALTER TABLE big ADD COLUMN z int NOT NULL DEFAULT 1":            "",
		"SET sql_mode = ''; ALTER TABLE big ADD COLUMN z int NOT NULL":   "strict-mode-off",
		"ALTER TABLE big DROP COLUMN a":                                  "column-dropped",
		"ALTER TABLE big DROP a, DROP b":                                 "column-dropped column-dropped",
		"ALTER TABLE big CHANGE a z int":                                 "column-renamed",
		"ALTER TABLE big RENAME COLUMN a TO z":                           "column-renamed",
		"ALTER TABLE big MODIFY a bigint":                                "column-type-changed table-rewrite",
		"ALTER TABLE t MODIFY a bigint":                                  "column-type-changed table-rewrite?",
		"ALTER TABLE big MODIFY a int NOT NULL":                          "set-not-null-scan table-rewrite",
		"ALTER TABLE big MODIFY b varchar(20)":                           "not-null-dropped table-rewrite",
		"ALTER TABLE big MODIFY a bigint; ALTER TABLE big FORCE":         "column-type-changed several-rewrites table-rewrite table-rewrite",
		"ALTER TABLE big CONVERT TO CHARACTER SET latin1":                "table-rewrite",
		"ALTER TABLE big RENAME TO huge; ALTER TABLE huge DROP COLUMN a": "column-dropped table-renamed",
		"RENAME TABLE big TO huge, t TO small":                           "table-renamed table-renamed",
		"ALTER TABLE big RENAME TO huge; ALTER TABLE huge FORCE":         "table-renamed table-rewrite",
		"ALTER TABLE big FORCE, RENAME TO huge":                          "table-renamed table-rewrite",
		"ALTER TABLE big MODIFY a bigint, RENAME huge":                   "column-type-changed " + lost + "table-renamed table-rewrite",
		"ALTER TABLE child ADD z int, ALGORITHM=COPY, RENAME TO toddler": lost + "table-renamed table-rewrite?",
		"ALTER TABLE t ADD z int, ALGORITHM=COPY, RENAME TO u":           "table-renamed table-rewrite?",
		"DROP TABLE big": "table-dropped",
		"CREATE OR REPLACE TABLE big (id int PRIMARY KEY)": "table-dropped",
		"DROP VIEW seen":                        "view-dropped",
		"TRUNCATE big":                          "truncate",
		"UPDATE big SET a = 1":                  "unbounded-write",
		"UPDATE big SET a = 1 WHERE id = 7":     "",
		"DELETE FROM big":                       "unbounded-write",
		"DELETE FROM t":                         "unbounded-write?",
		"CREATE INDEX ka ON big (a)":            "",
		"CREATE UNIQUE INDEX ka ON big (a)":     "unique-builds-index",
		"CREATE FULLTEXT INDEX kp ON big (pad)": "index-blocks-writes table-rewrite",
		"ALTER TABLE big ADD CONSTRAINT f FOREIGN KEY (a) REFERENCES parents (id)":                  "foreign-key-validates table-rewrite",
		"SET foreign_key_checks = 0; ALTER TABLE big ADD FOREIGN KEY (a) REFERENCES parents (id)":   "foreign-key-checks-off",
		"ALTER TABLE big ADD CHECK (a > 0)":                                                         "check-validates table-rewrite",
		"CREATE TRIGGER tr BEFORE INSERT ON big FOR EACH ROW SET NEW.a = 1":                         "trigger-added",
		"LOCK TABLES big WRITE; UNLOCK TABLES":                                                      "lock-table",
		"GRANT SELECT ON big TO nobody":                                                             "outside-way-back",
		"CREATE TABLE fresh (a int)":                                                                "no-primary-key",
		"CREATE TABLE fresh (a int PRIMARY KEY); ALTER TABLE fresh DROP COLUMN a; DROP TABLE fresh": "",
		"-- safemigrate: allow column-dropped nobody reads it\nALTER TABLE big DROP COLUMN a":       "column-dropped!",
	} {
		var got []string
		for _, h := range assessed(t, conn, text).Hazards {
			switch {
			case h.Silenced != "":
				h.ID += "!"
			case h.Note:
				h.ID += "?"
			}
			if h.Why == "" || h.Instead == "" || len(h.Groups) == 0 {
				t.Errorf("%s: %+v", text, h)
			}
			got = append(got, h.ID)
		}
		slices.Sort(got)
		if strings.Join(got, " ") != want {
			t.Errorf("%s:\n\t%v, want %s", text, got, want)
		}
	}
	for _, k := range kinds {
		if len(k.Groups) == 0 || k.Instead == "" {
			t.Errorf("%s says too little", k.ID)
		}
	}
	if l := assessed(t, conn, "ALTER TABLE big MODIFY a bigint").Locks; len(l) != 1 || l[0].Blocks != writes || l[0].Took <= 0 || l[0].Bytes < 12_000_000 {
		t.Errorf("%+v", l)
	}
}

// TestDocumented compares the kinds with the list for people.
func TestDocumented(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../../../docs/hazards.md")
	if err != nil {
		t.Fatal(err)
	}
	_, own, _ := strings.Cut(string(text), "\n## MariaDB and MySQL")
	var documented, want []string
	for line := range strings.Lines(own) {
		if rest, ok := strings.CutPrefix(line, "| `"); ok {
			documented = append(documented, strings.TrimSpace(rest))
		}
	}
	for _, k := range kinds {
		want = append(want, k.ID+"` | "+strings.Join(k.Groups, ", ")+" |")
	}
	if !slices.Equal(documented, want) {
		t.Errorf("docs/hazards.md lists\n%q, the kinds are\n%q", documented, want)
	}
}
