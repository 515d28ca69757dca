package mysql

import (
	"context"
	"fmt"
	"strings"

	"github.com/safemigrate/safemigrate/internal/engine/mysql/catalog"
)

// mostDuplicates is how many rows that have the values of others are named one by one.
const mostDuplicates = 10_000

// duplicates are rows that came later and have the same values as others in a unique key which
// comes back. That a row came later is told by its number, where the table counts: those from
// the one that it stood at before the batch on. They are named by these numbers, for DELETE
// takes no query of its own table, and nor does LOCK TABLES. Of other rows nothing is known,
// and the server refuses the key.
func (v *revert) duplicates(ctx context.Context, table string, is, want catalog.Object) (all []misfit, err error) {
	if src := v.source[table]; src.copy != "" || len(src.puts) > 0 {
		return nil, nil
	}
	column := catalog.Counting(want.Create)
	next := v.stages[len(v.stages)-1].before.State.Counters[table]
	if column == "" || next == "" || !catalog.SameColumns(want.Create, v.stages[len(v.stages)-1].before.State.Objects[want.Key()].Create, []string{column}) {
		return nil, nil
	}
	for _, k := range catalog.NewUniqueKeys(is.Create, want.Create) {
		numbers, err := v.laterDuplicates(ctx, table, column, next, k.Columns)
		if err != nil {
			return nil, fmt.Errorf("look for rows with the same values in %s: %w", k.Name, err)
		}
		if 0 < len(numbers) && len(numbers) <= mostDuplicates {
			all = append(all, misfit{condition: quote(column) + " IN (" + strings.Join(numbers, ", ") + ")", words: "with values of " + strings.Join(k.Columns, ", ") + " that another row has",
				columns: []string{column}})
		}
	}
	return all, nil
}

// laterDuplicates lists the numbers of such rows; the first row of several that have the same
// values stays.
func (v *revert) laterDuplicates(ctx context.Context, table, column, next string, key []string) (numbers []string, err error) {
	var filled, same []string
	for _, c := range key {
		filled, same = append(filled, quote(c)+" IS NOT NULL"), append(same, "d."+quote(c)+" = t."+quote(c))
	}
	live := v.live(table, append(minus(key, []string{column}), column))
	if live == "" {
		return nil, nil
	}
	c, first := quote(column), quote(ours+"first")
	rows, err := v.own.query(ctx, "SELECT t."+c+" FROM ("+live+") AS t JOIN (SELECT "+quoteAll(key)+", min("+c+") AS "+first+" FROM ("+live+") AS l WHERE "+strings.Join(filled, " AND ")+
		" GROUP BY "+quoteAll(key)+" HAVING count(*) > 1) AS d ON "+strings.Join(same, " AND ")+
		" WHERE t."+c+" >= "+next+" AND t."+c+" > d."+first+fmt.Sprintf(" LIMIT %d", mostDuplicates+1))
	for _, r := range rows {
		numbers = append(numbers, r.Text(0))
	}
	return numbers, err
}
