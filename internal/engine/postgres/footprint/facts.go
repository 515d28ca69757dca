package footprint

// Facts is what the catalogs say of a database that the walk over a batch
// needs: the objects of the user's schemas by their OIDs, and what hangs on
// what. It is read once and not changed after.
type Facts struct {
	Version    int      // the server's major version
	Role       string   // the session's user
	SearchPath []string // with which every file begins; "$user" is replaced
	Relations  map[uint32]*Relation
	Functions  map[uint32]*Function
	Types      map[uint32]*Type
	Schemas    map[uint32]*Schema
	Keys       []*ForeignKey
	// Others are objects of kinds that hold no rows, but whose end can take
	// columns with them: extensions, collations, operators, languages, …
	Others map[Address]*Other
	// EventTriggers fire on DDL.
	EventTriggers []*EventTrigger

	depends   map[place][]dependent
	refers    map[uint32][]*ForeignKey // by the table that they refer to
	holds     map[uint32][]*ForeignKey // by the table that has them
	volatiles map[string]bool          // volatile functions of pg_catalog, by name
	unnamed   []uint32                 // functions of user-defined casts and operator classes
	relations map[name]*Relation
	types     map[name]*Type
	functions map[name][]*Function
	schemas   map[string]*Schema
}

// name is a name with its schema.
type name struct{ schema, name string }

// Address names an object as pg_depend does: the catalog's name and the OID.
type Address struct {
	Catalog string
	OID     uint32
}

// place is an object, or a column of one.
type place struct {
	Address
	column int16
}

// dependent is what goes when another object goes with CASCADE: a column where
// column is not 0.
type dependent struct {
	place
	kind byte // deptype
}

// Relation is a table, partition, view, materialized view, foreign table or sequence.
type Relation struct {
	OID          uint32
	Schema, Name string
	Kind         byte // relkind: r p v m f S
	Temporary    bool
	Owner        string
	Extension    bool // an extension's member
	Partition    bool
	Security     bool // row security is on
	Columns      []Attribute
	Last         int16   // the highest attnum that was ever used
	Key          []int16 // columns of the primary key
	KeyName      string  // of its constraint
	PartitionKey []int16 // 0: an expression
	Parents      []uint32
	Children     []uint32
	Triggers     []*Trigger
	Rules        []*Rule // without the one that makes a view
	// Definition is the query of a view that can be written through, with every
	// name qualified; else "".
	Definition string
	Reads      []uint32 // relations that a view's query or a rule names
	Calls      []Call   // user-defined functions that writing or reading it calls

	rowType uint32
}

// Attribute is a column of a relation.
type Attribute struct {
	Num       int16
	Name      string
	Type      uint32
	Modifier  int32 // atttypmod
	NotNull   bool
	Generated bool
	Identity  bool
	Default   bool
	Local     bool // not only inherited
}

// Trigger is a trigger that is not of a foreign key.
type Trigger struct {
	Name     string
	Function uint32
	Builtin  string // the function's name, where it is the server's own
	Row      bool
	Before   bool
	Instead  bool
	Events   Events
	Columns  []int16 // of UPDATE OF; nil: any
	Disabled bool
}

// Events are the kinds of writing that a trigger or a rule reacts to.
type Events struct{ Insert, Delete, Update, Truncate bool }

// Rule is a rewrite rule; Text is its CREATE RULE with qualified names.
type Rule struct {
	Name     string
	Event    byte // ev_type: 2 UPDATE, 3 INSERT, 4 DELETE
	Instead  bool
	Disabled bool
	Text     string
}

// Call is a function that something of a relation calls.
type Call struct {
	Function uint32
	On       CallTime
}

// CallTime is when it is called.
type CallTime byte

// The times of calls.
const (
	OnInsert CallTime = iota // a default
	OnWrite                  // a constraint, an index, a generated column
	OnRead                   // a policy, a view's query
)

// ForeignKey is a foreign key between two tables. The letters are those of pg_constraint.
type ForeignKey struct {
	OID                uint32
	Name               string
	Child, Parent      uint32
	Columns, Refers    []int16
	OnUpdate, OnDelete byte
	Sets               []int16 // columns of ON DELETE SET …; nil: all
}

// Function is a function, procedure or aggregate.
type Function struct {
	OID          uint32
	Schema, Name string
	Kind         byte // prokind
	Language     string
	Volatility   byte     // i, s, v
	Least, Most  int      // number of arguments; Most is -1 where it is variadic
	Arguments    []uint32 // their types
	Returns      uint32
	Path         []string // of its SET search_path
	PathSet      bool
	Body         string // prosrc; the whole CREATE FUNCTION where Standard
	Standard     bool   // a body in standard SQL, names bound and qualified
	Owner        string
	Extension    string   // that it is a member of
	Trigger      bool     // RETURNS trigger or event_trigger
	Parts        []uint32 // functions that an aggregate calls
}

// Type is a type of the user's schemas.
type Type struct {
	OID          uint32
	Schema, Name string
	Kind         byte   // typtype: b c d e m p r
	Base         uint32 // of a domain
	Modifier     int32  // of a domain
	Element      uint32 // of an array
	Relation     uint32 // of a composite type
	Owner        string
	Calls        []uint32 // functions that a domain's constraints and default call
}

// Schema is a schema.
type Schema struct {
	OID         uint32
	Name, Owner string
}

// Other is an object of a kind that has no type of its own here.
type Other struct {
	Address
	Schema, Name, Owner string
	// Functions implement it: an operator's.
	Functions []uint32
}

// EventTrigger is an event trigger that is on.
type EventTrigger struct {
	Name, Event string
	Tags        []string // nil: any
	Function    uint32
}

// Relation finds a relation by its schema and name, or returns nil.
func (f *Facts) Relation(schema, relation string) *Relation {
	return f.relations[name{schema, relation}]
}

// Label is a relation's name with its schema.
func (r *Relation) Label() string { return r.Schema + "." + r.Name }

// Column finds a column by its name, or returns nil.
func (r *Relation) Column(column string) *Attribute {
	for i := range r.Columns {
		if r.Columns[i].Name == column {
			return &r.Columns[i]
		}
	}
	return nil
}
