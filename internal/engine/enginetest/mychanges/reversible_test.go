//go:build unix

package mychanges_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/safemigrate/safemigrate"
	"github.com/safemigrate/safemigrate/internal/engine/enginetest"
	"github.com/safemigrate/safemigrate/internal/testmy"
	"github.com/safemigrate/safemigrate/internal/testshare"
)

const (
	reversibleBase = sparedBase + `;
CREATE TABLE numbers (id int PRIMARY KEY, n int unsigned, late int);
INSERT INTO numbers VALUES (1, 1, 5);
CREATE TABLE keyless (n int);
INSERT INTO keyless VALUES (1), (1)`
	wholeT = "id,a,b,c,d,e,f,p"
)

// reversibleCases are batches whose rollback destroys nothing, or columns alone.
var reversibleCases = []struct {
	name, batch string
	kept        string // the columns of the copies in the quarantine
	undone      string // of those in that of the undo
	table       string // what t is called after the batch, if not that
	mends       string // puts right what others' writing moves in t
	only        testmy.Product
}{
	{name: "a key", batch: "ALTER TABLE t ADD KEY by_f (f, a);"},
	{name: "a key over what is computed", batch: "ALTER TABLE computed ADD KEY by_all (v, n); ALTER TABLE t ADD KEY by_f (f);"},
	{name: "a key less", batch: "ALTER TABLE t DROP KEY by_a;"},
	{name: "a unique key", batch: "ALTER TABLE t ADD UNIQUE KEY better (f, id);"},
	{name: "a check", batch: "ALTER TABLE t ADD CONSTRAINT small CHECK (a < 1000);"},
	{name: "a check less", batch: "ALTER TABLE t DROP CONSTRAINT positive;"},
	{name: "a foreign key", batch: "ALTER TABLE t ADD CONSTRAINT again FOREIGN KEY (p) REFERENCES parents (id) ON DELETE CASCADE;"},
	{name: "a foreign key less", batch: "ALTER TABLE t DROP FOREIGN KEY of_parent; ALTER TABLE t DROP KEY of_parent;"},
	{name: "a key in the place of one that the server made", batch: "ALTER TABLE t ADD KEY by_p (p, a);"},
	{name: "another foreign key", batch: "ALTER TABLE t DROP FOREIGN KEY of_parent; ALTER TABLE t ADD CONSTRAINT of_code FOREIGN KEY (p) REFERENCES parents (id) ON DELETE SET NULL;"},
	{name: "a default", batch: "ALTER TABLE t ALTER a SET DEFAULT 8, ALTER c SET DEFAULT 'x';"},
	{name: "no default", batch: "ALTER TABLE t ALTER b DROP DEFAULT;"},
	{name: "a comment", batch: "ALTER TABLE t COMMENT='after', MODIFY a int NOT NULL DEFAULT 7 COMMENT 'a number';"},
	{name: "another place", batch: "ALTER TABLE t MODIFY d decimal(6,2) FIRST;"},
	{name: "values that may be missing", batch: "ALTER TABLE t MODIFY a int NULL DEFAULT 7;"},
	{name: "values that may not be missing", batch: "ALTER TABLE numbers MODIFY late int NOT NULL;"},
	{name: "a row format", batch: "ALTER TABLE t ROW_FORMAT=COMPRESSED;"},
	{name: "a primary key", batch: "ALTER TABLE t DROP PRIMARY KEY, ADD PRIMARY KEY (id, a);"},

	{name: "a type that goes back to a smaller one", batch: "ALTER TABLE t MODIFY a bigint NOT NULL DEFAULT 7;"},
	{name: "a number that goes back to one without a sign", batch: "ALTER TABLE numbers MODIFY n bigint;"},
	{name: "a character set that goes back", batch: "ALTER TABLE t CONVERT TO CHARACTER SET utf8mb4;"},
	{name: "another type", batch: "ALTER TABLE numbers MODIFY n float;", kept: "id,n,late", undone: "id,n,late"},
	{name: "columns by other names", batch: "ALTER TABLE t RENAME COLUMN d TO price, RENAME COLUMN e TO words, DROP KEY by_a;"},
	{name: "columns of foreign keys by other names", batch: "ALTER TABLE t RENAME COLUMN p TO parent; ALTER TABLE parents RENAME COLUMN id TO number;"},
	{name: "an engine", batch: "ALTER TABLE numbers ENGINE=MyISAM;", kept: "id,n,late", undone: "id,n,late"},
	{name: "what was computed", batch: "ALTER TABLE computed MODIFY n int AS (id * 2) STORED FIRST, MODIFY m int AFTER n;", kept: "n,m,id,v,d,e", undone: "id,n,m,v,d,e"},
	{name: "another name", batch: "RENAME TABLE t TO s;", table: "s"},
	{name: "another name, and the old one for a view", batch: "RENAME TABLE t TO s; CREATE VIEW t AS SELECT * FROM s;", table: "s"},
	{name: "names that change places", batch: "RENAME TABLE numbers TO x, keyless TO numbers, x TO keyless;", kept: "id,n,late n", undone: "id,n,late n"},
	{name: "rows", batch: "ALTER TABLE t ADD KEY by_f (f); UPDATE t SET a = 77 WHERE id = 2;", kept: wholeT, undone: wholeT},

	{name: "a column", batch: "ALTER TABLE t ADD g int DEFAULT 3; UPDATE t SET g = id * 2 WHERE id < 3;", kept: "id,g"},
	{name: "a column that has to have a value", batch: "ALTER TABLE t ADD g varchar(9) NOT NULL DEFAULT 'none' FIRST; UPDATE t SET g = b WHERE b IS NOT NULL;", kept: "g,id"},
	{name: "columns with keys", batch: "ALTER TABLE t ADD g int, ADD h text CHARACTER SET latin1, ADD KEY by_g (g), ADD KEY by_h (h(3)), ADD UNIQUE KEY one (g); UPDATE t SET g = id, h = 'ö';", kept: "id,g,h"},
	{name: "a column in a key with another one", batch: "ALTER TABLE computed ADD g int DEFAULT 1, ADD KEY by_g (g, n);", kept: "id,g"},
	{name: "columns and definitions", batch: "ALTER TABLE t ADD g blob, DROP KEY by_a, ALTER a SET DEFAULT 9, COMMENT='after'; UPDATE t SET g = x'00ff';", kept: "id,g"},
	{name: "a column that moves by itself", batch: "ALTER TABLE t ADD g timestamp NULL DEFAULT NULL ON UPDATE CURRENT_TIMESTAMP; UPDATE t SET g = '2001-02-03 04:05:06';", kept: "id,g", mends: "; UPDATE t SET g = '2001-02-03 04:05:06'"},
	{name: "a column that is computed", batch: "ALTER TABLE numbers ADD g int AS (id + 1) VIRTUAL, ADD KEY by_g (g);", kept: "id"},
	{name: "what is computed of a column", batch: "ALTER TABLE numbers ADD g int DEFAULT 4, ADD h int AS (g + 1) STORED;", kept: "id,g"},

	{name: "a column less", batch: "ALTER TABLE t DROP COLUMN f;", undone: "id,f"},
	{name: "columns less with keys", batch: "ALTER TABLE t DROP COLUMN c, DROP COLUMN e; ALTER TABLE computed DROP COLUMN v;", undone: "id id,c,e"},
	{name: "another column for one", batch: "ALTER TABLE t DROP COLUMN f, ADD g int DEFAULT 3;", kept: "id,g", undone: "id,f"},

	{name: "a column under a check", batch: "ALTER TABLE numbers ADD g int DEFAULT 4, ADD CONSTRAINT some CHECK (g > 0);", kept: "id,n,late,g", undone: "id,n,late"},
	{name: "a column under a foreign key", batch: "ALTER TABLE numbers ADD g int, ADD CONSTRAINT ties FOREIGN KEY (g) REFERENCES parents (id);", kept: "id,g"},
	{name: "a column in a unique key with another one", batch: "ALTER TABLE numbers ADD g int DEFAULT 1, ADD UNIQUE KEY by_g (g, n);", kept: "id,n,late,g", undone: "id,n,late"},
	{name: "a column and another type", batch: "ALTER TABLE numbers ADD g int DEFAULT 1, MODIFY late bigint;", kept: "id,n,late,g", undone: "id,n,late"},
	{name: "a column of a table without a key", batch: "ALTER TABLE keyless ADD g int DEFAULT 1;", kept: "n,g", undone: "n"},
	{name: "columns that others depend on", batch: "ALTER TABLE t ADD g int DEFAULT 3; CREATE TRIGGER counts BEFORE UPDATE ON t FOR EACH ROW SET NEW.g = 0; CREATE VIEW shows AS SELECT id, g FROM t;", kept: "id,g",
		mends: "; DROP TRIGGER counts; UPDATE t SET g = 3; CREATE TRIGGER counts BEFORE UPDATE ON t FOR EACH ROW SET NEW.g = 0"},
}

