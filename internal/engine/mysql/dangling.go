package mysql

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/safemigrate/safemigrate/internal/engine/mysql/catalog"
	"github.com/safemigrate/safemigrate/migrate"
)

// The server checks no foreign key while a batch goes back (converge), so that rows of
// others could be left without the row that they refer to. They are counted before.

// reference is a foreign key that is wanted, and its two tables as they are now.
type reference struct {
	catalog.Reference
	child string
	// checked: the server looks after it now.
	checked bool
}

// dangling counts rows that would refer to nothing. Rows that refer to something now are
// a conflict: what they refer to has to stay. Where the key is not there now, since the
// batch dropped it, nobody checked rows since: those that refer to nothing are named, and
// stay, as may have been there all the time.
func (v *revert) dangling(ctx context.Context) error {
	var conflicts []string
	for _, r := range v.references() {
		n, err := v.countDangling(ctx, r)
		switch {
		case err != nil:
			return fmt.Errorf("count the rows of %s that refer to nothing: %w", r.child, err)
		case n > 0 && r.checked:
			conflicts = append(conflicts, fmt.Sprintf("%s: %s, by foreign key %s, to rows that would be gone", r.child, migrate.RowsRefer(n), r.Name))
		case n > 0:
			v.remark(r, n)
		}
	}
	return conflict(conflicts)
}

func (v *revert) countDangling(ctx context.Context, r reference) (int64, error) {
	if r.checked && v.stay(r.child, r.Parent) {
		return 0, nil
	}
	child, err := v.finally(ctx, r.child, r.Columns)
	if child == "" || err != nil {
		return 0, err
	}
	parent, err := v.finally(ctx, r.Parent, r.ParentColumns)
	if parent == "" || err != nil {
		return 0, err
	}
	before := ""
	if r.checked {
		before = v.danglingNow(r)
	}
	return v.countRows(ctx, r, without(r.Reference, child, parent, before))
}

// countRows counts what the server can compare; where it cannot (a key made unchecked, over
// columns of two collations), that is named, and stops nothing.
func (v *revert) countRows(ctx context.Context, r reference, rows string) (int64, error) {
	n, err := v.own.number(ctx, "SELECT count(*) FROM "+rows)
	if refused, told := refusal(err); told && ctx.Err() == nil {
		v.note(fmt.Sprintf("%s: whether rows of it refer, by foreign key %s, to rows of %s cannot be told (%s)", r.child, r.Name, r.Parent, refused.Message))
		return 0, nil
	}
	return n, err
}

// leftDangling names the rows that refer to nothing once all is back, which others wrote
// in the meantime, or before (loosen takes keys away for the time, and so did a try that
// ended half-way).
func (v *revert) leftDangling(ctx context.Context) error {
	for _, r := range v.references() {
		_, tried := v.tried[catalog.Table+" "+r.child]
		if r.checked && v.stay(r.child, r.Parent) && !v.loose[r.child] && !tried {
			continue
		}
		n, err := v.countRows(ctx, r, without(r.Reference, selected(r.child, r.Columns), selected(r.Parent, r.ParentColumns), ""))
		if err != nil {
			return fmt.Errorf("count the rows of %s that refer to nothing: %w", r.child, err)
		}
		if n > 0 {
			v.remark(r, n)
		}
	}
	return nil
}

// remark names rows that refer to nothing.
func (v *revert) remark(r reference, n int64) {
	v.note(fmt.Sprintf("%s: %s, by foreign key %s, to no row of %s", r.child, migrate.RowsRefer(n), r.Name, r.Parent))
}

// note names what a rollback leaves alone. Nobody shows the report of a restore.
func (v *revert) note(line string) {
	if slices.Contains(v.report.Drift, line) {
		return
	}
	v.report.Drift = append(v.report.Drift, line)
	if v.req.Incomplete {
		v.tellf("%s", line)
	}
}

// references lists the foreign keys that are wanted, by their child's name.
func (v *revert) references() []reference {
	var out []reference
	for _, key := range catalog.Keys(v.want) {
		o := v.want.Objects[key]
		if o.Kind != catalog.Table {
			continue
		}
		all, _ := catalog.References(o.Create)
		now, _ := catalog.References(v.now.Objects[catalog.Table+" "+v.nowName(o.Name)].Create)
		for _, r := range all {
			if r.Database != "" {
				continue // rows elsewhere do not change
			}
			child, parent := v.becomes(o.Name), v.becomes(r.Parent)
			checked := slices.ContainsFunc(now, func(n catalog.Reference) bool {
				return n.Parent == v.nowName(r.Parent) && slices.Equal(inNames(n.Columns, child), r.Columns) && slices.Equal(inNames(n.ParentColumns, parent), r.ParentColumns)
			})
			out = append(out, reference{Reference: r, child: o.Name, checked: checked})
		}
	}
	return out
}

