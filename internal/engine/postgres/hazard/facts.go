package hazard

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/catalog"
	"github.com/safemigrate/safemigrate/migrate"
)

// Querier runs one statement and returns its rows in text form.
type Querier interface {
	Query(ctx context.Context, sql string, args ...any) ([]migrate.Row, error)
}

// facts is what the catalogs say of the relations that a batch names, and of
// those that these lead to.
type facts struct {
	server     int
	zone       string // the session's TimeZone
	path       []string
	relations  map[string]*relation // by schema.name
	byOID      map[uint32]*relation
	volatile   map[string]bool        // functions, by bare name
	domains    map[string]bool        // domains with constraints, by bare name
	statistics map[string]*relation   // tables of extended statistics, by bare name
	users      map[string][]*relation // tables with a column of a type, by the type's bare name
}

// reachQuery finds the tables and views that are named, by themselves or by an
// index, statistics or a type of a column, and whatever these lead to:
// partitions, children and parents, both ends of foreign keys, views and what
// they read; and the indexes of all of them.
const reachQuery = `WITH RECURSIVE edge(a, b) AS MATERIALIZED (
	SELECT inhparent, inhrelid FROM pg_catalog.pg_inherits
	UNION ALL SELECT inhrelid, inhparent FROM pg_catalog.pg_inherits
	UNION ALL SELECT conrelid, confrelid FROM pg_catalog.pg_constraint WHERE contype = 'f'
	UNION ALL SELECT confrelid, conrelid FROM pg_catalog.pg_constraint WHERE contype = 'f'
	UNION ALL SELECT v.a, v.b FROM (SELECT DISTINCT r.ev_class, d.refobjid FROM pg_catalog.pg_rewrite r JOIN pg_catalog.pg_depend d
		ON d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass AND d.objid = r.oid
		AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.refobjid <> r.ev_class
		WHERE r.ev_class >= 16384) x(view, read) CROSS JOIN LATERAL (VALUES (x.view, x.read), (x.read, x.view)) v(a, b)
), named(oid) AS (
	SELECT coalesce(i.indrelid, c.oid) FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
		LEFT JOIN pg_catalog.pg_index i ON i.indexrelid = c.oid
		WHERE (c.relname::text = ANY ($1::text[]) OR n.nspname = ANY ($2::text[])) AND c.relkind IN ('r', 'p', 'm', 'v', 'f', 'i', 'I')
		  AND n.nspname !~ '^pg_(catalog|toast)' AND n.nspname <> 'information_schema'
	UNION ALL SELECT stxrelid FROM pg_catalog.pg_statistic_ext WHERE stxname = ANY ($1::text[])
	UNION ALL SELECT a.attrelid FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
		WHERE t.typname = ANY ($3::text[]) AND t.oid >= 16384 AND NOT a.attisdropped
), tables(oid) AS (
	SELECT oid FROM named
	UNION SELECT e.b FROM tables x JOIN edge e ON e.a = x.oid
), reach(oid) AS (
	SELECT oid FROM tables UNION SELECT i.indexrelid FROM pg_catalog.pg_index i JOIN tables t ON t.oid = i.indrelid
), held(oid) AS MATERIALIZED (` + catalog.HeldAlone + `) `

const relationsQuery = reachQuery + `SELECT c.oid, n.nspname, c.relname, c.relkind,
	CASE WHEN (c.reltuples < 0 OR c.relpages <= 0) AND c.relkind IN ('r', 'm') AND c.oid NOT IN (SELECT h.oid FROM held h) THEN pg_catalog.pg_relation_size(c.oid) / 8192 ELSE c.relpages END,
	i.indrelid, coalesce(i.indisunique, false), c.relispartition,
	EXISTS (SELECT 1 FROM pg_catalog.pg_partitioned_table p WHERE p.partdefid = c.oid),
	EXISTS (SELECT 1 FROM pg_catalog.pg_trigger t WHERE t.tgrelid = c.oid AND NOT t.tgisinternal),
	CASE WHEN i.indnkeyatts = 1 THEN coalesce((SELECT a.attname::text FROM pg_catalog.pg_attribute a WHERE a.attrelid = i.indrelid AND a.attnum = i.indkey[0]), '')
	ELSE (SELECT pg_catalog.string_agg(coalesce(a.attname, ''), E'\x01' ORDER BY k.n) FROM pg_catalog.unnest(i.indkey::smallint[]) WITH ORDINALITY k(att, n)
		LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.att WHERE k.n <= i.indnkeyatts) END
	FROM reach x JOIN pg_catalog.pg_class c ON c.oid = x.oid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
	LEFT JOIN pg_catalog.pg_index i ON i.indexrelid = c.oid
	WHERE c.relkind IN ('r', 'p', 'm', 'v', 'f', 'i', 'I') AND n.nspname !~ '` + catalog.OwnSchemas + `'
	ORDER BY c.oid`

