//go:build unix

package random

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
)

// world is what there is to alter, as the server tells it. Lists are sorted by
// name, so that a seed always meets the same world.
type world struct {
	Schemas   []string
	Relations []relation
	Routines  []routine
	Types     []userType
	Others    []string // rarer kinds, as ALTER and DROP name them

	Publications []string
}

type relation struct {
	Schema, Name, Kind string // r table, p partitioned table, v view, m materialized view, S sequence, c composite type
	Partition, Owned   bool
	Key, Bound         string   // of a partitioned table; of a partition
	Parents            []string // as SQL names them
	Columns            []column
	Constraints        []constraint
	Indexes            []index
	Triggers           []string
	Rules              []string
	Policies           []string
	Statistics         []string
}

type column struct {
	Name, Type         string
	Base               string // the type under a domain, else the type
	Kind               string // of the type: b, e, d, c, r …
	NotNull, Default   bool
	Identity, Computed string
}

type constraint struct {
	Name, Kind string // c check, f foreign key, p primary key, u unique, x exclusion
	Columns    []string
}

type index struct {
	Name   string
	Unique bool
	Bound  bool // by a constraint
}

type routine struct {
	Schema, Name, Kind, Arguments, Result string // Kind: f function, p procedure, a aggregate
	Trigger                               bool
}

type userType struct {
	Schema, Name, Kind, Base string // Kind: e enum, d domain, c composite, r range
	Labels                   []string
	Constraints              []string
	Columns                  []column
}

const worldSQL = `WITH spaces AS (SELECT oid, nspname FROM pg_namespace
	WHERE nspname !~ '^(pg_|safemigrate)' AND nspname <> 'information_schema')
SELECT json_build_object(
'Schemas', (SELECT coalesce(json_agg(nspname ORDER BY nspname COLLATE "C"), '[]') FROM spaces),
'Relations', (SELECT coalesce(json_agg(json_build_object('Schema', n.nspname, 'Name', c.relname, 'Kind', c.relkind, 'Partition', c.relispartition, 'Key', coalesce(pg_get_partkeydef(c.oid), ''), 'Bound', coalesce(pg_get_expr(c.relpartbound, c.oid), ''),
	'Parents', (SELECT coalesce(json_agg(format('"%s"."%s"', replace(pn.nspname, '"', '""'), replace(pc.relname, '"', '""')) ORDER BY i.inhseqno), '[]') FROM pg_inherits i
		JOIN pg_class pc ON pc.oid = i.inhparent JOIN pg_namespace pn ON pn.oid = pc.relnamespace WHERE i.inhrelid = c.oid AND c.relkind IN ('r', 'p')),
	'Owned', EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype IN ('a', 'i') AND d.refobjsubid > 0 AND c.relkind = 'S'),
	'Columns', (SELECT coalesce(json_agg(json_build_object('Name', a.attname, 'Type', format_type(a.atttypid, a.atttypmod), 'Kind', t.typtype,
		'Base', CASE t.typtype WHEN 'd' THEN format_type(t.typbasetype, t.typtypmod) ELSE format_type(a.atttypid, a.atttypmod) END,
		'NotNull', a.attnotnull, 'Default', a.atthasdef, 'Identity', a.attidentity, 'Computed', a.attgenerated) ORDER BY a.attnum), '[]')
		FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND c.relkind <> 'S'),
	'Constraints', (SELECT coalesce(json_agg(json_build_object('Name', k.conname, 'Kind', k.contype,
		'Columns', (SELECT coalesce(json_agg(a.attname ORDER BY a.attnum), '[]') FROM pg_attribute a WHERE a.attrelid = k.conrelid AND a.attnum = ANY (k.conkey)))
		ORDER BY k.conname COLLATE "C"), '[]') FROM pg_constraint k WHERE k.conrelid = c.oid AND k.contype NOT IN ('t', 'n')),
	'Indexes', (SELECT coalesce(json_agg(json_build_object('Name', i.relname, 'Unique', x.indisunique,
		'Bound', EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.oid AND k.conrelid = c.oid AND k.contype <> 'f')) ORDER BY i.relname COLLATE "C"), '[]')
		FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid WHERE x.indrelid = c.oid),
	'Triggers', (SELECT coalesce(json_agg(g.tgname ORDER BY g.tgname COLLATE "C"), '[]') FROM pg_trigger g WHERE g.tgrelid = c.oid AND NOT g.tgisinternal),
	'Rules', (SELECT coalesce(json_agg(w.rulename ORDER BY w.rulename COLLATE "C"), '[]') FROM pg_rewrite w WHERE w.ev_class = c.oid AND w.rulename <> '_RETURN'),
	'Policies', (SELECT coalesce(json_agg(p.polname ORDER BY p.polname COLLATE "C"), '[]') FROM pg_policy p WHERE p.polrelid = c.oid),
	'Statistics', (SELECT coalesce(json_agg(format('%I.%I', sn.nspname, s.stxname) ORDER BY s.stxname COLLATE "C"), '[]')
		FROM pg_statistic_ext s JOIN pg_namespace sn ON sn.oid = s.stxnamespace WHERE s.stxrelid = c.oid))
	ORDER BY n.nspname COLLATE "C", c.relname COLLATE "C"), '[]')
	FROM pg_class c JOIN spaces n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'p', 'v', 'm', 'S')),
'Routines', (SELECT coalesce(json_agg(json_build_object('Schema', n.nspname, 'Name', p.proname, 'Kind', p.prokind,
	'Arguments', pg_get_function_identity_arguments(p.oid), 'Result', coalesce(pg_get_function_result(p.oid), ''),
	'Trigger', p.prorettype = 'trigger'::regtype)
	ORDER BY n.nspname COLLATE "C", p.proname COLLATE "C", pg_get_function_identity_arguments(p.oid) COLLATE "C"), '[]')
	FROM pg_proc p JOIN spaces n ON n.oid = p.pronamespace),
'Types', (SELECT coalesce(json_agg(json_build_object('Schema', n.nspname, 'Name', t.typname, 'Kind', t.typtype,
	'Base', CASE WHEN t.typtype = 'd' THEN format_type(t.typbasetype, t.typtypmod) ELSE '' END,
	'Labels', (SELECT coalesce(json_agg(e.enumlabel ORDER BY e.enumsortorder), '[]') FROM pg_enum e WHERE e.enumtypid = t.oid),
	'Constraints', (SELECT coalesce(json_agg(k.conname ORDER BY k.conname COLLATE "C"), '[]') FROM pg_constraint k WHERE k.contypid = t.oid),
	'Columns', (SELECT coalesce(json_agg(json_build_object('Name', a.attname, 'Type', format_type(a.atttypid, a.atttypmod),
		'Base', format_type(a.atttypid, a.atttypmod)) ORDER BY a.attnum), '[]')
		FROM pg_attribute a WHERE a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped))
	ORDER BY n.nspname COLLATE "C", t.typname COLLATE "C"), '[]')
	FROM pg_type t JOIN spaces n ON n.oid = t.typnamespace LEFT JOIN pg_class c ON c.oid = t.typrelid
	WHERE t.typtype IN ('e', 'd', 'r') OR (t.typtype = 'c' AND c.relkind = 'c')),
'Others', (` + othersSQL + `),
'Publications', (SELECT coalesce(json_agg(pubname ORDER BY pubname COLLATE "C"), '[]') FROM pg_publication)
)::text`