// stay reports whether no row of two tables comes or goes, or all rows of both come from
// one snapshot, which was taken while the key was there.
func (v *revert) stay(child, parent string) bool {
	c, p := v.source[child], v.source[parent]
	keeps := func(s *source) bool { return s == nil || s.copy == "" }
	if keeps(c) && keeps(p) {
		return len(v.unfits[parent]) == 0
	}
	return !keeps(c) && !keeps(p) && c.way != wayCorrected && p.way != wayCorrected && c.batch == p.batch
}

// finally is a query of some columns of a table as it will be; "" where that cannot be
// asked, since one of them is not there under its name.
func (v *revert) finally(ctx context.Context, table string, columns []string) (string, error) {
	src := v.source[table]
	if src == nil || src.copy == "" {
		rows := v.live(table, columns)
		if unfit := v.unfitting(table); unfit != "" && rows != "" {
			rows += " WHERE NOT " + unfit
		}
		return rows, nil
	}
	of, ok := src.of.only(columns)
	switch {
	case !ok || of.history:
		return "", nil
	case src.way != wayCorrected:
		return "SELECT " + of.namesIn("c") + " FROM " + quote(src.copy) + " AS c", nil
	case v.live(table, columns) == "":
		return "", nil
	}
	now, err := v.shapeOf(ctx, table)
	if err != nil {
		return "", err
	}
	// What correct does, as a query.
	t, c, h, by := quote(table), quote(src.copy), quote(src.hashes), src.correction(table, now)
	return "SELECT " + of.namesIn(t) + " FROM " + t + " LEFT JOIN " + h + " ON " + by.liveKey + " LEFT JOIN " + c + " ON " + by.same +
		" WHERE " + by.lost + " AND " + by.gone + " OR " + by.left + " AND NOT " + by.gone + " AND NOT " + by.changed +
		" UNION ALL SELECT " + of.namesIn(c) + " FROM " + c + " LEFT JOIN " + h + " ON " + by.keptKey + " WHERE " + by.lost + " OR " + by.changed, nil
}

// live is the same of a table as it is.
func (v *revert) live(table string, columns []string) string {
	o, there := v.now.Objects[catalog.Table+" "+v.nowName(table)]
	is := catalog.Columns(o.Create)
	have := inNames(is, v.becomes(table))
	if !there || slices.ContainsFunc(columns, func(c string) bool { return !slices.Contains(have, c) }) {
		return ""
	}
	as := make([]string, len(columns))
	for i, c := range columns {
		as[i] = quote(is[slices.Index(have, c)]) + " AS " + quote(c)
	}
	return "SELECT " + strings.Join(as, ", ") + " FROM " + quote(o.Name)
}

func selected(table string, columns []string) string {
	return "SELECT " + quoteAll(columns) + " FROM " + quote(table)
}

// without is the rows f of a child, in a FROM, that have no row in its parent; where
// before is a query of values, those with one of them are left out. All are joins: of
// NOT IN, MySQL looks at every row without a value for each that it asks for.
func without(r catalog.Reference, child, parent, before string) string {
	var filled, same, again []string
	for i, c := range r.Columns {
		filled = append(filled, "f."+quote(c)+" IS NOT NULL")
		same = append(same, "p."+quote(r.ParentColumns[i])+" = f."+quote(c))
		again = append(again, "b."+quote(c)+" = f."+quote(c))
	}
	rows := "(" + child + ") AS f LEFT JOIN (SELECT DISTINCT x.* FROM (" + parent + ") AS x) AS p ON " + strings.Join(same, " AND ")
	if before != "" {
		rows += " LEFT JOIN (" + before + ") AS b ON " + strings.Join(again, " AND ")
		filled = append(filled, noRow("b."+quote(r.Columns[0])))
	}
	return rows + " WHERE " + strings.Join(filled, " AND ") + " AND " + noRow("p."+quote(r.ParentColumns[0]))
}

// danglingNow is a query of the values that refer to nothing now, and did so before (the
// server lets who switches the check off write such rows).
func (v *revert) danglingNow(r reference) string {
	child, parent := v.live(r.child, r.Columns), v.live(r.Parent, r.ParentColumns)
	if child == "" || parent == "" {
		return ""
	}
	return "SELECT DISTINCT f.* FROM " + without(r.Reference, child, parent, "")
}
