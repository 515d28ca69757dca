package mysql

import (
	"fmt"
	"slices"
	"strings"

	"github.com/safemigrate/safemigrate/internal/engine/mysql/catalog"
)

// Columns to which a batch gave other names keep them until their table is altered: what is
// asked before that is asked by these.

// composed are the names that columns get by a batch, behind what newer ones give them.
func composed(newer, by map[string]string) map[string]string {
	out := map[string]string{}
	for now, then := range newer {
		if out[now] = then; by[then] != "" {
			out[now] = by[then]
		}
	}
	for now, then := range by {
		if _, known := out[now]; !known {
			out[now] = then
		}
	}
	return out
}

// columnsBack notes which names a stage gives back to columns of a table. One whose rows come
// from the copy of a newer one is as that left it before it gets them.
func (v *revert) columnsBack(s *stage, table string) {
	names := s.before.Columns[table]
	if len(names) == 0 {
		return
	}
	v.names[table] = composed(v.names[table], names)
	if src := v.source[table]; src.refills() {
		src.form = s.after.State.Objects[catalog.Table+" "+table]
	}
}

// named is a table with the names that its columns are going to have.
func (v *revert) named(table string, is catalog.Object) catalog.Object {
	is.Create, _ = catalog.Rename(is.Create, v.names[table])
	return is
}

// byNow is a condition of columns by the names that they have now.
func (v *revert) byNow(table, condition string) string {
	have := catalog.Columns(v.now.Objects[catalog.Table+" "+v.nowName(table)].Create)
	for now, then := range v.names[table] {
		if slices.Contains(have, now) && !slices.Contains(have, then) {
			condition = strings.ReplaceAll(condition, quote(then), quote(now))
		}
	}
	return condition
}

// lostNames tells that values would have to be put back into a table of which another batch
// has given columns other names.
func (s *stage) lostNames(w tableWay, puts []put, names map[string]string) (apart []string) {
	if w.Way == wayPutBack && len(names) > 0 || len(puts) > 0 && len(s.before.Columns[w.Name]) > 0 {
		apart = append(apart, fmt.Sprintf("table %s: one batch gave columns of it other names, and values go back to it for another one", w.Name))
	}
	return apart
}

// namesSince are the names that columns of a table had after a stage, by those that they have
// before the newest of some stages behind it.
func (v *revert) namesSince(s *stage, table string, newest int) map[string]string {
	var all map[string]string
	for i := newest; i < slices.Index(v.stages, s); i++ {
		newer := v.stages[i]
		for _, w := range newer.after.Ways {
			if w.Way == wayInPlace && v.called(newer, w.Name) == v.called(s, table) && len(newer.before.Columns[w.Name]) > 0 {
				all = composed(all, newer.before.Columns[w.Name])
			}
		}
	}
	return all
}

// renamed is the shape of a table whose columns are called by other names.
func (s shape) renamed(table string, names map[string]string) shape {
	have := s.names()
	given := func(c string) string {
		if to := names[c]; to != "" && !slices.Contains(have, to) {
			return to
		}
		return c
	}
	if !slices.ContainsFunc(have, func(c string) bool { return given(c) != c }) {
		return s
	}
	out := s
	out.columns, out.key, out.order = slices.Clone(s.columns), slices.Clone(s.key), slices.Clone(s.order)
	columns := make([]string, len(have))
	for i, c := range have {
		out.columns[i].name = given(c)
		columns[i] = quote(c) + " AS " + quote(given(c))
	}
	for i, c := range s.key {
		out.key[i] = given(c)
	}
	for i, c := range s.order {
		out.order[i].name = given(c.name)
	}
	out.joined = "(SELECT " + strings.Join(columns, ", ") + " FROM " + s.from(table) + ") AS renamed"
	return out
}
