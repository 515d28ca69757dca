package mysql

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/safemigrate/safemigrate/internal/engine/mysql/catalog"
	"github.com/safemigrate/safemigrate/migrate"
)

// content is where the rows of a table, as it is called now, are going to come from: a copy, and
// the newest stage that is older than it.
type content struct {
	place string
	older int
}

// count tells, for each table, how it goes back and which rows were written
// since the batch that a taking back would take out. Between two batches that
// are taken back, what the older one is compared with is what the newer one found.
func (v *revert) count(ctx context.Context) error {
	contents := map[string]content{}
	lines := map[string]*migrate.TableReport{}
	var order []string
	for _, s := range v.stages {
		for _, w := range s.after.Ways {
			t := lines[w.Name]
			if t == nil {
				t = &migrate.TableReport{Name: w.Name}
				lines[w.Name] = t
				order = append(order, w.Name)
			}
			if t.Way != wayPutBack || w.Way != wayInPlace {
				t.Way, t.Why, t.Readers = w.Way, w.Why, readers(w.Way)
			}
			if err := v.countTable(ctx, t, s, w, contents); err != nil {
				return err
			}
			kept, have := copyOf(s.manifest, w.Name)
			if have && w.Way != wayInPlace && w.Way != wayRenamed {
				t.Rows = kept.Rows
			}
			if have && replaces(w.Way) {
				contents[v.called(s, w.Name)] = content{place: kept.At, older: slices.Index(v.stages, s) + 1}
			}
		}
	}
	for _, name := range order {
		v.report.Tables = append(v.report.Tables, *lines[name])
	}
	return nil
}

// readers tells what happens to who reads a table meanwhile. A table that is
// made again is not there for as long as it takes.
func readers(way string) string {
	switch way {
	case wayInPlace, wayRenamed:
		return "wait briefly"
	case wayCorrected:
		return "go on"
	}
	return "wait"
}

func (v *revert) countTable(ctx context.Context, t *migrate.TableReport, s *stage, w tableWay, contents map[string]content) error {
	if w.Hashes == "" {
		return nil
	}
	name := v.called(s, w.Name)
	place := contents[name].place
	if place == "" {
		if _, there := v.now.Objects[catalog.Table+" "+name]; !there {
			return nil
		}
		place = name
	}
	of, err := v.shapeOf(ctx, place)
	if err != nil {
		return err
	}
	names := v.traced(of.names(), name, contents[name].older, slices.Index(v.stages, s))
	of = of.renamed(place, names).joinedWith(place, v.putBefore(s, w.Name))
	if left, ok := s.after.State.Objects[catalog.Table+" "+w.Name]; ok {
		of = of.like(catalog.Columns(left.Create))
	}
	if w.Way == wayPutBack {
		return v.countRetyped(ctx, t, s, w, place, of)
	}
	total, same, err := v.asLeft(ctx, place, of, w)
	if same {
		return nil
	}
	if src := v.source[w.Name]; w.Way == wayCorrected && place == w.Name && src != nil && src.way == wayCorrected {
		return v.countCorrected(ctx, t, s, w, of) // a row that cannot be summed up may be one that stays
	}
	if err != nil {
		return err
	}
	// The same row can be there more than once in a table without a key.
	matched, err := v.own.number(ctx, "SELECT CAST(coalesce(sum(least(x.n, y.n)), 0) AS SIGNED) FROM (SELECT unhex("+of.rowHash()+") AS h, count(*) AS n FROM "+
		of.from(place)+" GROUP BY 1) AS x JOIN (SELECT h, count(*) AS n FROM "+quote(w.Hashes)+" GROUP BY 1) AS y ON x.h = y.h")
	if err != nil {
		return fmt.Errorf("compare the rows of %s: %w", w.Name, err)
	}
	t.Written += total - matched
	t.Gone += w.Rows - matched
	return nil
}

// called is what a table that a stage knows is called now, by the names that newer batches
// gave it.
func (v *revert) called(s *stage, table string) string {
	for i := slices.Index(v.stages, s) - 1; i >= 0; i-- {
		ways := v.stages[i].after.Ways
		if k := slices.IndexFunc(ways, func(w tableWay) bool { return w.Way == wayRenamed && w.Name == table }); k >= 0 {
			table = ways[k].From
		}
	}
	return table
}

// replaces reports whether the rows of a table are those of a copy.
func replaces(way string) bool { return way != wayInPlace && way != wayPutBack && way != wayRenamed }

