package catalog

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5/pgconn"
)

// attempts at reading while other sessions drop what is being read.
const attempts = 5

// again reads under a savepoint, and once more when something was dropped by
// another session between its row being read and its definition being spelled:
// the server then raises an internal error, which must not cost the caller its
// transaction.
func again(ctx context.Context, conn Conn, read func() error) error {
	for attempt := 1; ; attempt++ {
		if err := command(ctx, conn, "SAVEPOINT safemigrate_catalog"); err != nil {
			return err
		}
		err := read()
		if err == nil {
			return command(ctx, conn, "RELEASE SAVEPOINT safemigrate_catalog")
		}
		if attempt == attempts || !droppedMeanwhile(err) {
			return err
		}
		if err := command(ctx, conn, "ROLLBACK TO SAVEPOINT safemigrate_catalog"); err != nil {
			return err
		}
	}
}

// droppedMeanwhile tells the server's words for it: "could not open relation
// with OID …", "cache lookup failed for …", and undefined objects.
func droppedMeanwhile(err error) bool {
	var server *pgconn.PgError
	if !errors.As(err, &server) {
		return false
	}
	switch server.Code {
	case "XX000", "42P01", "42704", "42883": // internal error, undefined table, object, function
		return true
	}
	return false
}

func command(ctx context.Context, conn Conn, sql string) error {
	rows, err := conn.Query(ctx, sql)
	if err == nil {
		rows.Close()
		err = rows.Err()
	}
	if err != nil {
		return fmt.Errorf("reading the catalogs: %s: %w", sql, err)
	}
	return nil
}
