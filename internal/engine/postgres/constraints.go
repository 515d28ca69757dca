package postgres

import (
	"context"
	"regexp"

	"github.com/safemigrate/safemigrate/migrate"
)

// Files that share a transaction find constraints as a transaction of their own would: those
// that are deferred are checked at the end of each file, and deferred again for the next one.

// deferrable are the constraints that can be deferred, by name: the server takes a name for all
// constraints that have it, and refuses to defer one that cannot be.
type deferrable struct {
	names, deferred, immediate string

	// all: not each can be named, or somebody has set all of them. Then constraints that do
	// not exist yet are set, too, for the rest of the transaction.
	all bool
}

var setsConstraints = regexp.MustCompile(`(?i)\bconstraints\b`)

func (d *DB) deferrable(ctx context.Context, query func(context.Context, string, ...any) ([]migrate.Row, error)) (deferrable, error) {
	found, err := query(ctx, `SELECT coalesce(pg_catalog.string_agg(x.name, ', '), ''),
			coalesce(pg_catalog.string_agg(x.name, ', ') FILTER (WHERE x.deferred), ''),
			coalesce(pg_catalog.string_agg(x.name, ', ') FILTER (WHERE NOT x.deferred AND x.usable), ''),
			coalesce(pg_catalog.bool_or(x.deferred AND x.fixed OR NOT x.usable), false)
		FROM (SELECT pg_catalog.format('%I.%I', n.nspname, c.conname) AS name, pg_catalog.bool_or(c.condeferred) AS deferred,
				pg_catalog.has_schema_privilege(n.oid, 'USAGE') AS usable,
				EXISTS (SELECT FROM pg_catalog.pg_constraint o WHERE o.conname = c.conname AND o.connamespace = n.oid AND NOT o.condeferrable) AS fixed
			FROM pg_catalog.pg_constraint c JOIN pg_catalog.pg_namespace n ON n.oid = c.connamespace
			WHERE c.condeferrable AND NOT pg_catalog.pg_is_other_temp_schema(n.oid) GROUP BY n.oid, n.nspname, c.conname) x`)
	if err != nil {
		return deferrable{}, err
	}
	d.setAll = d.setAll || found[0].True(3)
	return deferrable{found[0].Text(0), found[0].Text(1), found[0].Text(2), d.setAll}, nil
}

// check has the server check what is deferred.
func (c deferrable) check() string {
	if c.all {
		return "SET CONSTRAINTS ALL IMMEDIATE"
	}
	return setConstraints(c.names, "IMMEDIATE")
}

// anew has the next file find them nearly as a new transaction would. Where all of them are
// set, a new one that would be checked at once is checked at the end of its file.
func (c deferrable) anew() string {
	if c.all {
		return "SET CONSTRAINTS ALL DEFERRED; " + setConstraints(c.immediate, "IMMEDIATE")
	}
	return setConstraints(c.deferred, "DEFERRED")
}

func setConstraints(names, mode string) string {
	if names == "" {
		return ""
	}
	return "SET CONSTRAINTS " + names + " " + mode
}
