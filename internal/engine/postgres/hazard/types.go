package hazard

import (
	"fmt"
	"strconv"
	"strings"

	tree "github.com/pganalyze/pg_query_go/v6"
	"google.golang.org/protobuf/proto"
)

// spelled holds the types whose name in the grammar is not the one that
// format_type writes; the second word stands behind the modifier.
var spelled = map[string][2]string{
	"int2": {"smallint"}, "int4": {"integer"}, "int8": {"bigint"}, "float4": {"real"}, "float8": {"double precision"}, "bool": {"boolean"},
	"varchar": {"character varying"}, "bpchar": {"character"}, "varbit": {"bit varying"},
	"timestamp": {"timestamp", " without time zone"}, "timestamptz": {"timestamp", " with time zone"},
	"time": {"time", " without time zone"}, "timetz": {"time", " with time zone"},
}

// typeText writes a type as format_type does.
func typeText(t *tree.TypeName) string {
	if t == nil {
		return ""
	}
	name, tail := last(t.GetNames()), ""
	if len(t.GetNames()) == 1 || t.GetNames()[0].GetString_().GetSval() == "pg_catalog" {
		if s, ok := spelled[name]; ok {
			name, tail = s[0], s[1]
		}
	}
	if mods := modifiers(t); len(mods) > 0 {
		name += "(" + strings.Join(mods, ",") + ")"
	}
	return name + tail + strings.Repeat("[]", len(t.GetArrayBounds()))
}

func modifiers(t *tree.TypeName) []string {
	var out []string
	for _, m := range t.GetTypmods() {
		if c := m.GetAConst(); c != nil && c.GetIval() != nil {
			out = append(out, strconv.Itoa(int(c.GetIval().GetIval())))
		}
	}
	if last(t.GetNames()) == "numeric" && len(out) == 1 {
		out = append(out, "0")
	}
	return out
}

// keepsRows reports whether a column can go from one type to the other without
// its rows being written anew: the value's bytes stay, and none can be too long.
func (s *statement) keepsRows(from, to string) bool {
	if from == to {
		return true
	}
	a, am, az := parts(from)
	b, bm, bz := parts(to)
	switch {
	case a == "character varying" && b == "text", a == "text" && b == "character varying" && len(bm) == 0, a == "cidr" && b == "inet":
		return true
	case a == "timestamp" && b == "timestamp" && az != bz:
		return len(am) == 0 && len(bm) == 0 && (s.zone == "UTC" || s.zone == "Etc/UTC" || s.zone == "GMT")
	case a != b || az != bz:
		return false
	case a == "numeric":
		return len(bm) == 0 || (len(am) == 2 && len(bm) == 2 && bm[0] >= am[0] && bm[1] == am[1])
	case a == "character varying" || a == "bit varying" || a == "timestamp" || a == "time":
		return len(bm) == 0 || (len(am) == 1 && len(bm) == 1 && bm[0] >= am[0])
	}
	return false
}

// parts cuts a type's text into name, modifiers and what stands behind them.
func parts(text string) (name string, mods []int, tail string) {
	name = text
	if before, rest, ok := strings.Cut(text, "("); ok {
		inside, behind, _ := strings.Cut(rest, ")")
		for m := range strings.SplitSeq(inside, ",") {
			n, err := strconv.Atoi(strings.TrimSpace(m))
			if err != nil {
				return text, nil, ""
			}
			mods = append(mods, n)
		}
		return before, mods, strings.TrimSpace(behind)
	}
	for _, zone := range []string{" without time zone", " with time zone"} {
		if before, ok := strings.CutSuffix(text, zone); ok {
			return before, nil, strings.TrimSpace(zone)
		}
	}
	return name, nil, ""
}

// changes reports whether an expression of USING is more than the column itself,
// perhaps cast to its new type.
func plainCast(using *tree.Node, name, to string) bool {
	for {
		cast := using.GetTypeCast()
		if cast == nil {
			break
		}
		if typeText(cast.GetTypeName()) != to {
			return false
		}
		using = cast.GetArg()
	}
	if using == nil {
		return true
	}
	ref := using.GetColumnRef()
	return ref != nil && len(ref.GetFields()) == 1 && ref.GetFields()[0].GetString_().GetSval() == name
}

// volatileIn names a volatile function that an expression calls, or "".
func (s *statement) volatileIn(e proto.Message) string {
	found := ""
	visit(e, func(m proto.Message) {
		if f, ok := m.(*tree.FuncCall); ok && found == "" && s.volatile[last(f.GetFuncname())] {
			found = last(f.GetFuncname())
		}
	})
	return found
}

var serials = map[string]bool{"serial": true, "serial4": true, "serial8": true, "bigserial": true, "smallserial": true, "serial2": true}

// judgeColumn notes what about a new column's type will be regretted.
func (s *statement) judgeColumn(r *relation, d *tree.ColumnDef) {
	if d.GetTypeName() == nil {
		return
	}
	name, text := last(d.GetTypeName().GetNames()), typeText(d.GetTypeName())
	at := fmt.Sprintf("%s.%s", r.name, d.GetColname())
	switch {
	case text == "json":
		s.remarkf("json-column", r, "%s is json: SELECT DISTINCT, GROUP BY and = fail on it", at)
	case strings.HasPrefix(text, "character") && name == "bpchar":
		s.remarkf("char-column", r, "%s is char(n): values are padded with blanks, which nobody compares as expected", at)
	case serials[name]:
		s.remarkf("serial-column", r, "%s is %s: the sequence has privileges and an owner of its own, and can be written past", at, name)
	case strings.HasPrefix(text, "timestamp") && strings.HasSuffix(text, "without time zone"):
		s.remarkf("timestamp-without-zone", r, "%s is a timestamp without time zone: what moment it means depends on who reads it", at)
	}
	for _, c := range d.GetConstraints() {
		if c.GetConstraint().GetContype() == tree.ConstrType_CONSTR_PRIMARY {
			s.judgeKey(r, d)
		}
	}
}

// judgeKey notes a primary key that runs out.
func (s *statement) judgeKey(r *relation, d *tree.ColumnDef) {
	switch text := typeText(d.GetTypeName()); text {
	case "integer", "smallint", "serial", "serial4", "smallserial", "serial2":
		s.remarkf("int-key", r, "the primary key %s.%s is %s: its values run out", r.name, d.GetColname(), text)
	}
}
