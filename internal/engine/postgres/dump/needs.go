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
	// Setting is what names the role in a function's definition. Servers differ in whether
	// they take one that is set to a role which is not there.
	Setting string
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
	// givenBy is whose default privileges change.
	givenBy = regexp.MustCompile(`(?m)^ALTER DEFAULT PRIVILEGES FOR ROLE (` + named + `) `)
	// mapped is whom a user mapping is for.
	mapped = regexp.MustCompile(`^CREATE USER MAPPING FOR (` + named + `) SERVER `)
	// acting is as whom a function runs, and body where the part of it begins that can hold anything.
	acting = regexp.MustCompile(`(?m)^    SET (role|session_authorization) TO '((?:[^']|'')+)'$`)
	body   = regexp.MustCompile(`\n    (?:AS |BEGIN ATOMIC|RETURN )`)
)

// Needs reads from pg_dump's archive in dir what the cluster has to have, each once.
func Needs(dir string, noOwner bool) ([]Need, error) {
	a, err := readTOC(dir)
	if err != nil {
		return nil, err
	}
	var out []Need
	seen := map[Need]bool{}
	add := func(n Need, e *pgarchive.Entry) {
		if n.Name != "" && !seen[n] {
			seen[n] = true
			n.For = labelOf(e)
			out = append(out, n)
		}
	}
	role := func(name string) Need { return Need{Kind: NeedsRole, Name: name} }
	for i := range a.Entries {
		e := &a.Entries[i]
		kind := e.Kind.Value
		if kind == "DATABASE" || kind == "DATABASE PROPERTIES" || strings.HasPrefix(e.Tag.Value, "DATABASE ") {
			continue // what of these cannot be given is listed
		}
		add(Need{Kind: NeedsTablespace, Name: e.Tablespace.Value}, e)
		if kind == "EXTENSION" {
			add(Need{Kind: NeedsExtension, Name: e.Tag.Value}, e)
		}
		for _, name := range rolesIn(e) { // what the definition itself names is made with or without owners
			add(role(name), e)
		}
		for _, n := range actingIn(e) {
			add(n, e)
		}
		if noOwner {
			continue
		}
		if e.Drop.Value != "" { // what is dropped by itself has an owner of its own
			add(role(e.Owner.Value), e)
		}
		for _, name := range rolesOfPrivileges(e) {
			add(role(name), e)
		}
	}
	return out, nil
}

// rolesIn are the roles that the definition of an object names.
func rolesIn(e *pgarchive.Entry) (out []string) {
	sql := e.Definition.Value
	switch e.Kind.Value {
	case "POLICY":
		if m := governed.FindStringSubmatch(sql); m != nil {
			for _, role := range oneName.FindAllString(m[1], -1) {
				out = append(out, unquoted(role))
			}
		}
	case "USER MAPPING":
		if m := mapped.FindStringSubmatch(sql); len(m) > 1 && m[1] != "public" { // which is everybody
			out = append(out, unquoted(m[1]))
		}
	}
	return out
}

// actingIn are the roles as which a function runs.
func actingIn(e *pgarchive.Entry) (out []Need) {
	if kind := e.Kind.Value; kind != "FUNCTION" && kind != "PROCEDURE" {
		return nil
	}
	sql := e.Definition.Value
	if at := body.FindStringIndex(sql); at != nil {
		sql = sql[:at[0]+1]
	}
	for _, m := range acting.FindAllStringSubmatch(sql, -1) {
		if m[2] != "none" {
			out = append(out, Need{Kind: NeedsRole, Name: strings.ReplaceAll(m[2], "''", "'"), Setting: m[1]})
		}
	}
	return out
}

// rolesOfPrivileges are the roles that get privileges, or would give them. Who gave one of an
// object that is not his own got it himself, with the right to give it on.
func rolesOfPrivileges(e *pgarchive.Entry) (out []string) {
	if !strings.HasSuffix(e.Kind.Value, "ACL") {
		return nil
	}
	for _, r := range []*regexp.Regexp{givenBy, grantee} {
		for _, m := range r.FindAllStringSubmatch(e.Definition.Value, -1) {
			out = append(out, unquoted(m[1]))
		}
	}
	return out
}

// labelOf names an object for people.
func labelOf(e *pgarchive.Entry) string {
	kind, tag := e.Kind.Value, e.Tag.Value
	switch kind {
	case "ACL":
		return "privileges on " + tag // which begins with the kind
	case "DEFAULT ACL":
		return strings.ToLower(tag)
	}
	return strings.ToLower(kind) + " " + strings.TrimPrefix(e.Namespace.Value+"."+strings.TrimPrefix(tag, kind+" "), ".")
}

// unquoted is a name as it is.
func unquoted(name string) string {
	inner, quoted := strings.CutPrefix(name, `"`)
	if !quoted {
		return name
	}
	return strings.ReplaceAll(strings.TrimSuffix(inner, `"`), `""`, `"`)
}
