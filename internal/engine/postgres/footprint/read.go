package footprint

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/catalog"
)

// Conn is what reading needs; *pgx.Conn and pgx.Tx satisfy it.
type Conn interface {
	SendBatch(ctx context.Context, b *pgx.Batch) pgx.BatchResults
}

// Read reads the facts, without those of safemigrate's own schemas. It must run
// in a transaction, whose search_path it sets to pg_catalog, so that the server
// spells every name with its schema; the caller sets back what it needs. All
// questions but those about the session are asked at once: on a server far away
// each would cost a round trip.
func Read(ctx context.Context, conn Conn) (*Facts, error) {
	r := &reader{f: &Facts{
		Relations: map[uint32]*Relation{}, Functions: map[uint32]*Function{}, Types: map[uint32]*Type{},
		Schemas: map[uint32]*Schema{}, Others: map[Address]*Other{},
		depends: map[place][]dependent{}, refers: map[uint32][]*ForeignKey{}, holds: map[uint32][]*ForeignKey{}, volatiles: map[string]bool{},
		relations: map[name]*Relation{}, types: map[name]*Type{}, functions: map[name][]*Function{}, schemas: map[string]*Schema{},
	}}
	for _, questions := range [][]func(){
		{r.session},
		{
			r.schemas, r.relations, r.columns, r.primaryKeys, r.inheritance, r.foreignKeys, r.triggers, r.rules, r.functions, r.types,
			r.others, r.eventTriggers, r.unnamed, r.volatileNames, r.dependencies, r.calls,
		},
	} {
		for _, ask := range questions {
			ask()
		}
		if err := r.listen(ctx, conn); err != nil {
			return nil, fmt.Errorf("read what the footprint needs: %w", err)
		}
	}
	return r.f, nil
}

type reader struct {
	f     *Facts
	asked []question
}

// question is a query, where the columns of its rows go, and what is done with each.
type question struct {
	sql     string
	targets []any
	row     func()
}

func (r *reader) ask(sql string, targets []any, row func()) {
	r.asked = append(r.asked, question{sql, targets, row})
}

// listen sends what was asked for, and takes the answers in the same order.
func (r *reader) listen(ctx context.Context, conn Conn) error {
	var b pgx.Batch
	for _, q := range r.asked {
		b.Queue(q.sql)
	}
	answers := conn.SendBatch(ctx, &b)
	for _, q := range r.asked {
		found, err := answers.Query()
		if err == nil {
			_, err = pgx.ForEachRow(found, q.targets, func() error {
				q.row()
				return nil
			})
		}
		if err != nil {
			return errors.Join(err, answers.Close())
		}
	}
	r.asked = nil
	if err := answers.Close(); err != nil {
		return fmt.Errorf("end of the answers: %w", err)
	}
	return nil
}

// ofUsers is true of the schemas n that are read.
const ofUsers = `(n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND n.nspname !~ '` + catalog.OwnSchemas + `')`

func (r *reader) session() {
	var number int
	var path, ignored string
	r.ask(`SELECT pg_catalog.set_config('search_path', 'pg_catalog', true),
		pg_catalog.current_setting('server_version_num')::int4, session_user::text,
		(SELECT reset_val FROM pg_catalog.pg_settings WHERE name = 'search_path')`,
		[]any{&ignored, &number, &r.f.Role, &path}, func() {
			r.f.Version = number / 10000
			r.f.SearchPath = pathOf(path, r.f.Role)
		})
}

// pathOf reads the value of search_path, a list of identifiers.
func pathOf(value, role string) []string {
	var out []string
	for value = strings.TrimSpace(value); value != ""; value = strings.TrimLeft(value, " \t\n\r,") {
		var schema string
		if value[0] == '"' {
			schema, value = quoted(value[1:])
		} else {
			end := strings.IndexAny(value, ", \t\n\r")
			if end < 0 {
				end = len(value)
			}
			schema, value = strings.ToLower(value[:end]), value[end:]
		}
		if schema == "$user" {
			schema = role
		}
		if schema != "" {
			out = append(out, schema)
		}
	}
	return out
}

