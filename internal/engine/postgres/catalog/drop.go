package catalog

import "strings"

// DropStatement spells the statement that drops an object and nothing else,
// never with CASCADE; empty for a kind that it does not know.
func DropStatement(o Object) string {
	if o.Drop != "" {
		return o.Drop
	}
	switch o.Kind {
	case KindDatabase:
		return ""
	case KindDefault:
		return "ALTER TABLE ONLY " + o.parentIdentity() + " ALTER COLUMN " + Quote(o.Name) + " DROP DEFAULT"
	case KindConstraint:
		return "ALTER TABLE " + o.parentIdentity() + " DROP CONSTRAINT " + Quote(o.Name)
	case KindDomainCheck:
		return "ALTER " + o.parentIdentity() + " DROP CONSTRAINT " + Quote(o.Name)
	case KindDomainDefault:
		return "ALTER DOMAIN " + o.Identity + " DROP DEFAULT"
	}
	word := o.Kind.Facts().Word
	if word == "" {
		return ""
	}
	return "DROP " + word + " " + strings.Join(append([]string{o.Identity}, o.Shells...), ", ")
}

// parentIdentity is the part after ON of "x ON public.t".
func (o Object) parentIdentity() string { return o.Identity[len(Quote(o.Name))+len(" ON "):] }
