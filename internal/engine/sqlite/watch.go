package sqlite

import (
	"errors"
	"strings"

	"github.com/ncruces/go-sqlite3"
)

// watch is SQLite's authorizer for one statement: it is called for everything
// that the compiled statement may do, also in triggers and by foreign keys.
type watch struct {
	vacuum  bool
	named   []string // tables whose rows the statement may change, and says so
	dropped []string
	created []string
	altered string
	denied  error
}

var (
	errAttach = errors.New("ATTACH in a migration: what is written to another file lies outside the snapshot")
	errOwnTx  = errors.New("a migration cannot begin or end a transaction here: its step has one")
)

// prepare compiles a statement under watch. Foreign keys and triggers are part
// of what is compiled, so watching it run is not needed.
func (w *watch) prepare(l *link, text string) (*sqlite3.Stmt, string, error) {
	if err := l.c.SetAuthorizer(w.authorize); err != nil {
		return nil, "", explain("watch the statement", err)
	}
	st, tail, err := l.c.Prepare(text)
	if off := l.c.SetAuthorizer(nil); off != nil && err == nil {
		err = errors.Join(off, st.Close())
	}
	if w.denied != nil {
		err = w.denied
	}
	return st, tail, err
}

func (w *watch) authorize(action sqlite3.AuthorizerActionCode, third, fourth, schema, _ string) sqlite3.AuthorizerReturnCode {
	if schema == "temp" {
		return sqlite3.AUTH_OK
	}
	switch action {
	case sqlite3.AUTH_ATTACH:
		if !w.vacuum {
			w.denied = errAttach
			return sqlite3.AUTH_DENY
		}
	case sqlite3.AUTH_TRANSACTION:
		w.denied = errOwnTx
		return sqlite3.AUTH_DENY
	case sqlite3.AUTH_DROP_TABLE, sqlite3.AUTH_DROP_VTABLE:
		w.dropped = append(w.dropped, third)
		w.name(third)
	case sqlite3.AUTH_CREATE_TABLE, sqlite3.AUTH_CREATE_VTABLE:
		w.created = append(w.created, third)
		w.name(third)
	case sqlite3.AUTH_ALTER_TABLE:
		w.altered = fourth
		w.name(fourth)
	case sqlite3.AUTH_INSERT, sqlite3.AUTH_UPDATE, sqlite3.AUTH_DELETE:
		// DROP TABLE deletes the rows before, which foreign keys pass on: what
		// follows it in the same statement is nothing that the statement says.
		if len(w.dropped) == 0 {
			w.name(third)
		}
	default:
	}
	return sqlite3.AUTH_OK
}

func (w *watch) name(table string) {
	if !strings.HasPrefix(fold(table), "sqlite_") {
		w.named = append(w.named, table)
	}
}
