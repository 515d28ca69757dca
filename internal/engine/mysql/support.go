package mysql

import (
	"encoding/json"
	"errors"
	"fmt"
	"iter"

	"github.com/go-sql-driver/mysql"

	"github.com/safemigrate/safemigrate/snapshot"
)

// isCode reports whether an error is the server's, of that number.
func isCode(err error, code uint16) bool {
	told, ok := errors.AsType[*mysql.MySQLError](err)
	return ok && told.Number == code
}

func encode(m *snapshot.Manifest) (string, error) {
	text, err := json.Marshal(m)
	if err != nil {
		return "", fmt.Errorf("write the manifest: %w", err)
	}
	return string(text), nil
}

func tableNames(m *snapshot.Manifest) iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, t := range m.Tables {
			if !yield(t.Name) {
				return
			}
		}
	}
}
