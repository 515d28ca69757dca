package footprint

import (
	"slices"

	tree "github.com/pganalyze/pg_query_go/v6"
)

// space is the name space of the database at one statement of the batch, as far
// as it can be known: where a statement may or may not have run (in a function,
// a DO block, before a ROLLBACK TO), a name has both meanings.
type space struct {
	facts        *Facts
	rels         map[uint32]*rel   // those that the batch has met, by OID
	names        map[name]*binding // those whose meaning the batch has changed
	types        map[name][]*datatype
	known        map[uint32]*datatype
	routines     map[name][]*routine
	byOID        map[uint32]*routine
	keys         map[*rel][]*key       // foreign keys that the batch made, by what they refer to
	schemas      map[string]string     // renamed: the new name of each old one
	paths        [][]string            // that search_path may have
	version      int                   // counts changes of what names mean
	unnamed      []*routine            // functions of casts and operator classes that the batch made
	onDefinition []*routine            // event triggers that the batch made
	members      map[string][]*rel     // of extensions, by statements of the batch
	dropped      map[keyName]bool      // constraints that are surely gone
	symbols      map[string][]*routine // operators
	arrayTypes   map[uint32]uint32     // by the type of their elements
	next         uint32                // synthetic OIDs of what the batch makes
}

// binding is what a name may mean; sure: one of these, and not nothing.
type binding struct {
	rels []*rel
	sure bool
}

// rel is a relation at one point of the batch.
type rel struct {
	base              *Relation // nil: the batch made it
	id                uint32
	schema, name      string
	kind              byte
	temporary         bool
	columns           []*col
	last              int16
	parts             []int16 // columns of the partition key; 0: an expression
	parents, children []*rel
	triggers          []*trig
	rules             []*rule
	query             *definition // of a view
	reads             []*rel
	key               []int16 // the primary key that the batch gave it
	calls             []call
	gone              bool
	attached          bool // partition or child by a statement of the batch
	keysRenamed       bool // constraints of it have other names than before
}

// col is a column; it may have several names where a renaming is not sure.
type col struct {
	num       int16
	before    bool // was there before the batch
	names     []string
	had       []string // names that it surely has no more
	typ       uint32
	modifier  int32
	generated bool
	uses      []int16 // columns that a generated one is computed from; 0: any
	gone      bool
	preset    *definition
}

// trig is a trigger.
type trig struct {
	name                 string
	routines             []*routine
	builtin              string
	row, before, instead bool
	events               Events
	columns              []int16
	off                  bool
}

// rule is a rewrite rule whose actions are read when it is first needed.
type rule struct {
	name    string
	event   byte
	instead bool // and without a condition
	off     bool
	text    string
	actions *definition
}

// call is a function that something of a relation calls.
type call struct {
	routine *routine
	expr    *definition
	on      CallTime
}

// key is a foreign key.
type key struct {
	name                  string
	child, parent         *rel
	columns, refers, sets []int16
	onUpdate, onDelete    byte
}

// keyName names a constraint of a table.
type keyName struct {
	table uint32
	name  string
}

// definition is a tree whose names were bound when it was made.
type definition struct {
	nodes []*tree.Node
	bound map[*tree.RangeVar][]*rel
	paths [][]string
	base  bool // from the catalogs: every name is qualified, and means what it meant before the batch
}

// datatype is a type.
type datatype struct {
	id           uint32
	schema, name string
	kind         byte
	base         uint32
	modifier     int32
	element      uint32
	rel          *rel
	calls        []call
	typed        []*rel // tables OF it that the batch made
}

func newSpace(f *Facts) *space {
	return &space{facts: f, rels: map[uint32]*rel{}, names: map[name]*binding{}, types: map[name][]*datatype{}, known: map[uint32]*datatype{},
		routines: map[name][]*routine{}, byOID: map[uint32]*routine{}, keys: map[*rel][]*key{}, schemas: map[string]string{}, members: map[string][]*rel{}, dropped: map[keyName]bool{},
		paths: [][]string{f.SearchPath}, next: firstSynthetic}
}

// firstSynthetic is where the OIDs of what the batch makes begin, far above any
// that a server has given out in practice; a clash makes an answer larger.
const firstSynthetic = 0xFF000000

func (s *space) fresh() uint32 {
	s.next++
	return s.next
}

// rel gives the relation of an OID, or nil.
func (s *space) rel(oid uint32) *rel {
	if r, ok := s.rels[oid]; ok {
		return r
	}
	base := s.facts.Relations[oid]
	if base == nil {
		return nil
	}
	r := &rel{base: base, id: oid, schema: base.Schema, name: base.Name, kind: base.Kind, temporary: base.Temporary, last: base.Last, parts: base.PartitionKey}
	if now, ok := s.schemas[r.schema]; ok {
		r.schema = now
	}
	s.rels[oid] = r
	r.columns = make([]*col, len(base.Columns))
	for i, a := range base.Columns {
		r.columns[i] = &col{num: a.Num, before: true, names: []string{a.Name}, typ: a.Type, modifier: a.Modifier, generated: a.Generated}
		if a.Generated {
			r.columns[i].uses = s.usedBy(oid, a.Num)
		}
	}
	for _, p := range base.Parents {
		r.parents = append(r.parents, s.rel(p))
	}
	for _, c := range base.Children {
		r.children = append(r.children, s.rel(c))
	}
	for _, t := range base.Triggers {
		r.triggers = append(r.triggers, &trig{name: t.Name, routines: s.routineOf(t.Function), builtin: t.Builtin, row: t.Row, before: t.Before,
			instead: t.Instead, events: t.Events, columns: t.Columns, off: t.Disabled})
	}
	for _, u := range base.Rules {
		r.rules = append(r.rules, &rule{name: u.Name, event: u.Event, instead: u.Instead, off: u.Disabled, text: u.Text})
	}
	for _, c := range base.Calls {
		for _, f := range s.routineOf(c.Function) {
			r.calls = append(r.calls, call{routine: f, on: c.On})
		}
	}
	for _, o := range base.Reads {
		if read := s.rel(o); read != nil {
			r.reads = append(r.reads, read)
		}
	}
	return r
}

