package footprint

import (
	"slices"
	"strings"

	tree "github.com/pganalyze/pg_query_go/v6"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/parse"
)

// routine is a function or procedure: every body that it may have at this point.
type routine struct {
	id          uint32
	name        name
	least, most int
	arguments   []uint32 // their types; 0: not known
	returns     uint32
	bodies      []*body
	parts       []*routine // of an aggregate
}

// body is one text of a function.
type body struct {
	language   string
	text       string // the whole CREATE FUNCTION in PL/pgSQL and where standard is set
	standard   bool   // names were bound when it was made
	base       bool   // its bound names are those from before the batch
	bound      *definition
	volatility byte
	paths      [][]string // of its SET search_path; nil: it has none
	extension  string

	parsed bool
	trees  []*tree.Node
	code   any // the tree of PL/pgSQL
	broken string
}

// routineOf gives the function of an OID; nil where it is one of the server's own.
func (s *space) routineOf(oid uint32) []*routine {
	if r, ok := s.byOID[oid]; ok {
		return []*routine{r}
	}
	f := s.facts.Functions[oid]
	if f == nil {
		return nil
	}
	r := &routine{id: oid, name: name{f.Schema, f.Name}, least: f.Least, most: f.Most, arguments: f.Arguments, returns: f.Returns}
	s.byOID[oid] = r
	if f.Kind == 'a' {
		for _, p := range f.Parts {
			r.parts = append(r.parts, s.routineOf(p)...)
		}
		return []*routine{r}
	}
	b := &body{language: f.Language, text: f.Body, standard: f.Standard, base: true, volatility: f.Volatility, extension: f.Extension}
	if f.PathSet {
		b.paths = [][]string{f.Path}
	}
	r.bodies = []*body{b}
	return []*routine{r}
}

// routinesIn lists what a qualified name may call.
func (s *space) routinesIn(n name) []*routine {
	if found, ok := s.routines[n]; ok {
		return found
	}
	known := s.facts.functions[name{s.wasCalled(n.schema), n.name}]
	if len(known) == 0 {
		return nil
	}
	out := make([]*routine, 0, len(known))
	for _, f := range known {
		out = append(out, s.routineOf(f.OID)...)
	}
	s.routines[n] = out
	return out
}

// calls resolves a function's name: every function that a call with so many
// arguments may reach; arguments is -1 where any will do.
func (s *space) called(schema, function string, arguments int) []*routine {
	var out []*routine
	for _, n := range s.meant(schema, function) {
		for _, r := range s.routinesIn(n) {
			fits := arguments < 0 || (arguments >= r.least && (r.most < 0 || arguments <= r.most))
			if fits && !slices.Contains(out, r) {
				out = append(out, r)
			}
		}
	}
	return out
}

// meant lists the qualified names of functions that a name may stand for.
func (s *space) meant(schema, function string) []name {
	if schema != "" {
		return []name{{schema, function}}
	}
	var out []name
	for _, path := range s.paths {
		for _, in := range path {
			if n := (name{in, function}); !slices.Contains(out, n) {
				out = append(out, n)
			}
		}
	}
	return append(out, name{"pg_catalog", function})
}

// made adds a function that a statement makes or replaces: one with the same types of
// arguments has another body from here on. Where they are not known, it may be another
// function of the same name.
func (s *space) made(f *routine, maybe bool) {
	s.version++
	f.id = s.fresh()
	for _, r := range s.routinesIn(f.name) {
		same, sure := sameTypes(r.arguments, f.arguments)
		switch {
		case !same:
		case sure && !maybe:
			r.least, r.most, r.returns, r.bodies = f.least, f.most, f.returns, f.bodies
			return
		default:
			r.bodies = append(slices.Clip(r.bodies), f.bodies...)
		}
	}
	s.routines[f.name] = append(slices.Clone(s.routinesIn(f.name)), f)
}

// sameTypes reports whether two lists may be of the same types, and whether they surely are.
func sameTypes(a, b []uint32) (same, sure bool) {
	if len(a) != len(b) {
		return false, true
	}
	sure = true
	for i := range a {
		switch {
		case a[i] == 0 || b[i] == 0:
			sure = false
		case a[i] != b[i]:
			return false, true
		}
	}
	return true, sure
}

