package footprint

import (
	"slices"
	"strings"

	"github.com/safemigrate/safemigrate/internal/sqltext"
	"github.com/safemigrate/safemigrate/migrate"
)

// writing is what a statement does to the rows of a table.
type writing struct {
	inserts, deletes, updates bool
	columns                   []string // that are assigned; nil: any
}

// write notes a writing to a table or a view, with what follows from it.
func (w *walker) write(r ref, does writing, rules sqltext.Rules) {
	k := w.key(r)
	if query, isView := w.viewOf(r); isView {
		w.through(k, query, does, rules)
		return
	}
	if t := w.touch(r); t != nil {
		does = w.alsoChanged(t.table, does)
		w.rows(t, does)
	}
	w.fire(k, does, rules)
	w.cascade(k, does, map[string]bool{})
}

// rows notes what is done to rows of a table that was there before.
func (w *walker) rows(t *Touched, does writing) {
	t.Inserts = t.Inserts || does.inserts
	t.Deletes = t.Deletes || does.deletes
	if !does.updates {
		return
	}
	if does.columns == nil {
		t.loses()
		t.Updates = true
		return
	}
	for _, name := range does.columns {
		c := t.table.column(name)
		if c == nil {
			t.Updates = true // a column that the batch added or renamed
			t.loses()
			return
		}
		t.column(c.Name, migrate.LosesRows)
	}
	t.Updates = true
}

// alsoChanged adds the columns that change with those that are assigned.
func (w *walker) alsoChanged(t *Table, does writing) writing {
	switch {
	case !does.updates || does.columns == nil:
	case w.assigns(t):
		does.columns = nil
	default:
		for _, c := range t.Columns {
			if c.Generated || c.OnUpdate {
				does.columns = append(does.columns, c.Name)
			}
		}
	}
	return does
}

// assigns reports whether a trigger may assign to columns of an updated row.
func (w *walker) assigns(t *Table) bool {
	for _, g := range w.triggers {
		if g.Event == "UPDATE" && (w.facts.Tables[g.Table] == t || w.currentTable(g.Table) == t) {
			return true
		}
	}
	return false
}

// currentTable is the table that a key meant before the batch, or means now.
func (w *walker) currentTable(k string) *Table {
	if t, ok := w.names[k]; ok {
		return t
	}
	return w.facts.Tables[k]
}

// same reports whether a key of the catalogs, or one that the batch used, is of
// the table that another key means now.
func (w *walker) same(k, now string) bool {
	if k == now {
		return true
	}
	t := w.currentTable(now)
	return t != nil && w.facts.Tables[k] == t
}

// fire walks the triggers of a writing.
func (w *walker) fire(k string, does writing, rules sqltext.Rules) {
	for _, g := range w.triggers {
		fires := g.Event == "INSERT" && does.inserts || g.Event == "DELETE" && does.deletes || g.Event == "UPDATE" && does.updates || g.Event == ""
		if fires && w.same(g.Table, k) {
			w.program("a trigger of "+g.Table+" on "+g.Event+" "+g.Body, g.Body, rules)
		}
	}
}

// cascade follows foreign keys from rows that are deleted or changed. No trigger
// fires by it.
func (w *walker) cascade(k string, does writing, seen map[string]bool) {
	for _, key := range w.keys {
		if !w.same(key.Parent, k) {
			continue
		}
		then := writing{}
		if does.deletes {
			then = follow(then, key.OnDelete, true, key.Columns)
		}
		if does.updates && refers(key, does.columns) {
			then = follow(then, key.OnUpdate, false, key.Columns)
		}
		id := key.Child + "\x00" + strings.Join(key.Columns, ",") + key.OnDelete + key.OnUpdate + flag(then.deletes) + flag(then.updates)
		if !then.deletes && !then.updates || seen[id] {
			continue
		}
		seen[id] = true
		if strings.Contains(key.Child, ".") && !w.isHere(key.Child) {
			w.outside(key.Child)
		} else if t := w.touchBase(w.nowOrBefore(key.Child)); t != nil {
			for _, c := range t.table.Columns {
				if then.updates && c.Generated {
					then.columns = append(then.columns, c.Name)
				}
			}
			w.rows(t, then)
		}
		w.cascade(key.Child, then, seen)
	}
}

// nowOrBefore prefers the table of the catalogs: keys go by the names there.
func (w *walker) nowOrBefore(k string) *Table {
	if t := w.facts.Tables[k]; t != nil {
		return t
	}
	return w.names[k]
}

func flag(is bool) string {
	if is {
		return "1"
	}
	return "0"
}

func follow(then writing, rule string, deletes bool, columns []string) writing {
	switch {
	case rule == "CASCADE" && deletes:
		then.deletes = true
	case rule == "CASCADE" || rule == "SET NULL" || rule == "SET DEFAULT":
		then.updates = true
		then.columns = append(then.columns, columns...)
	}
	return then
}

// refers reports whether an update of these columns may change what a foreign
// key refers to.
func refers(key ForeignKey, columns []string) bool {
	if columns == nil {
		return true
	}
	return slices.ContainsFunc(columns, func(c string) bool {
		return slices.ContainsFunc(key.Refers, func(r string) bool { return strings.EqualFold(c, r) })
	})
}

// viewOf returns the query of a view.
func (w *walker) viewOf(r ref) (string, bool) {
	k := w.key(r)
	if query, made := w.views[k]; made {
		return query, true
	}
	if t := w.base(r); t != nil && t.View {
		return t.Query, true
	}
	return "", false
}

// through writes to every table that a view's query names: which one it is the
// server decides.
func (w *walker) through(k, query string, does writing, rules sqltext.Rules) {
	if query == "" || w.depth >= deepest {
		w.whole("a write through view " + k + ", whose text cannot be read")
		return
	}
	w.depth++
	does.columns = nil
	for _, r := range w.mentioned(viewRules(rules).TokensOf(query)) {
		if w.key(r) != k {
			w.write(r, does, rules)
		}
	}
	w.depth--
}

// viewRules: the catalogs write a view's names in backquotes, whatever sql_mode.
func viewRules(r sqltext.Rules) sqltext.Rules {
	r.ANSIQuotes = false
	return r
}

// mentioned lists the tables and views that tokens name.
func (w *walker) mentioned(tokens []sqltext.Token) []ref {
	var out []ref
	for i := range tokens {
		if !mayName(tokens[i]) {
			continue
		}
		r := ref{name: tokens[i].Value()}
		if i >= 2 && tokens[i-1].Is(".") && mayName(tokens[i-2]) {
			qualified := ref{schema: tokens[i-2].Value(), name: r.name}
			if w.known(qualified) && !slices.Contains(out, qualified) {
				out = append(out, qualified)
				continue
			}
		}
		if w.known(r) && !slices.Contains(out, r) {
			out = append(out, r)
		}
	}
	return out
}

// mayName: double quotes are a string's or a name's, by the sql_mode under which
// a view or a program was made.
func mayName(t sqltext.Token) bool {
	return t.Kind == sqltext.Word || t.Kind == sqltext.Name || t.Kind == sqltext.Literal && strings.HasPrefix(t.Text, `"`)
}

// known reports whether a name means a table or view, before or in the batch.
func (w *walker) known(r ref) bool {
	k := w.key(r)
	_, bound := w.names[k]
	_, view := w.views[k]
	return bound || view || w.facts.Tables[k] != nil
}
