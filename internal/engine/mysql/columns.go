package mysql

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/safemigrate/safemigrate/internal/engine/mysql/catalog"
)

// Columns to which a batch gave other names keep them until their table is altered: what is
// asked before that is asked by these.

// names are those that columns of a table had before a batch, by the ones that it left them; where
// it stopped half-way, by those that it has given them so far.
func (s *stage) names(table string) map[string]string {
	have := catalog.Columns(s.after.State.Objects[catalog.Table+" "+table].Create)
	out := map[string]string{}
	for now, then := range s.before.Columns[table] {
		if slices.Contains(have, now) {
			out[now] = then
		}
	}
	return out
}

// columnsBack notes that a stage gives names back to columns of a table. One whose rows come
// from the copy of a newer one is as that left it before it gets them.
func (v *revert) columnsBack(s *stage, table string) {
	if len(s.names(table)) == 0 {
		return
	}
	v.renames[table] = true
	if src := v.source[table]; src.refills() {
		src.form, src.formed = s.after.State.Objects[catalog.Table+" "+table], slices.Index(v.stages, s)
	}
}

// trace finds, once all stages are read, which names columns get back, and which go.
func (v *revert) trace() {
	for table := range v.renames {
		is, newest := v.now.Objects[catalog.Table+" "+v.nowName(table)], 0
		src := v.source[table]
		if src != nil && src.form.Create != "" && src.way != wayCorrected {
			is, newest = src.form, src.formed
		}
		columns := catalog.Columns(is.Create)
		v.names[table] = v.traced(columns, v.nowName(table), newest, len(v.stages))
		for _, p := range v.puts(table) {
			src.apart = append(src.apart, v.crossing(table, p, columns, newest)...)
		}
	}
}

// going is what a column is called that goes while another one gets its name.
func going(i int) string { return ours + "goes_" + strconv.Itoa(i) }

// traced are those columns of a table, by the names that they get from the newest of some stages to
// behind the oldest one, that do not keep their name or go under it.
func (v *revert) traced(columns []string, table string, newest, oldest int) map[string]string {
	all := v.fates(columns, table, newest, oldest)
	ends := slices.Collect(maps.Values(all))
	for i, c := range columns {
		if all[c] == c || all[c] == going(i) && !slices.Contains(ends, c) {
			delete(all, c)
		}
	}
	return all
}

// fates follows columns of a table, which has this name now, to the names that they get, or to
// where they go.
func (v *revert) fates(columns []string, table string, newest, oldest int) map[string]string {
	all := map[string]string{}
	for _, c := range columns {
		all[c] = c
	}
	for _, s := range v.stages[newest:oldest] {
		for _, w := range s.after.Ways {
			if v.called(s, cmp.Or(w.From, w.Name)) != table {
				continue
			}
			had, names := catalog.Columns(s.before.State.Objects[catalog.Table+" "+w.Name].Create), s.names(w.Name)
			for i, c := range columns {
				if to := names[all[c]]; to != "" {
					all[c] = to
				} else if !slices.Contains(had, all[c]) {
					all[c] = going(i)
				}
			}
		}
	}
	return all
}

// becomes are the names that the columns which a table has now have got back in the end, wherever
// its rows come from.
func (v *revert) becomes(table string) map[string]string {
	now := v.nowName(table)
	return v.traced(catalog.Columns(v.now.Objects[catalog.Table+" "+now].Create), now, 0, len(v.stages))
}

// inNames are columns by other names.
func inNames(columns []string, names map[string]string) []string {
	out := make([]string, len(columns))
	for i, c := range columns {
		out[i] = cmp.Or(names[c], c)
	}
	return out
}

// named is a table with the names that its columns are going to have.
func (v *revert) named(table string, is catalog.Object) catalog.Object {
	is.Create, _ = catalog.Rename(is.Create, v.names[table])
	return is
}

// namesThere are the names that columns of a table have now, by those that they are going to have.
func (v *revert) namesThere(table string) map[string]string {
	out := map[string]string{}
	for now, then := range v.names[table] {
		out[then] = now
	}
	return out
}

// byNow is a condition of columns by the names that they have now.
func (v *revert) byNow(table, condition string) string {
	return catalog.InOtherNames(condition, v.namesThere(table))
}

// crossing tells that what goes back by key had another name before an older batch, or is another
// column than the one that has its name then; or that a newer batch gave another name to what it is
// found by or compared with, in a table that has had these columns since a stage.
func (v *revert) crossing(table string, p put, columns []string, newest int) (apart []string) {
	var names []string
	now, final := v.nowName(table), catalog.Columns(v.want.Objects[catalog.Table+" "+table].Create)
	fates := v.fates(p.names, now, p.stage+1, len(v.stages))
	for i, c := range p.names {
		goes := fates[c] == going(i)
		if fates[c] != c && !goes || goes && slices.Contains(final, c) && slices.Contains(p.of.names(), c) {
			names = append(names, c)
		}
	}
	for _, then := range v.traced(columns, now, newest, p.stage) {
		if slices.Contains(p.of.key, then) || slices.Contains(p.left, then) {
			names = append(names, then)
		}
	}
	slices.Sort(names)
	for _, name := range slices.Compact(names) {
		apart = append(apart, fmt.Sprintf("table %s: one batch gave another name to %s, with which values go back for another one", table, name))
	}
	return apart
}

// renamed is the shape of a table whose columns are called by other names.
func (s shape) renamed(table string, names map[string]string) shape {
	have := s.names()
	given := func(c string) string { return cmp.Or(names[c], c) }
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
