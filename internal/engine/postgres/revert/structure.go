package revert

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/catalog"
)

// decide finds, once the names are back, what else has to happen.
func (r *run) decide() error {
	before, cur := newIndex(r.before), newIndex(r.cur)
	r.plan.cmp = comparer{x: before, y: cur, ren: renamed(before, cur)}
	r.plan.expected = nil
	r.work = newWork(r.plan.in, before, cur, r.plan.cmp, r.plan.verdicts)
	return r.plan.foresaw(r.work)
}

// structure drops, alters and creates until all that is expected is there.
func (r *run) structure(ctx context.Context) error {
	steps, err := r.statements(ctx, r.work)
	if err != nil {
		return err
	}
	if len(steps) > 0 {
		if err := r.exec(ctx, steps); err != nil {
			return err
		}
		// Until the partitions were back others could go on writing.
		if err := r.exec(ctx, r.work.lookOver()); err != nil {
			return err
		}
		if err := r.read(ctx); err != nil {
			return err
		}
	}
	if err := r.nameExclusions(ctx, r.work); err != nil {
		return err
	}
	return r.matchUp(r.work)
}

// foresaw makes sure that nothing is about to happen that the caller was not
// told: a conflict, or a table whose rows have not been copied away.
func (p *Plan) foresaw(w *work) error {
	if len(w.conflicts) > 0 {
		return fmt.Errorf("%w: %s", ErrConflict, w.conflicts[0])
	}
	for _, t := range w.ways() {
		if told := p.table(t.OID); t.NeedsQuarantine && (told == nil || !told.NeedsQuarantine) {
			return fmt.Errorf("%w: table %s would have to be %s, which was not foreseen", ErrConflict, t.Now, t.Way)
		}
	}
	return nil
}

func (r *run) statements(ctx context.Context, w *work) ([]step, error) {
	room, nulls, noNulls := w.notNullSteps()
	steps := slices.Concat(w.free(), w.releaseSteps(), w.dropSteps(), w.emptySteps(), room)
	if !w.onlyRows() && !w.in.Rehearsal {
		steps = append(steps, w.correctSteps()...)
	}
	steps = slices.Concat(steps, w.takeOutBreaking(), nulls)
	all := addresses(w.cur)
	w.byDepth(all)
	for _, a := range all {
		want, cur := w.expect[a], w.cur.objects[a]
		if want == nil || cur == nil || want.Table == nil || w.drop[a] {
			continue
		}
		altered, err := r.alterSteps(ctx, w, want, cur)
		if err != nil {
			return nil, err
		}
		steps = append(steps, altered...)
	}
	steps = slices.Concat(steps, noNulls, w.swapEnums())
	for _, a := range w.creates() {
		made, err := r.makeSteps(ctx, w, a)
		if err != nil {
			return nil, err
		}
		steps = append(steps, made...)
	}
	return slices.Concat(steps, w.looseParts(), w.tie()), nil
}

func (w *work) releaseSteps() []step {
	var steps []step
	for _, a := range addresses(w.before, w.cur) {
		if !w.alter[a] || releases[w.expect[a].Kind] == nil {
			continue
		}
		for _, sql := range releases[w.expect[a].Kind](w.expect[a], w.cur.objects[a]) {
			steps = append(steps, step{sql: sql, what: "putting " + label(w.expect[a]) + " back"})
		}
	}
	return steps
}

// dropSteps drop foreign keys first, so that tables can leave their parents;
// what comes from a parent goes with it, or afterwards.
func (w *work) dropSteps() []step {
	var first, rest []step
	var inherited []address
	for _, a := range w.drops() {
		switch o := w.cur.objects[a]; {
		case o != nil && o.Table != nil && w.moves(a):
			rest = append(rest, w.moveSteps(o, w.in.Moved[a.OID])...)
		case o != nil && isForeignKey(o) && !w.bound(o):
			first = append(first, w.dropStep(a))
		case w.comesFromParent(a):
			inherited = append(inherited, a)
		default:
			rest = append(rest, w.dropStep(a))
		}
	}
	w.byDepth(inherited)
	steps := slices.Concat(first, w.leaveSteps(), rest)
	for _, a := range inherited {
		steps = append(steps, w.dropLeftover(a))
	}
	return steps
}

