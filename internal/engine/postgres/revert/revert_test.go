package revert_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/catalog"
	"github.com/safemigrate/safemigrate/internal/engine/postgres/revert"
	"github.com/safemigrate/safemigrate/internal/engine/postgres/rows"
	"github.com/safemigrate/safemigrate/internal/testpg"
	"github.com/safemigrate/safemigrate/internal/testshare"
)

func TestMain(m *testing.M) { testpg.Main(m) }

// example is a batch that is taken back.
type example struct {
	name  string
	setup string
	batch string
	since string // what someone changes after the batch
	from  int    // first server version (server_version_num) that has what it takes; 0: all
	until int    // first server version that refuses the setup; 0: none

	changed  []string // tables whose rows the batch changed
	expect   string   // what has to be done to the setup to get what must be left
	ways     string   // "public.t rebuilt, public.u dropped"; "-" for none
	objects  []string // of the plan's other objects, what must be named
	drift    []string // what must be named as drift
	conflict string   // text of a conflict
	refused  string   // text of the error of Apply
	oneWay   string   // text of the conflict when the way back is to be undone
}

// runExamples runs the examples that are in this run's share: make test has a part of them
// under the race detector, and all of them without.
func runExamples(t *testing.T, examples []example) {
	t.Helper()
	t.Parallel()
	for _, e := range examples {
		if !testshare.Has(e.name) {
			continue
		}
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			e.run(t)
		})
	}
}

func (e *example) run(t *testing.T) {
	t.Helper()
	db := testpg.Start(t).Database(t)
	if server := readState(t, db).Server; server >= e.from && (e.until == 0 || server < e.until) {
		e.runIn(t, db)
	}
}

func (e *example) runIn(t *testing.T, db *testpg.Database) {
	t.Helper()
	db.Exec(t, e.setup)
	want := e.wanted(t, db)
	b := begin(t, db, 1)
	b.apply(t, e.batch, e.changed)
	if e.since != "" {
		db.Exec(t, e.since)
	}
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
	undone := db.Rows(t) + described(in.Now)
	e.checkPlan(t, plan)
	e.checkWithoutAfter(t, b, plan, in)
	quarantine := b.quarantine(t, plan, in)
	ren, err := b.revert(t, plan, in)
	switch {
	case e.refused != "":
		if err == nil || !strings.Contains(err.Error(), e.refused) {
			t.Fatalf("got error %v, want %q", err, e.refused)
		}
		differ(t, "left behind by a refusal", undone, db.Rows(t)+described(readState(t, db)))
	case err != nil:
		t.Fatal(err)
	default:
		differ(t, "not as it was", want, contents(t, db))
		quarantine.translate(ren)
		if !quarantine.undo(t, plan, e.oneWay) {
			return
		}
		differ(t, "not as before the way back", undone, db.Rows(t)+described(readState(t, db)))
	}
}

// wanted is what must be there in the end.
func (e *example) wanted(t *testing.T, db *testpg.Database) string {
	t.Helper()
	if e.expect == "" {
		return contents(t, db)
	}
	model := db.Server.Database(t)
	model.Exec(t, e.setup)
	model.Exec(t, e.expect)
	return contents(t, model)
}

