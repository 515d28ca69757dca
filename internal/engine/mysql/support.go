package mysql

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/go-sql-driver/mysql"

	"github.com/safemigrate/safemigrate/migrate"
	"github.com/safemigrate/safemigrate/snapshot"
)

// isCode reports whether an error is the server's, of that number.
func isCode(err error, code uint16) bool {
	told, ok := errors.AsType[*mysql.MySQLError](err)
	return ok && told.Number == code
}

// held says what it was that somebody else held, where a lock could not be had: the server
// names nothing.
func held(err error, what string) error {
	if !isCode(err, codeLockTimeout) {
		return err
	}
	return fmt.Errorf("%w: %w", &migrate.LockedError{What: what}, err)
}

func encode(m *snapshot.Manifest) (string, error) {
	text, err := json.Marshal(m)
	if err != nil {
		return "", fmt.Errorf("write the manifest: %w", err)
	}
	return string(text), nil
}
