package footprint

import (
	"strings"

	"github.com/pingcap/tidb/pkg/parser/ast"

	"github.com/safemigrate/safemigrate/internal/sqltext"
)

// definition walks what makes, changes and drops objects.
func (w *walker) definition(s sqltext.Statement, tokens []sqltext.Token) {
	switch s.Verb {
	case "CREATE TABLE":
		w.createTable(s, tokens)
	case "DROP TABLE":
		w.dropTable(tokens)
	case "ALTER TABLE":
		w.alterTable(s, tokens)
	case "RENAME TABLE":
		w.rename(tokens[sqltext.After(tokens, 1, "TABLE", "TABLES"):])
	case "CREATE INDEX", "DROP INDEX":
		w.index(s, tokens)
	case "CREATE VIEW", "ALTER VIEW":
		w.view(tokens)
	case "OPTIMIZE TABLE", "REPAIR TABLE":
		w.maintain(tokens)
	default:
		w.otherObject(s, tokens)
	}
}

func (w *walker) otherObject(s sqltext.Statement, tokens []sqltext.Token) {
	verb, kind, _ := strings.Cut(s.Verb, " ")
	at := sqltext.Position(tokens, strings.Fields(kind + " ?")[0])
	if kind == "DATABASE" {
		at = sqltext.Position(tokens, "DATABASE", "SCHEMA")
		if verb == "DROP" {
			w.whole("DROP DATABASE")
		}
	}
	r := w.name(tokens, sqltext.After(tokens, at+1, "IF", "NOT", "EXISTS"))
	switch {
	case s.Verb == "ALTER DATABASE":
		w.objectf("database %s changed", w.current)
	case s.Verb == "ALTER EVENT":
		w.objectf("event %s changed", r.name)
		w.event(s, tokens, r, "")
	case s.Verb == "DROP VIEW":
		for _, v := range w.list(tokens, at+1) {
			w.objectf("view %s dropped", v.name)
		}
		return
	case kind == "SEQUENCE", kind == "PROCEDURE", kind == "FUNCTION", kind == "TRIGGER", kind == "EVENT", kind == "VIEW":
		w.objectf("%s %s %s", strings.ToLower(kind), r.name, map[string]string{"CREATE": "created", "ALTER": "changed", "DROP": "dropped"}[verb])
	case s.Traits.Has(sqltext.NoWayBack), kind == "PREPARE":
	default:
		w.whole("a statement that is not understood: " + s.Excerpt())
	}
}

// list reads names with commas between them.
func (w *walker) list(tokens []sqltext.Token, i int) []ref {
	var out []ref
	i = sqltext.After(tokens, i, "IF", "EXISTS")
	for i < len(tokens) {
		r := w.name(tokens, i)
		out = append(out, r)
		if i++; r.schema != "" {
			i += 2
		}
		if i >= len(tokens) || !tokens[i].Is(",") {
			return out
		}
		i++
	}
	return out
}

// createTable makes a table. MariaDB's OR REPLACE drops the one that is there.
func (w *walker) createTable(s sqltext.Statement, tokens []sqltext.Token) {
	at := sqltext.Position(tokens, "TABLE")
	replaces, temporary := sqltext.Has(tokens[:at], "REPLACE"), sqltext.Has(tokens[:at], "TEMPORARY")
	at++
	ifAbsent := at < len(tokens) && tokens[at].Is("IF")
	r := w.name(tokens, sqltext.After(tokens, at, "IF", "NOT", "EXISTS"))
	there := w.base(r)
	switch {
	case ifAbsent && there != nil && !replaces:
		return
	case temporary && there != nil:
		w.whole("a temporary table that hides table " + r.name)
		return
	case temporary:
		return
	case replaces:
		w.drop(r)
	case there != nil:
		return // the server refuses
	}
	if k := w.key(r); strings.Contains(k, ".") {
		w.outside(k)
	}
	w.bind(r, nil)
	if tree, ok := parse(s, tokens).(*ast.CreateTableStmt); ok {
		for _, c := range tree.Constraints {
			w.newKey(r, c)
		}
		return
	}
	w.unparsedKeys(r, tokens)
}

// newKey notes a foreign key that the batch makes.
func (w *walker) newKey(child ref, c *ast.Constraint) {
	if c == nil || c.Tp != ast.ConstraintForeignKey || c.Refer == nil {
		return
	}
	key := ForeignKey{Child: w.key(child), Parent: w.key(refOf(c.Refer.Table)), OnDelete: rule(c.Refer.OnDelete), OnUpdate: ruleOfUpdate(c.Refer.OnUpdate)}
	for _, part := range c.Keys {
		key.Columns = append(key.Columns, part.Column.Name.O)
	}
	for _, part := range c.Refer.IndexPartSpecifications {
		key.Refers = append(key.Refers, part.Column.Name.O)
	}
	w.keys = append(w.keys, key)
}

func rule(o *ast.OnDeleteOpt) string {
	if o == nil {
		return ""
	}
	return o.ReferOpt.String()
}

func ruleOfUpdate(o *ast.OnUpdateOpt) string {
	if o == nil {
		return ""
	}
	return o.ReferOpt.String()
}

