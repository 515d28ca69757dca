package mysql

import (
	"context"
	"database/sql"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/safemigrate/safemigrate/migrate"
)

// session is one connection with what is known of it.
type session struct {
	conn *sql.Conn
	id   int64 // the server's number of it
	// mark is a comment that its statements begin with, so that others see whose they are.
	mark string
}

// Dialect is MySQL, also on MariaDB.
func (*DB) Dialect() migrate.Dialect { return migrate.MySQL }

// Exec runs a statement of the ledger or of a history, in the open transaction.
// A statement that commits by itself is followed by a transaction anew.
func (d *DB) Exec(ctx context.Context, text string, args ...any) error {
	if err := d.ledger.exec(ctx, text, args...); err != nil {
		return err
	}
	if d.inTransaction && commitsItself(text) {
		return d.ledger.exec(ctx, "START TRANSACTION")
	}
	return nil
}

// Query runs a query of the ledger or of a history, in the open transaction.
func (d *DB) Query(ctx context.Context, text string, args ...any) ([]migrate.Row, error) {
	return d.ledger.query(ctx, text, args...)
}

func commitsItself(text string) bool {
	word, _, _ := strings.Cut(strings.TrimSpace(text), " ")
	switch strings.ToUpper(word) {
	case "CREATE", "DROP", "ALTER", "TRUNCATE", "RENAME":
		return true
	}
	return false
}

var parameter = regexp.MustCompile(`\$(\d+)`)

// positional turns $1, $2, … into the driver's question marks.
func positional(text string, args []any) (string, []any) {
	if len(args) == 0 {
		return text, nil
	}
	var out []any
	text = parameter.ReplaceAllStringFunc(text, func(p string) string {
		n, err := strconv.Atoi(p[1:])
		if err != nil || n < 1 || n > len(args) {
			return p
		}
		out = append(out, args[n-1])
		return "?"
	})
	return text, out
}

func (s *session) exec(ctx context.Context, text string, args ...any) error {
	text, args = positional(text, args)
	if _, err := s.conn.ExecContext(ctx, s.mark+text, args...); err != nil {
		return fmt.Errorf("%w", err)
	}
	return nil
}

func (s *session) execAll(ctx context.Context, statements ...string) error {
	for _, text := range statements {
		if err := s.exec(ctx, text); err != nil {
			return err
		}
	}
	return nil
}

func (s *session) query(ctx context.Context, text string, args ...any) ([]migrate.Row, error) {
	_, found, err := s.read(ctx, text, args...)
	return found, err
}

// read is query with the names of the columns.
func (s *session) read(ctx context.Context, text string, args ...any) (names []string, found []migrate.Row, err error) {
	text, args = positional(text, args)
	rows, err := s.conn.QueryContext(ctx, s.mark+text, args...)
	if err != nil {
		return nil, nil, fmt.Errorf("%w", err)
	}
	defer rows.Close()
	if names, err = rows.Columns(); err != nil {
		return nil, nil, fmt.Errorf("%w", err)
	}
	for rows.Next() {
		values := make([]sql.NullString, len(names))
		into := make([]any, len(names))
		for i := range values {
			into[i] = &values[i]
		}
		if err := rows.Scan(into...); err != nil {
			return nil, nil, err
		}
		row := make(migrate.Row, len(names))
		for i, v := range values {
			if v.Valid {
				row[i] = &v.String
			}
		}
		found = append(found, row)
	}
	return names, found, rows.Err()
}

// drain runs a statement and reads what it returns, which interests nobody: an
// error can come with any row.
func (s *session) drain(ctx context.Context, text string) error {
	rows, err := s.conn.QueryContext(ctx, text)
	if err != nil {
		return fmt.Errorf("%w", err)
	}
	defer rows.Close()
	for rows.Next() {
		continue
	}
	return rows.Err()
}

// number is the first value of a query's only row.
func (s *session) number(ctx context.Context, text string, args ...any) (int64, error) {
	rows, err := s.query(ctx, text, args...)
	if err != nil {
		return 0, err
	}
	if len(rows) == 0 || rows[0][0] == nil {
		return 0, nil
	}
	n, err := strconv.ParseInt(rows[0].Text(0), 10, 64)
	if err != nil {
		return 0, fmt.Errorf("read a number: %w", err)
	}
	return n, nil
}
