package dump

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/safemigrate/safemigrate/internal/pgarchive"
)

// Kinds of what a dump needs of the cluster that it is restored into.
const (
	NeedsRole       = "role"
	NeedsTablespace = "tablespace"
	NeedsExtension  = "extension"
)

// Need is something outside of the database that a dump cannot be restored without.
type Need struct {
	Kind, Name string
	For        string // an object that needs it
}

func (n Need) String() string { return fmt.Sprintf("%s %q (%s)", n.Kind, n.Name, n.For) }

// named is a name as pg_dump writes it.
const named = `(?:"(?:[^"]|"")+"|[a-z_][a-z0-9_$]*)`

var (
	// grantee is who gets a privilege, at the end of the statement that gives it.
	grantee = regexp.MustCompile(`(?m) (?:TO|FROM) (` + named + `)(?: WITH GRANT OPTION)?;$`)
	// governed are whom a policy is for, where that is not everybody.
	governed = regexp.MustCompile(`^CREATE POLICY ` + named + ` ON (?:` + named + `\.)?` + named + `(?: AS RESTRICTIVE)?(?: FOR [A-Z]+)? TO (` + named + `(?:, ` + named + `)*)(?: USING | WITH CHECK |;)`)
	oneName  = regexp.MustCompile(named)
)

// Needs reads from pg_dump's archive in dir what the cluster has to have, each once.
func Needs(dir string, noOwner bool) ([]Need, error) {
	a, err := readTOC(dir)
	if err != nil {
		return nil, err
	}
	var out []Need
	seen := map[Need]bool{}
	add := func(kind, name string, e *pgarchive.Entry) {
		if key := (Need{Kind: kind, Name: name}); name != "" && !seen[key] {
			seen[key] = true
			out = append(out, Need{kind, name, labelOf(e)})
		}
	}
	for i := range a.Entries {
		e := &a.Entries[i]
		kind := e.Kind.Value
		if kind == "DATABASE" || kind == "DATABASE PROPERTIES" || strings.HasPrefix(e.Tag.Value, "DATABASE ") {
			continue // what of these cannot be given is listed
		}
		add(NeedsTablespace, e.Tablespace.Value, e)
		if kind == "EXTENSION" {
			add(NeedsExtension, e.Tag.Value, e)
		}
		if m := governed.FindStringSubmatch(e.Definition.Value); m != nil { // a policy comes back with or without owners
			for _, role := range oneName.FindAllString(m[1], -1) {
				add(NeedsRole, unquoted(role), e)
			}
		}
		if noOwner {
			continue
		}
		if e.Drop.Value != "" { // what is dropped by itself has an owner of its own
			add(NeedsRole, e.Owner.Value, e)
		}
		if strings.HasSuffix(kind, "ACL") {
			for _, m := range grantee.FindAllStringSubmatch(e.Definition.Value, -1) {
				add(NeedsRole, unquoted(m[1]), e)
			}
		}
	}
	return out, nil
}

// labelOf names an object for people.
func labelOf(e *pgarchive.Entry) string {
	if strings.HasSuffix(e.Kind.Value, "ACL") {
		return "privileges on " + e.Tag.Value // which begins with the kind
	}
	return strings.ToLower(e.Kind.Value) + " " + strings.TrimPrefix(e.Namespace.Value+"."+e.Tag.Value, ".")
}

// unquoted is a name as it is.
func unquoted(name string) string {
	inner, quoted := strings.CutPrefix(name, `"`)
	if !quoted {
		return name
	}
	return strings.ReplaceAll(strings.TrimSuffix(inner, `"`), `""`, `"`)
}
