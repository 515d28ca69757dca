package catalog

import "strings"

// Quote spells one identifier for SQL, in double quotes only where it needs
// them, as the server itself prints it.
func Quote(ident string) string {
	if plain(ident) && !keyword(ident) {
		return ident
	}
	return `"` + strings.ReplaceAll(ident, `"`, `""`) + `"`
}

// Qualified spells a name in its schema for SQL.
func Qualified(schema, name string) string { return Quote(schema) + "." + Quote(name) }

// Literal spells a text constant for SQL, whatever
// standard_conforming_strings says.
func Literal(s string) string {
	quoted := "'" + strings.ReplaceAll(s, "'", "''") + "'"
	if strings.Contains(s, `\`) {
		return "E" + strings.ReplaceAll(quoted, `\`, `\\`)
	}
	return quoted
}

func plain(ident string) bool {
	for i, c := range []byte(ident) {
		switch {
		case c >= 'a' && c <= 'z', c == '_':
		case c >= '0' && c <= '9' && i > 0:
		default:
			return false
		}
	}
	return ident != ""
}

func quoteAll(idents []string) string {
	quoted := make([]string, len(idents))
	for i, ident := range idents {
		quoted[i] = Quote(ident)
	}
	return strings.Join(quoted, ", ")
}

// settings spells "name=value" options (reloptions, attoptions) for SQL.
func settings(options []string) string {
	spelled := make([]string, len(options))
	for i, option := range options {
		name, value, _ := strings.Cut(option, "=")
		prefix, rest, dotted := strings.Cut(name, ".")
		if dotted {
			name = Quote(prefix) + "." + Quote(rest)
		} else {
			name = Quote(name)
		}
		spelled[i] = name + "=" + Literal(value)
	}
	return strings.Join(spelled, ", ")
}
