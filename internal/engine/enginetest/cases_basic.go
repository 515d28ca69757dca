//go:build unix

package enginetest

import (
	"strings"
	"testing/fstest"

	"github.com/safemigrate/safemigrate"
	"github.com/safemigrate/safemigrate/migrate"
)

func upRollbackUndo(x trial) {
	t, e := x.t, x.e
	p := NewProject(t, e, shop())
	empty := p.DB.Fingerprint(t)
	first := p.Up(t, one)
	if first.From != "" || first.To != "1" || len(first.Migrations) != 1 || first.Snapshot == nil || first.Batch == "" {
		t.Errorf("report of the first batch: %+v", first)
	}
	p.Exec(t, seed)
	v1 := p.DB.Fingerprint(t)
	second := p.Up(t, all)
	if second.From != "1" || second.To != "4" || len(second.Migrations) != 3 || second.Steps != e.steps(1, 8) {
		t.Errorf("report of the second batch: %+v", second)
	}
	v4 := p.DB.Fingerprint(t)
	if v4 == v1 {
		t.Fatal("up changed nothing")
	}
	for range 2 {
		r := p.Rollback(t, back)
		if r.From != "4" || r.To != "1" || r.Losses() != 0 || len(r.Undone) != 1 || r.Undone[0] != second.Batch {
			t.Errorf("report of the rollback: %+v", r)
		}
		p.Is(t, v1, "after a rollback")
		if r := p.Rollback(t, undo); r.To != "4" || !r.Undo {
			t.Errorf("report of the undo: %+v", r)
		}
		p.Is(t, v4, "after its undo")
	}
	p.Rollback(t, back)
	p.Is(t, v1, "after the last rollback")
	// The rows written since version 1 was made are in tables that go.
	_, err := p.TryRollback(t, back)
	Fails(t, err, migrate.Undecided)
	p.Is(t, v1, "without a decision")
	p.Rollback(t, safemigrate.RollbackOptions{Decide: migrate.Discard})
	p.Is(t, empty, "after all was taken back")
	_, err = p.TryRollback(t, back)
	Fails(t, err, migrate.Unchanged, "no batch")
	p.Rollback(t, undo)
	p.Is(t, v1, "after the undo of everything")
	p.Up(t, all)
	if e.CommitsEach {
		// The server drops an index that it made for a foreign key as soon as
		// another one serves; nothing tells such an index from one that was asked
		// for, so that a table made again has it for good.
		v4 = strings.ReplaceAll(v4, "PRIMARY KEY (`id`),\n  KEY `orders_by_customer`", "PRIMARY KEY (`id`),\n  KEY `customer` (`customer`),\n  KEY `orders_by_customer`")
	}
	p.Is(t, v4, "after up again")
}

func upInParts(x trial) {
	t, e := x.t, x.e
	p := NewProject(t, e, shop())
	for _, c := range []struct {
		options  safemigrate.UpOptions
		from, to string
	}{
		{safemigrate.UpOptions{Limit: 1}, "", "1"},
		{safemigrate.UpOptions{To: "3"}, "1", "3"},
		{safemigrate.UpOptions{Limit: 99}, "3", "4"},
	} {
		if r := p.Up(t, c.options); r.From != c.from || r.To != c.to || version(t, p) != c.to {
			t.Errorf("from %q to %q, want %q to %q", r.From, r.To, c.from, c.to)
		}
	}
	_, err := p.TryUp(t, safemigrate.UpOptions{To: "7"})
	Fails(t, err, migrate.Usage, "7")
	_, err = p.TryRollback(t, to("2"))
	Fails(t, err, migrate.Usage, "tags that can be reached: 3, 1, none")
	r := p.Rollback(t, to("4"))
	if len(r.Undone) != 0 {
		t.Errorf("a rollback to where the database is: %+v", r)
	}
}

func severalBatches(x trial) {
	t, e := x.t, x.e
	p := NewProject(t, e, shop())
	states := []string{p.DB.Fingerprint(t)}
	up := func() {
		p.Up(t, one)
		states = append(states, p.DB.Fingerprint(t))
	}
	up()
	p.Exec(t, seed)
	states[1] = p.DB.Fingerprint(t)
	for range 3 {
		up()
	}
	for range 2 {
		if r := p.Rollback(t, to("1")); len(r.Undone) != 3 || r.To != "1" {
			t.Errorf("report: %+v", r)
		}
		p.Is(t, states[1], "after a rollback of three batches")
		p.Rollback(t, undo)
		p.Is(t, states[4], "after its undo")
	}
	for v := 3; v >= 1; v-- {
		p.Rollback(t, back)
		p.Is(t, states[v], "after one rollback more")
	}
	p.Rollback(t, undo)
	p.Is(t, states[2], "after the undo of the newest rollback")
	p.Up(t, all)
	p.Is(t, states[4], "after another up")
	p.Rollback(t, to("2"))
	p.Is(t, states[2], "after taking the new batch back")
	_, err := p.TryRollback(t, to(""))
	Fails(t, err, migrate.Undecided)
	p.Rollback(t, safemigrate.RollbackOptions{To: new(string), Decide: migrate.Discard})
	p.Is(t, states[0], "after going back to nothing")
}