// dropLeftover drops what comes from a parent, if it has not gone with that.
func (w *work) dropLeftover(a address) step {
	s := w.dropStep(a)
	for _, word := range []string{"ALTER TABLE ", "DROP INDEX ", " DROP CONSTRAINT ", " DROP COLUMN "} {
		if i := strings.LastIndex(s.sql, word); i >= 0 {
			s.sql = s.sql[:i+len(word)] + "IF EXISTS " + s.sql[i+len(word):]
		}
	}
	return s
}

func (r *run) alterSteps(ctx context.Context, k *work, want, cur *object) ([]step, error) {
	var steps []step
	add := func(sql string) { steps = append(steps, step{sql: sql, what: "putting " + label(want) + " back"}) }
	for _, sql := range alterTable(k, want, cur) {
		add(sql)
	}
	for i := range want.Table.Columns {
		w := &want.Table.Columns[i]
		c := column(cur, w.Num)
		if c == nil || c.Storage == w.Storage {
			continue
		}
		storage, err := r.storage(ctx, w, c)
		if err != nil {
			return nil, err
		}
		add("ALTER TABLE ONLY " + cur.Identity + " ALTER COLUMN " + catalog.Quote(c.Name) + " SET STORAGE " + storage)
	}
	return steps, nil
}

// storage is how a column is to be stored: by its type's default, if it has no
// storage of its own (SET STORAGE DEFAULT came with PostgreSQL 16).
func (r *run) storage(ctx context.Context, want, cur *catalog.Column) (string, error) {
	if want.Storage != "" {
		return want.Storage, nil
	}
	const sql = `SELECT CASE typstorage WHEN 'p' THEN 'PLAIN' WHEN 'e' THEN 'EXTERNAL' WHEN 'm' THEN 'MAIN' ELSE 'EXTENDED' END
		FROM pg_catalog.pg_type WHERE oid = $1`
	var s string
	if err := r.conn.QueryRow(ctx, sql, cur.TypeOID).Scan(&s); err != nil {
		return "", fmt.Errorf("reading the storage of type %s: %w", cur.Type, err)
	}
	return s, nil
}

func (w *work) dropStep(a address) step {
	o := w.cur.objects[whole(a)]
	if c := column(o, a.Column); c != nil && o.Table == nil {
		return step{sql: "ALTER TYPE " + o.Identity + " DROP ATTRIBUTE " + catalog.Quote(c.Name), what: "dropping " + w.describe(a)}
	}
	if c := column(o, a.Column); c != nil {
		return step{sql: "ALTER TABLE " + o.Identity + " DROP COLUMN " + catalog.Quote(c.Name), what: "dropping " + w.describe(a)}
	}
	return step{sql: catalog.DropStatement(*o), what: "dropping " + label(o)}
}

func (r *run) makeSteps(ctx context.Context, w *work, a address) ([]step, error) {
	o := w.expect[a]
	switch {
	case a.Catalog == placeCatalog:
		return w.joinSteps(tableOf(a)), nil
	case w.make[a] && o.Kind == catalog.KindSequence:
		return r.createSequence(ctx, w, o)
	case w.make[a] && isExclusionPart(o):
		return nil, nil
	case w.make[a]:
		return r.created(w, o), nil
	case w.refill[a]:
		return w.refillSteps(o), nil
	case o.Kind == catalog.KindSequence:
		return r.alterSequence(ctx, w, o, w.cur.objects[a])
	}
	sqls, _ := inPlace(o, w.cur.objects[a])
	steps := make([]step, len(sqls))
	for i, sql := range sqls {
		steps[i] = step{sql: sql, what: "putting " + label(o) + " back"}
	}
	if r.plan.in.Rehearsal && o.Kind == catalog.KindDomain {
		// The server would look through the rows of every column of the domain.
		r.plan.untried[a] = true
		return nil, nil
	}
	return steps, nil
}

