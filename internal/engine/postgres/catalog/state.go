package catalog

// Address is PostgreSQL's own name of an object: the catalog that holds its
// row, its OID there, and a column number (0: the whole object). It stays the
// same through renames and moves, so two readings are compared by it.
type Address struct {
	Catalog string `json:"c"`           // "pg_class", "pg_proc", …
	OID     uint32 `json:"o"`           // OID of the row in that catalog
	Column  int16  `json:"n,omitempty"` // attnum, where a single column is meant
}

// Object is one thing with a definition of its own. Two readings hold the same
// object when its Address is the same; it has the same definition when all
// fields but Address, Parent and DependsOn are equal (see Same).
type Object struct {
	Address  Address `json:"a"`
	Kind     Kind    `json:"k"`
	Schema   string  `json:"s,omitempty"` // bare, as in pg_namespace
	Name     string  `json:"m"`           // bare, as in the catalog
	Identity string  `json:"i"`           // for SQL and for people: quoted and schema-qualified; "x ON public.t" where it hangs on a table; "public.f(integer)" for functions
	Parent   Address `json:"p,omitzero"`  // the table (or view) it hangs on, or that owns the sequence

	// Create makes the object in a database that has all it depends on; After
	// completes it (trigger state, row security, replica identity, storage …).
	// Both are free of OIDs, schema-qualified, and leave out owner, privileges
	// and comment, which stand below.
	Create string   `json:"d"`
	After  []string `json:"e,omitempty"`
	// Drop removes the object, where DROP with its kind and identity does not.
	Drop string `json:"z,omitempty"`

	Owner    string    `json:"o,omitempty"`
	Grants   []Grant   `json:"g,omitempty"` // whole list, defaults spelled out, sorted
	Comment  string    `json:"t,omitempty"`
	OnIndex  string    `json:"ti,omitempty"` // comment on the index of a constraint
	Table    *Table    `json:"tab,omitempty"`
	Sequence *Sequence `json:"seq,omitempty"`
	Labels   []string  `json:"l,omitempty"` // enum labels in order
	// Attributes are those of a composite type, live ones in order.
	Attributes []Column `json:"at,omitempty"`
	// Of is what it is made of: the base type of a domain, the type of a typed
	// table; spelled as a column's type is.
	Of string `json:"of,omitempty"`
	// Default is what a domain got as its default from the domain that it is over, which
	// no statement but CREATE DOMAIN gives; one of its own is an object.
	Default string `json:"df,omitempty"`
	// With is the type that comes with it: the multirange of a range type; the
	// row type of a table or view, where that has a comment or other privileges
	// than it was given.
	With *Companion `json:"w,omitempty"`
	// Array is the name of its array type, where the server's first choice was taken.
	Array string `json:"ar,omitempty"`
	// Makers are the functions that construct values of a range type and of its
	// multirange, by name; they keep it when the types are renamed.
	Makers []string `json:"mk,omitempty"`
	// Byproducts are what else comes with it, where that is not as it was made.
	Byproducts []Byproduct    `json:"by,omitempty"`
	Version    string         `json:"v,omitempty"` // of an extension or a foreign server
	Columns    []ColumnExtras `json:"x,omitempty"` // comments and privileges of a view's or foreign table's columns
	// Options are "name=value" of wrappers, servers and user mappings; Create
	// holds them too.
	Options  []string `json:"op,omitempty"`
	Labelled bool     `json:"sl,omitempty"` // it, or a part of it, has a security label
	Shells   []string `json:"sh,omitempty"` // operators without a function that are there because this one names them: identities

	// Unsupported says why this object could not be brought back exactly once
	// gone or changed ("owned by an extension" …).
	Unsupported string `json:"u,omitempty"`

	// Beyond says why the role that read this object could not make it again,
	// where another could. It is no part of the definition.
	Beyond string `json:"y,omitempty"`

	// Fixed says why this object could not be made anew exactly as it is, though
	// it can be altered and dropped.
	Fixed string `json:"fx,omitempty"`
	// Part is set for an index, or a constraint that owns one, which is the part
	// that a partition has in the index of its parent.
	Part *Part `json:"pt,omitempty"`
	// Invalid marks the index of a partitioned table, or the constraint that owns it, that
	// the server takes for one without a part in every partition.
	Invalid bool `json:"iv,omitempty"`
	// Inherited marks a check that the table has from a parent, where it is an
	// object of its own all the same: on partitions, or also declared locally.
	Inherited bool `json:"ih,omitempty"`
	// Passed marks a key, or another constraint but a check, that the server takes for one
	// which children inherit, since its table was a partition once: it cannot be dropped
	// while there are any. It is no part of the definition.
	Passed bool `json:"in,omitempty"`

	// DependsOn lists what must exist before this object can, by Address, as
	// pg_depend has it (a column where it depends on one column only).
	DependsOn []Address `json:"r,omitempty"`
}

// Part says which index of a partitioned table another one belongs to.
type Part struct {
	Of    Address `json:"a"` // the index, or the constraint that owns it
	Index string  `json:"i"` // its identity
	Own   string  `json:"o"` // identity of the part's own index
}

// Grant is one privilege of one role.
type Grant struct {
	Grantor   string `json:"b"`
	Grantee   string `json:"r"` // "" is PUBLIC
	Privilege string `json:"p"`
	Grantable bool   `json:"g,omitempty"`
}

