package rows

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/catalog"
	"github.com/safemigrate/safemigrate/internal/engine/postgres/revert"
)

// PrimaryKey lists the columns of a table's primary key by attnum; nil without one.
func PrimaryKey(ctx context.Context, c Conn, oid uint32) ([]int16, error) {
	var nums []int16
	err := c.QueryRow(ctx, `SELECT coalesce((SELECT pg_catalog.array_agg(a.attnum ORDER BY a.attnum)
		FROM pg_catalog.pg_index i JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid
		WHERE i.indrelid = $1 AND i.indisprimary AND i.indisvalid
		  AND a.attnum = ANY ((i.indkey::int2[])[0:i.indnkeyatts - 1])), '{}')`, oid).Scan(&nums)
	if err != nil {
		return nil, fmt.Errorf("read the primary key: %w", err)
	}
	return nums, nil
}

// RecordChanges makes the record target of what differs, by primary key, between
// a table (quoted, qualified) and the copy of what it was: the rows that were
// inserted, changed and deleted since. Columns that the table no longer has are
// left out. The caller holds the table locked against writers.
func RecordChanges(ctx context.Context, c Conn, table string, copied revert.Copy, key []int16, target string) (revert.Record, error) {
	r := revert.Record{Table: copied.Table, Source: target}
	live, err := Columns(ctx, c, copied.Table)
	if err != nil {
		return r, err
	}
	var was []revert.CopyColumn // the same columns, as the copy has them
	for _, col := range live {
		i := slices.IndexFunc(copied.Columns, func(k revert.CopyColumn) bool { return k.Num == col.Num })
		col.Column = fmt.Sprintf("c%d", col.Num)
		r.All = append(r.All, col)
		if i < 0 {
			continue
		}
		old := copied.Columns[i]
		old.Name = old.Column
		old.Column, col.Text = col.Column, old.Text
		r.Of, was = append(r.Of, col), append(was, old)
	}
	r.Key = slices.DeleteFunc(slices.Clone(r.Of), func(k revert.CopyColumn) bool { return !slices.Contains(key, k.Num) })
	if len(r.Key) != len(key) || len(key) == 0 {
		return r, fmt.Errorf("record the rows of %s: its primary key was not kept", table)
	}
	oldKey := slices.DeleteFunc(slices.Clone(was), func(k revert.CopyColumn) bool {
		return !slices.ContainsFunc(r.Key, func(x revert.CopyColumn) bool { return x.Column == k.Column })
	})
	tag, err := c.Exec(ctx, `CREATE TABLE `+target+` AS
		SELECT `+each(r.Key, func(k string) string { return "coalesce(l." + k + ", o." + k + ") AS " + k })+`,
			(CASE WHEN l.safemigrate_hash IS NULL THEN 'd' WHEN o.safemigrate_hash IS NULL THEN 'i' ELSE 'u' END)::"char" AS was,
			l.safemigrate_hash AS hash
		FROM (SELECT `+list(r.Key, kept)+", "+revert.Hash(names(r.Of))+` AS safemigrate_hash FROM ONLY `+table+`) l
		FULL JOIN (SELECT `+list(oldKey, plainly)+", "+revert.Hash(names(was))+` AS safemigrate_hash FROM ONLY `+copied.Source+`) o
			ON `+strings.Join(pairs(r.Key), " AND ")+`
		WHERE l.safemigrate_hash IS DISTINCT FROM o.safemigrate_hash`)
	if err != nil {
		return r, fmt.Errorf("record the rows of %s: %w", table, err)
	}
	r.Rows = tag.RowsAffected()
	return r, hashInserted(ctx, c, table, r)
}

// hashInserted has the hash of each inserted row be of all that it consists of:
// whatever somebody writes to it later is lost with it. Of a changed row only those
// columns count that go back to what they were.
func hashInserted(ctx context.Context, c Conn, table string, r revert.Record) error {
	if len(r.All) == len(r.Of) {
		return nil
	}
	// Where a publication is for all tables the server updates none without it.
	if _, err := c.Exec(ctx, "ALTER TABLE "+r.Source+" REPLICA IDENTITY FULL"); err != nil {
		return fmt.Errorf("record the rows of %s: %w", table, err)
	}
	_, err := c.Exec(ctx, `UPDATE `+r.Source+` o SET hash = l.hash FROM (SELECT `+list(r.Key, kept)+", "+revert.Hash(names(r.All))+` AS hash FROM ONLY `+table+`) l
		WHERE o.was = 'i' AND `+strings.Join(pairs(r.Key), " AND "))
	if err != nil {
		return fmt.Errorf("record the rows of %s: %w", table, err)
	}
	return nil
}

// RecordInserted makes the record target of the rows of a table without a copy
// that were written by the transactions own (32-bit IDs, as Mark has them). All
// of them count as inserted: the caller knows that no row that was there before
// was updated.
func RecordInserted(ctx context.Context, c Conn, table string, oid uint32, key []int16, own []string, target string) (revert.Record, error) {
	r := revert.Record{Table: oid, Source: target}
	live, err := Columns(ctx, c, oid)
	if err != nil {
		return r, err
	}
	for _, col := range live {
		col.Column = fmt.Sprintf("c%d", col.Num)
		r.Of = append(r.Of, col)
		if slices.Contains(key, col.Num) {
			r.Key = append(r.Key, col)
		}
	}
	r.All = slices.Clone(r.Of)
	if len(r.Key) != len(key) || len(key) == 0 {
		return r, fmt.Errorf("record the rows of %s: it has no primary key", table)
	}
	tag, err := c.Exec(ctx, `CREATE TABLE `+target+` AS SELECT `+list(r.Key, kept)+`, 'i'::"char" AS was, `+revert.Hash(names(r.Of))+
		` AS hash FROM ONLY `+table+` t WHERE t.xmin::text IN (`+literals(own)+`)`)
	if err != nil {
		return r, fmt.Errorf("record the rows of %s: %w", table, err)
	}
	r.Rows = tag.RowsAffected()
	return r, nil
}

func names(columns []revert.CopyColumn) string {
	return list(columns, func(col revert.CopyColumn) string { return catalog.Quote(col.Name) })
}

// plainly takes a column of a copy or record as it is.
func plainly(col revert.CopyColumn) string {
	return catalog.Quote(col.Name) + " AS " + catalog.Quote(col.Column)
}

func each(columns []revert.CopyColumn, write func(string) string) string {
	return list(columns, func(col revert.CopyColumn) string { return write(catalog.Quote(col.Column)) })
}

func pairs(columns []revert.CopyColumn) []string {
	all := make([]string, len(columns))
	for i, col := range columns {
		name := catalog.Quote(col.Column)
		all[i] = "l." + name + " = o." + name
	}
	return all
}

func literals(all []string) string {
	if len(all) == 0 {
		return "NULL"
	}
	quoted := make([]string, len(all))
	for i, s := range all {
		quoted[i] = catalog.Literal(s)
	}
	return strings.Join(quoted, ", ")
}
