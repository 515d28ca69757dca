package dump

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/catalog"
	stored "github.com/safemigrate/safemigrate/snapshot/dump"
)

// Contents says what a dump holds, beside the rows themselves.
type Contents struct {
	Server    int        `json:"server"`   // server_version_num
	Encoding  string     `json:"encoding"` // of the database; rows are in UTF-8 all the same
	Dumper    string     `json:"dumper"`   // version of the pg_dump that wrote the schema
	Tables    []Table    `json:"tables"`
	Sequences []Sequence `json:"sequences"`
	Views     []View     `json:"views,omitempty"` // materialized views that held rows, in the order in which they can be filled
	Files     []string   `json:"files"`           // of pg_dump's archive: toc.dat, large objects
}

// Table is one table with rows of its own.
type Table struct {
	OID     uint32   `json:"oid"`
	Schema  string   `json:"schema"`
	Name    string   `json:"name"`
	Columns []string `json:"columns"` // that hold values: not generated ones
	// Root, quoted and qualified, is set for a partition whose rows the server may put into
	// other partitions in another database: they go back through the whole tree.
	Root string `json:"root,omitempty"`
	// Extension and Filter are set for a table that an extension owns and whose rows
	// are the user's: those that the filter, a WHERE clause, lets through.
	Extension string `json:"extension,omitempty"`
	Filter    string `json:"filter,omitempty"`
	Parts     int    `json:"parts"`
	Rows      int64  `json:"rows"`
	Bytes     int64  `json:"bytes"` // of the COPY text
	Sum       string `json:"sum"`   // as that of a stored.RowSum

	size  int64 // on the server's disk, with TOAST
	pages int64
	heap  bool // the server's own access method, so that it can be cut by ctid
}

// Size is how much the table takes on the server's disk, with TOAST.
func (t Table) Size() int64 { return t.size }

// Label names a table for people.
func (t Table) Label() string { return t.Schema + "." + t.Name }

// Sequence is a sequence's position.
type Sequence struct {
	OID    uint32 `json:"oid"`
	Schema string `json:"schema"`
	Name   string `json:"name"`
	Last   int64  `json:"last"`
	Called bool   `json:"called"`
}

// View is a materialized view.
type View struct {
	OID    uint32 `json:"oid"`
	Schema string `json:"schema"`
	Name   string `json:"name"`
}

// Part takes one part of a table. What was written becomes true with Commit, and goes
// with Abort.
type Part interface {
	io.Writer
	// Rows are what was written so far, counted and summed.
	Rows() *stored.RowSum
	Commit() error
	Abort()
}

// Sink takes a dump.
type Sink interface {
	// Part begins part index of a table. Parts of one dump are written at the same time.
	Part(ctx context.Context, t Table, index int) (Part, error)
}

// Source gives a dump back.
type Source interface {
	// Part opens part index of a table. Closing it reports what was wrong with it, at
	// the latest; reading behind its end does, too.
	Part(ctx context.Context, t Table, index int) (Reading, error)
	// File opens a file of pg_dump's archive; for closing it the same holds.
	File(ctx context.Context, name string) (io.ReadCloser, error)
}

// Reading is one part of a table that is read.
type Reading interface {
	io.ReadCloser
	// Rows are what was read, counted and summed, once the end has come.
	Rows() *stored.RowSum
}

// own leaves out what is not the user's: the server's schemas and safemigrate's.
const own = `n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND n.nspname !~ '` + catalog.OwnSchemas + `'`

// The sizes of a table with TOAST in bytes, and of its heap in pages. The server locks a
// table to measure it; noted waits for nobody, and takes the statistics of one that is held.
const (
	measured = `pg_catalog.pg_table_size(c.oid), pg_catalog.pg_relation_size(c.oid) / pg_catalog.current_setting('block_size')::bigint`
	noted    = `CASE WHEN c.oid IN (SELECT relation FROM held) THEN c.relpages * pg_catalog.current_setting('block_size')::bigint
			ELSE pg_catalog.pg_table_size(c.oid) END, c.relpages::bigint`
	withHeld = `WITH held AS MATERIALIZED (` + catalog.HeldAlone + `) `
)

// tablesQuery lists the tables with rows of their own, largest first, and the columns
// that hold values.
func tablesQuery(sizes string) string {
	return `SELECT c.oid, n.nspname, c.relname, coalesce(e.extname, ''), coalesce(e.filter, ''),
		ARRAY(SELECT a.attname::text FROM pg_catalog.pg_attribute a
			WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '' ORDER BY a.attnum),
		` + sizes + `,
		coalesce(am.amname = 'heap', false), ` + rootOf + `,
		CASE WHEN NOT pg_catalog.has_schema_privilege(n.oid, 'USAGE') OR NOT pg_catalog.has_table_privilege(c.oid, 'SELECT') THEN 'no privilege to read it'
		     WHEN pg_catalog.row_security_active(c.oid) THEN 'row security hides rows of it from this role' ELSE '' END
	FROM pg_catalog.pg_class c
	JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
	LEFT JOIN pg_catalog.pg_am am ON am.oid = c.relam
	LEFT JOIN LATERAL (SELECT x.extname, f.filter FROM pg_catalog.pg_extension x,
			ROWS FROM (pg_catalog.unnest(x.extconfig), pg_catalog.unnest(x.extcondition)) f(oid, filter) WHERE f.oid = c.oid) e ON true
	WHERE c.relkind = 'r' AND c.relpersistence <> 't'
	  AND (e.extname IS NOT NULL OR ` + own + ` AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_depend d
		WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = c.oid AND d.deptype = 'e'))
	ORDER BY 7 DESC, c.oid`
}