// Session is what a file finds when it begins.
type Session struct {
	Server int      // server_version_num
	Zone   string   // TimeZone
	Path   []string // the schemas of the search_path, implicit ones included
}

// ReadSession reads it outside any transaction, under the session's own settings.
func ReadSession(ctx context.Context, q Querier, server int) (Session, error) {
	rows, err := q.Query(ctx, `SELECT pg_catalog.current_setting('TimeZone'), pg_catalog.array_to_string(pg_catalog.current_schemas(true), E'\x01')`)
	if err != nil {
		return Session{}, fmt.Errorf("read the session's settings: %w", err)
	}
	return Session{Server: server, Zone: rows[0].Text(0), Path: split(rows[0].Text(1))}, nil
}

// read asks the catalogs for what n names.
func read(ctx context.Context, q Querier, s Session, n *names) (*facts, error) {
	f := &facts{server: s.Server, zone: s.Zone, path: s.Path, relations: map[string]*relation{}, byOID: map[uint32]*relation{},
		volatile: map[string]bool{}, domains: map[string]bool{}, statistics: map[string]*relation{}, users: map[string][]*relation{}}
	for _, part := range []func(context.Context, Querier, *names) error{
		f.readRelations, f.readColumns, f.readEdges, f.readConstraints, f.readTypes,
	} {
		if err := part(ctx, q, n); err != nil {
			return nil, fmt.Errorf("read what the statements name: %w", err)
		}
	}
	return f, nil
}

func (f *facts) readRelations(ctx context.Context, q Querier, n *names) error {
	rows, err := q.Query(ctx, relationsQuery, n.relations.array(), n.schemas.array(), n.types.array())
	if err != nil {
		return err
	}
	tables := make(map[*relation]uint32)
	for _, r := range rows {
		t := &relation{oid: oid(r.Text(0)), schema: r.Text(1), name: r.Text(2), kind: r.Text(3)[0], pages: number(r.Text(4)),
			unique: r.True(6), partition: r.True(7), isDefault: r.True(8), triggers: r.True(9), columns: map[string]*column{}}
		if r[5] != nil {
			tables[t] = oid(r.Text(5))
			t.keys = split(r.Text(10))
		}
		f.add(t)
	}
	for index, table := range tables {
		if index.table = f.byOID[table]; index.table != nil {
			index.table.indexes = append(index.table.indexes, index)
		}
	}
	return nil
}

func (f *facts) add(r *relation) {
	f.relations[r.label()] = r
	f.byOID[r.oid] = r
}

// tableOIDs lists the relations that have columns and constraints of their own;
// of those that match.
func (f *facts) tableOIDs(match func(*relation) bool) string {
	var b strings.Builder
	b.WriteByte('{')
	for _, r := range f.byOID {
		if r.kind == 'i' || r.kind == 'I' || !match(r) {
			continue
		}
		if b.Len() > 1 {
			b.WriteByte(',')
		}
		b.WriteString(strconv.FormatUint(uint64(r.oid), 10))
	}
	return b.String() + "}"
}

func (f *facts) readColumns(ctx context.Context, q Querier, n *names) error {
	rows, err := q.Query(ctx, `SELECT a.attrelid, a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod), a.attnotnull,
		a.atthasdef OR a.attidentity <> '', t.typname
		FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
		WHERE (a.attrelid = ANY ($1::oid[]) OR (t.typname = ANY ($2::text[]) AND a.attrelid >= 16384 AND t.oid >= 16384)) AND a.attnum > 0 AND NOT a.attisdropped`,
		f.tableOIDs(n.spell), n.types.array())
	if err != nil {
		return err
	}
	for _, r := range rows {
		table := f.byOID[oid(r.Text(0))]
		if table == nil || table.columns == nil {
			continue // an index, or what belongs to safemigrate itself
		}
		table.columns[r.Text(1)] = &column{typ: r.Text(2), notNull: r.True(3), filled: r.True(4)}
		if n.types[r.Text(5)] && table.kind != 'v' {
			f.users[r.Text(5)] = append(f.users[r.Text(5)], table)
		}
	}
	return nil
}

