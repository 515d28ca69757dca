package mysql

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/go-sql-driver/mysql"

	"github.com/safemigrate/safemigrate/internal/engine/mysql/catalog"
	"github.com/safemigrate/safemigrate/migrate"
)

// fits looks, before anything is changed, for rows that stay with their table and that
// its definition of before the batch does not allow: without a value that they must have,
// or longer than a column was. Others are found by the server (unfit).
func (v *revert) fits(ctx context.Context) error {
	var conflicts []string
	for _, key := range catalog.Keys(v.want) {
		want, is := v.want.Objects[key], v.now.Objects[key]
		src := v.source[want.Name]
		if want.Kind != catalog.Table || is.Create == "" || src == nil {
			continue
		}
		if src.way == wayInPlace || src.way == wayCorrected {
			for _, c := range catalog.NewChecks(is.Create, want.Create) {
				found, err := v.forbidden(ctx, want.Name, c)
				if err != nil {
					return err
				}
				conflicts = append(conflicts, found...)
			}
		}
		if src.way != wayInPlace {
			continue
		}
		for _, t := range catalog.TighterColumns(is.Create, want.Create) {
			found, err := v.tooMuch(ctx, want.Name, t)
			if err != nil {
				return err
			}
			conflicts = append(conflicts, found...)
		}
	}
	return conflict(conflicts)
}

// forbidden counts the rows that a check forbids which comes back: MariaDB would not be asked
// about them, since rows come from where they were checked (settle).
func (v *revert) forbidden(ctx context.Context, table string, c catalog.Check) ([]string, error) {
	if !v.server.maria {
		return nil, nil
	}
	columns := c.Columns()
	slices.Sort(columns)
	rows, err := v.finally(ctx, table, slices.Compact(columns))
	if err != nil || rows == "" || len(columns) == 0 {
		return nil, err
	}
	n, err := v.own.number(ctx, "SELECT count(*) FROM ("+rows+") AS f WHERE NOT ("+c.Expression+")")
	if refused, told := errors.AsType[*mysql.MySQLError](err); told && ctx.Err() == nil {
		v.note(fmt.Sprintf("%s: whether rows of it fit check %s, which comes back, cannot be told (%s)", table, c.Name, refused.Message))
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("look for rows of %s that do not fit: %w", table, err)
	}
	if n == 0 {
		return nil, nil
	}
	return []string{fmt.Sprintf("rows of table %s that do not fit what it was before the batch: %d that check %s forbids", table, n, c.Name)}, nil
}

// tooMuch counts the rows that a column does not take.
func (v *revert) tooMuch(ctx context.Context, table string, t catalog.Tighter) (found []string, err error) {
	count := func(condition, text string) {
		var n int64
		if err == nil {
			n, err = v.own.number(ctx, "SELECT count(*) FROM "+quote(table)+" WHERE "+condition)
		}
		if n > 0 {
			found = append(found, fmt.Sprintf("rows of table %s that do not fit what it was before the batch: %d %s", table, n, text))
		}
	}
	if t.Filled {
		count(quote(t.Column)+" IS NULL", "without a value in "+t.Column)
	}
	if t.Length > 0 {
		count(fmt.Sprintf("char_length(trim(TRAILING ' ' FROM %s)) > %d", quote(t.Column), t.Length), fmt.Sprintf("with more than %d characters in %s", t.Length, t.Column))
	}
	if err != nil {
		return nil, fmt.Errorf("look for rows of %s that do not fit: %w", table, err)
	}
	return found, nil
}

// unfitCodes are the errors by which a server refuses to give a table a definition
// for the sake of a row in it: WARN_DATA_TRUNCATED, ER_DATA_TOO_LONG,
// ER_WARN_DATA_OUT_OF_RANGE, ER_TRUNCATED_WRONG_VALUE (and _FOR_FIELD),
// ER_INVALID_USE_OF_NULL, ER_BAD_NULL_ERROR, ER_DUP_ENTRY (and _WITH_KEY_NAME), and a
// check that does not hold, MariaDB's and MySQL's.
var unfitCodes = []uint16{1265, 1406, 1264, 1292, 1366, 1138, 1048, 1062, 1586, 4025, 3819}

// unfit turns what the server says of rows that a table's definition of before the
// batch does not allow, beside those that come back, into a conflict: the table keeps
// all its rows, so somebody has written such a one since. While a batch that stopped
// half-way is taken back nobody is asked, and the error stays as it is.
func (v *revert) unfit(table string, err error) error {
	if v.req.Incomplete || !slices.ContainsFunc(unfitCodes, func(code uint16) bool { return isCode(err, code) }) {
		return err
	}
	return &migrate.ConflictError{Conflicts: []string{fmt.Sprintf("rows of table %s that do not fit what it was before the batch: %v", table, err)}}
}
