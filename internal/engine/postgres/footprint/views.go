package footprint

import (
	"slices"

	tree "github.com/pganalyze/pg_query_go/v6"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/parse"
)

// elsewhere handles writing that does not, or not only, reach the relation
// itself: foreign tables, rules, and views. It reports whether that is all.
func (w *walker) elsewhere(r *rel, how string, columns []string) bool {
	instead := w.applyRules(r, how)
	switch r.kind {
	case 'f':
		w.object("foreign table " + name{r.schema, r.name}.label() + ": its rows change on the other server")
		w.fire(r, how, true, nil)
		return true
	case 'v':
		if w.fireInstead(r, how) {
			w.fire(r, how, false, nil)
			return true
		}
		if instead {
			return true
		}
		w.through(r, how, columns)
		return true
	case 'm', 'S':
		return true
	}
	return instead
}

// events tells the letter of pg_rewrite's ev_type.
var ruleEvents = map[string]byte{updating: '2', inserting: '3', deleting: '4'}

// applyRules runs the rules of an event and reports whether one replaces it.
func (w *walker) applyRules(r *rel, how string) bool {
	instead := false
	for _, u := range r.rules {
		if u.off || u.event != ruleEvents[how] {
			continue
		}
		w.readRule(u)
		instead = instead || u.instead
		w.under(u.actions, func() {
			for _, n := range u.actions.nodes {
				w.statement(n)
			}
		})
	}
	return instead
}

// readRule parses a rule that was there before the batch.
func (w *walker) readRule(u *rule) {
	if u.actions != nil {
		return
	}
	u.actions = &definition{base: true}
	found, err := parse.Statements(u.text)
	if err != nil || len(found) != 1 || found[0].GetStmt().GetRuleStmt() == nil {
		w.whole("rule " + u.name + " cannot be parsed")
		return
	}
	s := found[0].GetStmt().GetRuleStmt()
	u.actions.nodes = s.GetActions()
	u.instead = s.GetInstead() && s.GetWhereClause() == nil
	if s.GetWhereClause() != nil {
		u.actions.nodes = append(slices.Clone(s.GetActions()), s.GetWhereClause())
	}
}

// through writes through a view into what its query reads from.
func (w *walker) through(r *rel, how string, columns []string) {
	d := w.queryOf(r)
	if d == nil || len(d.nodes) == 0 {
		return // the server does not write through it
	}
	query := d.nodes[0].GetSelectStmt()
	if query == nil || len(query.GetFromClause()) != 1 || query.GetFromClause()[0].GetRangeVar() == nil {
		return
	}
	from := query.GetFromClause()[0].GetRangeVar()
	w.under(d, func() {
		below := w.resolve(from)
		w.visit(query.GetWhereClause())
		w.visitAll(query.GetTargetList())
		for _, b := range below {
			switch how {
			case inserting:
				w.insert(b)
			case updating:
				w.update(b, mapped(r, query, columns), from.GetInh())
			case deleting:
				w.delete(b, from.GetInh())
			}
		}
	})
}

// queryOf is the query of a view that can be written through.
func (w *walker) queryOf(r *rel) *definition {
	if r.query != nil || r.base == nil || r.base.Definition == "" {
		return r.query
	}
	found, err := parse.Statements(r.base.Definition)
	if err != nil || len(found) != 1 {
		w.whole("the query of view " + r.base.Label() + " cannot be parsed")
		return nil
	}
	return &definition{nodes: []*tree.Node{found[0].GetStmt()}, base: true}
}

// mapped tells which columns below a view's columns are; nil: any.
func mapped(r *rel, query *tree.SelectStmt, columns []string) []string {
	if columns == nil {
		return nil
	}
	var out []string
	for _, n := range columns {
		below := ""
		for i, t := range query.GetTargetList() {
			target := t.GetResTarget()
			fields := target.GetVal().GetColumnRef().GetFields()
			if len(fields) == 0 {
				continue
			}
			if fields[len(fields)-1].GetAStar() != nil {
				below = n
				break
			}
			_, source := qualified(fields)
			label := source
			if target.GetName() != "" {
				label = target.GetName()
			}
			if i < len(r.columns) && slices.Contains(r.columns[i].names, n) || i >= len(r.columns) && label == n {
				below = source
			}
		}
		if below == "" {
			return nil
		}
		out = append(out, below)
	}
	return out
}