func (e *example) checkPlan(t *testing.T, plan *revert.Plan) {
	t.Helper()
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

// checkWithoutAfter plans again as after a batch that failed half-way: all that
// differs is the batch's.
func (e *example) checkWithoutAfter(t *testing.T, b *batch, plan *revert.Plan, in revert.Input) {
	t.Helper()
	if e.since != "" {
		return
	}
	in.After = nil
	alone := b.planOf(t, in)
	if !slices.EqualFunc(plan.Tables, alone.Tables, func(x, y revert.TableWay) bool { return x.OID == y.OID && x.Way == y.Way }) ||
		!slices.Equal(plan.Objects, alone.Objects) || len(alone.Conflicts) > 0 {
		t.Errorf("without the state after the batch: %+v", alone)
	}
}

// contents is the whole database as text, the owner's name replaced.
func contents(t *testing.T, db *testpg.Database) string {
	t.Helper()
	return strings.ReplaceAll(db.Dump(t)+db.Rows(t), db.Role, "owner")
}

// described is a schema as text, without numbers.
func described(s *catalog.State) string {
	var all []string
	for i := range s.Objects {
		o := s.Objects[i]
		text := fmt.Sprintf("%s %s: %s %q %q %s %v %q %v %q %s", o.Kind, o.Identity, o.Create, o.After, o.OnIndex, o.Owner, o.Grants, o.Comment, o.Columns, o.Labels, o.Unsupported)
		if o.Table != nil {
			for _, c := range o.Table.Columns {
				all = append(all, fmt.Sprintf("%s.%s: %q %v", o.Identity, c.Name, c.Comment, c.Grants))
				if s := c.IdentitySeq; s != nil {
					all = append(all, fmt.Sprintf("%s: %s %q %v", s.Name, s.Persistence, s.Comment, s.Grants))
				}
			}
		}
		all = append(all, text)
	}
	slices.Sort(all)
	return strings.Join(all, "\n")
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
	records map[uint32]revert.Record
}

// begin keeps all rows and the schema, in a schema that has a name of safemigrate's own.
func begin(t *testing.T, db *testpg.Database, number int) *batch {
	t.Helper()
	b := &batch{db: db, schema: fmt.Sprintf("safemigrate_20260101_000000_%d", number), copies: map[uint32]revert.Copy{}, changed: map[uint32]bool{}}
	b.before = readState(t, db)
	sql := []string{"CREATE SCHEMA " + b.schema}
	for i := range b.before.Objects {
		if o := &b.before.Objects[i]; o.Table != nil {
			sql = append(sql, b.keep(o))
		}
	}
	db.Exec(t, strings.Join(sql, ";"))
	return b
}

// keep notes the copy of a table, and says how it is made.
func (b *batch) keep(o *catalog.Object) string {
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
	b.copies[o.Address.OID] = c
	return fmt.Sprintf("CREATE TABLE %s AS SELECT %s FROM ONLY %s", c.Source, strings.Join(columns, ", "), o.Identity)
}

func (b *batch) apply(t *testing.T, sql string, changed []string) {
	t.Helper()
	if sql != "" {
		b.db.Exec(t, sql)
	}
	b.after = readState(t, b.db)
	for _, name := range changed {
		o := b.before.ByIdentity(catalog.KindTable, name)
		if o == nil {
			t.Fatalf("no table %s", name)
		}
		b.changed[o.Address.OID] = true
	}
	b.record(t)
}

// record notes what was done to the rows of tables with a primary key.
func (b *batch) record(t *testing.T) {
	t.Helper()
	b.records = map[uint32]revert.Record{}
	tx := transaction(t, b.db)
	for oid := range b.changed {
		o := b.after.Object(catalog.Address{Catalog: "pg_class", OID: oid})
		if o == nil || !revert.KeyStays(b.before, b.after, oid) {
			continue
		}
		key, err := rows.PrimaryKey(t.Context(), tx, oid)
		if err == nil {
			b.records[oid], err = rows.RecordChanges(t.Context(), tx, o.Identity, b.copies[oid], key, fmt.Sprintf("%s.r%d", b.schema, oid))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := tx.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func (b *batch) plan(t *testing.T) (*revert.Plan, revert.Input) {
	t.Helper()
	in := b.input(t)
	return b.planOf(t, in), in
}

func (b *batch) input(t *testing.T) revert.Input {
	t.Helper()
	return revert.Input{Before: b.before, After: b.after, Now: readState(t, b.db), Copies: b.copies, RowsChanged: b.changed, Records: b.records}
}

func (b *batch) planOf(t *testing.T, in revert.Input) *revert.Plan {
	t.Helper()
	plan, err := revert.New(in)
	if err != nil {
		t.Fatal(err)
	}
	return plan
}

// revert carries a plan out, verifies it, and commits.
func (b *batch) revert(t *testing.T, plan *revert.Plan, in revert.Input) (revert.Renumbered, error) {
	t.Helper()
	ctx := context.Background()
	tx := transaction(t, b.db)
	_, ren, err := plan.Apply(ctx, tx)
	if err != nil {
		_ = tx.Rollback(ctx) // the error is what counts
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
	if _, _, err := plan.Apply(context.Background(), transaction(t, b.db)); err == nil {
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

// readers are the sessions that read the states of databases, one for each: planning the
// queries takes a session longer than reading again.
var readers sync.Map

func reader(t *testing.T, db *testpg.Database) *pgx.Conn {
	t.Helper()
	if known, ok := readers.Load(db); ok {
		return known.(*pgx.Conn)
	}
	config, err := pgx.ParseConfig(db.URL)
	if err != nil {
		t.Fatal(err)
	}
	config.StatementCacheCapacity = 512 // more than there are different ones
	conn, err := pgx.ConnectConfig(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	readers.Store(db, conn)
	t.Cleanup(func() {
		readers.Delete(db)
		_ = conn.Close(context.Background())
	})
	return conn
}

func readState(t *testing.T, db *testpg.Database) *catalog.State {
	t.Helper()
	tx, err := reader(t, db).Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	s, err := catalog.Read(t.Context(), tx, catalog.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := tx.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	return asKept(t, s)
}

// asKept is a state as it comes back from the ledger.
func asKept(t *testing.T, s *catalog.State) *catalog.State {
	t.Helper()
	text, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	kept := &catalog.State{}
	if err := json.Unmarshal(text, kept); err != nil {
		t.Fatal(err)
	}
	return kept
}

// quarantine keeps the rows that a plan takes out, and what is there before it,
// as if the way back were a batch of its own.
func (b *batch) quarantine(t *testing.T, plan *revert.Plan, in revert.Input) *batch {
	t.Helper()
	q := &batch{db: b.db, schema: b.schema + "f", before: in.Now, copies: map[uint32]revert.Copy{}, changed: map[uint32]bool{}}
	sql := []string{"CREATE SCHEMA " + q.schema}
	for _, w := range plan.Tables {
		if w.NeedsQuarantine {
			sql = append(sql, q.keep(in.Now.Object(catalog.Address{Catalog: "pg_class", OID: w.OID})))
		}
	}
	b.db.Exec(t, strings.Join(sql, ";"))
	return q
}

// translate puts what was kept into the numbers of now.
func (b *batch) translate(ren revert.Renumbered) {
	states := []*catalog.State{{Server: b.before.Server, Objects: b.before.Objects}}
	if b.after != nil {
		states = append(states, &catalog.State{Server: b.after.Server, Objects: b.after.Objects})
	}
	for _, s := range states {
		ren.State(s)
	}
	b.before = states[0]
	if b.after != nil {
		b.after = states[1]
	}
	copies, changed := map[uint32]revert.Copy{}, map[uint32]bool{}
	for old, c := range b.copies {
		c.Columns = slices.Clone(c.Columns)
		ren.Copy(&c)
		copies[c.Table] = c
		if b.changed[old] {
			changed[c.Table] = true
		}
	}
	b.copies, b.changed = copies, changed
}

// undo takes a way back back, and says whether it was to.
func (b *batch) undo(t *testing.T, done *revert.Plan, conflict string) bool {
	t.Helper()
	for _, w := range done.Tables {
		if w.Way == revert.Refilled || w.Way == revert.Corrected {
			b.changed[w.OID] = true
		}
	}
	b.after = readState(t, b.db)
	for _, w := range done.Tables {
		if o := b.after.ByIdentity(catalog.KindTable, w.Before); w.Way == revert.PutBack && o != nil {
			b.changed[o.Address.OID] = true
		}
	}
	b.record(t)
	b.after = nil
	plan, in := b.plan(t)
	if conflict != "" && strings.Contains(strings.Join(plan.Conflicts, "\n"), conflict) {
		return false
	}
	if conflict != "" || len(plan.Conflicts) > 0 {
		t.Fatalf("conflicts of the way forward: %q", plan.Conflicts)
	}
	if _, err := b.revert(t, plan, in); err != nil {
		t.Fatalf("undoing the way back: %v", err)
	}
	return true
}