// created lists what makes an object; in a rehearsal, what makes it without
// looking at rows.
func (r *run) created(w *work, o *object) []step {
	steps := w.createSteps(o)
	if !r.plan.in.Rehearsal {
		return steps
	}
	for i := range steps {
		var tried bool
		if steps[i], tried = w.rehearsed(o, steps[i]); !tried {
			r.plan.untried[o.Address] = true
			return nil
		}
	}
	return steps
}

func (w *work) createSteps(o *object) []step {
	what := "bringing " + label(o) + " back"
	runs := mayRun(o)
	steps := []step{{sql: w.overParts(o), what: what, runs: runs && o.Table == nil}}
	if isForeignKey(o) {
		steps = w.asPartition(o, w.expect[o.Parent].Schema, w.expect[o.Parent].Identity, steps[0])
	}
	switch {
	case w.built[o.Address] != "":
		steps = w.takePlace(o)
	case w.ready[o.Address]:
		steps = w.takeName(o)
	case o.Table != nil && o.Table.Key == "":
		steps = append(steps, step{sql: fill(o, o.Identity, w.in.Copies[o.Address.OID]), what: "bringing the rows of " + label(o) + " back", runs: runs, rows: true})
	}
	for _, sql := range o.After {
		steps = append(steps, step{sql: sql, what: what, runs: runs, rows: fills(sql), fills: either(fills(sql), label(o), "")})
	}
	if o.Kind == catalog.KindExtension && o.Owner != "" {
		// An extension belongs for ever to whoever installs it.
		as := step{sql: "SET LOCAL ROLE " + catalog.Quote(o.Owner), what: what}
		steps = append([]step{as}, append(steps, step{sql: "RESET ROLE", what: what})...)
	}
	if o.Kind == catalog.KindIndex || o.Kind == catalog.KindConstraint {
		steps = w.besideSpare(o, append(steps, w.partSteps(o)...))
	}
	steps = w.given(o, steps)
	if !w.ready[o.Address] {
		steps = append(w.lend(o), steps...)
	}
	return steps
}

// alterSequence puts a sequence's options back. Its value has to lie within
// them; where it does not, it starts again, for the caller sets values anyway.
func (r *run) alterSequence(ctx context.Context, w *work, want, cur *object) ([]step, error) {
	s := want.Sequence
	var value int64
	if err := r.conn.QueryRow(ctx, "SELECT last_value FROM "+cur.Identity).Scan(&value); err != nil {
		return nil, fmt.Errorf("reading the value of %s: %w", label(cur), err)
	}
	sql := fmt.Sprintf("ALTER SEQUENCE %s AS %s %s", cur.Identity, s.Type, numbers(s))
	if value < s.Min || value > s.Max {
		sql += fmt.Sprintf(" RESTART WITH %d", s.Start)
	}
	what := "putting " + label(want) + " back"
	steps := []step{{sql: sql, what: what}}
	if s.Persistence != cur.Sequence.Persistence {
		steps = append(steps, step{sql: alterLogged(cur.Identity, s), what: what})
	}
	if s.OwnedBy != cur.Sequence.OwnedBy {
		given, err := r.giveToTable(ctx, w, want)
		if err != nil {
			return nil, err
		}
		steps = append(steps, given...)
		steps = append(steps, step{sql: "ALTER SEQUENCE " + cur.Identity + " OWNED BY " + either(s.OwnedBy == "", "NONE", s.OwnedBy), what: what})
	}
	return steps, nil
}

// matchUp finds the new numbers of what was created.
func (r *run) matchUp(w *work) error {
	cur := newIndex(r.cur)
	for _, a := range addresses(w.before, w.cur) {
		want := w.expect[a]
		if want == nil || r.plan.untried[a] {
			continue
		}
		now := cur.objects[a]
		if now == nil || w.make[a] || w.swap[a] {
			now = r.cur.ByIdentity(want.Kind, want.Identity)
		}
		if now == nil {
			return fmt.Errorf("%s was not brought back", label(want))
		}
		if now.Address != a {
			r.ren.object(want, now)
		}
		r.ren.sequences(want, now)
		r.plan.expected = append(r.plan.expected, wish{now.Address, want, len(w.verdicts[a].keep) > 0 || len(w.cmp.ren) > 0})
	}
	return nil
}
