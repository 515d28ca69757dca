package dump

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// How much of a table, with its TOAST, one part holds where it is cut. Each job gets some
// dozens, so that all end at about the same time.
const (
	leastPart   = 32 << 20
	mostPart    = 64 << 20
	partsPerJob = 32
)

func partSize(total int64, jobs int) int64 {
	return min(max(total/int64(jobs*partsPerJob), leastPart), mostPart)
}

// task is one part of one table.
type task struct {
	table int // its place in the list
	index int
	sql   string
	size  int64 // about; on the server's disk
}

// split cuts the tables into tasks for so many jobs, largest first; part 0 stands for a size
// that follows from theirs. A COPY of a range
// of pages costs the server about a fifth more than one of a whole table, so only a
// table that is larger than half of one job's share is cut.
func split(tables []Table, jobs int, part int64) []task {
	var total int64
	for _, t := range tables {
		total += t.size
	}
	share := total / int64(jobs)
	part = cmp.Or(part, partSize(total, jobs))
	var tasks []task
	for i := range tables {
		t := &tables[i]
		t.Parts = 1
		if jobs > 1 && t.heap && t.Filter == "" && t.size > share/2 && t.size > part {
			t.Parts = int(min((t.size+part-1)/part, max(t.pages, 1)))
		}
		tasks = append(tasks, t.tasks(i)...)
	}
	largestFirst(tasks)
	return tasks
}

func largestFirst(tasks []task) {
	slices.SortStableFunc(tasks, func(a, b task) int { return cmp.Compare(b.size, a.size) })
}

func (t Table) tasks(at int) []task {
	if t.Parts == 1 {
		return []task{{at, 0, t.copyAll(), t.size}}
	}
	out := make([]task, t.Parts)
	for i := range out {
		from, to := t.pages*int64(i)/int64(t.Parts), t.pages*int64(i+1)/int64(t.Parts)
		where := fmt.Sprintf("ctid >= '(%d,0)'", from)
		if i < t.Parts-1 {
			// The last one takes what was written behind the end that was measured.
			where += fmt.Sprintf(" AND ctid < '(%d,0)'", to)
		}
		out[i] = task{at, i, t.copySelect(where), t.size / int64(t.Parts)}
	}
	return out
}

// copyAll copies the rows of the table itself, not of tables that inherit from it.
func (t Table) copyAll() string {
	if t.Filter != "" || len(t.Columns) == 0 {
		return t.copySelect(strings.TrimSpace(t.Filter))
	}
	return "COPY " + qualified(t.Schema, t.Name) + " " + columnList(t.Columns) + " TO STDOUT"
}

func (t Table) copySelect(where string) string {
	sql := "COPY (SELECT " + strings.Join(quoteAll(t.Columns), ", ") + " FROM ONLY " + qualified(t.Schema, t.Name)
	if where != "" && t.Filter == "" {
		where = "WHERE " + where
	}
	return sql + " " + where + ") TO STDOUT"
}

// copyIn loads rows.
func copyIn(into string, columns []string) string {
	return "COPY " + into + " " + columnList(columns) + " FROM STDIN"
}

// within tells whether all tables are among the known ones.
func within(tables, known []Table) bool {
	return !slices.ContainsFunc(tables, func(t Table) bool {
		return !slices.ContainsFunc(known, func(k Table) bool { return k.OID == t.OID && k.Label() == t.Label() })
	})
}