// usedBy lists the columns that a generated column is computed from.
func (s *space) usedBy(table uint32, column int16) []int16 {
	var out []int16
	for _, a := range s.facts.Relations[table].Columns {
		at := place{Address: Address{Catalog: "pg_class", OID: table}, column: a.Num}
		if slices.ContainsFunc(s.facts.depends[at], func(d dependent) bool {
			return d.Catalog == "pg_class" && d.OID == table && d.column == column
		}) {
			out = append(out, a.Num)
		}
	}
	return out
}

// meaning is what a qualified name may mean.
func (s *space) meaning(n name) *binding {
	if b, ok := s.names[n]; ok {
		return b
	}
	if s.moved(n.schema) {
		return nil
	}
	if base := s.facts.relations[name{s.wasCalled(n.schema), n.name}]; base != nil {
		return &binding{rels: []*rel{s.rel(base.OID)}, sure: true}
	}
	return nil
}

// wasCalled is the name that a schema had before the batch.
func (s *space) wasCalled(schema string) string {
	for from, to := range s.schemas {
		if to == schema && from != schema {
			return from
		}
	}
	return schema
}

// moved reports whether a schema's name means another schema, or none, now.
func (s *space) moved(schema string) bool {
	to, ok := s.schemas[schema]
	return ok && to != schema
}

// find resolves a name: every relation that it may mean.
func (s *space) find(schema, relation string) []*rel {
	if schema != "" {
		if b := s.meaning(name{schema, relation}); b != nil {
			return b.rels
		}
		return nil
	}
	var out []*rel
	for _, path := range s.paths {
		if !slices.Contains(path, temporarySchema) { // else it is searched where it stands
			path = append([]string{temporarySchema}, path...)
		}
		for _, schema := range path {
			b := s.meaning(name{schema, relation})
			if b == nil {
				continue
			}
			for _, r := range b.rels {
				if !slices.Contains(out, r) {
					out = append(out, r)
				}
			}
			if b.sure {
				break
			}
		}
	}
	return out
}

const temporarySchema = "pg_temp"

// bind gives a name a meaning, or takes it away where r is nil; maybe keeps the old one as well.
func (s *space) bind(n name, r *rel, maybe bool) {
	s.version++
	next := &binding{}
	if r != nil {
		next = &binding{rels: []*rel{r}, sure: true}
	}
	if old := s.meaning(n); maybe {
		if old != nil {
			next.rels = append(slices.Clone(old.rels), next.rels...)
		}
		next.sure = old != nil && old.sure && r != nil
	}
	s.names[n] = next
}

// unbind takes one relation's name away.
func (s *space) unbind(r *rel, maybe bool) {
	n := name{r.schema, r.name}
	old := s.meaning(n)
	if old == nil {
		return
	}
	s.version++
	next := &binding{rels: old.rels}
	if !maybe {
		next.rels = slices.DeleteFunc(slices.Clone(old.rels), func(o *rel) bool { return o == r })
		next.sure = old.sure && len(next.rels) > 0
	}
	s.names[n] = next
}

// schemaToMake is where a new object without a schema goes: all that may be.
func (s *space) schemasToMake(schema string) []string {
	if schema != "" {
		return []string{schema}
	}
	var out []string
	for _, path := range s.paths {
		for _, p := range path {
			if s.schemaExists(p) {
				out = append(out, p)
				break
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func (s *space) schemaExists(schema string) bool {
	if schema == temporarySchema {
		return true
	}
	if _, ok := s.facts.schemas[schema]; ok && !s.moved(schema) {
		return true
	}
	for _, to := range s.schemas {
		if to == schema {
			return true
		}
	}
	return false
}

// family is a relation and, where whole is set, all its descendants.
func (r *rel) family(whole bool) []*rel {
	out := []*rel{r}
	if !whole {
		return out
	}
	for i := 0; i < len(out); i++ {
		for _, c := range out[i].children {
			if !slices.Contains(out, c) {
				out = append(out, c)
			}
		}
	}
	return out
}

// ancestors are the partitioned tables above a partition.
func (r *rel) ancestors() []*rel {
	var out []*rel
	for next := []*rel{r}; len(next) > 0; next = next[1:] {
		for _, p := range next[0].parents {
			if p.kind == 'p' && !slices.Contains(out, p) {
				out, next = append(out, p), append(next, p)
			}
		}
	}
	return out
}

// column finds columns by name: every one that may have it.
func (r *rel) column(name string) []*col {
	var out []*col
	for _, c := range r.columns {
		if !c.gone && slices.Contains(c.names, name) {
			out = append(out, c)
		}
	}
	return out
}

func (r *rel) numbered(num int16) *col {
	for _, c := range r.columns {
		if c.num == num {
			return c
		}
	}
	return nil
}
