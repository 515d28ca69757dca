package footprint

import (
	"regexp"
	"slices"
	"strings"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/parse"
)

// node is an object of libpg_query's JSON for PL/pgSQL.
type node = map[string]any

// procedural goes through PL/pgSQL: every statement may or may not run.
func (w *walker) procedural(tree any) {
	switch t := tree.(type) {
	case []any:
		for _, part := range t {
			w.procedural(part)
		}
	case node:
		for _, field := range keys(t) {
			w.construct(field, t[field])
		}
	}
}

// keys are the names of the fields, in an order that is always the same: what
// is evaluated before what depends on it does not matter, as all may happen.
func keys(t node) []string {
	out := make([]string, 0, len(t))
	for field := range t {
		out = append(out, field)
	}
	slices.Sort(out)
	return out
}

func (w *walker) construct(field string, value any) {
	inner, _ := value.(node)
	switch field {
	case "PLpgSQL_expr":
		w.expression(inner)
		return
	case "PLpgSQL_stmt_dynexecute", "PLpgSQL_stmt_dynfors":
		w.dynamicText(inner["query"])
		inner = without(inner, "query")
		value = inner
	case "dynquery":
		w.dynamicText(value)
		return
	case "PLpgSQL_type":
		w.variable(inner)
		return
	}
	w.procedural(value)
}

// variable: what is assigned to a variable of a domain has to satisfy it.
func (w *walker) variable(inner node) {
	named, _ := inner["typname"].(string)
	if _, own := builtinTypes[strings.ToLower(named)]; own {
		return
	}
	if found, err := parse.Statements("SELECT NULL::" + named); err == nil && len(found) == 1 {
		w.visit(found[0].GetStmt())
	}
}

func without(t node, field string) node {
	out := make(node, len(t))
	for k, v := range t {
		if k != field {
			out[k] = v
		}
	}
	return out
}

// The ways to read an expression, from the server's parser/parser.h.
const (
	modeStatement  = 0
	modeExpression = 2
	modeAssignment = 3 // and above: to a target of one name, of two, of three
)

// queryOfExpr makes a statement of an expression.
func queryOfExpr(e node) (sql string, plain bool) {
	text, _ := e["query"].(string)
	mode, _ := e["parseMode"].(float64)
	switch {
	case int(mode) == modeStatement:
		return text, false
	case int(mode) >= modeAssignment:
		_, text = assigned(text)
	}
	return "SELECT " + text, !strings.ContainsAny(text, "(.") && !strings.Contains(text, "::") && !reads.MatchString(text)
}

// reads tells that an expression is a query of something.
var reads = regexp.MustCompile(`(?i)\b(from|table)\b`)

// assigned cuts the target of an assignment from what is assigned.
func assigned(text string) (target, value string) {
	depth, quoted := 0, false
	for i := range len(text) {
		switch c := text[i]; {
		case c == '"':
			quoted = !quoted // a doubled quote within a name ends it and begins it again
		case quoted:
		case c == '[', c == '(':
			depth++
		case c == ']', c == ')':
			depth--
		case c == '=' && depth == 0:
			return strings.TrimSuffix(text[:i], ":"), text[i+1:]
		}
	}
	return "", text
}

// expression walks an expression or a statement in PL/pgSQL. One without a call
// does nothing but compute.
func (w *walker) expression(e node) {
	sql, plain := queryOfExpr(e)
	text, _ := e["query"].(string)
	if mode, _ := e["parseMode"].(float64); int(mode) >= modeAssignment {
		if target, _ := assigned(text); strings.Contains(target, "(") { // the place of an element
			w.parsed("SELECT "+target, "the target of an assignment in PL/pgSQL")
		}
	}
	if plain && len(w.s.operators()) == 0 {
		return
	}
	w.parsed(sql, "an expression in PL/pgSQL")
}

// dynamicText is the text of an EXECUTE.
func (w *walker) dynamicText(value any) {
	wrapped, _ := value.(node)
	e, _ := wrapped["PLpgSQL_expr"].(node)
	if e == nil {
		w.whole("EXECUTE of a text that is not a literal")
		return
	}
	sql, _ := queryOfExpr(e)
	found, err := parse.Statements(sql)
	if err != nil || len(found) != 1 || len(found[0].GetStmt().GetSelectStmt().GetTargetList()) != 1 {
		w.whole("EXECUTE of a text that is not a literal")
		return
	}
	text := found[0].GetStmt().GetSelectStmt().GetTargetList()[0].GetResTarget().GetVal()
	w.visit(text)
	w.execute(text, "EXECUTE of a text")
}