// quoted reads up to the quote that ends an identifier.
func quoted(text string) (identifier, rest string) {
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		if text[i] == '"' {
			if i+1 == len(text) || text[i+1] != '"' {
				return b.String(), text[i+1:]
			}
			i++
		}
		b.WriteByte(text[i])
	}
	return b.String(), ""
}

func (r *reader) schemas() {
	var s Schema
	r.ask(`SELECT n.oid, n.nspname::text, pg_catalog.pg_get_userbyid(n.nspowner)::text
		FROM pg_catalog.pg_namespace n WHERE `+ofUsers, []any{&s.OID, &s.Name, &s.Owner}, func() {
		found := s
		r.f.Schemas[s.OID], r.f.schemas[s.Name] = &found, &found
	})
}

func (r *reader) relations() {
	var v Relation
	var kind string
	r.ask(`SELECT c.oid, n.nspname::text, c.relname::text, c.relkind::text, c.relpersistence = 't',
			pg_catalog.pg_get_userbyid(c.relowner)::text, c.relispartition, c.relrowsecurity,
			c.relnatts, coalesce(p.partattrs::int2[], '{}'), c.reltype,
			EXISTS (SELECT 1 FROM pg_catalog.pg_depend d WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = c.oid AND d.deptype = 'e')
		FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
			LEFT JOIN pg_catalog.pg_partitioned_table p ON p.partrelid = c.oid
		WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND `+ofUsers,
		[]any{&v.OID, &v.Schema, &v.Name, &kind, &v.Temporary, &v.Owner, &v.Partition, &v.Security,
			&v.Last, &v.PartitionKey, &v.rowType, &v.Extension}, func() {
			found := v
			found.Kind = kind[0]
			v.PartitionKey = nil
			r.f.Relations[v.OID] = &found
			r.f.relations[name{v.Schema, v.Name}] = &found
		})
}

func (r *reader) columns() {
	var table uint32
	var a Attribute
	r.ask(`SELECT a.attrelid, a.attnum, a.attname::text, a.atttypid, a.atttypmod, a.attnotnull, a.attgenerated <> '', a.attidentity <> '', a.atthasdef, a.attislocal
		FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
		WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND `+ofUsers+` ORDER BY a.attrelid, a.attnum`,
		[]any{&table, &a.Num, &a.Name, &a.Type, &a.Modifier, &a.NotNull, &a.Generated, &a.Identity, &a.Default, &a.Local}, func() {
			if t := r.f.Relations[table]; t != nil {
				if t.Columns == nil {
					t.Columns = make([]Attribute, 0, t.Last)
				}
				t.Columns = append(t.Columns, a)
			}
		})
}

func (r *reader) primaryKeys() {
	var table uint32
	var key []int16
	var named string
	r.ask(`SELECT i.indrelid, (i.indkey::int2[])[0:i.indnkeyatts - 1], c.relname::text
		FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid WHERE i.indisprimary AND i.indrelid >= 16384`,
		[]any{&table, &key, &named}, func() {
			if t := r.f.Relations[table]; t != nil {
				t.Key, t.KeyName = key, named
			}
			key = nil
		})
}

func (r *reader) inheritance() {
	var child, parent uint32
	r.ask(`SELECT inhrelid, inhparent FROM pg_catalog.pg_inherits ORDER BY inhparent, inhrelid`,
		[]any{&child, &parent}, func() {
			if c, p := r.f.Relations[child], r.f.Relations[parent]; c != nil && p != nil {
				c.Parents = append(c.Parents, parent)
				p.Children = append(p.Children, child)
			}
		})
}