func readWorld(ctx context.Context, conn *pgx.Conn) (*world, error) {
	var text string
	if err := conn.QueryRow(ctx, worldSQL).Scan(&text); err != nil {
		return nil, fmt.Errorf("read what there is: %w", err)
	}
	w := &world{}
	if err := json.Unmarshal([]byte(text), w); err != nil {
		return nil, fmt.Errorf("read what there is: %w", err)
	}
	return w, nil
}

// of lists the relations of some kinds.
func (w *world) of(kinds string) []relation {
	var out []relation
	for _, r := range w.Relations {
		if strings.Contains(kinds, r.Kind) {
			out = append(out, r)
		}
	}
	return out
}

func (w *world) typesOf(kinds string) []userType {
	var out []userType
	for _, t := range w.Types {
		if strings.Contains(kinds, t.Kind) {
			out = append(out, t)
		}
	}
	return out
}

func (w *world) routinesOf(fits func(routine) bool) []routine {
	var out []routine
	for _, r := range w.Routines {
		if fits(r) {
			out = append(out, r)
		}
	}
	return out
}

func quote(names ...string) string { return pgx.Identifier(names).Sanitize() }

func literal(text string) string {
	if strings.Contains(text, `\`) {
		return ` E'` + strings.NewReplacer(`'`, `''`, `\`, `\\`).Replace(text) + `'`
	}
	return `'` + strings.ReplaceAll(text, `'`, `''`) + `'`
}

func (r relation) sql() string { return quote(r.Schema, r.Name) }
func (t userType) sql() string { return quote(t.Schema, t.Name) }
func (r routine) sql() string  { return quote(r.Schema, r.Name) + "(" + r.Arguments + ")" }

// word is what ALTER, DROP and COMMENT call a relation.
func (r relation) word() string {
	return map[string]string{"r": "TABLE", "p": "TABLE", "v": "VIEW", "m": "MATERIALIZED VIEW", "S": "SEQUENCE"}[r.Kind]
}

func (r routine) word() string {
	return map[string]string{"f": "FUNCTION", "p": "PROCEDURE", "a": "AGGREGATE"}[r.Kind]
}

func (t userType) word() string {
	if t.Kind == "d" {
		return "DOMAIN"
	}
	return "TYPE"
}

func (r relation) keys() []constraint {
	return slices.DeleteFunc(slices.Clone(r.Constraints), func(k constraint) bool { return k.Kind != "p" && k.Kind != "u" })
}
