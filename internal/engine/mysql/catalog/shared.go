package catalog

import "strings"

// SharedNames are the names that an object takes from all others of the schema: its own,
// which tables, views and sequences share, and those of a table's foreign keys, and of its
// checks where these are the whole schema's.
func (o Object) SharedNames(checks bool) (names []string) {
	if o.Kind != Table && o.Kind != View && o.Kind != Sequence {
		return nil
	}
	names = []string{"the name " + o.Name}
	if o.Kind != Table {
		return names
	}
	for text := range strings.Lines(o.Create) {
		text = strings.TrimPrefix(text, "  ")
		if m := foreignPattern.FindStringSubmatch(text); m != nil {
			names = append(names, "the foreign key "+bare(m[1]))
		}
		if m := checkPattern.FindStringSubmatch(text); m != nil && checks {
			names = append(names, "the check "+bare(m[1]))
		}
	}
	return names
}