// assignments tells which fields of NEW a trigger's function may assign; every:
// it may put another record in its place.
func assignments(tree any) (columns []string, every bool) {
	function := first(tree, "PLpgSQL_function")
	if function == nil {
		return nil, true
	}
	a := assigning{}
	number, _ := function["new_varno"].(float64)
	a.record = int(number)
	a.datums, _ = function["datums"].([]any)
	a.look(function["action"])
	return a.columns, a.every
}

// first finds the first object of a kind.
func first(tree any, kind string) node {
	switch t := tree.(type) {
	case []any:
		for _, part := range t {
			if found := first(part, kind); found != nil {
				return found
			}
		}
	case node:
		found, _ := t[kind].(node)
		return found
	}
	return nil
}

type assigning struct {
	record  int // of NEW among the datums
	datums  []any
	columns []string
	every   bool
}

func (a *assigning) look(tree any) {
	switch t := tree.(type) {
	case []any:
		for _, part := range t {
			a.look(part)
		}
	case node:
		for field, value := range t {
			inner, _ := value.(node)
			switch field {
			case "PLpgSQL_stmt_assign", "PLpgSQL_stmt_foreach_a":
				a.to(inner["varno"])
			case "PLpgSQL_stmt_call":
				a.calls(inner)
			case "PLpgSQL_stmt_return":
				a.returns(inner)
			case "PLpgSQL_row":
				a.row(inner)
			case "PLpgSQL_rec":
				a.to(inner["dno"])
			case "PLpgSQL_stmt_getdiag":
				a.diagnostics(inner)
			}
			a.look(value)
		}
	}
}

// to is a datum that is assigned.
func (a *assigning) to(number any) {
	n, _ := number.(float64)
	if int(n) == a.record {
		a.every = true
		return
	}
	if int(n) < 0 || int(n) >= len(a.datums) {
		return
	}
	datum, _ := a.datums[int(n)].(node)
	field, _ := datum["PLpgSQL_recfield"].(node)
	if field == nil {
		return
	}
	if parent, _ := field["recparentno"].(float64); int(parent) == a.record {
		column, _ := field["fieldname"].(string)
		a.columns = append(a.columns, column)
	}
}

func (a *assigning) row(row node) {
	fields, _ := row["fields"].([]any)
	for _, f := range fields {
		if field, _ := f.(node); field != nil {
			a.to(field["varno"])
		}
	}
}

func (a *assigning) diagnostics(inner node) {
	items, _ := inner["diag_items"].([]any)
	for _, i := range items {
		wrapped, _ := i.(node)
		if item, _ := wrapped["PLpgSQL_diag_item"].(node); item != nil {
			a.to(item["target"])
		}
	}
}

// calls: what a procedure is given it may give another value.
func (a *assigning) calls(inner node) {
	wrapped, _ := inner["expr"].(node)
	e, _ := wrapped["PLpgSQL_expr"].(node)
	text, _ := e["query"].(string)
	found, err := parse.Statements(text)
	if err != nil || len(found) != 1 {
		a.every = true
		return
	}
	for _, arg := range found[0].GetStmt().GetCallStmt().GetFunccall().GetArgs() {
		if named := arg.GetNamedArgExpr(); named != nil {
			arg = named.GetArg()
		}
		fields := arg.GetColumnRef().GetFields()
		switch {
		case len(fields) == 1 && fields[0].GetString_().GetSval() == "new":
			a.every = true
		case len(fields) == 2: // of NEW, which may have another name
			a.columns = append(a.columns, fields[1].GetString_().GetSval())
		}
	}
}

// returns: any other record than NEW or OLD takes the row's place.
func (a *assigning) returns(inner node) {
	wrapped, _ := inner["expr"].(node)
	e, _ := wrapped["PLpgSQL_expr"].(node)
	if e == nil {
		return
	}
	text, _ := e["query"].(string)
	switch strings.ToLower(strings.TrimSpace(text)) {
	case "new", "old", "null":
		return
	}
	a.every = true
}
