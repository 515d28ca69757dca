package mysql

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/go-sql-driver/mysql"

	"github.com/safemigrate/safemigrate/migrate"
)

// A mark is a comment before a statement that tells who sent it.
const (
	markBegins = "/* "
	markEnds   = " */ "
)

// attributes adds the name of this run to those that the URL gives the connections.
func attributes(given, name string) string {
	name = "program_name:" + name
	if given == "" {
		return name
	}
	return strings.TrimSuffix(given, ",") + "," + name
}

// clients tells the names of runs whose connections have them as an attribute. The server
// keeps attributes in its performance schema, which is off on MariaDB unless it is asked for.
func (d *DB) clients(ctx context.Context) (map[string]string, error) {
	rows, err := d.ledger.query(ctx, `SELECT processlist_id, attr_value FROM performance_schema.session_account_connect_attrs
		WHERE attr_name = 'program_name' AND attr_value LIKE 'safemigrate %'`)
	if _, told := errors.AsType[*mysql.MySQLError](err); err != nil && !told { // a server that refuses tells no names
		return nil, fmt.Errorf("read the attributes of connections: %w", err)
	}
	names := map[string]string{}
	for _, r := range rows {
		names[r.Text(0)] = r.Text(1)
	}
	return names, nil
}

// runOf is the name of the run that a line of SHOW PROCESSLIST belongs to, and the
// statement that runs there; "" where the server does not tell. The session that copies and
// takes back tells it by the mark of the statement that it works on: a server that looks
// whether a client is still there does so only between two statements.
func runOf(line migrate.Row, names map[string]string) (name, statement string) {
	const id, info = 0, 7
	name, statement = names[line.Text(id)], line.Text(info)
	if rest, ok := strings.CutPrefix(statement, markBegins+"safemigrate "); ok {
		if mark, text, ok := strings.Cut(rest, markEnds); ok {
			name, statement = "safemigrate "+mark, text
		}
	}
	return name, statement
}