// TestReversible takes batches back, and undoes that while others write to the tables.
func TestReversible(t *testing.T) {
	t.Parallel()
	for _, c := range reversibleCases {
		if !testmy.Knows(c.only) || !testshare.Has(c.name) {
			continue
		}
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := enginetest.NewProject(t, enginetest.MySQL(), map[string]string{"1_x.up.sql": c.batch})
			p.Exec(t, reversibleBase)
			look := func() string { return testmy.WithoutCounters(p.DB.Fingerprint(t)) }
			before := look()
			p.Up(t, safemigrate.UpOptions{})
			after := look()
			back := p.Rollback(t, safemigrate.RollbackOptions{})
			if now := look(); now != before {
				t.Errorf("after the rollback:\n%s", enginetest.Difference(before, now))
			}
			if got := quarantineOf(t, p, back.Quarantine); got != c.kept {
				t.Errorf("the quarantine has %q, want %q", got, c.kept)
			}
			p.Exec(t, "INSERT INTO t SET id = 50, a = 1, b = 'new'; UPDATE t SET b = 'other' WHERE id = 1")
			undone := p.Rollback(t, safemigrate.RollbackOptions{Undo: true})
			if got := quarantineOf(t, p, undone.Quarantine); got != c.undone {
				t.Errorf("the quarantine of the undo has %q, want %q", got, c.undone)
			}
			table := "t"
			if c.table != "" {
				table = c.table
			}
			if got := strings.Join(p.Rows(t, "SELECT concat(id, coalesce(b, '-')) FROM "+table+" ORDER BY id"), " "); got != "1other 2zwei 3- 50new" {
				t.Errorf("the rows are %s", got)
			}
			p.Exec(t, "DELETE FROM "+table+" WHERE id = 50; UPDATE "+table+" SET b = 'eins' WHERE id = 1"+c.mends)
			if now := look(); now != after {
				t.Errorf("after the undo:\n%s", enginetest.Difference(after, now))
			}
			p.Rollback(t, safemigrate.RollbackOptions{})
			if now := look(); now != before {
				t.Errorf("after the second rollback:\n%s", enginetest.Difference(before, now))
			}
		})
	}
}

