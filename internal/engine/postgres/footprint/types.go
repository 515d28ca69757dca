package footprint

import (
	"slices"
	"strings"

	tree "github.com/pganalyze/pg_query_go/v6"
)

// typeOf gives the type of an OID; nil for the server's own.
func (s *space) typeOf(oid uint32) *datatype {
	if y, ok := s.known[oid]; ok {
		return y
	}
	base := s.facts.Types[oid]
	if base == nil {
		return nil
	}
	y := &datatype{id: oid, schema: base.Schema, name: base.Name, kind: base.Kind, base: base.Base, modifier: base.Modifier, element: base.Element}
	s.known[oid] = y
	y.rel = s.rel(base.Relation)
	for _, f := range base.Calls {
		for _, r := range s.routineOf(f) {
			y.calls = append(y.calls, call{routine: r})
		}
	}
	return y
}

// typesNamed lists the types of the user's schemas that a name may mean.
func (s *space) typesNamed(schema, last string) []*datatype {
	var out []*datatype
	for _, n := range s.meantTypes(schema, last) {
		out = append(out, s.typesIn(n)...)
	}
	return out
}

// typesIn lists the types of the user's schemas that have, or may have, a qualified name.
func (s *space) typesIn(n name) []*datatype {
	out := slices.Clone(s.types[n])
	if base := s.facts.types[name{s.wasCalled(n.schema), n.name}]; base != nil {
		out = append(out, s.typeOf(base.OID))
	}
	return out
}

// meantTypes lists the qualified names of types that a name may stand for.
func (s *space) meantTypes(schema, last string) []name {
	if schema == "pg_catalog" {
		return nil
	}
	if schema != "" {
		return []name{{schema, last}}
	}
	var out []name
	for _, path := range s.paths {
		for _, in := range append([]string{temporarySchema}, path...) {
			if n := (name{in, last}); !slices.Contains(out, n) {
				out = append(out, n)
			}
		}
	}
	return out
}

// operators lists the functions of user-defined operators by the operators' names.
func (s *space) operators() map[string][]*routine {
	if s.symbols == nil {
		s.symbols = map[string][]*routine{}
		for _, o := range s.facts.Others {
			for _, f := range o.Functions {
				s.symbols[o.Name] = append(s.symbols[o.Name], s.routineOf(f)...)
			}
		}
	}
	return s.symbols
}

// arrays gives the array type of each type that has one.
func (s *space) arrays() map[uint32]uint32 {
	if s.arrayTypes == nil {
		s.arrayTypes = map[uint32]uint32{}
		for oid, y := range s.facts.Types {
			if y.Element != 0 {
				s.arrayTypes[y.Element] = oid
			}
		}
	}
	return s.arrayTypes
}

// newType adds a type that a statement makes.
func (s *space) newType(schema, last string, y *datatype) {
	for _, in := range s.schemasToMake(schema) {
		y.id, y.schema, y.name = s.fresh(), in, last
		s.known[y.id] = y
		s.types[name{in, last}] = append(s.types[name{in, last}], y)
	}
	s.version++
}

// OIDs of the server's own types, the same on every server.
var builtinTypes = map[string]uint32{
	"bool": 16, "bytea": 17, "char": 18, "name": 19, "int8": 20, "int2": 21, "int4": 23, "text": 25, "oid": 26, "json": 114, "xml": 142,
	"float4": 700, "float8": 701, "bpchar": 1042, "varchar": 1043, "date": 1082, "time": 1083, "timestamp": 1114, "timestamptz": 1184,
	"interval": 1186, "timetz": 1266, "bit": 1560, "varbit": 1562, "numeric": 1700, "uuid": 2950, "jsonb": 3802, "inet": 869, "cidr": 650,
	"serial": 23, "serial4": 23, "bigserial": 20, "serial8": 20, "smallserial": 21, "serial2": 21, "regclass": 2205,
	"bigint": 20, "integer": 23, "smallint": 21, "boolean": 16,
}

const (
	typeInt8, typeInt2, typeInt4, typeText          = 20, 21, 23, 25
	typeFloat4, typeFloat8, typeBpchar, typeVarchar = 700, 701, 1042, 1043
	typeDate, typeTimestamp, typeTimestampTZ        = 1082, 1114, 1184
	typeVarbit, typeNumeric, typeInet, typeCidr     = 1562, 1700, 869, 650
	typeTime, typeInterval, typeOID, typeName       = 1083, 1186, 26, 19
	typeTimeTZ                                      = 1266
)

