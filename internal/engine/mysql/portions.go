package mysql

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

const (
	// portionBytes and portionRows bound what one transaction of a copy holds, so
	// that the server's undo log, and the time of its going back after a kill, do
	// not grow with the table.
	portionBytes = 64 << 20
	portionRows  = 100_000
)

// transfer copies all rows of a table into an empty one.
type transfer struct {
	from, to string // from as a FROM has it
	columns  shape  // of both
	key      shape  // the primary key of the first
	portion  int64  // rows of one transaction
}

// transferOf prepares a transfer: rows go in portions, in the order of the
// primary key, where the engine has transactions and the key has one.
func (d *DB) transferOf(ctx context.Context, from, to string, columns, source shape) (transfer, error) {
	t := transfer{from: source.from(from), to: to, columns: columns}
	key, ok := source.only(source.key)
	if !ok || len(key.columns) == 0 || slices.ContainsFunc(key.columns, func(c column) bool { return !c.ordered() }) {
		return t, nil
	}
	rows, err := d.own.query(ctx, "SELECT coalesce(avg_row_length, 0) FROM information_schema.tables WHERE table_schema = $1 AND table_name = $2 AND engine = 'InnoDB'", d.name, from)
	if err != nil {
		return t, fmt.Errorf("measure the rows of %s: %w", from, err)
	}
	if len(rows) == 0 {
		return t, nil
	}
	width, err := strconv.ParseInt(rows[0].Text(0), 10, 64)
	if err != nil {
		return t, fmt.Errorf("measure the rows of %s: %w", from, err)
	}
	t.key, t.portion = key, max(1, min(portionRows, portionBytes/max(width, 1)))
	return t, nil
}

// run copies. Each portion commits by itself: whoever is interrupted finds a part
// of the rows, and begins again from none.
func (t transfer) run(ctx context.Context, s *session) error {
	names := quoteAll(t.columns.names())
	insert := "INSERT INTO " + quote(t.to) + " (" + names + ") SELECT " + names + " FROM " + t.from
	if t.portion == 0 {
		return s.exec(ctx, insert)
	}
	keys := quoteAll(t.key.names())
	var last []string
	for {
		rows, err := s.query(ctx, fmt.Sprintf("SELECT %s FROM %s WHERE %s ORDER BY %s LIMIT 1 OFFSET %d", keys, t.from, t.key.beyond(last, ">"), keys, t.portion-1))
		if err != nil {
			return fmt.Errorf("divide the rows: %w", err)
		}
		if len(rows) == 0 {
			return s.exec(ctx, insert+" WHERE "+t.key.beyond(last, ">"))
		}
		upto := make([]string, len(rows[0]))
		for i, value := range rows[0] {
			if value == nil {
				return errors.New("divide the rows: a primary key is NULL")
			}
			upto[i] = t.key.columns[i].literal(*value)
		}
		if err := s.exec(ctx, insert+" WHERE "+t.key.beyond(last, ">")+" AND "+t.key.beyond(upto, "<=")); err != nil {
			return err
		}
		last = upto
	}
}

// beyond compares a key with values, column by column, in a form that the server
// finds in the index: (a > 1) OR (a = 1 AND b > 2). Without values it is true.
func (s shape) beyond(values []string, how string) string {
	if len(values) == 0 {
		return "TRUE"
	}
	var ways []string
	same := ""
	for i, c := range s.columns {
		compare := strings.TrimSuffix(how, "=")
		if i == len(s.columns)-1 {
			compare = how
		}
		ways = append(ways, "("+same+quote(c.name)+" "+compare+" "+values[i]+")")
		same += quote(c.name) + " = " + values[i] + " AND "
	}
	return "(" + strings.Join(ways, " OR ") + ")"
}

// ordered reports whether values of a column can be written as literals that
// compare as the values themselves do.
func (c column) ordered() bool {
	switch c.kind {
	case "tinyint", "smallint", "mediumint", "int", "bigint", "decimal", "year", "char", "varchar", "binary", "varbinary",
		"date", "datetime", "timestamp", "time", "uuid", "inet4", "inet6":
		return true
	}
	return false
}

// literal writes a value of the column as the server gave it.
func (c column) literal(value string) string {
	switch c.kind {
	case "tinyint", "smallint", "mediumint", "int", "bigint", "decimal", "year":
		return value
	case "binary", "varbinary":
		return fmt.Sprintf("x'%x'", value)
	}
	return literal(value)
}

// lighten drops the indexes of a copy that nobody is going to search it by: to
// fill them costs more than the rows. Those that stay say what rows there can be,
// or are needed by a column that counts by itself.
func (d *DB) lighten(ctx context.Context, place string) error {
	rows, err := d.own.query(ctx, `SELECT s.index_name FROM information_schema.statistics s
		JOIN information_schema.tables t ON t.table_schema = s.table_schema AND t.table_name = s.table_name
		LEFT JOIN information_schema.columns c ON c.table_schema = s.table_schema AND c.table_name = s.table_name AND c.column_name = s.column_name
		WHERE s.table_schema = $1 AND s.table_name = $2 AND t.engine = 'InnoDB' GROUP BY s.index_name
		HAVING max(s.non_unique) = 1 AND sum(c.extra LIKE '%auto_increment%') = 0`, d.name, place)
	if err != nil {
		return fmt.Errorf("read the indexes: %w", err)
	}
	drops := make([]string, len(rows))
	for i, r := range rows {
		drops[i] = "DROP INDEX " + quote(r.Text(0))
	}
	if len(drops) == 0 {
		return nil
	}
	return d.own.exec(ctx, "ALTER TABLE "+quote(place)+" "+strings.Join(drops, ", "))
}
