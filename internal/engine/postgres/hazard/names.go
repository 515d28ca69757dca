package hazard

import (
	"strings"

	tree "github.com/pganalyze/pg_query_go/v6"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// set is a set of bare names.
type set map[string]bool

// array writes the set as PostgreSQL's array literal.
func (s set) array() string {
	var b strings.Builder
	b.WriteByte('{')
	for name := range s {
		if b.Len() > 1 {
			b.WriteByte(',')
		}
		b.WriteByte('"')
		b.WriteString(strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(name))
		b.WriteByte('"')
	}
	return b.String() + "}"
}

// names are the names that the statements of a batch spell out, whatever they
// stand for: too many cost a little reading, too few would be wrong.
type names struct{ relations, schemas, types, functions set }

func newNames() *names { return &names{set{}, set{}, set{}, set{}} }

// collect takes the names out of a tree.
func (n *names) collect(m proto.Message) {
	visit(m, func(m proto.Message) {
		switch m := m.(type) {
		case *tree.RangeVar:
			n.relations[m.GetRelname()] = true
		case *tree.TypeName:
			n.types[last(m.GetNames())] = true
		case *tree.FuncCall:
			n.functions[last(m.GetFuncname())] = true
		case *tree.DropStmt:
			n.dropped(m)
		case *tree.CommentStmt:
			n.list(m.GetObject())
		case *tree.RenameStmt:
			n.list(m.GetObject())
		case *tree.AlterEnumStmt:
			n.types[last(m.GetTypeName())] = true
		case *tree.AlterDomainStmt:
			n.types[last(m.GetTypeName())] = true
		case *tree.DefElem:
			n.list(m.GetArg())
		case *tree.ReindexStmt:
			n.schemas[m.GetName()] = true
		case *tree.ClusterStmt:
			n.relations[m.GetIndexname()] = true
		case *tree.AlterTableCmd:
			n.relations[m.GetName()] = true
		case *tree.Constraint:
			n.relations[m.GetIndexname()] = true
		}
	})
}

// spell reports whether a relation or its schema is named.
func (n *names) spell(r *relation) bool { return n.relations[r.name] || n.schemas[r.schema] }

// dropped takes the names that a DROP lists: of relations, types and schemas, or
// of a table and what belongs to it.
func (n *names) dropped(s *tree.DropStmt) {
	for _, o := range s.GetObjects() {
		n.list(o)
		if s.GetRemoveType() == tree.ObjectType_OBJECT_SCHEMA {
			n.schemas[o.GetString_().GetSval()] = true
		}
		if t := o.GetTypeName(); t != nil {
			n.types[last(t.GetNames())] = true
		}
	}
}

// list takes every part of a dotted name.
func (n *names) list(o *tree.Node) {
	for _, part := range o.GetList().GetItems() {
		n.relations[part.GetString_().GetSval()] = true
		n.types[part.GetString_().GetSval()] = true
	}
}

// last is the bare name of a dotted one.
func last(dotted []*tree.Node) string {
	if len(dotted) == 0 {
		return ""
	}
	return dotted[len(dotted)-1].GetString_().GetSval()
}

// words are the parts of a dotted name.
func words(dotted []*tree.Node) []string {
	out := make([]string, len(dotted))
	for i, n := range dotted {
		out[i] = n.GetString_().GetSval()
	}
	return out
}

// visit calls see for a message and for every message within it, parents first.
func visit(m proto.Message, see func(proto.Message)) {
	r := m.ProtoReflect()
	if !r.IsValid() {
		return
	}
	see(m)
	r.Range(func(f protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		switch {
		case f.Kind() != protoreflect.MessageKind:
		case f.IsList():
			list := v.List()
			for i := range list.Len() {
				visit(list.Get(i).Message().Interface(), see)
			}
		default:
			visit(v.Message().Interface(), see)
		}
		return true
	})
}
