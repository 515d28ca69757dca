package mysql

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"

	"github.com/safemigrate/safemigrate/migrate"
)

// clientForm names a run for whoever waits for its sessions, in the form that they have
// on PostgreSQL as well.
const clientForm = "safemigrate %s pid %d on %s"

// clientName is the name of this run. SHOW PROCESSLIST shows the first 100 characters of a
// statement: that is how long a mark may be.
func clientName(operation string) string {
	const limit = 63
	host, err := os.Hostname()
	if err != nil {
		host = "unknown host"
	}
	name := fmt.Sprintf(clientForm, operation, os.Getpid(), host)
	return name[:min(len(name), limit)]
}

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
	const codeDenied = 1142
	rows, err := d.ledger.query(ctx, `SELECT processlist_id, attr_value FROM performance_schema.session_account_connect_attrs
		WHERE attr_name = 'program_name' AND attr_value LIKE 'safemigrate %'`)
	if err != nil && !isCode(err, codeDenied) {
		return nil, fmt.Errorf("read the attributes of connections: %w", err)
	}
	names := map[string]string{}
	for _, r := range rows {
		names[r.Text(0)] = r.Text(1)
	}
	return names, nil
}

// client is the name of the run that a line of SHOW PROCESSLIST belongs to, and the
// statement that runs there; "" where the server does not tell. The session that copies and
// takes back tells it by the mark of the statement that it works on: a server that looks
// whether a client is still there does so only between two statements.
func client(line migrate.Row, names map[string]string) (name, statement string) {
	const id, info = 0, 7
	name, statement = names[line.Text(id)], line.Text(info)
	if rest, ok := strings.CutPrefix(statement, markBegins+"safemigrate "); ok {
		if mark, text, ok := strings.Cut(rest, markEnds); ok {
			name, statement = "safemigrate "+mark, text
		}
	}
	return name, statement
}

// deadClient reports whether the client of that name ran on this host and runs no more.
func deadClient(name string) bool {
	var operation, host string
	var pid int
	if _, err := fmt.Sscanf(name, clientForm, &operation, &pid, &host); err != nil {
		return false
	}
	here, err := os.Hostname()
	if err != nil || !strings.HasPrefix(here, host) {
		return false
	}
	return gone(pid)
}

// gone reports whether no process of this host has that number.
func gone(pid int) bool { return errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) }
