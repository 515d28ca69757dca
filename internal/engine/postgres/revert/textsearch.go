package revert

import (
	"slices"
	"strings"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/catalog"
)

// tail is what follows the name of an object in its definition.
func tail(o *object) string {
	_, rest, _ := strings.Cut(o.Create, o.Kind.Spell(o.Schema, o.Name))
	return rest
}

// alterDictionary sets the options of a text search dictionary: those that it is
// not to have are taken away, the others given in their order, which the server
// keeps. Its template stays.
func alterDictionary(want, cur *object) ([]string, bool) {
	template, options, _ := strings.Cut(strings.TrimSuffix(tail(want), ")"), ", ")
	now, had, _ := strings.Cut(strings.TrimSuffix(tail(cur), ")"), ", ")
	if template != now {
		return nil, false
	}
	names := optionNames(options)
	var set []string
	for _, name := range optionNames(had) {
		if !slices.Contains(names, name) {
			set = append(set, name)
		}
	}
	if options != "" {
		set = append(set, options)
	}
	return []string{"ALTER TEXT SEARCH DICTIONARY " + cur.Identity + " (" + joined(set) + ")"}, true
}

// optionNames lists the names in "a = 'x', b = 5".
func optionNames(options string) []string {
	var names []string
	for len(options) > 0 {
		n := tokenLength(options)
		names = append(names, options[:n])
		options = options[n:]
		options = strings.TrimPrefix(options[valueLength(options):], ", ")
	}
	return names
}

// valueLength is how far the value of an option reaches: to a comma that stands
// in no string.
func valueLength(s string) int {
	inside := false
	for i := range len(s) {
		switch c := s[i]; {
		case c == '\'':
			inside = !inside
		case c == ',' && !inside:
			return i
		}
	}
	return len(s)
}

// alterConfiguration adds the mappings that a text search configuration is to
// have and has not; releaseMappings has taken away the others. Its parser stays.
func alterConfiguration(want, cur *object) ([]string, bool) {
	if tail(want) != tail(cur) {
		return nil, false
	}
	var out []string
	for _, sql := range want.After {
		if !slices.Contains(cur.After, sql) {
			out = append(out, sql)
		}
	}
	return out, true
}

// releaseMappings takes away the mappings that a configuration is not to have,
// so that dictionaries can go that only those need.
func releaseMappings(want, cur *object) []string {
	var out []string
	for _, sql := range cur.After {
		mapping, found := strings.CutPrefix(sql, addMapping(cur))
		if found && !slices.Contains(want.After, sql) {
			token := mapping[:tokenLength(mapping)]
			out = append(out, "ALTER TEXT SEARCH CONFIGURATION "+cur.Identity+" DROP MAPPING FOR "+token)
		}
	}
	return out
}

func addMapping(o *object) string {
	return "ALTER TEXT SEARCH CONFIGURATION " + catalog.Qualified(o.Schema, o.Name) + " ADD MAPPING FOR "
}