func (r *reader) foreignKeys() {
	var k ForeignKey
	var onUpdate, onDelete, sets string
	sets = "NULL::int2[]"
	if r.f.Version >= 15 {
		sets = "confdelsetcols"
	}
	r.ask(`SELECT oid, conname::text, conrelid, confrelid, conkey, confkey, confupdtype::text, confdeltype::text, `+sets+`
		FROM pg_catalog.pg_constraint WHERE contype = 'f' ORDER BY oid`,
		[]any{&k.OID, &k.Name, &k.Child, &k.Parent, &k.Columns, &k.Refers, &onUpdate, &onDelete, &k.Sets}, func() {
			found := k
			found.OnUpdate, found.OnDelete = onUpdate[0], onDelete[0]
			k.Columns, k.Refers, k.Sets = nil, nil, nil
			r.f.Keys = append(r.f.Keys, &found)
			r.f.refers[k.Parent] = append(r.f.refers[k.Parent], &found)
			r.f.holds[k.Child] = append(r.f.holds[k.Child], &found)
		})
}

// The bits of tgtype, from the server's catalog/pg_trigger.h.
const (
	tgRow, tgBefore, tgInsert, tgDelete, tgUpdate, tgTruncate, tgInstead = 1, 2, 4, 8, 16, 32, 64
)

func (r *reader) triggers() {
	var table uint32
	var t Trigger
	var bits int16
	r.ask(`SELECT t.tgrelid, t.tgname::text, t.tgfoid, CASE WHEN t.tgfoid < 16384 THEN p.proname::text ELSE '' END, t.tgtype, t.tgattr::int2[], t.tgenabled = 'D'
		FROM pg_catalog.pg_trigger t JOIN pg_catalog.pg_proc p ON p.oid = t.tgfoid
		WHERE (NOT t.tgisinternal OR t.tgparentid <> 0) AND p.proname !~ '^RI_FKey_' AND p.proname <> 'unique_key_recheck'
		ORDER BY t.tgrelid, t.tgname`,
		[]any{&table, &t.Name, &t.Function, &t.Builtin, &bits, &t.Columns, &t.Disabled}, func() {
			found := t
			t.Columns = nil
			found.Row, found.Before, found.Instead = bits&tgRow != 0, bits&tgBefore != 0, bits&tgInstead != 0
			found.Events = Events{Insert: bits&tgInsert != 0, Delete: bits&tgDelete != 0, Update: bits&tgUpdate != 0, Truncate: bits&tgTruncate != 0}
			if v := r.f.Relations[table]; v != nil {
				v.Triggers = append(v.Triggers, &found)
			}
		})
}

// rules reads rules, and the queries of views that the server lets one write through.
func (r *reader) rules() {
	var table uint32
	var u Rule
	var event string
	r.ask(`SELECT w.ev_class, w.rulename::text, w.ev_type::text, w.is_instead, w.ev_enabled = 'D', coalesce(pg_catalog.pg_get_ruledef(w.oid), '')
		FROM pg_catalog.pg_rewrite w JOIN pg_catalog.pg_class c ON c.oid = w.ev_class JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
		WHERE w.ev_type <> '1' AND `+ofUsers+` ORDER BY w.ev_class, w.rulename`,
		[]any{&table, &u.Name, &event, &u.Instead, &u.Disabled, &u.Text}, func() {
			found := u
			found.Event = event[0]
			if v := r.f.Relations[table]; v != nil {
				v.Rules = append(v.Rules, &found)
			}
		})
	var text string
	// A wrapper without a handler makes the server refuse to answer for views over
	// its tables: then every view counts as one that is written through. The server's
	// own views are left out first: to look into them takes longer than all else here.
	r.ask(`SELECT c.oid, coalesce(pg_catalog.pg_get_viewdef(c.oid), '')
		FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
		WHERE c.relkind = 'v' AND CASE WHEN c.oid < 16384 THEN false
			WHEN EXISTS (SELECT FROM pg_catalog.pg_foreign_data_wrapper WHERE fdwhandler = 0) THEN true
			ELSE pg_catalog.pg_relation_is_updatable(c.oid, true) <> 0 END AND `+ofUsers,
		[]any{&table, &text}, func() {
			if v := r.f.Relations[table]; v != nil {
				v.Definition = text
			}
		})
}
