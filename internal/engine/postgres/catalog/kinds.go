package catalog

import "slices"

// Kind is a kind of object that has a definition here.
type Kind string

// The kinds that can be brought back. Anything else is seen by the census only.
const (
	KindSchema        Kind = "schema"
	KindExtension     Kind = "extension"
	KindEnum          Kind = "enum"
	KindDomain        Kind = "domain"
	KindComposite     Kind = "composite type"
	KindRange         Kind = "range type"        // with its multirange
	KindDomainCheck   Kind = "domain constraint" // not null too, where that is one (17 and newer)
	KindDomainDefault Kind = "domain default"
	KindSequence      Kind = "sequence" // free-standing or owned by a column; identity sequences belong to their table
	KindTable         Kind = "table"    // with its columns; what follows hangs on it
	KindDefault       Kind = "default"  // column default (not the expression of a generated column: that is part of the table)
	KindConstraint    Kind = "constraint"
	KindIndex         Kind = "index" // not those that a constraint owns
	KindTrigger       Kind = "trigger"
	KindRule          Kind = "rule"
	KindPolicy        Kind = "policy"
	KindView          Kind = "view"
	KindMatview       Kind = "materialized view"
	KindFunction      Kind = "function" // functions and procedures
	KindStatistics    Kind = "statistics"

	KindDatabase          Kind = "database"           // this one: owner, privileges, comment
	KindSettings          Kind = "settings"           // of this database, or of a role in it
	KindDefaultPrivileges Kind = "default privileges" // of one role, for one class of objects
	KindPublication       Kind = "publication"
	KindPublishedTable    Kind = "published table" // a table's membership of a publication; hangs on the table
	KindPublishedSchema   Kind = "published schema"
	KindWrapper           Kind = "foreign data wrapper"
	KindServer            Kind = "foreign server"
	KindUserMapping       Kind = "user mapping"
	KindForeignTable      Kind = "foreign table" // no rows of its own; never in place
	KindEventTrigger      Kind = "event trigger"

	KindLanguage          Kind = "language"
	KindAccessMethod      Kind = "access method"
	KindAggregate         Kind = "aggregate"
	KindOperator          Kind = "operator"
	KindOperatorFamily    Kind = "operator family" // with the members that go with no class
	KindOperatorClass     Kind = "operator class"
	KindCast              Kind = "cast"
	KindTransform         Kind = "transform"
	KindConversion        Kind = "conversion"
	KindCollation         Kind = "collation"
	KindTextParser        Kind = "text search parser"
	KindTextTemplate      Kind = "text search template"
	KindTextDictionary    Kind = "text search dictionary"
	KindTextConfiguration Kind = "text search configuration" // with its mappings
)

// Facts are what dropping, naming, granting and ordering need to know of a kind.
type Facts struct {
	Kind  Kind
	Word  string // follows ALTER, DROP and COMMENT ON, before the identity
	Grant string // follows GRANT … ON; "" where there are no privileges
	Space Space  // what its name must be unique in
	Owned bool   // takes ALTER … OWNER TO
	Fixed bool   // takes no ALTER … RENAME TO
}

// Space is a set of names of which each can be had once: within a schema, within
// the database (for what lies in no schema), or within the table that the object
// hangs on.
type Space string

// The spaces that several kinds share; the others have one of their own.
const (
	SpaceNone     Space = ""         // has no name
	SpaceRelation Space = "relation" // tables, views, indexes, sequences; types too, for a table is a type
	SpaceRoutine  Space = "routine"
)

