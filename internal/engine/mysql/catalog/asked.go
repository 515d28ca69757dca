package catalog

import (
	"slices"
	"strings"
)

// Asked are clauses by which MySQL takes the keys of a table for such as were asked for, where
// some of other clauses add foreign keys that can rest on them. One that it made by itself, it
// would drop, and make another one behind all others.
func Asked(create string, foreign []string) (clauses []string) {
	t, _ := parse(create)
	all, _ := References(create)
	for _, k := range t.keys {
		kind, name, _ := strings.Cut(k.name, "KEY ")
		over := keyed(k.text)
		if (kind == "" || kind == "UNIQUE ") && slices.ContainsFunc(all, func(r Reference) bool {
			added := slices.ContainsFunc(foreign, func(c string) bool { return strings.HasPrefix(c, "ADD CONSTRAINT "+quoted(r.Name)+" ") })
			return added && len(over) >= len(r.Columns) && slices.Equal(over[:len(r.Columns)], r.Columns)
		}) {
			clauses = append(clauses, "RENAME KEY `"+name+"` TO `"+name+"`")
		}
	}
	return clauses
}
