package catalog

import "regexp"

// UniqueKey is a key over whole columns.
type UniqueKey struct {
	Name    string
	Columns []string
}

var uniquePattern = regexp.MustCompile("^(?:PRIMARY|UNIQUE) KEY (?:`(?:[^`]|``)*` )?\\(((?:`(?:[^`]|``)*`(?: DESC)?,?)+)\\)")

// NewUniqueKeys lists those that definition to has and definition from has not, over columns
// that are the same in both: which rows have the same values can be told before there is one.
func NewUniqueKeys(from, to string) (all []UniqueKey) {
	a, _ := parse(from)
	b, _ := parse(to)
	for _, k := range b.keys {
		m := uniquePattern.FindStringSubmatch(k.text)
		if at := find(a.keys, k.name); m == nil || at >= 0 && a.keys[at].text == k.text {
			continue
		}
		if columns := names(m[1]); SameColumns(from, to, columns) {
			all = append(all, UniqueKey{k.name, columns})
		}
	}
	return all
}
