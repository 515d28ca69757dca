package mysql

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/safemigrate/safemigrate/internal/engine/mysql/catalog"
	"github.com/safemigrate/safemigrate/migrate"
)

// fits looks, before anything is changed, for rows that stay with their table and that
// its definition of before the batch does not allow: without a value that they must have,
// longer than a column was, or such as a check forbids. They were written since, and go to
// the quarantine, or need a decision. Others are found by the server (unfit).
func (v *revert) fits(ctx context.Context) error {
	var conflicts []string
	for _, key := range catalog.Keys(v.want) {
		want, is := v.want.Objects[key], v.now.Objects[key]
		src := v.source[want.Name]
		if want.Kind != catalog.Table || is.Create == "" || src == nil || src.copy != "" && src.way != wayCorrected && len(src.puts) == 0 {
			continue
		}
		found, err := v.misfits(ctx, want.Name, v.named(want.Name, is), want)
		if err != nil {
			return fmt.Errorf("look for rows of %s that do not fit: %w", want.Name, err)
		}
		if src.copy == "" {
			if err := v.takeOut(ctx, want.Name, found); err != nil {
				return err
			}
			continue
		}
		for _, m := range found { // they would have to be told from what is put back
			conflicts = append(conflicts, fmt.Sprintf("rows of table %s that do not fit what it was before the batch: %d %s", want.Name, m.rows, m.words))
		}
	}
	return conflict(conflicts)
}

// misfit is a condition of rows that a definition does not allow.
type misfit struct {
	condition, words string
	columns          []string
	rows             int64
}

// misfits counts the rows of a table, as it is going to be, that do not fit it. Where what
// stopped half-way has to come back, these are only those that have no value to go back.
func (v *revert) misfits(ctx context.Context, table string, is, want catalog.Object) (found []misfit, err error) {
	if err := v.foreseeLater(ctx, table, is, want); err != nil {
		return nil, err
	}
	all := v.valueless(is.Create, want, v.puts(table))
	if src := v.source[table]; src.copy == "" || !v.req.Incomplete && src.way == wayCorrected {
		all = append(all, v.breaking(table, is, want)...)
	}
	twins, err := v.duplicates(ctx, table, is, want)
	if err != nil {
		return nil, err
	}
	all = append(all, twins...)
	for _, m := range all {
		rows, err := v.finally(ctx, table, m.columns)
		if err != nil {
			return nil, err
		}
		if rows == "" || len(m.columns) == 0 {
			continue
		}
		m.rows, err = v.own.number(ctx, "SELECT count(*) FROM ("+rows+") AS "+quote(table)+" WHERE "+m.condition)
		if refused, told := refusal(err); told && ctx.Err() == nil {
			v.note(fmt.Sprintf("%s: whether it has rows %s cannot be told (%s)", table, m.words, refused.Message))
			continue
		}
		if err != nil {
			return nil, err
		}
		if m.rows > 0 {
			found = append(found, m)
		}
	}
	return found, nil
}

// breaking are the rows that a definition does not allow which takes less.
func (v *revert) breaking(table string, is, want catalog.Object) (all []misfit) {
	if v.source[table].way != wayCorrected {
		lost := v.lost(table)
		for _, t := range catalog.TighterColumns(is.Create, want.Create) {
			if slices.Contains(lost, t.Column) {
				continue // what it holds goes
			}
			if t.Filled {
				all = append(all, misfit{condition: quote(t.Column) + " IS NULL", words: "without a value in " + t.Column, columns: []string{t.Column}})
			}
			if t.Length > 0 {
				all = append(all, misfit{condition: fmt.Sprintf("char_length(%s) > %d", quote(t.Column), t.Length),
					words: fmt.Sprintf("with more than %d characters in %s", t.Length, t.Column), columns: []string{t.Column}})
			}
		}
	}
	refused := slices.DeleteFunc(catalog.RefusedColumns(is.Create, want.Create), func(s catalog.Shortened) bool { return slices.Contains(v.lost(table), s.Column) })
	for _, s := range append(shortened(is, want, v.lost(table)), refused...) {
		all = append(all, misfit{condition: s.Condition, words: "that would not hold all of " + s.Column, columns: []string{s.Column}})
	}
	for _, c := range catalog.NewChecks(is.Create, want.Create) {
		if v.brokenBefore(table, c.Name) {
			v.note(fmt.Sprintf("%s: rows of before the batch broke check %s, so those that do now stay", table, c.Name))
			continue
		}
		all = append(all, misfit{condition: "NOT (" + c.Expression + ")", words: "that check " + c.Name + " forbids", columns: c.Columns()})
	}
	return all
}

// brokenBefore reports whether rows broke a check of a table before one of the batches.
func (v *revert) brokenBefore(table, check string) bool {
	return slices.ContainsFunc(v.stages, func(s *stage) bool { return slices.Contains(s.before.Broken[table], check) })
}

// shortened lists the columns in which ALTER TABLE cuts or rounds values without a word, but for
// those that get others.
func shortened(is, want catalog.Object, lost []string) []catalog.Shortened {
	return slices.DeleteFunc(catalog.ShortenedColumns(is.Create, want.Create), func(s catalog.Shortened) bool { return slices.Contains(lost, s.Column) })
}

// keepsValues looks again, under the lock, for rows with such values that nobody has counted.
func (v *revert) keepsValues(ctx context.Context, table string, columns []catalog.Shortened) error {
	for _, s := range columns {
		n, err := v.own.number(ctx, "SELECT count(*) FROM "+quote(table)+" WHERE "+v.byNow(table, s.Condition))
		if err != nil {
			return fmt.Errorf("look for values of %s that do not fit: %w", s.Column, err)
		}
		if n > 0 {
			return conflict([]string{fmt.Sprintf("table %s: %d rows that would not hold all of %s were written meanwhile", table, n, s.Column)})
		}
	}
	return nil
}

// takeOut counts rows that a table cannot keep among those that were written since.
func (v *revert) takeOut(ctx context.Context, table string, found []misfit) error {
	if len(found) == 0 {
		return nil
	}
	var words []string
	for _, m := range found {
		v.unfits[table] = append(v.unfits[table], v.byNow(table, m.condition))
		words = append(words, fmt.Sprintf("%d %s", m.rows, m.words))
	}
	n, err := v.own.number(ctx, "SELECT count(*) FROM "+quote(table)+" WHERE "+v.unfitting(table))
	for i := range v.report.Tables {
		if t := &v.report.Tables[i]; t.Name == table {
			t.Written += n
			t.Why = "rows do not fit what it was: " + strings.Join(words, ", ")
		}
	}
	return err
}

// unfitting is a condition of the rows that a table cannot keep; "" where there are none.
func (v *revert) unfitting(table string) string {
	if len(v.unfits[table]) == 0 {
		return ""
	}
	return "(" + strings.Join(v.unfits[table], " OR ") + ") IS TRUE"
}

// fit takes the rows that a table cannot keep out of it, once the quarantine has followed it.
func (v *revert) fit(ctx context.Context, table string) error {
	unfit := v.unfitting(table)
	if unfit == "" || v.gone[table] { // a second try keeps nothing of what is written between
		return nil
	}
	if err := v.untriggered(ctx, table); err != nil {
		return err
	}
	v.gone[table] = true // the quarantine must not follow what was taken out
	v.tellf("table %s: take out rows that do not fit", table)
	if err := v.own.exec(ctx, "DELETE FROM "+quote(table)+" WHERE "+unfit); err != nil {
		return fmt.Errorf("take out rows that do not fit: %w", err)
	}
	return nil
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
