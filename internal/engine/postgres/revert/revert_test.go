package revert_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/catalog"
	"github.com/safemigrate/safemigrate/internal/engine/postgres/revert"
	"github.com/safemigrate/safemigrate/internal/testpg"
)

func TestMain(m *testing.M) { testpg.Main(m) }

// example is a batch that is taken back.
type example struct {
	name  string
	setup string
	batch string
	since string // what someone changes after the batch

	changed  []string // tables whose rows the batch changed
	expect   string   // what has to be done to the setup to get what must be left
	ways     string   // "public.t rebuilt, public.u dropped"; "-" for none
	objects  []string // of the plan's other objects, what must be named
	drift    []string // what must be named as drift
	conflict string   // text of a conflict
	refused  string   // text of the error of Apply
}

func runExamples(t *testing.T, examples []example) {
	t.Helper()
	t.Parallel()
	for _, e := range examples {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			e.run(t)
		})
	}
}

func (e *example) run(t *testing.T) {
	db := testpg.Start(t).Database(t)
	db.Exec(t, e.setup)
	want := e.wanted(t, db)
	b := begin(t, db, 1)
	b.apply(t, e.batch, e.changed)
	db.Exec(t, e.since)
	undone := contents(t, db)

	plan, in := b.plan(t)
	if e.conflict != "" {
		if !slices.ContainsFunc(plan.Conflicts, func(c string) bool { return strings.Contains(c, e.conflict) }) {
			t.Fatalf("no conflict %q in %q", e.conflict, plan.Conflicts)
		}
		b.mustRefuse(t, plan)
		return
	}
	if len(plan.Conflicts) > 0 {
		t.Fatalf("conflicts: %q", plan.Conflicts)
	}
	e.checkPlan(t, plan)
	_, err := b.revert(t, plan, in)
	switch {
	case e.refused != "":
		if err == nil || !strings.Contains(err.Error(), e.refused) {
			t.Fatalf("got error %v, want %q", err, e.refused)
		}
		differ(t, "left behind by a refusal", undone, contents(t, db))
	case err != nil:
		t.Fatal(err)
	default:
		differ(t, "not as it was", want, contents(t, db))
	}
}

// wanted is what must be there in the end.
func (e *example) wanted(t *testing.T, db *testpg.Database) string {
	if e.expect == "" {
		return contents(t, db)
	}
	model := db.Server.Database(t)
	model.Exec(t, e.setup)
	model.Exec(t, e.expect)
	return contents(t, model)
}

func (e *example) checkPlan(t *testing.T, plan *revert.Plan) {
	var ways []string
	for _, w := range plan.Tables {
		name := w.Before
		if name == "" {
			name = w.Now
		}
		ways = append(ways, name+" "+string(w.Way))
	}
	slices.Sort(ways)
	got := strings.Join(ways, ", ")
	if e.ways != "" && got != strings.TrimPrefix(e.ways, "-") {
		t.Errorf("ways are %q, want %q", got, e.ways)
	}
	for what, texts := range map[string][2][]string{"objects": {e.objects, plan.Objects}, "drift": {e.drift, plan.Drift}} {
		for _, text := range texts[0] {
			if !slices.ContainsFunc(texts[1], func(s string) bool { return strings.Contains(s, text) }) {
				t.Errorf("%s: %q is not in %q", what, text, texts[1])
			}
		}
	}
	if len(e.drift) == 0 && e.since == "" && len(plan.Drift) > 0 {
		t.Errorf("drift without a cause: %q", plan.Drift)
	}
}

// contents is the whole database as text, the owner's name replaced.
func contents(t *testing.T, db *testpg.Database) string {
	t.Helper()
	return strings.ReplaceAll(db.Dump(t)+db.Rows(t), db.Role, "owner")
}

func differ(t *testing.T, what, want, got string) {
	t.Helper()
	if want == got {
		return
	}
	w, g := strings.Split(want, "\n"), strings.Split(got, "\n")
	var out []string
	for _, line := range w {
		if !slices.Contains(g, line) {
			out = append(out, "- "+line)
		}
	}
	for _, line := range g {
		if !slices.Contains(w, line) {
			out = append(out, "+ "+line)
		}
	}
	if len(out) == 0 {
		out = []string{"the same lines in another order:", got}
	}
	t.Errorf("%s:\n%s", what, strings.Join(out, "\n"))
}