// kinds lists all kinds in the order in which objects that do not depend on each
// other are created. Each kind has a file of its own.
var kinds = []Facts{
	{Kind: KindDatabase, Word: "DATABASE", Grant: "DATABASE", Space: "database", Owned: true},
	{Kind: KindSettings},
	{Kind: KindSchema, Word: "SCHEMA", Grant: "SCHEMA", Space: "schema", Owned: true},
	{Kind: KindExtension, Word: "EXTENSION", Space: "extension"},
	{Kind: KindEnum, Word: "TYPE", Grant: "TYPE", Space: SpaceRelation, Owned: true},
	{Kind: KindDomain, Word: "DOMAIN", Grant: "TYPE", Space: SpaceRelation, Owned: true},
	{Kind: KindComposite, Word: "TYPE", Grant: "TYPE", Space: SpaceRelation, Owned: true},
	{Kind: KindRange, Word: "TYPE", Grant: "TYPE", Space: SpaceRelation, Owned: true},
	{Kind: KindLanguage, Word: "LANGUAGE", Grant: "LANGUAGE", Space: "language", Owned: true},
	{Kind: KindDomainCheck, Word: "CONSTRAINT", Space: "constraint"},
	{Kind: KindFunction, Word: "ROUTINE", Grant: "ROUTINE", Space: SpaceRoutine, Owned: true},
	{Kind: KindAccessMethod, Word: "ACCESS METHOD", Space: "access method", Fixed: true},
	{Kind: KindOperator, Word: "OPERATOR", Space: "operator", Owned: true, Fixed: true},
	{Kind: KindAggregate, Word: "ROUTINE", Grant: "ROUTINE", Space: SpaceRoutine, Owned: true},
	{Kind: KindOperatorFamily, Word: "OPERATOR FAMILY", Space: "operator family", Owned: true},
	{Kind: KindOperatorClass, Word: "OPERATOR CLASS", Space: "operator class", Owned: true},
	{Kind: KindCast, Word: "CAST", Space: "cast", Fixed: true},
	{Kind: KindTransform, Word: "TRANSFORM", Space: "transform", Fixed: true},
	{Kind: KindConversion, Word: "CONVERSION", Space: "conversion", Owned: true},
	{Kind: KindCollation, Word: "COLLATION", Space: "collation", Owned: true},
	{Kind: KindTextParser, Word: "TEXT SEARCH PARSER", Space: "text search parser"},
	{Kind: KindTextTemplate, Word: "TEXT SEARCH TEMPLATE", Space: "text search template"},
	{Kind: KindTextDictionary, Word: "TEXT SEARCH DICTIONARY", Space: "text search dictionary", Owned: true},
	{Kind: KindTextConfiguration, Word: "TEXT SEARCH CONFIGURATION", Space: "text search configuration", Owned: true},
	{Kind: KindDomainDefault},
	{Kind: KindTable, Word: "TABLE", Grant: "TABLE", Space: SpaceRelation, Owned: true},
	{Kind: KindSequence, Word: "SEQUENCE", Grant: "SEQUENCE", Space: SpaceRelation, Owned: true},
	{Kind: KindWrapper, Word: "FOREIGN DATA WRAPPER", Grant: "FOREIGN DATA WRAPPER", Space: "wrapper", Owned: true},
	{Kind: KindServer, Word: "SERVER", Grant: "FOREIGN SERVER", Space: "server", Owned: true},
	{Kind: KindUserMapping, Word: "USER MAPPING"},
	{Kind: KindForeignTable, Word: "FOREIGN TABLE", Grant: "TABLE", Space: SpaceRelation, Owned: true},
	{Kind: KindDefault},
	{Kind: KindConstraint, Word: "CONSTRAINT", Space: "constraint"},
	{Kind: KindIndex, Word: "INDEX", Space: SpaceRelation},
	{Kind: KindView, Word: "VIEW", Grant: "TABLE", Space: SpaceRelation, Owned: true},
	{Kind: KindMatview, Word: "MATERIALIZED VIEW", Grant: "TABLE", Space: SpaceRelation, Owned: true},
	{Kind: KindTrigger, Word: "TRIGGER", Space: "trigger"},
	{Kind: KindRule, Word: "RULE", Space: "rule"},
	{Kind: KindPolicy, Word: "POLICY", Space: "policy"},
	{Kind: KindStatistics, Word: "STATISTICS", Space: "statistics", Owned: true},
	{Kind: KindPublication, Word: "PUBLICATION", Space: "publication", Owned: true},
	{Kind: KindPublishedTable},
	{Kind: KindPublishedSchema},
	{Kind: KindDefaultPrivileges},
	{Kind: KindEventTrigger, Word: "EVENT TRIGGER", Space: "event trigger", Owned: true},
}

// Rank is the place of a kind in the order of creation.
func (k Kind) Rank() int { return slices.IndexFunc(kinds, func(f Facts) bool { return f.Kind == k }) }

// Kinds is how many kinds there are; no rank is as high.
func Kinds() int { return len(kinds) }

// Facts are what is known of a kind; empty for one that is none of this package.
func (k Kind) Facts() Facts {
	if i := k.Rank(); i >= 0 {
		return kinds[i]
	}
	return Facts{}
}

// Spell spells the name of an object of this kind for SQL; schema is empty where
// it lies in none. The name of an operator is never quoted.
func (k Kind) Spell(schema, name string) string {
	switch {
	case schema == "":
		return Quote(name)
	case k == KindOperator:
		return Quote(schema) + "." + name
	}
	return Qualified(schema, name)
}

// Signature is what follows the name in the identity of an object: the argument
// types of a routine or operator, the access method of an operator class, all of
// the identity where there is no name.
func (o Object) Signature() string {
	if o.Name == "" {
		return o.Identity
	}
	name := o.Kind.Spell(o.Schema, o.Name)
	if len(o.Identity) <= len(name) || o.Identity[:len(name)] != name {
		return ""
	}
	return o.Identity[len(name):]
}
