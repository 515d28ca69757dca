package catalog

// DropStatement spells the statement that drops an object and nothing else,
// never with CASCADE; empty for a kind that it does not know.
func DropStatement(o Object) string {
	switch o.Kind {
	case KindSchema:
		return "DROP SCHEMA " + o.Identity
	case KindExtension:
		return "DROP EXTENSION " + o.Identity
	case KindEnum:
		return "DROP TYPE " + o.Identity
	case KindSequence:
		return "DROP SEQUENCE " + o.Identity
	case KindTable:
		if o.Unsupported == foreign {
			return "DROP FOREIGN TABLE " + o.Identity
		}
		return "DROP TABLE " + o.Identity
	case KindDefault:
		return "ALTER TABLE ONLY " + o.parentIdentity() + " ALTER COLUMN " + Quote(o.Name) + " DROP DEFAULT"
	case KindConstraint:
		return "ALTER TABLE " + o.parentIdentity() + " DROP CONSTRAINT " + Quote(o.Name)
	case KindIndex:
		return "DROP INDEX " + o.Identity
	case KindTrigger, KindRule, KindPolicy:
		return "DROP " + dropWords[o.Kind] + " " + o.Identity
	case KindView:
		return "DROP VIEW " + o.Identity
	case KindMatview:
		return "DROP MATERIALIZED VIEW " + o.Identity
	case KindFunction:
		return "DROP ROUTINE " + o.Identity
	case KindStatistics:
		return "DROP STATISTICS " + o.Identity
	}
	return ""
}

var dropWords = map[Kind]string{KindTrigger: "TRIGGER", KindRule: "RULE", KindPolicy: "POLICY"}

// parentIdentity is the part after ON of "x ON public.t".
func (o Object) parentIdentity() string { return o.Identity[len(Quote(o.Name))+len(" ON "):] }