// unparsedKeys takes every REFERENCES of an unparsed text for a foreign key that
// passes on everything.
func (w *walker) unparsedKeys(child ref, tokens []sqltext.Token) {
	t := w.base(child)
	for i, word := range tokens {
		if !word.Is("REFERENCES") {
			continue
		}
		key := ForeignKey{Child: w.key(child), Parent: w.key(w.name(tokens, i+1)), OnDelete: "CASCADE", OnUpdate: "CASCADE"}
		if t != nil {
			for _, c := range t.Columns {
				key.Columns = append(key.Columns, c.Name)
			}
		}
		if p := w.base(w.name(tokens, i+1)); p != nil {
			for _, c := range p.Columns {
				key.Refers = append(key.Refers, c.Name)
			}
		}
		w.keys = append(w.keys, key)
	}
}

// drop takes a table away.
func (w *walker) drop(r ref) {
	if t := w.touch(r); t != nil {
		t.Dropped = true
	}
	if _, isView := w.viewOf(r); isView {
		w.objectf("view %s dropped", r.name)
	}
	if w.known(r) && !w.maybe {
		w.names[w.key(r)] = nil
		delete(w.views, w.key(r))
	}
}

func (w *walker) dropTable(tokens []sqltext.Token) {
	at := sqltext.Position(tokens, "TABLE", "TABLES")
	if sqltext.Has(tokens[:at], "TEMPORARY") {
		return
	}
	for _, r := range w.list(tokens, at+1) {
		w.drop(r)
	}
}

// rename reads a TO b, c TO d. Each name has its new meaning at once.
func (w *walker) rename(tokens []sqltext.Token) {
	for i := sqltext.After(tokens, 0, "IF", "EXISTS"); i < len(tokens); {
		from := w.name(tokens, i)
		to := i
		for to < len(tokens) && !tokens[to].Is("TO") {
			to++
		}
		target := w.name(tokens, to+1)
		w.move(from, target)
		for i = to; i < len(tokens) && !tokens[i].Is(","); {
			i++
		}
		i++
	}
}

// move gives a table another name.
func (w *walker) move(from, to ref) {
	t := w.base(from)
	if touched := w.touch(from); touched != nil {
		touched.Renamed = true
	}
	if t != nil && t.View {
		w.objectf("view %s renamed", t.Name)
	}
	if strings.Contains(w.key(to), ".") && w.key(to) != to.name {
		w.outside(w.key(to))
	}
	w.moveKeys(w.key(from), w.key(to))
	if t != nil || w.base(to) == nil { // else it is a temporary one that hides another
		w.bind(to, t)
	}
	w.bind(from, nil)
	if query, made := w.views[w.key(from)]; made {
		w.views[w.key(to)] = query
		delete(w.views, w.key(from))
	}
}

// moveKeys lets what the batch hung on a name follow the table. What the
// catalogs hang on it is found by the table itself.
func (w *walker) moveKeys(from, to string) {
	if w.facts.Tables[from] != nil && w.currentTable(from) == w.facts.Tables[from] {
		return
	}
	for i := range w.keys {
		if w.keys[i].Child == from {
			w.keys[i].Child = to
		}
		if w.keys[i].Parent == from {
			w.keys[i].Parent = to
		}
	}
	for i := range w.triggers {
		if w.triggers[i].Table == from {
			w.triggers[i].Table = to
		}
	}
}

// index is CREATE INDEX … ON table and DROP INDEX … ON table.
func (w *walker) index(_ sqltext.Statement, tokens []sqltext.Token) {
	if at := sqltext.Position(tokens, "ON"); at > 0 {
		w.touch(w.name(tokens, at+1))
	}
}

// view notes a view that the batch makes: later statements may write through it.
func (w *walker) view(tokens []sqltext.Token) {
	at := sqltext.After(tokens, sqltext.Position(tokens, "VIEW")+1, "IF", "NOT", "EXISTS")
	r := w.name(tokens, at)
	w.objectf("view %s", r.name)
	for i := at; i < len(tokens); i++ {
		if tokens[i].Is("AS") {
			w.views[w.key(r)] = plain(tokens[i+1:])
			return
		}
	}
}

// maintain: OPTIMIZE writes every row anew; REPAIR may lose what is damaged.
func (w *walker) maintain(tokens []sqltext.Token) {
	at := sqltext.Position(tokens, "TABLE", "TABLES")
	for _, r := range w.list(tokens, at+1) {
		if t := w.touch(r); t != nil {
			t.Rewrites = true
			t.Deletes = t.Deletes || tokens[0].Is("REPAIR")
		}
	}
}

// alterTable reads each action of ALTER TABLE; of one that the parser refuses,
// everything is taken unless its actions are known by their words.
func (w *walker) alterTable(s sqltext.Statement, tokens []sqltext.Token) {
	at := sqltext.Position(tokens, "TABLE")
	r := w.name(tokens, sqltext.After(tokens, at+1, "IF", "EXISTS"))
	if query, isView := w.viewOf(r); isView && query != "" {
		return // the server refuses
	}
	t := w.touch(r)
	if t != nil && sqltext.Has(tokens[:at], "IGNORE") {
		t.Deletes = true // rows that a new key does not take
		t.loses()
	}
	tree, ok := parse(s, tokens).(*ast.AlterTableStmt)
	if !ok {
		w.unparsedAlter(r, t, tokens)
		return
	}
	for _, action := range tree.Specs {
		w.action(r, t, action)
	}
	for _, action := range tree.Specs {
		if action.Tp == ast.AlterTableRenameTable {
			w.move(r, refOf(action.NewTable))
		}
	}
}