// ColumnExtras is what a column carries beside its definition.
type ColumnExtras struct {
	Num     int16   `json:"a,omitempty"` // attnum, where it is not the position
	Name    string  `json:"n"`
	Type    string  `json:"y,omitempty"` // of a materialized view's column; not part of the definition
	Comment string  `json:"t,omitempty"`
	Grants  []Grant `json:"g,omitempty"`
}

// Companion is a type that the server makes with an object, and owns and drops
// with it.
type Companion struct {
	OID     uint32  `json:"oid"` // not part of the definition
	Schema  string  `json:"s,omitempty"`
	Name    string  `json:"m,omitempty"` // of a multirange; a row type has its table's
	Owner   string  `json:"o,omitempty"` // of a multirange, where it is not the range's (before PostgreSQL 18)
	Comment string  `json:"t,omitempty"`
	Grants  []Grant `json:"g,omitempty"` // whole list, defaults spelled out, sorted
}

// Table is the part of a table's definition that is compared column by column.
type Table struct {
	Columns     []Column `json:"c"` // live columns in physical order
	Persistence string   `json:"p"` // "p" permanent, "u" unlogged
	Options     []string `json:"o,omitempty"`
	Tablespace  string   `json:"ts,omitempty"`
	Method      string   `json:"am,omitempty"`
	RowSecurity bool     `json:"rs,omitempty"`
	ForceRLS    bool     `json:"rf,omitempty"`
	Replica     string   `json:"ri,omitempty"` // replica identity: d, n, f or i:<index name>
	Cluster     string   `json:"cl,omitempty"` // index that CLUSTER used
	Parents     []string `json:"pa,omitempty"` // inheritance or partition parents, in order
	Partition   string   `json:"pb,omitempty"` // bound of a partition
	Key         string   `json:"pk,omitempty"` // what a partitioned table is partitioned by
	Clones      []string `json:"cn,omitempty"` // state and name of triggers that come from a parent: "DISABLE TRIGGER x"
	Checks      []string `json:"ck,omitempty"` // checks that come from parents alone (not those of partitions)
}

// Column is one live column.
type Column struct {
	Num         int16     `json:"a"` // attnum
	Name        string    `json:"n"`
	Type        string    `json:"t"`  // format_type, schema-qualified
	TypeOID     uint32    `json:"to"` // for dependency only; not part of the definition
	NotNull     bool      `json:"nn,omitempty"`
	Collation   string    `json:"co,omitempty"` // where it differs from the type's
	Identity    string    `json:"id,omitempty"` // a always, d by default
	IdentitySeq *Sequence `json:"is,omitempty"`
	Generated   string    `json:"ge,omitempty"` // expression of a generated column
	Virtual     bool      `json:"gv,omitempty"` // a generated column that is not stored (18 and newer)
	NotNullName string    `json:"nm,omitempty"` // of its constraint (18 and newer)
	NoInherit   bool      `json:"ni,omitempty"` // of its NOT NULL (18 and newer)
	NotNullBad  bool      `json:"nv,omitempty"` // its NOT NULL is NOT VALID (18 and newer)
	NotNullOver bool      `json:"no,omitempty"` // its NOT NULL comes from parents alone (18 and newer)
	Storage     string    `json:"st,omitempty"` // where it differs from the type's
	Compression string    `json:"cp,omitempty"`
	StatTarget  int       `json:"sx,omitempty"` // -1 (default) is stored as 0; n as n+1
	Options     []string  `json:"op,omitempty"`
	Inherited   int16     `json:"ih,omitempty"` // number of parents that have the column
	Local       bool      `json:"lo,omitempty"` // an inherited column that is declared here, too
	Comment     string    `json:"t2,omitempty"`
	Grants      []Grant   `json:"g,omitempty"`
}

// Sequence is the definition of a sequence, without its value. That of an
// identity column, whose owner is its table's, has comment and privileges here;
// others have them in their object.
type Sequence struct {
	Name        string  `json:"n"` // schema-qualified, quoted
	Type        string  `json:"t"`
	Start       int64   `json:"s"`
	Increment   int64   `json:"i"`
	Min         int64   `json:"l"`
	Max         int64   `json:"h"`
	Cache       int64   `json:"c"`
	Cycle       bool    `json:"y,omitempty"`
	OwnedBy     string  `json:"o,omitempty"` // "public.t.c" of a serial column
	OID         uint32  `json:"oid"`         // not part of the definition
	Persistence string  `json:"p,omitempty"` // "p" permanent, "u" unlogged
	Comment     string  `json:"d,omitempty"`
	Grants      []Grant `json:"g,omitempty"` // whole list, defaults spelled out, sorted
}

// Mark is one row of the census: a hash of one catalog row without its
// volatile columns. The columns of a table share one mark (pg_attribute, OID of
// the table), as do other rows that have no OID of their own.
type Mark struct {
	Address Address
	Hash    int64
	// Rest is a hash of what no definition of its kind says; 0 in catalogs that
	// have no definitions here.
	Rest int64
	// Of is what the row belongs to, where that is not the row itself.
	Of Address
	// Name is pg_describe_object's text; kept for the user's objects in
	// catalogs that have no definitions here.
	Name string
}

// State is everything about the schema of one database at one moment.
type State struct {
	Server  int      `json:"server"` // server_version_num
	Objects []Object `json:"objects"`
	// Census compares two readings of one session; it is not kept.
	Census []Mark `json:"-"`

	index index // not safe for concurrent first use
}