// List reads which tables a dump would hold, in the caller's transaction, and waits for
// nobody who has one for himself alone. What cannot be read is an ErrUnreadable that
// names it.
func List(ctx context.Context, conn *pgx.Conn) ([]Table, error) {
	return listBy(ctx, conn, withHeld+tablesQuery(noted))
}

// listTables reads which tables there are. What cannot be read is an error that names it.
func listTables(ctx context.Context, conn *pgx.Conn) ([]Table, error) {
	return listBy(ctx, conn, tablesQuery(measured))
}

func listBy(ctx context.Context, conn *pgx.Conn, query string) ([]Table, error) {
	found, err := conn.Query(ctx, query)
	if err != nil {
		return nil, fmt.Errorf("list the tables: %w", err)
	}
	var blocked []string
	tables, err := pgx.CollectRows(found, func(r pgx.CollectableRow) (Table, error) {
		var t Table
		var blocker string
		err := r.Scan(&t.OID, &t.Schema, &t.Name, &t.Extension, &t.Filter, &t.Columns, &t.size, &t.pages, &t.heap, &t.Root, &blocker)
		if blocker != "" {
			blocked = append(blocked, t.Label()+": "+blocker)
		}
		return t, err
	})
	if err != nil {
		return nil, fmt.Errorf("list the tables: %w", err)
	}
	if len(blocked) > 0 {
		return nil, fmt.Errorf("%w: %s", ErrUnreadable, strings.Join(blocked, "; "))
	}
	return tables, nil
}

// listSequences reads where the sequences stand. That is part of no transaction, so it
// is read after the rows: a sequence is never behind what it was asked for.
func listSequences(ctx context.Context, conn *pgx.Conn) ([]Sequence, error) {
	found, err := conn.Query(ctx, `SELECT c.oid, n.nspname, c.relname FROM pg_catalog.pg_class c
		JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
		WHERE c.relkind = 'S' AND c.relpersistence <> 't' AND `+own+`
		  AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_depend d
			WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = c.oid AND d.deptype = 'e') ORDER BY c.oid`)
	if err != nil {
		return nil, fmt.Errorf("list the sequences: %w", err)
	}
	all, err := pgx.CollectRows(found, func(r pgx.CollectableRow) (Sequence, error) {
		var s Sequence
		err := r.Scan(&s.OID, &s.Schema, &s.Name)
		return s, err
	})
	if err != nil {
		return nil, fmt.Errorf("list the sequences: %w", err)
	}
	for i := range all {
		s := &all[i]
		err := conn.QueryRow(ctx, "SELECT last_value, is_called FROM "+qualified(s.Schema, s.Name)).Scan(&s.Last, &s.Called)
		if err != nil {
			return nil, fmt.Errorf("read sequence %s.%s: %w", s.Schema, s.Name, err)
		}
	}
	return all, nil
}

// listViews reads which materialized views hold rows, those that others read first.
func listViews(ctx context.Context, conn *pgx.Conn) ([]View, error) {
	found, err := conn.Query(ctx, `WITH RECURSIVE reads(view, of) AS (
			SELECT DISTINCT r.ev_class, d.refobjid FROM pg_catalog.pg_rewrite r
			JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass AND d.objid = r.oid
				AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.refobjid <> r.ev_class
			JOIN pg_catalog.pg_class c ON c.oid = d.refobjid AND c.relkind IN ('v', 'm')),
		closure(view, of) AS (SELECT view, of FROM reads UNION SELECT c.view, r.of FROM closure c JOIN reads r ON r.view = c.of)
		SELECT c.oid, n.nspname, c.relname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
		WHERE c.relkind = 'm' AND c.relispopulated AND `+own+`
		ORDER BY (SELECT pg_catalog.count(*) FROM closure x WHERE x.view = c.oid), c.oid`)
	if err != nil {
		return nil, fmt.Errorf("list the materialized views: %w", err)
	}
	all, err := pgx.CollectRows(found, func(r pgx.CollectableRow) (View, error) {
		var v View
		err := r.Scan(&v.OID, &v.Schema, &v.Name)
		return v, err
	})
	if err != nil {
		return nil, fmt.Errorf("list the materialized views: %w", err)
	}
	return all, nil
}

func qualified(schema, name string) string { return pgx.Identifier{schema, name}.Sanitize() }

// columnList spells a column list for COPY; nothing for a table without columns.
func columnList(columns []string) string {
	if len(columns) == 0 {
		return ""
	}
	return "(" + strings.Join(quoteAll(columns), ", ") + ")"
}

func quoteAll(names []string) []string {
	quoted := make([]string, len(names))
	for i, n := range names {
		quoted[i] = pgx.Identifier{n}.Sanitize()
	}
	return quoted
}
