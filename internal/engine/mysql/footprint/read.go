package footprint

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/safemigrate/safemigrate/migrate"
)

// Conn is what reading needs; migrate.Conn satisfies it.
type Conn interface {
	Query(ctx context.Context, sql string, args ...any) ([]migrate.Row, error)
}

// Read reads the facts of the current database, without safemigrate's own
// tables. What the user may not see is not in them: then a routine's body is
// empty, and calling it makes a footprint whole.
func Read(ctx context.Context, c Conn) (*Facts, error) {
	r := reader{c: c, f: &Facts{Tables: map[string]*Table{}, Routines: map[string]string{}, Events: map[string]string{}}}
	for _, step := range []struct {
		what string
		read func(context.Context) error
	}{
		{"session", r.session}, {"tables", r.tables}, {"columns", r.columns}, {"views", r.views},
		{"foreign keys", r.keys}, {"triggers", r.triggers}, {"routines", r.routines}, {"events", r.events},
	} {
		if err := step.read(ctx); err != nil {
			return nil, fmt.Errorf("read what the footprint needs: %s: %w", step.what, err)
		}
	}
	return r.f, nil
}

type reader struct {
	c Conn
	f *Facts
}

// each shows every row of a query to show.
func (r *reader) each(ctx context.Context, show func(migrate.Row), query string) error {
	rows, err := r.c.Query(ctx, query)
	if err != nil {
		return fmt.Errorf("ask for them: %w", err)
	}
	for _, row := range rows {
		show(row)
	}
	return nil
}

func (r *reader) session(ctx context.Context) error {
	return r.each(ctx, func(row migrate.Row) {
		r.f.Database = row.Text(0)
		r.f.Folds = row.Text(1) != "0"
		r.f.Strict = strings.Contains(row.Text(2), "STRICT_ALL_TABLES") || strings.Contains(row.Text(2), "STRICT_TRANS_TABLES")
	}, "SELECT database(), @@lower_case_table_names, @@sql_mode")
}

func (r *reader) tables(ctx context.Context) error {
	return r.each(ctx, func(row migrate.Row) {
		t := &Table{Name: row.Text(0), View: row.Text(1) == "VIEW", Versioned: row.Text(1) == "SYSTEM VERSIONED", Rows: -1, Strict: row.Text(4) == "InnoDB"}
		if n, err := strconv.ParseInt(row.Text(2), 10, 64); err == nil {
			t.Rows = n
		}
		t.Charset, _, _ = strings.Cut(row.Text(3), "_")
		r.f.Tables[r.f.key("", t.Name)] = t
	}, `SELECT table_name, table_type, table_rows, table_collation, engine FROM information_schema.tables
		WHERE table_schema = database() AND table_type <> 'SEQUENCE' AND table_name NOT LIKE 'safemigrate\_%'`)
}

func (r *reader) columns(ctx context.Context) error {
	return r.each(ctx, func(row migrate.Row) {
		t := r.f.Tables[r.f.key("", row.Text(0))]
		if t == nil {
			return
		}
		extra := strings.ToUpper(row.Text(5))
		t.Columns = append(t.Columns, Column{Name: row.Text(1), Type: row.Text(2), Charset: row.Text(3), Nullable: row.Text(4) == "YES",
			Generated: strings.Contains(extra, "VIRTUAL") || strings.Contains(extra, "STORED") || strings.Contains(extra, "PERSISTENT"),
			OnUpdate:  strings.Contains(extra, "ON UPDATE")})
	}, `SELECT table_name, column_name, column_type, character_set_name, is_nullable, extra FROM information_schema.columns
		WHERE table_schema = database() ORDER BY table_name, ordinal_position`)
}

func (r *reader) views(ctx context.Context) error {
	return r.each(ctx, func(row migrate.Row) {
		if t := r.f.Tables[r.f.key("", row.Text(0))]; t != nil {
			t.Query = row.Text(1)
		}
	}, "SELECT table_name, view_definition FROM information_schema.views WHERE table_schema = database()")
}

func (r *reader) keys(ctx context.Context) error {
	last := ""
	return r.each(ctx, func(row migrate.Row) {
		if id := row.Text(0) + "\x00" + row.Text(1) + "\x00" + row.Text(2); id != last {
			last = id
			r.f.Keys = append(r.f.Keys, ForeignKey{Child: r.f.key(row.Text(0), row.Text(1)), Parent: r.f.key(row.Text(4), row.Text(5)),
				OnDelete: row.Text(7), OnUpdate: row.Text(8)})
		}
		k := &r.f.Keys[len(r.f.Keys)-1]
		k.Columns, k.Refers = append(k.Columns, row.Text(3)), append(k.Refers, row.Text(6))
	}, `SELECT u.table_schema, u.table_name, u.constraint_name, u.column_name, u.referenced_table_schema, u.referenced_table_name,
			u.referenced_column_name, c.delete_rule, c.update_rule
		FROM information_schema.key_column_usage u
		JOIN information_schema.referential_constraints c ON c.constraint_schema = u.constraint_schema
			AND c.constraint_name = u.constraint_name AND c.table_name = u.table_name
		WHERE u.referenced_table_name IS NOT NULL AND (u.table_schema = database() OR u.referenced_table_schema = database())
		ORDER BY u.table_schema, u.table_name, u.constraint_name, u.ordinal_position`)
}

func (r *reader) triggers(ctx context.Context) error {
	return r.each(ctx, func(row migrate.Row) {
		r.f.Triggers = append(r.f.Triggers, Trigger{Table: r.f.key("", row.Text(0)), Event: row.Text(1), Body: readable(row.Text(2), row.Text(3))})
	}, `SELECT event_object_table, event_manipulation, action_statement, sql_mode FROM information_schema.triggers
		WHERE event_object_schema = database() ORDER BY event_object_table, trigger_name`)
}

// readable is a body that is read here as the server reads it, or "". A program
// keeps the sql_mode under which it was made.
func readable(body, mode string) string {
	if strings.Contains(mode, "ORACLE") || strings.Contains(mode, "NO_BACKSLASH_ESCAPES") && strings.Contains(body, `\`) {
		return ""
	}
	return body
}

func (r *reader) routines(ctx context.Context) error {
	return r.each(ctx, func(row migrate.Row) {
		k := r.f.routineKey(row.Text(0), row.Text(1))
		body := readable(row.Text(2), row.Text(3))
		if old, taken := r.f.Routines[k]; taken && old != "" && body != "" {
			body = old + ";\n" + body // a function and a procedure may share a name
		}
		r.f.Routines[k] = body
	}, `SELECT routine_schema, routine_name, routine_definition, sql_mode FROM information_schema.routines
		WHERE routine_schema NOT IN ('mysql', 'sys', 'information_schema', 'performance_schema')
		ORDER BY routine_schema, routine_name, routine_type`)
}

func (r *reader) events(ctx context.Context) error {
	return r.each(ctx, func(row migrate.Row) {
		r.f.Events[r.f.routineKey("", row.Text(0))] = readable(row.Text(1), row.Text(2))
	}, "SELECT event_name, event_definition, sql_mode FROM information_schema.events WHERE event_schema = database()")
}