// parse reads a body once.
func (b *body) parse() {
	if b.parsed {
		return
	}
	b.parsed = true
	switch {
	case b.language == "plpgsql":
		b.code, b.broken = code(b.text)
	case b.standard && b.bound == nil:
		found, err := parse.Statements(b.text)
		if err != nil || len(found) != 1 || found[0].GetStmt().GetCreateFunctionStmt() == nil {
			b.broken = "its body cannot be parsed"
			return
		}
		b.trees = []*tree.Node{found[0].GetStmt().GetCreateFunctionStmt().GetSqlBody()}
	case b.bound != nil:
		b.trees = b.bound.nodes
	default:
		found, err := parse.Statements(b.text)
		if err != nil {
			b.broken = "its body cannot be parsed"
		}
		for _, f := range found {
			b.trees = append(b.trees, f.GetStmt())
		}
	}
}

// bodyOf reads what CREATE FUNCTION says of a function; text is the statement.
func (w *walker) bodyOf(f *tree.CreateFunctionStmt) *body {
	b := &body{language: "sql", volatility: 'v'}
	for _, o := range f.GetOptions() {
		d := o.GetDefElem()
		switch d.GetDefname() {
		case "language":
			b.language = strings.ToLower(d.GetArg().GetString_().GetSval())
		case "volatility":
			b.volatility = (d.GetArg().GetString_().GetSval() + "v")[0]
		case "as":
			if l := d.GetArg().GetList().GetItems(); len(l) > 0 {
				b.text = l[0].GetString_().GetSval()
			}
		case "set":
			if set := d.GetArg().GetVariableSetStmt(); set.GetName() == "search_path" {
				b.paths = w.pathsSet(set)
			}
		}
	}
	if b.language == "plpgsql" {
		b.text = w.text
	}
	b.standard = f.GetSqlBody() != nil
	return b
}

// pathsSet is what search_path is in a function with such a clause; nil: as its caller has it.
func (w *walker) pathsSet(set *tree.VariableSetStmt) [][]string {
	switch set.GetKind() {
	case tree.VariableSetKind_VAR_SET_VALUE:
		return [][]string{pathValues(set.GetArgs(), w.facts.Role)}
	case tree.VariableSetKind_VAR_SET_CURRENT:
		return w.s.paths
	default:
		return nil
	}
}

// arity counts the arguments that a call may have.
func arity(parameters []*tree.Node, procedure bool) (least, most int) {
	for _, p := range parameters {
		a := p.GetFunctionParameter()
		switch a.GetMode() {
		case tree.FunctionParameterMode_FUNC_PARAM_TABLE:
			continue
		case tree.FunctionParameterMode_FUNC_PARAM_OUT:
			if !procedure {
				continue
			}
		case tree.FunctionParameterMode_FUNC_PARAM_VARIADIC:
			return least, -1
		default:
		}
		if most < 0 {
			continue
		}
		most++
		if a.GetDefexpr() == nil {
			least++
		}
	}
	return least, most
}

// argumentTypes are the types by which a function is told from others of its name.
func (w *walker) argumentTypes(parameters []*tree.Node) []uint32 {
	var out []uint32
	for _, p := range parameters {
		switch a := p.GetFunctionParameter(); a.GetMode() {
		case tree.FunctionParameterMode_FUNC_PARAM_TABLE, tree.FunctionParameterMode_FUNC_PARAM_OUT:
		default:
			oid, _ := w.typeNamed(a.GetArgType())
			out = append(out, oid)
		}
	}
	return out
}

// pathValues reads the arguments of SET search_path.
func pathValues(args []*tree.Node, role string) []string {
	var out []string
	for _, a := range args {
		if c := a.GetAConst(); c != nil {
			schema := c.GetSval().GetSval()
			if schema == "$user" {
				schema = role
			}
			if schema != "" {
				out = append(out, schema)
			}
		}
	}
	return out
}
