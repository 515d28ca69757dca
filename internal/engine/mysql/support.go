package mysql

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"

	"github.com/go-sql-driver/mysql"

	"github.com/safemigrate/safemigrate/migrate"
	"github.com/safemigrate/safemigrate/snapshot"
)

// isCode reports whether an error is the server's, of that number.
func isCode(err error, code uint16) bool {
	told, ok := errors.AsType[*mysql.MySQLError](err)
	return ok && told.Number == code
}

// passing are numbers of errors that say nothing of a statement: no room, no more of
// something, somebody else in the way, an end that came from elsewhere.
var passing = []uint16{
	1021, 1026, codeEngine, 1037, 1038, 1041, 1114, 1180, 1206, // disk, file, engine, memory, table, commit, locks
	codeLockTimeout, codeTableLock, 1213, // 1213: deadlock
	1053, 1152, 1158, 1159, 1160, 1161, 1290, 1317, 1836, 1927, 1969, 3024, // shutdown, connection, read-only, interrupted
}

// noFile is a file that could not be made: for want of memory, of files to open or of room.
var noFile = regexp.MustCompile(`(?i)\berrno: (12|23|24|28|122|135)\b`)

// refusal is an error by which the server refuses what a statement says.
func refusal(err error) (*mysql.MySQLError, bool) {
	told, ok := errors.AsType[*mysql.MySQLError](err)
	return told, ok && !slices.Contains(passing, told.Number) && !noFile.MatchString(told.Message)
}

// trouble is an error that is none by which the server refuses a statement.
func trouble(err error) error {
	if _, refused := refusal(err); refused {
		return nil
	}
	return err
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
