package revert

import (
	"slices"
	"strings"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/catalog"
)

// refillable checks what a table needs whose rows come back while it stays. The
// kept rows have no values for columns that someone added since.
func (w *work) refillable(want *object, why string) {
	if w.in.Rehearsal {
		return // it is only emptied
	}
	v := w.verdicts[want.Address]
	if len(v.shape) > 0 {
		w.conflictf("%s has to be refilled (%s), and its %s since", label(want), why, changed(v.now, v.shape))
	}
	w.hasRows(want)
}

// clearConstraints drops what would refuse the kept rows of a table that is
// refilled, or act on others while rows and partitions are exchanged: foreign
// keys from and to them, and checks that the rows never had to pass. All of them
// come back as they were; foreign keys last of all.
func (w *work) clearConstraints() {
	w.clearUniques()
	w.clearCascades()
	moving := w.moving()
	if len(moving) == 0 {
		return
	}
	touched := func(d address) bool {
		found := false
		w.cur.below(whole(d), func(a address) { found = found || moving[a] })
		return found
	}
	for i := range w.cur.state.Objects {
		o := &w.cur.state.Objects[i]
		if o.Kind != catalog.KindConstraint {
			continue
		}
		switch {
		case isForeignKey(o):
			if slices.ContainsFunc(dependencies(o), touched) {
				w.drop[o.Address] = true
			}
		case strings.HasSuffix(o.Create, " NOT VALID") && w.refilledBelow(o.Parent):
			w.drop[o.Address] = true
		}
	}
	for oid := range w.in.Misfits { // rows of them go, while their triggers are off
		if cur := w.cur.objects[address{Catalog: "pg_class", OID: oid}]; cur != nil && cur.Table != nil && !w.drop[cur.Address] {
			w.clearClones(cur)
		}
	}
	for a := range w.refill {
		w.clearClones(w.cur.objects[a])
		for _, check := range w.cur.objects[a].Table.Checks {
			if strings.HasSuffix(check, " NOT VALID") && !w.in.Rehearsal {
				w.conflictf("%s has to be refilled, and check %s, which it has from a parent, may refuse the kept rows", label(w.cur.objects[a]), check)
			}
		}
	}
}

// clearClones drops triggers that a partition has from its parents where nobody
// but a superuser could switch them off on it.
func (w *work) clearClones(table *object) {
	if len(table.Table.Clones) == 0 || w.cur.state.Server >= 150000 {
		return
	}
	for _, p := range w.cur.parents(table) {
		for _, o := range w.hangers(w.cur.objects[p], catalog.KindTrigger) {
			w.drop[o.Address] = true
		}
		w.clearClones(w.cur.objects[p])
	}
}

// refilledBelow says whether a table or one under it is refilled.
func (w *work) refilledBelow(a address) bool {
	found := false
	w.cur.below(a, func(t address) { found = found || w.refill[t] })
	return found
}

func isForeignKey(o *object) bool {
	return strings.Contains(o.Create, " ADD CONSTRAINT "+catalog.Quote(o.Name)+" FOREIGN KEY ")
}

// emptySteps take all rows out of the tables that are refilled. Foreign keys are
// gone by then, so nothing refuses TRUNCATE and nothing cascades; triggers stay
// off until the kept rows are in.
func (w *work) emptySteps() []step {
	var steps []step
	for _, a := range addresses(w.cur) {
		cur := w.cur.objects[a]
		if !w.refill[a] {
			continue
		}
		what := "taking the rows out of " + label(cur)
		steps = append(steps, w.hush(cur, "INSERT", "TRUNCATE")...)
		steps = append(steps, step{sql: "TRUNCATE TABLE ONLY " + cur.Identity + " CONTINUE IDENTITY RESTRICT", what: what})
	}
	return steps
}

