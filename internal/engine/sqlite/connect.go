package sqlite

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"slices"
	"strings"

	"github.com/ncruces/go-sqlite3"
	"github.com/ncruces/go-sqlite3/ext/fts5"
	"github.com/ncruces/go-sqlite3/ext/rtree"
)

// busyMillis is how long a statement waits for another connection's lock,
// where the URL does not say.
const busyMillis = "10000"

// access is how a connection uses its file.
type access int

const (
	readWrite access = iota
	readOnly
	frozen // a file that nobody writes to: no locks, no journal beside it
)

// uri names a file so that no character of its path means anything.
func uri(path string, a access, params ...string) string {
	slashed := filepath.ToSlash(path)
	if !strings.HasPrefix(slashed, "/") {
		slashed = "/" + slashed
	}
	q := url.Values{}
	switch a {
	case readOnly:
		q.Set("mode", "ro")
	case frozen:
		q.Set("mode", "ro")
		q.Set("immutable", "1")
	case readWrite:
		q.Set("mode", "rw")
		// Journals get the mode and the owner of the database, not those of
		// whoever runs safemigrate: they hold its rows, and others must be able
		// to read them.
		q.Set("modeof", path)
	}
	for _, p := range params {
		q.Add("_pragma", p)
	}
	u := url.URL{Scheme: "file", Path: slashed}
	// SQLite reads a plus sign as one, not as a space.
	return u.String() + "?" + strings.ReplaceAll(q.Encode(), "+", "%20")
}

// connect opens a connection with the modules and the leniency that the other
// drivers have, so that a migration means the same as with the plain tool.
func connect(ctx context.Context, path string, a access) (*link, error) {
	return connectTo(ctx, uri(path, a, "busy_timeout("+busyMillis+")"))
}

// connectTo opens what a name of SQLite's stands for.
func connectTo(ctx context.Context, name string) (*link, error) {
	c, err := sqlite3.OpenContext(ctx, name)
	if err != nil {
		return nil, explain("open", err)
	}
	l := &link{c: c}
	if err := l.prepare(); err != nil {
		_ = l.close() // the first error tells more
		return nil, explain("open", err)
	}
	return l, nil
}

func (l *link) prepare() error {
	for _, op := range []sqlite3.DBConfig{sqlite3.DBCONFIG_DQS_DML, sqlite3.DBCONFIG_DQS_DDL} {
		if _, err := l.c.Config(op, true); err != nil {
			return explain("configure", err)
		}
	}
	// SQLite's own defaults, whatever this build of it was made with.
	if err := l.c.Exec("PRAGMA foreign_keys=OFF; PRAGMA recursive_triggers=OFF"); err != nil {
		return explain("configure", err)
	}
	return explain("load the modules", errors.Join(fts5.Register(l.c), rtree.Register(l.c)))
}

func (l *link) close() error {
	if err := l.c.Close(); err != nil {
		return fmt.Errorf("close the database: %w", err)
	}
	return nil
}

// set applies the settings of a URL; those of the file only where it is new.
func (l *link) set(ctx context.Context, pragmas []pragma, fresh bool) error {
	if fresh {
		pragmas = append([]pragma{{name: "auto_vacuum", value: "0"}}, pragmas...) // SQLite's own default
	}
	for _, p := range pragmas {
		if !fresh && slices.Contains(fileSettings, p.name) {
			continue
		}
		if err := l.Exec(ctx, "PRAGMA "+p.name+"="+literal(p.value)); err != nil {
			return fmt.Errorf("set pragma %s: %w", p.name, err)
		}
	}
	// A commit that was reported must outlive a power cut: ledger, snapshot and
	// file rely on that order.
	return l.Exec(ctx, "PRAGMA synchronous=EXTRA")
}

// literal writes a pragma's value: numbers as they are, all else quoted.
func literal(value string) string {
	if strings.Trim(value, "0123456789.+-") == "" {
		return value
	}
	return sqlite3.Quote(value)
}
