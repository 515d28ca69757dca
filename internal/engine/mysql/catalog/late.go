package catalog

import (
	"regexp"
	"slices"
	"strings"
)

var (
	// plainKey is a key that neither says what rows there can be nor is over anything but columns.
	plainKey       = regexp.MustCompile("^KEY (`(?:[^`]|``)*`) \\(`(?:[^`]|``)*`(?:\\(\\d+\\))?(?: DESC)?(?:,`(?:[^`]|``)*`(?:\\(\\d+\\))?(?: DESC)?)*\\)")
	keyColumn      = regexp.MustCompile("`((?:[^`]|``)*)`")
	foreignColumns = regexp.MustCompile("^CONSTRAINT `(?:[^`]|``)*` FOREIGN KEY \\((`(?:[^`]|``)*`(?:, `(?:[^`]|``)*`)*)\\) REFERENCES ")
)

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

// ForeignColumns lists the columns of a definition's own foreign keys; false where one is
// written in a way that is not known here.
func ForeignColumns(create string) (columns []string, ok bool) {
	t, ok := parse(create)
	for _, k := range t.keys {
		if !strings.HasPrefix(k.name, "FOREIGN KEY ") {
			continue
		}
		m := foreignColumns.FindStringSubmatch(k.text)
		if m == nil {
			return nil, false
		}
		for _, c := range keyColumn.FindAllStringSubmatch(m[1], -1) {
			columns = append(columns, strings.ReplaceAll(c[1], "``", "`"))
		}
	}
	return columns, ok
}