// batch is one batch with what was kept of it.
type batch struct {
	db      *testpg.Database
	schema  string
	before  *catalog.State
	after   *catalog.State
	copies  map[uint32]revert.Copy
	changed map[uint32]bool
}

// begin keeps all rows and the schema.
func begin(t *testing.T, db *testpg.Database, number int) *batch {
	t.Helper()
	b := &batch{db: db, schema: fmt.Sprintf("safemigrate_b%d", number), copies: map[uint32]revert.Copy{}, changed: map[uint32]bool{}}
	b.before = readState(t, db)
	sql := "CREATE SCHEMA " + b.schema + ";"
	for i := range b.before.Objects {
		o := &b.before.Objects[i]
		if o.Table == nil {
			continue
		}
		c := revert.Copy{Table: o.Address.OID, Source: fmt.Sprintf("%s.t%d", b.schema, o.Address.OID)}
		var columns []string
		for j := range o.Table.Columns {
			col := &o.Table.Columns[j]
			if col.Generated != "" {
				continue
			}
			k := revert.CopyColumn{Num: col.Num, Name: col.Name, Column: fmt.Sprintf("c%d", col.Num), Text: strings.Contains(col.Type, ".")}
			value := catalog.Quote(col.Name)
			if k.Text {
				value += "::text"
			}
			columns = append(columns, value+" AS "+k.Column)
			c.Columns = append(c.Columns, k)
		}
		sql += fmt.Sprintf("CREATE TABLE %s AS SELECT %s FROM ONLY %s;", c.Source, strings.Join(columns, ", "), o.Identity)
		b.copies[o.Address.OID] = c
	}
	db.Exec(t, sql)
	return b
}

func (b *batch) apply(t *testing.T, sql string, changed []string) {
	t.Helper()
	b.db.Exec(t, sql)
	b.after = readState(t, b.db)
	for _, name := range changed {
		o := b.before.ByIdentity(catalog.KindTable, name)
		if o == nil {
			t.Fatalf("no table %s", name)
		}
		b.changed[o.Address.OID] = true
	}
}

func (b *batch) plan(t *testing.T) (*revert.Plan, revert.Input) {
	t.Helper()
	in := revert.Input{Before: b.before, After: b.after, Now: readState(t, b.db), Copies: b.copies, RowsChanged: b.changed}
	plan, err := revert.New(in)
	if err != nil {
		t.Fatal(err)
	}
	return plan, in
}

// revert carries a plan out, verifies it, and commits.
func (b *batch) revert(t *testing.T, plan *revert.Plan, in revert.Input) (revert.Renumbered, error) {
	t.Helper()
	ctx := context.Background()
	tx := transaction(t, b.db)
	ren, err := plan.Apply(ctx, tx)
	if err != nil {
		return ren, err
	}
	got, err := catalog.Read(ctx, tx, in.Read)
	if err != nil {
		t.Fatal(err)
	}
	if wrong := plan.Verify(got); len(wrong) > 0 {
		t.Errorf("not exact: %s", strings.Join(wrong, "\n"))
	}
	return ren, tx.Commit(ctx)
}

func (b *batch) mustRefuse(t *testing.T, plan *revert.Plan) {
	t.Helper()
	if _, err := plan.Apply(context.Background(), transaction(t, b.db)); err == nil {
		t.Error("a plan with conflicts was carried out")
	}
}

func transaction(t *testing.T, db *testpg.Database) pgx.Tx {
	t.Helper()
	ctx := context.Background()
	tx, err := db.Connect(t).Begin(ctx)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = tx.Rollback(ctx) })
	return tx
}

func readState(t *testing.T, db *testpg.Database) *catalog.State {
	t.Helper()
	tx := transaction(t, db)
	s, err := catalog.Read(context.Background(), tx, catalog.Options{})
	if err != nil {
		t.Fatal(err)
	}
	_ = tx.Rollback(context.Background())
	return s
}
