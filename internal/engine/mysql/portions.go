package mysql

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/safemigrate/safemigrate/internal/engine/mysql/catalog"
)

const (
	// portionBytes and portionRows bound what one transaction of a copy holds, so
	// that the server's undo log, and the time of its going back after a kill, do
	// not grow with the table.
	portionBytes = 64 << 20
	portionRows  = 100_000
)

// portions divide a table's rows along its primary key.
type portions struct {
	from  string // as a FROM has it
	order shape  // the columns of the key
	rows  int64  // of one portion; 0 for all rows at once
}

// portionsOf divides a table into portions of so many rows, where it can be divided.
func (s shape) portionsOf(table string, rows int64) portions {
	p := portions{from: s.from(table), order: shape{columns: s.order}}
	if len(s.order) > 0 {
		p.rows = rows
	}
	return p
}

// each does something to each portion, in the order of the key: where is the condition
// that its rows alone meet. The last one has no end.
func (p portions) each(ctx context.Context, s *session, do func(where string) error) error {
	if p.rows == 0 {
		return do("TRUE")
	}
	keys := quoteAll(p.order.names())
	var last []string
	for {
		rows, err := s.query(ctx, fmt.Sprintf("SELECT %s FROM %s WHERE %s ORDER BY %s LIMIT 1 OFFSET %d", keys, p.from, p.order.beyond(last, ">"), keys, p.rows-1))
		if err != nil {
			return fmt.Errorf("divide the rows: %w", err)
		}
		if len(rows) == 0 {
			return do(p.order.beyond(last, ">"))
		}
		upto := make([]string, len(rows[0]))
		for i, value := range rows[0] {
			if value == nil {
				return errors.New("divide the rows: a primary key is NULL")
			}
			upto[i] = p.order.columns[i].literal(*value)
		}
		if err := do(p.order.beyond(last, ">") + " AND " + p.order.beyond(upto, "<=")); err != nil {
			return err
		}
		last = upto
	}
}

// transfer copies all rows of a table into an empty one.
type transfer struct {
	portions
	to      string
	columns shape // of both
}

// portionsOf divides a table into portions whose size depends on how wide rows are, too.
func (d *DB) portionsOf(ctx context.Context, s *session, table string, of shape) (portions, error) {
	p := of.portionsOf(table, portionRows)
	if p.rows == 0 {
		return p, nil
	}
	width, err := s.number(ctx, "SELECT coalesce(avg_row_length, 0) FROM information_schema.tables WHERE table_schema = $1 AND table_name = $2", d.name, table)
	if err != nil {
		return p, fmt.Errorf("measure the rows of %s: %w", table, err)
	}
	p.rows = max(1, min(portionRows, portionBytes/max(width, 1)))
	return p, nil
}

// transferOf prepares a transfer.
func (d *DB) transferOf(ctx context.Context, from, to string, columns, source shape) (transfer, error) {
	parts, err := d.portionsOf(ctx, d.own, from, source)
	return transfer{portions: parts, to: to, columns: columns}, err
}

// run copies. Each portion commits by itself: whoever is interrupted finds a part
// of the rows, and begins again from none.
func (t transfer) run(ctx context.Context, s *session) error {
	names, lasting := quoteAll(t.columns.names()), ""
	if t.columns.history {
		if err := t.momentary(ctx, s); err != nil {
			return err
		}
		lasting = " AND " + quote(t.columns.begin) + " <> " + quote(t.columns.end)
	}
	return t.each(ctx, s, func(where string) error {
		return s.exec(ctx, "INSERT INTO "+quote(t.to)+" ("+names+") SELECT "+t.columns.valuesIn("")+" FROM "+t.from+" WHERE "+where+lasting)
	})
}

// momentary copies the rows of a history that came and went at one moment, as by a REPLACE of
// the same row twice, which the server takes from nobody: they come and go once more at
// that moment. The table has no other row yet.
func (t transfer) momentary(ctx context.Context, s *session) error {
	begin, end := quote(t.columns.begin), quote(t.columns.end)
	moments, err := s.query(ctx, "SELECT DISTINCT unix_timestamp("+begin+") FROM "+t.from+" WHERE "+begin+" = "+end)
	if err != nil || len(moments) == 0 {
		return err
	}
	names := quoteAll(slices.DeleteFunc(t.columns.names(), func(c string) bool { return c == t.columns.begin || c == t.columns.end }))
	for _, m := range moments {
		at := m.Text(0) // the server cuts a number off that it keeps in a form which may be a little less
		if err = s.execAll(ctx, "SET SESSION timestamp = "+at+" + 0.0000003",
			"INSERT INTO "+quote(t.to)+" ("+names+") SELECT "+names+" FROM "+t.from+" WHERE "+begin+" = "+end+" AND unix_timestamp("+begin+") = "+at,
			"DELETE FROM "+quote(t.to)); err != nil {
			break
		}
	}
	return errors.Join(err, s.exec(context.WithoutCancel(ctx), "SET SESSION timestamp = DEFAULT"))
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
		name := s.alias + quote(c.name)
		ways = append(ways, "("+same+name+" "+compare+" "+values[i]+")")
		same += name + " = " + values[i] + " AND "
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
func (d *DB) lighten(ctx context.Context, place string, of catalog.Object) error {
	if of.Engine != "InnoDB" {
		return nil
	}
	create, err := d.own.definition(ctx, place)
	if err != nil {
		return err
	}
	if drops := catalog.SearchKeys(create); len(drops) > 0 {
		return d.own.exec(ctx, alter(place, drops))
	}
	return nil
}
