package postgres

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/safemigrate/safemigrate/internal/client"
	"github.com/safemigrate/safemigrate/internal/engine/postgres/catalog"
	"github.com/safemigrate/safemigrate/migrate"
)

// cloned is a database that holds what a snapshot keeps.
type cloned struct {
	Name    string          `json:"name"`
	OID     uint32          `json:"oid"`
	History migrate.TableID `json:"history"` // which is no part of the content that is compared
}

const (
	cloneInfix  = "_safemigrate_"
	imageSuffix = "_next" // of a copy of a clone that is about to take the place of the database
	longestName = 63      // NAMEDATALEN - 1
)

// clonePattern is what an ID looks like in the name of a clone.
var clonePattern = regexp.MustCompile(`^[0-9]{8}-[0-9]{6}-[0-9a-f]+(` + imageSuffix + `)?$`)

// cloneName is what the clone of a database for a snapshot is called. A name that is
// too long is cut, and the hash of all of it stands for the rest.
func cloneName(database, id string) string { return clonePrefix(database, id) + id }

func clonePrefix(database, id string) string {
	if room := longestName - len(cloneInfix) - len(id) - len(imageSuffix); len(database) > room {
		const hashed = 4 // bytes of the hash
		sum := sha256.Sum256([]byte(database))
		tail := "~" + hex.EncodeToString(sum[:hashed])
		database = strings.ToValidUTF8(database[:room-len(tail)], "") + tail
	}
	return database + cloneInfix
}

// noteStart begins the comment of every database that is kept for another one.
const noteStart = "safemigrate: snapshot "

// cloneNote is the comment that tells whose a complete clone is.
func cloneNote(id string, of uint32) string {
	return fmt.Sprintf(noteStart+"%s of database %d", id, of)
}

// beside opens a session like this one on another database of the server.
func (d *DB) beside(ctx context.Context, name, operation string) (*DB, error) {
	config := d.conn.Config().Copy()
	config.Database, config.OnNotice = name, nil
	config.RuntimeParams["application_name"] = client.Name(operation)
	delete(config.RuntimeParams, "statement_timeout")
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return nil, connectFailure(config, err)
	}
	other := &DB{conn: conn, opts: d.opts, server: d.server, dirty: true}
	other.watch = other.script(ctx, watchScript) == nil
	return other, nil
}

// outside opens a session from which this database can be renamed: in the one that is
// meant for it, or in the other that every server has.
func (d *DB) outside(ctx context.Context) (*DB, error) {
	var failed error
	for _, name := range []string{"postgres", "template1"} {
		if name == d.conn.Config().Database {
			continue
		}
		other, err := d.beside(ctx, name, "exchange")
		if err == nil {
			return other, nil
		}
		failed = errors.Join(failed, err)
	}
	return nil, failed
}

// end closes a session on another database whatever becomes of the caller.
func (d *DB) end(ctx context.Context) error { return d.conn.Close(context.WithoutCancel(ctx)) }

// ownDatabase is the database that a session is connected to.
type ownDatabase struct {
	cloned
	owner   string
	note    string // its comment
	bytes   int64
	limit   int  // CONNECTION LIMIT
	pattern bool // IS_TEMPLATE
}

// readOwn reads what CREATE DATABASE … TEMPLATE needs to know of this database, or does
// not take over.
func (d *DB) readOwn(ctx context.Context) (o ownDatabase, err error) {
	err = d.conn.QueryRow(ctx, `SELECT oid, datname::text, pg_catalog.pg_get_userbyid(datdba)::text, coalesce(pg_catalog.shobj_description(oid, 'pg_database'), ''),
		pg_catalog.pg_database_size(oid), datconnlimit, datistemplate FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database()`).
		Scan(&o.OID, &o.Name, &o.owner, &o.note, &o.bytes, &o.limit, &o.pattern)
	if err != nil {
		return o, fmt.Errorf("look at the database: %w", plain(err))
	}
	return o, nil
}

// lookUp finds a database by its name; nil where there is none.
func (d *DB) lookUp(ctx context.Context, name string) (*cloned, error) {
	found, err := d.Query(ctx, `SELECT oid FROM pg_catalog.pg_database WHERE datname = $1`, name)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	oid, err := strconv.ParseUint(found[0].Text(0), 10, 32)
	if err != nil {
		return nil, fmt.Errorf("read the number of database %q: %w", name, err)
	}
	return &cloned{Name: name, OID: uint32(oid)}, nil
}

// lineageTable lists the databases that took the place of another one: this one, while
// the row has its OID. What was made as a copy of it has another, and is foreign.
const lineageTable = `CREATE TABLE IF NOT EXISTS safemigrate.lineage (oid bigint PRIMARY KEY, stands_for bigint NOT NULL)`

// standsFor is the OID of the database that snapshots know this one by: where they
// were exchanged, that of the one which had the place first.
func (d *DB) standsFor(ctx context.Context, oid uint32) (uint32, error) {
	found, err := d.Query(ctx, `SELECT 1 FROM pg_catalog.pg_tables WHERE schemaname = 'safemigrate' AND tablename = 'lineage'`)
	if err != nil || len(found) == 0 {
		return oid, err
	}
	if found, err = d.Query(ctx, `SELECT stands_for FROM safemigrate.lineage WHERE oid = $1`, oid); err != nil || len(found) == 0 {
		return oid, err
	}
	first, err := strconv.ParseUint(found[0].Text(0), 10, 32)
	if err != nil {
		return 0, fmt.Errorf("read for which database this one stands: %w", err)
	}
	return uint32(first), nil
}

// forgetClone removes a database that was made for a snapshot which nothing refers to
// after all.
func (d *DB) forgetClone(ctx context.Context) error {
	name := d.cloned
	d.cloned = ""
	if name == "" {
		return nil
	}
	return d.dropDatabase(ctx, name)
}

// dropDatabase removes a clone. It runs in no transaction.
func (d *DB) dropDatabase(ctx context.Context, name string) error {
	err := d.script(ctx, "DROP DATABASE IF EXISTS "+catalog.Quote(name))
	if code(err) == inUse {
		return d.inTheWay(ctx, name, err)
	}
	if err != nil {
		return fmt.Errorf("drop database %q: %w", name, err)
	}
	return nil
}

// wholeDatabase is the scope of a clone.
var wholeDatabase = migrate.Scope{Mode: migrate.ScopeAll}

// wholeWay is the way in which a clone brings tables back.
const wholeWay = "whole database"