// typeNamed resolves a type: its OID, 0 where it is not known, and its modifier.
func (w *walker) typeNamed(t *tree.TypeName) (oid uint32, modifier int32) {
	if t == nil {
		return 0, -1
	}
	schema, last := qualified(t.GetNames())
	modifier = modifierOf(last, t.GetTypmods())
	if len(t.GetArrayBounds()) > 0 {
		return w.arrayOf(schema, last), modifier
	}
	if t.GetPctType() {
		return 0, -1
	}
	if found := w.s.typesNamed(schema, last); len(found) > 0 {
		return found[0].id, modifier
	}
	if oid, ok := builtinTypes[last]; ok {
		return oid, modifier
	}
	return 0, modifier
}

// arrayOf gives the array type of a type of the user's.
func (w *walker) arrayOf(schema, last string) uint32 {
	found := w.s.typesNamed(schema, last)
	if len(found) == 0 {
		return 0
	}
	if known := w.s.arrays()[found[0].id]; known != 0 {
		return known
	}
	array := &datatype{id: w.s.fresh(), kind: 'b', element: found[0].id}
	w.s.known[array.id] = array
	return array.id
}

// modifierOf encodes a type's modifiers as the server does, for the types that
// a widening is known of; -1: none.
func modifierOf(last string, modifiers []*tree.Node) int32 {
	const header, numericShift, scaleMask = 4, 16, 0x7ff
	if len(modifiers) == 0 {
		return -1
	}
	values := make([]int32, len(modifiers))
	for i, m := range modifiers {
		values[i] = m.GetAConst().GetIval().GetIval()
	}
	switch strings.ToLower(last) {
	case "varchar", "bpchar":
		return values[0] + header
	case "numeric":
		scale := int32(0)
		if len(values) > 1 {
			scale = values[1]
		}
		return values[0]<<numericShift | scale&scaleMask + header
	}
	return values[len(values)-1]
}

// holds reports whether values of a type are made of values of another.
func (s *space) holds(oid, inner uint32, seen []uint32) bool {
	if oid == inner {
		return true
	}
	y := s.typeOf(oid)
	if y == nil || slices.Contains(seen, oid) {
		return false
	}
	seen = append(seen, oid)
	if y.kind == 'd' && s.holds(y.base, inner, seen) || y.element != 0 && s.holds(y.element, inner, seen) {
		return true
	}
	if y.rel != nil {
		for _, c := range y.rel.columns {
			if s.holds(c.typ, inner, seen) {
				return true
			}
		}
	}
	return false
}

// keeps reports whether a change of type keeps every value, so that it could be
// changed back without loss.
func keeps(from uint32, fromModifier int32, to uint32, toModifier int32) bool {
	if from == 0 || to == 0 {
		return false
	}
	if from == to {
		return from != typeBpchar && widens(from, fromModifier, toModifier) || fromModifier == toModifier
	}
	wider := map[uint32][]uint32{
		typeInt2: {typeInt4, typeInt8, typeFloat4, typeFloat8, typeNumeric}, typeInt4: {typeInt8, typeFloat8, typeNumeric}, typeInt8: {typeNumeric},
		typeVarchar: {typeText, typeVarchar}, typeFloat4: {typeFloat8}, typeCidr: {typeInet}, typeName: {typeText, typeVarchar},
		typeDate: {typeTimestamp}, typeText: {typeVarchar},
	}
	return slices.Contains(wider[from], to) && toModifier < 0
}

// widens compares the modifiers of one type.
func widens(oid uint32, from, to int32) bool {
	const header, numericShift, scaleMask = 4, 16, 0x7ff
	switch oid {
	case typeVarchar, typeVarbit:
		return to < 0 || from >= 0 && to >= from
	case typeNumeric:
		if to < 0 {
			return true
		}
		return from >= 0 && (from-header)&scaleMask == (to-header)&scaleMask && to>>numericShift >= from>>numericShift
	case typeTime, typeTimeTZ, typeTimestamp, typeTimestampTZ:
		return to < 0 || from >= 0 && to >= from
	case typeInterval:
		return to < 0
	}
	return false
}
