package footprint

import (
	"slices"
	"strings"

	tree "github.com/pganalyze/pg_query_go/v6"
)

// builtin is a call of one of the server's own functions: those that run a text
// or change something other than their result.
func (w *walker) builtin(function string, args []*tree.Node) {
	switch function {
	case "set_config":
		w.perhaps(func() { w.setConfig(args) })
	case "query_to_xml", "query_to_xmlschema", "query_to_xml_and_xmlschema", "ts_stat":
		w.dynamic(args, "a query text given to "+function)
	case "ts_rewrite":
		if len(args) == 2 {
			w.dynamic(args[1:], "a query text given to "+function)
		}
	case "lo_create", "lo_creat", "lo_import", "lo_unlink", "lo_put", "lo_from_bytea", "lo_truncate", "lo_truncate64", "lowrite", "lo_open",
		"be_lo_create", "be_lo_unlink":
		w.object("large objects changed")
	case "dblink", "dblink_exec", "dblink_send_query", "dblink_open":
		w.whole("a call of " + function + ", which may write through a session of its own")
	case "table_to_xml", "table_to_xml_and_xmlschema", "schema_to_xml", "schema_to_xml_and_xmlschema", "database_to_xml", "database_to_xml_and_xmlschema",
		"cursor_to_xml":
		w.readViews()
	case "setval", "pg_import_system_collations", "pg_extension_config_dump":
		w.object(function + " called")
	}
}

// readViews runs the query of every view, as the functions do that are given a table's name.
func (w *walker) readViews() {
	for oid, r := range w.facts.Relations {
		if r.Kind == 'v' {
			w.read(w.s.rel(oid))
		}
	}
	for _, b := range w.s.names {
		for _, r := range b.rels {
			if r.kind == 'v' {
				w.read(r)
			}
		}
	}
}

// setConfig is set_config('search_path', …).
func (w *walker) setConfig(args []*tree.Node) {
	if len(args) < 2 {
		return
	}
	setting, ok := constant(args[0])
	if ok && !strings.EqualFold(setting, "search_path") {
		return
	}
	value, known := constant(args[1])
	if !ok || !known {
		w.whole("set_config, which may set search_path to a value that is not a literal")
		return
	}
	if len(args) > 2 && args[2].GetAConst().GetBoolval().GetBoolval() {
		w.setLocalPath(pathOf(value, w.facts.Role))
		return
	}
	w.setPath(pathOf(value, w.facts.Role))
}

// setPath is a search_path that holds from here on.
func (w *walker) setPath(path []string) {
	w.setLocalPath(path)
	w.settled = w.s.paths
}

// transactionEnds: what SET LOCAL gave may be over.
func (w *walker) transactionEnds() {
	w.s.paths = withSticky(w.s.paths, w.settled)
}

// setLocalPath is a search_path that holds until the transaction ends.
func (w *walker) setLocalPath(path []string) {
	if w.maybe {
		for _, known := range w.s.paths {
			if slices.Equal(known, path) {
				return
			}
		}
		w.sticky = append(w.sticky, path)
		w.s.paths = append(slices.Clip(w.s.paths), path)
		return
	}
	w.s.paths = append([][]string{path}, w.sticky...)
}

// dynamic runs the first argument, which is a text.
func (w *walker) dynamic(args []*tree.Node, what string) {
	if len(args) == 0 {
		return
	}
	w.execute(args[0], what)
}

// execute runs a text that an expression gives; only a literal is known.
func (w *walker) execute(expr *tree.Node, what string) {
	text, ok := constant(expr)
	if !ok {
		w.whole(what + " that is not a literal")
		return
	}
	w.parsed(text, what)
}

// constant works out the value of an expression that is made of literals.
func constant(n *tree.Node) (string, bool) {
	switch {
	case n.GetAConst() != nil:
		c := n.GetAConst()
		switch {
		case c.GetSval() != nil:
			return c.GetSval().GetSval(), true
		case c.GetIval() != nil && !c.GetIsnull():
			return "", false
		}
		return "", false
	case n.GetTypeCast() != nil:
		t := n.GetTypeCast().GetTypeName()
		if _, to := qualified(t.GetNames()); to != "text" && to != "varchar" || len(t.GetTypmods()) > 0 {
			return "", false // another type may spell it in another way
		}
		return constant(n.GetTypeCast().GetArg())
	case n.GetAExpr() != nil:
		e := n.GetAExpr()
		if _, op := qualified(e.GetName()); op != "||" {
			return "", false
		}
		left, ok := constant(e.GetLexpr())
		right, both := constant(e.GetRexpr())
		return left + right, ok && both
	case n.GetFuncCall() != nil:
		return constantCall(n.GetFuncCall())
	}
	return "", false
}

// constantCall works out format, concat, quote_ident and quote_literal of literals.
func constantCall(f *tree.FuncCall) (string, bool) {
	values := make([]string, len(f.GetArgs()))
	for i, a := range f.GetArgs() {
		v, ok := constant(a)
		if !ok {
			return "", false
		}
		values[i] = v
	}
	_, function := qualified(f.GetFuncname())
	switch {
	case function == "concat":
		return strings.Join(values, ""), true
	case function == "quote_ident" && len(values) == 1:
		return quoteIdentifier(values[0]), true
	case function == "quote_literal" && len(values) == 1:
		return quoteLiteral(values[0]), true
	case function == "format" && len(values) > 0:
		return formatted(values[0], values[1:])
	}
	return "", false
}

func quoteIdentifier(s string) string { return `"` + strings.ReplaceAll(s, `"`, `""`) + `"` }

func quoteLiteral(s string) string { return `'` + strings.ReplaceAll(s, `'`, `''`) + `'` }

// formatted is format() with %s, %I, %L and %% in their plain form.
func formatted(form string, values []string) (string, bool) {
	var b strings.Builder
	for i := 0; i < len(form); i++ {
		if form[i] != '%' {
			b.WriteByte(form[i])
			continue
		}
		if i++; i == len(form) {
			return "", false
		}
		if form[i] == '%' {
			b.WriteByte('%')
			continue
		}
		if len(values) == 0 {
			return "", false
		}
		switch form[i] {
		case 's':
			b.WriteString(values[0])
		case 'I':
			b.WriteString(quoteIdentifier(values[0]))
		case 'L':
			b.WriteString(quoteLiteral(values[0]))
		default:
			return "", false
		}
		values = values[1:]
	}
	return b.String(), true
}