func nothingDue(x trial) {
	t, e := x.t, x.e
	p := NewProject(t, e, nil)
	empty := p.DB.Fingerprint(t)
	p.Config.Convention = "golang-migrate"
	if r := p.Up(t, all); r.Batch != "" || len(r.Migrations) != 0 {
		t.Errorf("report without migrations: %+v", r)
	}
	p.Is(t, empty, "after nothing")
	_, err := p.TryRollback(t, back)
	Fails(t, err, migrate.Unchanged, "no batch")
	_, err = p.TryRollback(t, undo)
	Fails(t, err, migrate.Unchanged, "no rollback to undo")
	r, err := p.Open(t).Recover(t.Context(), safemigrate.RecoverOptions{})
	if err != nil || r.Batch != "" {
		t.Errorf("recover with nothing to do: %+v, %v", r, err)
	}
	p.Add(shop())
	p.Up(t, all)
	v4 := p.DB.Fingerprint(t)
	if r := p.Up(t, all); r.Batch != "" || r.From != "4" || r.To != "4" {
		t.Errorf("report with nothing due: %+v", r)
	}
	p.Is(t, v4, "after nothing again")
	_, err = p.TryRollback(t, undo)
	Fails(t, err, migrate.Unchanged)
}

func planAndDigest(x trial) {
	t, e := x.t, x.e
	p, v1 := seeded(t, e)
	plan, err := p.Open(t).Plan(t.Context(), all)
	if err != nil {
		t.Fatal(err)
	}
	if plan.Version != "1" || plan.Target != "4" || len(plan.Migrations) != 3 || plan.Digest == "" || plan.Steps != e.steps(1, 8) ||
		plan.Migrations[1].Statements != 3 {
		t.Errorf("plan: %+v", plan)
	}
	p.Is(t, v1, "after a plan")
	p.Add(map[string]string{"000003_split.up.sql": "SELECT 1;\n"})
	_, err = p.TryUp(t, safemigrate.UpOptions{PlanDigest: plan.Digest})
	Fails(t, err, migrate.Disagreement, "safemigrate plan")
	p.Is(t, v1, "after another digest")
	p.Add(shop())
	_, err = p.TryUp(t, safemigrate.UpOptions{PlanDigest: plan.Digest, Limit: 1})
	Fails(t, err, migrate.Disagreement)
	p.Up(t, safemigrate.UpOptions{PlanDigest: plan.Digest})
	if _, err := p.TryRollback(t, safemigrate.RollbackOptions{Plan: true}); err != nil {
		t.Errorf("a planned rollback: %v", err)
	}
	if version(t, p) != "4" {
		t.Error("a planned rollback was done")
	}
}

func syntaxFirst(x trial) {
	t, e := x.t, x.e
	p, v1 := seeded(t, e)
	for _, c := range []struct{ name, text, word string }{
		{"a string without end", "SELECT 1;\n  SELECT 'no end;\n", "000005_bad.up.sql:2:10"},
		{"a comment without end", "SELECT 1;\n/* no end\n", "000005_bad.up.sql:2:1"},
		{"its own rollback", "SELECT 1;\nROLLBACK;\n", "000005_bad.up.sql:2:1"},
	} {
		p.Add(map[string]string{"000005_bad.up.sql": c.text})
		_, err := p.TryUp(t, all)
		Fails(t, err, migrate.Unchanged, c.word)
		p.Is(t, v1, "after "+c.name)
	}
	for name, text := range map[string][]byte{
		"crlf": []byte("CREATE TABLE x (a text);\r\nINSERT INTO x VALUES ('1\r\n2');\r\n"),
		"bom":  []byte("\xef\xbb\xbfCREATE TABLE x (a text);"),
	} {
		q := NewProject(t, e, nil)
		q.Files = fstest.MapFS{"1_x.up.sql": {Data: text}}
		if r := q.Up(t, all); r.To != "1" {
			t.Errorf("%s: %+v", name, r)
		}
	}
	q := NewProject(t, e, nil)
	q.Files = fstest.MapFS{"1_x.up.sql": {Data: []byte("SELECT '\xff';")}}
	_, err := q.TryUp(t, all)
	Fails(t, err, migrate.Disagreement, "1_x.up.sql")
}
