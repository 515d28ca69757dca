package catalog

import (
	"slices"
	"strings"
)

// parts are the lines of a definition, and what stands behind them.
func (t tableText) parts() []line {
	return slices.Concat(t.columns, t.keys, []line{{"options", t.options}, {"partitions", t.tail}})
}

func has(parts []line, p line) bool { return slices.Contains(parts, p) }

// Strange compares a definition with the known ones, between which a table is changed: more
// lists what none of them has, and lacks what all of them have and it has not. Foreign keys
// and keys that only serve to find rows can be away meanwhile, and the server makes a key by
// itself for a foreign key.
func Strange(is string, known ...string) (more, lacks []string) {
	a, ok := parse(is)
	all := make([]tableText, len(known))
	for i, k := range known {
		t, parsed := parse(k)
		all[i], ok = t, ok && parsed
	}
	if !ok {
		if slices.ContainsFunc(known, func(k string) bool { return WithoutForeignKeys(k, "") == WithoutForeignKeys(is, "") }) {
			return nil, nil
		}
		return []string{"another definition"}, nil
	}
	for _, p := range a.parts() {
		if !slices.ContainsFunc(all, func(t tableText) bool { return has(t.parts(), p) }) && !madeByServer(p, known) {
			more = append(more, p.text)
		}
	}
	if len(all) == 0 {
		return more, nil
	}
	for _, p := range slices.Concat(all[0].columns, all[0].keys) {
		away := strings.HasPrefix(p.name, "FOREIGN KEY ") || strings.HasPrefix(p.name, "KEY ")
		missing := func(t tableText) bool { return find(slices.Concat(t.columns, t.keys), p.name) < 0 }
		if !away && missing(a) && !slices.ContainsFunc(all, missing) {
			lacks = append(lacks, p.text)
		}
	}
	return more, lacks
}

// madeByServer reports whether a key can be one that the server made for a foreign key.
func madeByServer(k line, known []string) bool {
	return strings.HasPrefix(k.name, "KEY ") && slices.ContainsFunc(known, func(create string) bool {
		all, _ := References(create)
		return slices.ContainsFunc(all, func(r Reference) bool {
			columns := make([]string, len(r.Columns))
			for i, c := range r.Columns {
				columns[i] = quoted(c)
			}
			return strings.HasSuffix(k.text, " ("+strings.Join(columns, ",")+")")
		})
	})
}

// Besides reports whether a definition is another one with some more parts, and nothing else.
func Besides(is, was string, more []string) bool {
	a, okA := parse(is)
	b, okB := parse(was)
	return okA && okB && !slices.ContainsFunc(b.parts(), func(p line) bool { return !has(a.parts(), p) }) &&
		!slices.ContainsFunc(a.parts(), func(p line) bool { return !has(b.parts(), p) && !slices.Contains(more, p.text) })
}