func (f *facts) readEdges(ctx context.Context, q Querier, _ *names) error {
	rows, err := q.Query(ctx, `SELECT 'i', inhparent, inhrelid FROM pg_catalog.pg_inherits WHERE inhrelid = ANY ($1::oid[])
		UNION ALL SELECT DISTINCT 'v', r.ev_class, d.refobjid FROM pg_catalog.pg_rewrite r JOIN pg_catalog.pg_depend d
			ON d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass AND d.objid = r.oid
			AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.refobjid <> r.ev_class
			WHERE r.ev_class = ANY ($1::oid[]) AND r.rulename = '_RETURN'`, f.tableOIDs(every))
	if err != nil {
		return err
	}
	for _, r := range rows {
		a, b := f.byOID[oid(r.Text(1))], f.byOID[oid(r.Text(2))]
		switch {
		case a == nil || b == nil:
		case r.Text(0) == "i":
			a.children, b.parents = append(a.children, b), append(b.parents, a)
		default:
			a.reads, b.readers = append(a.reads, b), append(b.readers, a)
		}
	}
	return nil
}

func (f *facts) readConstraints(ctx context.Context, q Querier, n *names) error {
	rows, err := q.Query(ctx, `SELECT c.conrelid, c.conname, c.contype, c.convalidated, c.confrelid, c.conindid, c.confdeltype, c.confupdtype,
		CASE WHEN pg_catalog.cardinality(c.conkey) = 1 THEN (SELECT a.attname::text FROM pg_catalog.pg_attribute a WHERE a.attrelid = c.conrelid AND a.attnum = c.conkey[1])
		ELSE (SELECT pg_catalog.string_agg(a.attname, E'\x01' ORDER BY k.n) FROM pg_catalog.unnest(c.conkey) WITH ORDINALITY k(att, n)
			JOIN pg_catalog.pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.att) END,
		CASE WHEN c.contype = 'c' THEN pg_catalog.pg_get_expr(c.conbin, c.conrelid) END,
		CASE WHEN pg_catalog.cardinality(c.confkey) = 1 THEN (SELECT a.attname::text FROM pg_catalog.pg_attribute a WHERE a.attrelid = c.confrelid AND a.attnum = c.confkey[1])
		ELSE (SELECT pg_catalog.string_agg(a.attname, E'\x01' ORDER BY k.n) FROM pg_catalog.unnest(c.confkey) WITH ORDINALITY k(att, n)
			JOIN pg_catalog.pg_attribute a ON a.attrelid = c.confrelid AND a.attnum = k.att) END
		FROM pg_catalog.pg_constraint c WHERE c.conrelid = ANY ($1::oid[]) AND (c.contype = 'f' OR c.conrelid = ANY ($2::oid[])) ORDER BY c.oid`,
		f.tableOIDs(every), f.tableOIDs(n.spell))
	if err != nil {
		return err
	}
	for _, r := range rows {
		c := &constraint{name: r.Text(1), kind: r.Text(2)[0], validated: r.True(3), columns: split(r.Text(8)), text: r.Text(9), targets: split(r.Text(10)),
			child: f.byOID[oid(r.Text(0))], parent: f.byOID[oid(r.Text(4))], index: f.byOID[oid(r.Text(5))],
			onDelete: letter(r.Text(6)), onUpdate: letter(r.Text(7))}
		c.child.constraints = append(c.child.constraints, c)
		if c.parent != nil {
			c.parent.referencing = append(c.parent.referencing, c)
		}
	}
	return nil
}

// readTypes finds which of the named functions are volatile, which of the named
// types are domains with constraints, and which tables the named statistics are of.
func (f *facts) readTypes(ctx context.Context, q Querier, n *names) error {
	rows, err := q.Query(ctx, `SELECT DISTINCT 'f', proname, 0::oid FROM pg_catalog.pg_proc WHERE provolatile = 'v' AND proname = ANY ($1::text[])
		UNION SELECT 'd', t.typname, 0 FROM pg_catalog.pg_type t WHERE t.typtype = 'd' AND t.typname = ANY ($2::text[])
			AND (t.typnotnull OR EXISTS (SELECT 1 FROM pg_catalog.pg_constraint c WHERE c.contypid = t.oid))
		UNION SELECT 's', stxname, stxrelid FROM pg_catalog.pg_statistic_ext WHERE stxname = ANY ($3::text[])`,
		n.functions.array(), n.types.array(), n.relations.array())
	if err != nil {
		return err
	}
	for _, r := range rows {
		switch r.Text(0) {
		case "f":
			f.volatile[r.Text(1)] = true
		case "d":
			f.domains[r.Text(1)] = true
		case "s":
			f.statistics[r.Text(1)] = f.byOID[oid(r.Text(2))]
		}
	}
	return nil
}

func every(*relation) bool { return true }

func split(text string) []string {
	if text == "" {
		return nil
	}
	return strings.Split(text, "\x01")
}

func letter(text string) byte {
	if text == "" {
		return 0
	}
	return text[0]
}

func oid(text string) uint32 {
	n, err := strconv.ParseUint(text, 10, 32)
	if err != nil {
		return 0
	}
	return uint32(n)
}

func number(text string) int64 {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return 0
	}
	return n
}