// hush switches off what would act on rows that are exchanged, or keep them from
// it: triggers, rules, which would rewrite the statement, and forced row security,
// which would refuse rows or hide the table's own. Its owner gets the privileges
// that it had taken from itself; finish takes them back.
func (w *work) hush(cur *object, privileges ...string) []step {
	what := "making ready " + label(cur)
	var steps []step
	add := func(sql string) { steps = append(steps, step{sql: sql, what: what}) }
	if missing := lacking(cur, privileges...); missing != "" {
		add("GRANT " + missing + " ON TABLE " + cur.Identity + " TO " + catalog.Quote(cur.Owner))
	}
	for _, sql := range w.identify(cur, "FULL") {
		add(sql)
	}
	if len(w.hangers(cur, catalog.KindTrigger)) > 0 || len(cur.Table.Clones) > 0 {
		add("ALTER TABLE ONLY " + cur.Identity + " DISABLE TRIGGER USER")
	}
	for _, o := range w.hangers(cur, catalog.KindRule) {
		add("ALTER TABLE " + cur.Identity + " DISABLE RULE " + catalog.Quote(o.Name))
	}
	if w.forced(cur) {
		add("ALTER TABLE ONLY " + cur.Identity + " NO FORCE ROW LEVEL SECURITY")
	}
	return steps
}

// forced says whether row security is forced on a table now or when its rows come.
func (w *work) forced(cur *object) bool {
	want := w.expect[cur.Address]
	return cur.Table.ForceRLS || want != nil && want.Table != nil && want.Table.ForceRLS
}

// unhush puts what hush switched off into the state that it has to be in.
func (w *work) unhush(cur *object) []step {
	what := "finishing " + label(cur)
	table := "ALTER TABLE ONLY " + cur.Identity + " "
	var steps []step
	add := func(sql string) { steps = append(steps, step{sql: sql, what: what}) }
	if w.forced(cur) {
		add(table + either(w.expect[cur.Address].Table.ForceRLS, "FORCE", "NO FORCE") + " ROW LEVEL SECURITY")
	}
	for _, sql := range w.identify(cur, replicaIdentities[cur.Table.Replica]) {
		add(sql)
	}
	for _, o := range w.hangers(cur, catalog.KindRule) {
		add(firing("ALTER TABLE "+cur.Identity+" ", "RULE", o))
	}
	for _, o := range w.hangers(cur, catalog.KindTrigger) {
		add(firing(table, "TRIGGER", o))
	}
	return steps
}

// lacking lists the privileges that the owner of a table does not have on it.
func lacking(o *object, privileges ...string) string {
	return joined(slices.DeleteFunc(slices.Clone(privileges), func(p string) bool {
		return slices.ContainsFunc(o.Grants, func(g catalog.Grant) bool { return g.Grantee == o.Owner && g.Privilege == p })
	}))
}

// refillSteps put the kept rows in, while everything that hush names is off.
func (w *work) refillSteps(want *object) []step {
	cur := w.cur.objects[want.Address]
	var steps []step
	if w.expect[want.Address].Table.ForceRLS { // put back by now
		steps = append(steps, step{sql: "ALTER TABLE ONLY " + cur.Identity + " NO FORCE ROW LEVEL SECURITY", what: "making ready " + label(cur)})
	}
	what := "bringing the rows of " + label(want) + " back"
	steps = append(steps, step{sql: fill(want, want.Identity, w.in.Copies[want.Address.OID]), what: what, runs: true, rows: true})
	for i := range want.Table.Columns {
		// The kept rows need not have passed it.
		if c := want.Table.Columns[i]; c.NotNullBad {
			steps = append(steps, step{sql: "ALTER TABLE ONLY " + cur.Identity + " ADD " + c.NotNullConstraint(), what: what})
		}
	}
	return append(steps, w.unhush(cur)...)
}

// hangers lists the triggers or rules of a table that stay where they are.
func (w *work) hangers(table *object, kind catalog.Kind) []*object {
	var all []*object
	for i := range w.cur.state.Objects {
		if o := &w.cur.state.Objects[i]; o.Kind == kind && o.Parent == table.Address && !w.drop[o.Address] {
			all = append(all, o)
		}
	}
	return all
}

// firing spells what gives a trigger or rule the state that it is in.
func firing(alter, word string, o *object) string {
	name := " " + word + " " + catalog.Quote(o.Name)
	for _, state := range []string{"DISABLE", "ENABLE REPLICA", "ENABLE ALWAYS"} {
		if slices.ContainsFunc(o.After, func(sql string) bool { return strings.HasSuffix(sql, " "+state+name) }) {
			return alter + state + name
		}
	}
	return alter + "ENABLE" + name
}
