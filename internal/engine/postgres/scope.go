package postgres

import (
	"context"
	"fmt"
	"path"
	"strconv"
	"strings"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/catalog"
	"github.com/safemigrate/safemigrate/migrate"
)

// table is one table of the user's schemas that holds rows of its own.
type table struct {
	oid     uint32
	schema  string
	name    string
	pages   int64
	rows    int64  // the server's estimate, -1: unknown
	bytes   int64  // 0 until measured
	blocker string // why it cannot be kept
}

func (t table) label() string { return t.schema + "." + t.name }

// noLock is the reason of a table that belongs to others, or whose owner took away
// its own privileges.
const noLock = "no privilege to lock it"

// tablesQuery lists the tables with rows of their own: plain tables and
// partitions, not partitioned parents, foreign or temporary tables, nor what an
// extension owns. A number of rows that no table can have is as good as none.
const tablesQuery = `SELECT c.oid, n.nspname, c.relname, c.relpages,
	CASE WHEN c.reltuples BETWEEN 0 AND 1e15 THEN c.reltuples::bigint ELSE -1 END,
	CASE WHEN NOT pg_catalog.has_table_privilege(c.oid, 'SELECT') THEN 'no privilege to read it'
	     WHEN NOT pg_catalog.has_table_privilege(c.oid, 'UPDATE, DELETE, TRUNCATE') THEN '` + noLock + `'
	     WHEN pg_catalog.row_security_active(c.oid) THEN 'row security hides rows of it from this role'
	     ELSE '' END
	FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
	WHERE c.relkind = 'r' AND c.relpersistence <> 't'
	  AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
	  AND n.nspname !~ '` + catalog.OwnSchemas + `'
	  AND NOT (n.nspname = $1 AND c.relname = $2)
	  AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_depend d WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = c.oid AND d.deptype = 'e')
	ORDER BY n.nspname, c.relname`

// tables lists every table of the user's schemas but the history.
func (d *DB) tables(ctx context.Context, history migrate.TableID) ([]table, error) {
	rows, err := d.Query(ctx, tablesQuery, history.Schema, history.Table)
	if err != nil {
		return nil, fmt.Errorf("list the tables: %w", err)
	}
	out := make([]table, len(rows))
	for i, r := range rows {
		numbers := make([]int64, 0, 3)
		for _, k := range []int{0, 3, 4} {
			n, err := strconv.ParseInt(r.Text(k), 10, 64)
			if err != nil && r[k] != nil {
				return nil, fmt.Errorf("list the tables: %w", err)
			}
			numbers = append(numbers, n)
		}
		out[i] = table{oid: uint32(numbers[0]), //nolint:gosec // an OID has 32 bits
			schema: r.Text(1), name: r.Text(2),
			pages: numbers[1], rows: numbers[2], blocker: r.Text(5)}
	}
	return out, nil
}

// measureQuery asks for the sizes of tables; of one that somebody has for himself alone, its
// statistics have to do.
const measureQuery = `WITH held AS MATERIALIZED (` + catalog.HeldAlone + `)
	SELECT o, CASE WHEN h.relation IS NULL THEN coalesce(pg_catalog.pg_table_size(o), 0)
			ELSE coalesce((c.relpages + coalesce(t.relpages, 0)) * pg_catalog.current_setting('block_size')::bigint, 0) END
	FROM pg_catalog.unnest($1::oid[]) WITH ORDINALITY u(o, n) LEFT JOIN held h ON h.relation = o
	LEFT JOIN pg_catalog.pg_class c ON c.oid = o LEFT JOIN pg_catalog.pg_class t ON t.oid = c.reltoastrelid
	ORDER BY n`

// measure fills in the sizes of the tables of a scope. The server opens every file
// of a table for it, so that only those are asked for.
func (d *DB) measure(ctx context.Context, choices []choice) error {
	oids := make([]uint32, len(choices))
	for i, c := range choices {
		oids[i] = c.oid
	}
	if len(oids) == 0 {
		return nil
	}
	found, err := d.Query(ctx, measureQuery, oidList(oids))
	if err != nil {
		return fmt.Errorf("measure the tables: %w", err)
	}
	for i, r := range found {
		if choices[i].bytes, err = strconv.ParseInt(r.Text(1), 10, 64); err != nil { //nolint:gosec // one row comes for each OID
			return fmt.Errorf("measure the tables: %w", err)
		}
	}
	return nil
}

// within cuts tables to a scope.
func within(tables []table, s migrate.Scope) ([]table, error) {
	var out []table
	for _, t := range tables {
		in := len(s.Tables) == 0
		for _, pattern := range s.Tables {
			ok, err := matches(pattern, t)
			if err != nil {
				return nil, err
			}
			in = in || ok
		}
		for _, pattern := range s.Exclude {
			ok, err := matches(pattern, t)
			if err != nil {
				return nil, err
			}
			in = in && !ok
		}
		if in {
			out = append(out, t)
		}
	}
	return out, nil
}

// matches compares a shell pattern with "table" or, where it has a dot, with
// "schema.table".
func matches(pattern string, t table) (bool, error) {
	name := t.name
	if strings.Contains(pattern, ".") {
		name = t.label()
	}
	ok, err := path.Match(pattern, name)
	if err != nil {
		return false, fmt.Errorf("pattern %q: %w", pattern, err)
	}
	return ok, nil
}
