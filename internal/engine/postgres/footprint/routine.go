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
	path       []string
	pathSet    bool
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
	r := &routine{id: oid, name: name{f.Schema, f.Name}, least: f.Least, most: f.Most}
	s.byOID[oid] = r
	if f.Kind == 'a' {
		for _, p := range f.Parts {
			r.parts = append(r.parts, s.routineOf(p)...)
		}
		return []*routine{r}
	}
	r.bodies = []*body{{language: f.Language, text: f.Body, standard: f.Standard, base: true, volatility: f.Volatility, path: f.Path, pathSet: f.PathSet, extension: f.Extension}}
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

// made adds a function that a statement makes or replaces.
func (s *space) made(n name, least, most int, b *body, maybe bool) {
	s.version++
	known := s.routinesIn(n)
	for _, r := range known {
		if r.least == least && r.most == most {
			if maybe || len(known) > 1 {
				r.bodies = append(r.bodies, b)
			} else {
				r.bodies = []*body{b}
			}
			return
		}
	}
	s.routines[n] = append(slices.Clone(known), &routine{id: s.fresh(), name: n, least: least, most: most, bodies: []*body{b}})
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
func bodyOf(f *tree.CreateFunctionStmt, text, role string) *body {
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
				b.path, b.pathSet = pathValues(set.GetArgs(), role), true
			}
		}
	}
	if b.language == "plpgsql" {
		b.text = text
	}
	b.standard = f.GetSqlBody() != nil
	return b
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