// putBefore are the values that newer batches give back to a table before a stage is taken
// back, since its rows come from the place where they are, by the names that they have by then.
func (v *revert) putBefore(s *stage, table string) (puts []put) {
	for i, newer := range v.stages[:slices.Index(v.stages, s)] {
		for _, w := range newer.after.Ways {
			switch kept, have := copyOf(newer.manifest, w.Name); {
			case !have || v.called(newer, w.Name) != v.called(s, table):
			case w.Way == wayPutBack:
				of := newer.shapes[w.Name]
				names := v.traced(of.names(), v.called(s, table), i+1, slices.Index(v.stages, s))
				puts = append(puts, put{table: kept, of: of.renamed(kept.At, names)})
			case replaces(w.Way):
				puts = nil
			}
		}
	}
	return puts
}

// joinedWith is the shape of a table together with the values that are put back into it.
func (s shape) joinedWith(table string, puts []put) shape {
	if len(puts) == 0 {
		return s
	}
	place, from := map[string]string{}, []string{s.as("t", table)}
	for _, c := range s.columns {
		place[c.name] = "t"
	}
	for i, p := range puts {
		alias := fmt.Sprintf("p%d", i)
		values := p.of.values()
		s.columns = slices.Concat(s.without(values.names()).columns, values.columns)
		for _, name := range values.names() { // of one name, the older column is the one that comes
			place[name] = alias
		}
		from = append(from, p.of.as(alias, p.table.At)+" ON "+p.of.sameKey(alias, "t"))
	}
	columns := make([]string, len(s.columns))
	for i, c := range s.columns {
		columns[i] = place[c.name] + "." + quote(c.name)
	}
	s.joined = "(SELECT " + strings.Join(columns, ", ") + " FROM " + strings.Join(from, " LEFT JOIN ") + ") AS joined"
	return s
}

// asLeft counts the rows of a table, and reports whether they are those that the batch left:
// to add up the hashes of both costs much less than to find each in the other. It is one
// query, since a transaction may be open.
func (v *revert) asLeft(ctx context.Context, place string, of shape, w tableWay) (total int64, same bool, err error) {
	now, err := v.own.sumIn(ctx, place, of, portions{from: of.from(place)})
	if err != nil {
		return 0, false, err
	}
	left, err := v.own.sumOfHashes(ctx, w.Hashes)
	return now.rows, err == nil && now == left, err
}

// countCorrected counts only the rows that the batch wrote: others stay.
func (v *revert) countCorrected(ctx context.Context, t *migrate.TableReport, s *stage, w tableWay, now shape) error {
	kept, _ := copyOf(s.manifest, w.Name)
	was := s.shapes[w.Name]
	a, b := quote(w.Hashes), twice(w.Hashes)
	// Keys that the batch changed, took out or put in, with what it left of them. It may be
	// asked under LOCK TABLES, where each use of a table has a name of its own.
	changed := "(SELECT " + a + ".k, " + a + ".h FROM " + a + " LEFT JOIN (SELECT unhex(" + was.keyHash() + ") AS k, unhex(" + was.rowHash() + ") AS h FROM " +
		quote(kept.At) + whole + ") AS o ON o.k = " + a + ".k WHERE o.k IS NULL OR o.h <> " + a + ".b" +
		" UNION ALL SELECT o.k, NULL FROM (SELECT unhex(" + was.keyHash() + ") AS k FROM " + quote(kept.At) + " AS " + twice(kept.At) + whole + ") AS o LEFT JOIN " +
		a + " AS " + b + " ON " + b + ".k = o.k WHERE " + b + ".k IS NULL) AS c"
	live := "(SELECT unhex(" + now.keyHash() + ") AS k, unhex(" + now.rowHash() + ") AS h FROM " + quote(w.Name) + whole + ") AS l"
	rows, err := v.own.query(ctx, "SELECT CAST(coalesce(sum(l.k IS NOT NULL AND NOT (l.h <=> c.h)), 0) AS SIGNED), CAST(coalesce(sum(c.h IS NOT NULL AND NOT (l.h <=> c.h)), 0) AS SIGNED) FROM "+
		changed+" LEFT JOIN "+live+" ON l.k = c.k")
	if err != nil {
		return fmt.Errorf("compare the rows of %s: %w", w.Name, err)
	}
	var written, gone int64
	if _, err := fmt.Sscan(rows[0].Text(0)+" "+rows[0].Text(1), &written, &gone); err != nil {
		return fmt.Errorf("compare the rows of %s: %w", w.Name, err)
	}
	t.Written += written
	t.Gone += gone
	return nil
}
