package postgres

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/safemigrate/safemigrate/migrate"
)

// Dialect is PostgreSQL's.
func (d *DB) Dialect() migrate.Dialect { return migrate.PostgreSQL }

// Exec runs one statement with parameters $1, $2, …
func (d *DB) Exec(ctx context.Context, sql string, args ...any) error {
	_, err := d.Query(ctx, sql, args...)
	return err
}

// Query runs one statement and returns its rows in the server's text form. It
// is for small results. Within a transaction it runs under safemigrate's own
// settings, whatever a file has set.
func (d *DB) Query(ctx context.Context, sql string, args ...any) ([]migrate.Row, error) {
	if d.conn.PgConn().TxStatus() == 'T' {
		if err := d.ownSettings(ctx); err != nil {
			return nil, err
		}
	}
	return d.raw(ctx, sql, args...)
}

// raw is Query under the settings that are in force.
func (d *DB) raw(ctx context.Context, sql string, args ...any) ([]migrate.Row, error) {
	values := make([][]byte, len(args))
	for i, a := range args {
		v, err := textForm(a)
		if err != nil {
			return nil, err
		}
		values[i] = v
	}
	result := d.conn.PgConn().ExecParams(ctx, sql, values, nil, nil, nil).Read()
	if result.Err != nil {
		return nil, plain(result.Err)
	}
	rows := make([]migrate.Row, len(result.Rows))
	for i, r := range result.Rows {
		rows[i] = make(migrate.Row, len(r))
		for k, v := range r {
			if v != nil {
				text := string(v)
				rows[i][k] = &text
			}
		}
	}
	return rows, nil
}

// script runs several statements without parameters, one round trip.
func (d *DB) script(ctx context.Context, sql string) error {
	_, err := d.conn.PgConn().Exec(ctx, sql).ReadAll()
	return plain(err)
}

func textForm(arg any) ([]byte, error) {
	switch v := arg.(type) {
	case nil:
		return nil, nil
	case string:
		return []byte(v), nil
	case int:
		return strconv.AppendInt(nil, int64(v), 10), nil
	case int64:
		return strconv.AppendInt(nil, v, 10), nil
	case uint32:
		return strconv.AppendUint(nil, uint64(v), 10), nil
	case bool:
		return strconv.AppendBool(nil, v), nil
	}
	return nil, fmt.Errorf("parameter of type %T is not supported", arg)
}

// serverError is the server's answer for people: message, detail, code; never
// the statement.
type serverError struct{ answer *pgconn.PgError }

func (e *serverError) Error() string {
	text := e.answer.Message
	if e.answer.Detail != "" {
		text += " (" + e.answer.Detail + ")"
	}
	if e.answer.Where != "" && e.answer.Code == "P0001" {
		return text
	}
	return text + " (SQLSTATE " + e.answer.Code + ")"
}

// Unwrap returns the driver's error.
func (e *serverError) Unwrap() error { return e.answer }

// plain puts a server's error into our form.
func plain(err error) error {
	var answer *pgconn.PgError
	var done *serverError
	if errors.As(err, &answer) && !errors.As(err, &done) {
		return &serverError{answer}
	}
	return err
}

// code returns the SQLSTATE of an error, or "".
func code(err error) string {
	if answer, ok := errors.AsType[*pgconn.PgError](err); ok {
		return answer.Code
	}
	return ""
}

// lost reports whether the session is gone, so that the result of what was
// under way is not known.
func (d *DB) lost(err error) bool {
	if err == nil {
		return false
	}
	switch code(err) {
	case "57P01", "57P02", "57P03", "57P05", "08006", "08003":
		return true
	case "":
		return d.conn.PgConn().IsClosed()
	}
	return false
}

// busy tells a lock that could not be had from other errors. It is for work
// that is undone as a whole after it.
func busy(err error) error {
	var held *migrate.LockedError
	if c := code(err); (c != "55P03" && c != "40P01") || errors.As(err, &held) {
		return err
	}
	return &migrate.LockedError{What: "a table that is needed (" + err.Error() + ")"}
}
