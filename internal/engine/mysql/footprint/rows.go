package footprint

import (
	"github.com/pingcap/tidb/pkg/parser/ast"

	"github.com/safemigrate/safemigrate/internal/sqltext"
)

// rowStatement walks what writes rows.
func (w *walker) rowStatement(s sqltext.Statement, tokens []sqltext.Token) {
	if len(tokens) > 3 && tokens[0].Is("DELETE") && tokens[1].Is("HISTORY") && tokens[2].Is("FROM") {
		w.empty(w.name(tokens, 3)) // the parser takes it for a delete from a table of that name
	}
	switch t := parse(s, tokens).(type) {
	case *ast.InsertStmt:
		w.insert(s, t)
	case *ast.UpdateStmt:
		w.update(s, t)
	case *ast.DeleteStmt:
		w.remove(s, t)
	case *ast.LoadDataStmt:
		w.write(refOf(t.Table), writing{inserts: true, deletes: t.OnDuplicate == ast.OnDuplicateKeyHandlingReplace}, s.Rules())
	case *ast.TruncateTableStmt:
		w.empty(refOf(t.Table))
	case *ast.SelectStmt, *ast.SetOprStmt:
	default:
		w.unparsedRows(s, tokens)
	}
}

// empty is TRUNCATE, which fires no trigger and follows no foreign key.
func (w *walker) empty(r ref) {
	if t := w.touch(r); t != nil {
		t.Deletes = true
	}
}

func (w *walker) insert(s sqltext.Statement, n *ast.InsertStmt) {
	sources := tableSources(n.Table.TableRefs)
	for _, source := range sources {
		does := writing{inserts: true, deletes: n.IsReplace}
		if len(n.OnDuplicate) > 0 {
			does.updates, does.columns = true, assigned(n.OnDuplicate)
		}
		w.write(source.table, does, s.Rules())
	}
}

// source is a table in FROM, with the name by which the statement calls it.
type source struct {
	table ref
	alias string
}

// tableSources lists the tables of a join; what a subquery names is not among them.
func tableSources(n ast.ResultSetNode) []source {
	switch t := n.(type) {
	case *ast.Join:
		if t == nil {
			return nil
		}
		out := tableSources(t.Left)
		if t.Right != nil {
			out = append(out, tableSources(t.Right)...)
		}
		return out
	case *ast.TableSource:
		name, plain := t.Source.(*ast.TableName)
		if !plain {
			if j, joined := t.Source.(*ast.Join); joined {
				return tableSources(j)
			}
			return nil
		}
		alias := t.AsName.O
		if alias == "" {
			alias = name.Name.O
		}
		return []source{{refOf(name), alias}}
	case *ast.TableName:
		return []source{{refOf(t), t.Name.O}}
	}
	return nil
}

func assigned(list []*ast.Assignment) []string {
	out := []string{}
	for _, a := range list {
		out = append(out, a.Column.Name.O)
	}
	return out
}

// update notes the assigned columns of each table. A column without its table's
// name is taken for one of every table that has it.
func (w *walker) update(s sqltext.Statement, n *ast.UpdateStmt) {
	sources := tableSources(n.TableRefs.TableRefs)
	shared := withNames(n.With)
	for _, one := range sources {
		if one.table.schema == "" && shared[fold(one.table.name)] {
			continue
		}
		columns := []string{}
		for _, a := range n.List {
			if w.mayBe(a.Column, one, len(sources)) {
				columns = append(columns, a.Column.Name.O)
			}
		}
		if len(columns) > 0 {
			w.write(one.table, writing{updates: true, columns: columns}, s.Rules())
		}
	}
}

// mayBe reports whether an assigned column may be one of a source.
func (w *walker) mayBe(c *ast.ColumnName, one source, sources int) bool {
	if c.Table.O != "" {
		return fold(c.Table.O) == fold(one.alias)
	}
	t := w.base(one.table)
	return sources == 1 || t == nil || t.View || t.column(c.Name.O) != nil || w.altered(t)
}

// altered reports whether the batch has given a table other columns.
func (w *walker) altered(t *Table) bool {
	touched := w.out.Tables[t.Name]
	return touched != nil && len(touched.Columns) > 0
}

// withNames are the names of common table expressions, which no statement writes.
func withNames(n *ast.WithClause) map[string]bool {
	out := map[string]bool{}
	if n != nil {
		for _, c := range n.CTEs {
			out[fold(c.Name.O)] = true
		}
	}
	return out
}

func (w *walker) remove(s sqltext.Statement, n *ast.DeleteStmt) {
	sources := tableSources(n.TableRefs.TableRefs)
	if n.Tables == nil {
		for _, one := range sources {
			w.write(one.table, writing{deletes: true}, s.Rules())
		}
		return
	}
	for _, target := range n.Tables.Tables {
		found := refOf(target)
		for _, one := range sources {
			if target.Schema.O == "" && fold(one.alias) == fold(target.Name.O) {
				found = one.table
			}
		}
		w.write(found, writing{deletes: true}, s.Rules())
	}
}