// TestReversibleTogether takes several batches back at once.
func TestReversibleTogether(t *testing.T) {
	t.Parallel()
	p := enginetest.NewProject(t, enginetest.MySQL(), nil)
	p.Exec(t, reversibleBase)
	before := p.DB.Fingerprint(t)
	for name, text := range map[string]string{
		"1_x.up.sql": "ALTER TABLE t ADD g int DEFAULT 3; ALTER TABLE numbers ADD KEY by_n (n); ALTER TABLE computed ADD KEY by_all (n, m);",
		"2_x.up.sql": "ALTER TABLE t ADD KEY by_g (g), DROP KEY by_a; RENAME TABLE parents TO elders; ALTER TABLE computed DROP KEY by_all;",
		"3_x.up.sql": "ALTER TABLE t ADD h int DEFAULT 1 AFTER g; ALTER TABLE numbers DROP COLUMN late; UPDATE keyless SET n = 2;",
	} {
		p.Add(map[string]string{name: text})
	}
	for i, to := range []string{"1", "2", "3"} {
		if up := p.Up(t, safemigrate.UpOptions{To: to}); len(up.Migrations) != 1 {
			t.Fatalf("batch %d has %d migrations", i, len(up.Migrations))
		}
	}
	after := p.DB.Fingerprint(t)
	none := ""
	for range 2 {
		back := p.Rollback(t, safemigrate.RollbackOptions{To: &none})
		p.Is(t, before, "after the rollback")
		if got := quarantineOf(t, p, back.Quarantine); got != "id,g,h n" {
			t.Errorf("the quarantine has %q", got)
		}
		undone := p.Rollback(t, safemigrate.RollbackOptions{Undo: true})
		p.Is(t, after, "after the undo")
		if got := quarantineOf(t, p, undone.Quarantine); got != "id,late n" {
			t.Errorf("the quarantine of the undo has %q", got)
		}
	}
}

// quarantineOf lists the columns of the copies that a snapshot has.
func quarantineOf(t *testing.T, p *enginetest.Project, id string) string {
	t.Helper()
	copies := p.Rows(t, `SELECT group_concat(column_name ORDER BY ordinal_position) FROM information_schema.columns
		WHERE table_schema = database() AND table_name LIKE 'safemigrate\_c\_`+strings.ReplaceAll(id, "-", "\\_")+`\_%' GROUP BY table_name`)
	slices.Sort(copies)
	return strings.Join(copies, " ")
}
