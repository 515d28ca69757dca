package catalog

import (
	"regexp"
	"slices"
	"strings"
)

// plainKey is a key that neither says what rows there can be nor is over anything but columns.
var plainKey = regexp.MustCompile("^KEY (`(?:[^`]|``)*`) \\(`(?:[^`]|``)*`(?:\\(\\d+\\))?(?: DESC)?(?:,`(?:[^`]|``)*`(?:\\(\\d+\\))?(?: DESC)?)*\\)")

// LateKeys are the clauses that drop the last keys of a table, and that add them again in
// their order: of those that only serve to find rows, and are over none of some columns.
// The server writes keys of one kind in the order in which they were made.
func LateKeys(create string, not []string) (drops, adds []string) {
	t, ok := parse(create)
	if !ok || t.tail != "" {
		return nil, nil
	}
	for _, k := range slices.Backward(t.keys) {
		if !strings.HasPrefix(k.name, "KEY ") {
			continue
		}
		m := plainKey.FindStringSubmatch(k.text)
		if m == nil || slices.ContainsFunc(not, func(c string) bool { return strings.Contains(k.text, quoted(c)) }) {
			break
		}
		drops, adds = append(drops, "DROP KEY "+m[1]), append(adds, "ADD "+k.text)
	}
	slices.Reverse(adds)
	return drops, adds
}

// SearchKeys are the clauses that drop the keys which only serve to find rows, and are not
// over the column that counts by itself, which needs one.
func SearchKeys(create string) (drops []string) {
	t, _ := parse(create)
	counting := Counting(create)
	for _, k := range t.keys {
		switch kind, _, _ := strings.Cut(k.name, " "); kind {
		case "KEY", "FULLTEXT", "SPATIAL", "VECTOR":
			if drop, ok := dropOf(k); ok && (counting == "" || !strings.Contains(k.text, quoted(counting))) {
				drops = append(drops, drop)
			}
		}
	}
	return drops
}
