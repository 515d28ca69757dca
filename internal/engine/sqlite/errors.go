package sqlite

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"unicode/utf8"

	"github.com/ncruces/go-sqlite3"

	"github.com/safemigrate/safemigrate/internal/durable"
	"github.com/safemigrate/safemigrate/migrate"
)

// explain puts before an error what was tried, and for the errors that people
// meet, what it means.
func explain(doing string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, sqlite3.NOTADB):
		return fmt.Errorf("%s: the file is no SQLite database, or it is encrypted: %w", doing, err)
	case errors.Is(err, sqlite3.CORRUPT):
		return fmt.Errorf("%s: the database is damaged: %w", doing, err)
	case errors.Is(err, sqlite3.BUSY):
		return fmt.Errorf("%s: another connection holds the database: %w", doing, err)
	case errors.Is(err, sqlite3.READONLY):
		return fmt.Errorf("%s: the database cannot be written to: %w", doing, err)
	case errors.Is(err, sqlite3.FULL), errors.Is(err, syscall.ENOSPC):
		return fmt.Errorf("%s: no space is left: %w", doing, err)
	}
	return fmt.Errorf("%s: %w", doing, err)
}

// outOfSpace finds the reason where a copy of one file to another ended with an
// input or output error: allocating space ahead hides it.
func outOfSpace(err error, from, to string) error {
	if !errors.Is(err, sqlite3.IOERR) {
		return err
	}
	whole, fromErr := os.Stat(from)
	part, toErr := os.Stat(to)
	free, freeErr := durable.Free(filepath.Dir(to))
	if errors.Join(fromErr, toErr, freeErr) != nil || free >= whole.Size()-part.Size() {
		return err
	}
	return fmt.Errorf("%w: %w", syscall.ENOSPC, err)
}

// busy turns the refusal of a lock into the error that has its own exit code.
func busy(doing string, err error) error {
	if errors.Is(err, sqlite3.BUSY) {
		return &migrate.LockedError{What: "the database file", Holder: "another connection (" + doing + " waited in vain)"}
	}
	return explain(doing, err)
}

// interrupted gives the reason where a statement was stopped by its context.
func interrupted(ctx context.Context, err error) error {
	if err != nil && ctx.Err() != nil && errors.Is(err, sqlite3.INTERRUPT) {
		return fmt.Errorf("%w: %w", ctx.Err(), err)
	}
	return err
}

// statementError adds the place within the statement's text, where SQLite named one.
func statementError(text string, err error) error {
	var at *sqlite3.Error
	if !errors.As(err, &at) {
		return &migrate.StatementError{Err: err}
	}
	st := &migrate.StatementError{Err: told{err}, Code: strconv.Itoa(int(at.ExtendedCode()))}
	if rest := at.SQL(); rest != "" && len(rest) <= len(text) {
		st.Char = utf8.RuneCountInString(text[:len(text)-len(rest)]) + 1
	}
	return st
}

// told is an error of a statement without the words that only repeat its code.
type told struct{ err error }

func (t told) Error() string {
	text := t.err.Error()
	for _, words := range []string{"sqlite3: ", "constraint failed: ", "SQL logic error: "} {
		text = strings.TrimPrefix(text, words)
	}
	return text
}

// Unwrap returns SQLite's own error.
func (t told) Unwrap() error { return t.err }
