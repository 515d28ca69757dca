package postgres

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/catalog"
)

// cloneMethod is a way in which a server copies a database.
type cloneMethod struct {
	name   string // for people
	before string // setting that it needs
	option string // of CREATE DATABASE
}

// smallDatabase is the size up to which a copy through the write-ahead log is cheaper
// than the two checkpoints of the whole server that a copy of the files begins and
// ends with.
const smallDatabase = 64_000_000

// cloneMethods are those that this server has, the cheapest first. Whether the file
// system can share blocks is known only when it is asked to.
func (d *DB) cloneMethods(size int64) []cloneMethod {
	files := cloneMethod{"by copying files", "", " STRATEGY file_copy"}
	switch {
	case d.server >= 180000:
		return []cloneMethod{{"by cloning files", "SET file_copy_method = clone", " STRATEGY file_copy"}, files}
	case d.server >= 150000 && size > smallDatabase:
		return []cloneMethod{files}
	case d.server >= 150000:
		return []cloneMethod{{"through the write-ahead log", "", " STRATEGY wal_log"}}
	}
	return []cloneMethod{{"by copying files", "", ""}}
}

// lasting are the answers to CREATE DATABASE that no other method would change: others
// are connected, no privilege, the name is taken, no space, cancelled.
var lasting = []string{inUse, "42501", "42P04", "53100", "57014"}

// copyDatabase makes a database as a copy of another one, and tells how the server did
// it. It runs in no transaction, and in a session that is connected to the source or to a
// third database.
func (d *DB) copyDatabase(ctx context.Context, source, target, owner string, size int64, told func(string)) error {
	statement := "CREATE DATABASE " + catalog.Quote(target) + " OWNER " + catalog.Quote(owner) + " TEMPLATE " + catalog.Quote(source)
	var failed error
	said := "database " + catalog.Quote(target) + " is made "
	for _, m := range d.cloneMethods(size) {
		failed = d.copyBy(ctx, m, statement+m.option)
		if failed == nil {
			said += m.name
			break
		}
		if slices.Contains(lasting, code(failed)) || ctx.Err() != nil {
			break
		}
		said = fmt.Sprintf("%s is not possible here (%v): %s", m.name, failed, said)
	}
	switch {
	case failed == nil:
		told(said)
		return d.closeToOthers(ctx, target)
	case code(failed) == inUse:
		return d.inTheWay(ctx, source, failed)
	}
	return fmt.Errorf("copy database %q as %q: %w", source, target, failed)
}

// closeToOthers: everybody may connect to a new database, and it holds what its tables
// may hide.
func (d *DB) closeToOthers(ctx context.Context, database string) error {
	if err := d.script(ctx, "REVOKE ALL ON DATABASE "+catalog.Quote(database)+" FROM PUBLIC"); err != nil {
		return fmt.Errorf("make database %q private: %w", database, err)
	}
	return nil
}

// makeDatabase makes an empty database; form is what stands behind its name in CREATE
// DATABASE. It runs in no transaction.
func (d *DB) makeDatabase(ctx context.Context, name, owner, form string) error {
	statement := "CREATE DATABASE " + catalog.Quote(name) + " WITH OWNER = " + catalog.Quote(owner) + " " + strings.TrimPrefix(form, "WITH ")
	if err := d.copyBy(ctx, cloneMethod{}, statement); err != nil {
		return fmt.Errorf("make database %q: %w", name, err)
	}
	return d.closeToOthers(ctx, name)
}

func (d *DB) copyBy(ctx context.Context, m cloneMethod, statement string) error {
	settings := fmt.Sprintf("SET statement_timeout = 0; SET lock_timeout = %d; %s", d.opts.LockTimeout.Milliseconds(), m.before)
	if err := d.script(ctx, settings); err != nil {
		return err // a server that was built without it
	}
	again := "RESET statement_timeout; RESET lock_timeout"
	if m.before != "" {
		again += "; RESET file_copy_method"
	}
	err := d.script(ctx, statement)
	if d.conn.IsClosed() {
		return err
	}
	return errors.Join(err, d.script(context.WithoutCancel(ctx), again))
}
