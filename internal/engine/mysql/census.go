package mysql

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/safemigrate/safemigrate/internal/engine/mysql/catalog"
	"github.com/safemigrate/safemigrate/migrate"
)

// census reads the whole schema but safemigrate's own tables and the history's.
func (d *DB) census(ctx context.Context, history string) (catalog.State, error) {
	s := catalog.State{Objects: map[string]catalog.Object{}, Counters: map[string]string{}}
	for _, read := range []func(context.Context, catalog.State, string) error{
		d.readDatabase, d.readTables, d.readTriggers, d.readRoutines, d.readEvents, d.readLibraries,
	} {
		if err := read(ctx, s, history); err != nil {
			return s, fmt.Errorf("read the schema: %w", err)
		}
	}
	return s, nil
}

// shown is a census in which every definition is shown, so that each can come back.
func (d *DB) shown(ctx context.Context, history string) (catalog.State, error) {
	s, err := d.census(ctx, history)
	if err != nil {
		return s, err
	}
	for _, key := range catalog.Keys(s) {
		if s.Objects[key].Create == showsItself {
			return s, fmt.Errorf("read the schema: %s shows itself, by other views or by its name in other letters, so that nobody can read it, and the server shows no text of it", key)
		}
	}
	return s, nil
}

// showsItself stands for the text of such a view. A batch that stopped half-way can have left
// one, which then goes.
const showsItself = "shows itself"

// defaultsForm is how the defaults of a database are written.
const defaultsForm = "CHARACTER SET %s COLLATE %s"

// defaultsOf are those with a collation, whose name begins with that of its character set.
func defaultsOf(collation string) string {
	set, _, _ := strings.Cut(collation, "_")
	return fmt.Sprintf(defaultsForm, set, collation)
}

func (d *DB) readDatabase(ctx context.Context, s catalog.State, _ string) error {
	rows, err := d.ledger.query(ctx, "SELECT default_character_set_name, default_collation_name FROM information_schema.schemata WHERE schema_name = $1", d.name)
	if err != nil || len(rows) == 0 {
		return errors.Join(err, wants(len(rows) > 0, "the database is not there"))
	}
	o := catalog.Object{Kind: catalog.Database, Name: d.name,
		Create: fmt.Sprintf(defaultsForm, rows[0].Text(0), rows[0].Text(1))}
	s.Objects[o.Key()] = o
	return nil
}

func wants(ok bool, text string) error {
	if ok {
		return nil
	}
	return errors.New(text)
}

func (d *DB) readTables(ctx context.Context, s catalog.State, history string) error {
	rows, err := d.ledger.query(ctx, `SELECT table_name, table_type, engine, auto_increment FROM information_schema.tables
		WHERE table_schema = $1 AND table_type NOT LIKE '%TEMPORARY%' ORDER BY table_name`, d.name)
	if err != nil {
		return fmt.Errorf("%w", err)
	}
	for _, r := range rows {
		name := r.Text(0)
		if strings.HasPrefix(name, ours) || name == history {
			continue
		}
		switch r.Text(1) {
		case "VIEW", "SYSTEM VIEW":
			err = d.readView(ctx, s, name)
		case "SEQUENCE":
			err = d.readSequence(ctx, s, name)
		default:
			err = d.readTable(ctx, s, name, r.Text(2), r.Text(3))
		}
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

func (d *DB) readTable(ctx context.Context, s catalog.State, name, engine, counter string) error {
	create, err := d.ledger.definition(ctx, name)
	if err != nil {
		return err
	}
	o := catalog.Object{Kind: catalog.Table, Name: name, Create: create, Engine: engine}
	s.Objects[o.Key()] = o
	if counter == "" && catalog.Counting(create) != "" { // as MySQL has it of one that was emptied, until somebody uses it
		counter = "1"
	}
	if counter != "" {
		s.Counters[name] = counter
	}
	return nil
}

// definition is the server's text of a table.
func (s *session) definition(ctx context.Context, table string) (string, error) {
	rows, err := s.query(ctx, "SHOW CREATE TABLE "+quote(table))
	if err != nil {
		return "", fmt.Errorf("read the definition of %s: %w", table, err)
	}
	return catalog.Definition(rows[0].Text(1)), nil
}

func (d *DB) readSequence(ctx context.Context, s catalog.State, name string) error {
	rows, err := d.ledger.query(ctx, "SHOW CREATE SEQUENCE "+quote(name))
	if err != nil {
		return err
	}
	o := catalog.Object{Kind: catalog.Sequence, Name: name, Create: rows[0].Text(1)}
	s.Objects[o.Key()] = o
	if rows, err = d.own.query(ctx, "SELECT next_not_cached_value FROM "+quote(name)); err != nil {
		return err
	}
	s.Counters[name] = rows[0].Text(0)
	return nil
}

func (d *DB) readView(ctx context.Context, s catalog.State, name string) error {
	rows, err := d.ledger.query(ctx, "SHOW CREATE VIEW "+quote(name))
	if isCode(err, codeViewRecursive) {
		o := catalog.Object{Kind: catalog.View, Name: name, Create: showsItself}
		s.Objects[o.Key()] = o
		return nil
	}
	if err != nil {
		return err
	}
	r := rows[0]
	o := catalog.Object{Kind: catalog.View, Name: name, Create: catalog.ViewText(r.Text(1), d.name), Settings: catalog.Settings{Client: r.Text(2), Collation: r.Text(3)}}
	if rows, err = d.ledger.query(ctx, "SELECT definer FROM information_schema.views WHERE table_schema = $1 AND table_name = $2", d.name, name); err != nil {
		return err
	}
	if len(rows) > 0 {
		o.Definer = rows[0].Text(0)
	}
	s.Objects[o.Key()] = o
	return nil
}

func (d *DB) readTriggers(ctx context.Context, s catalog.State, history string) error {
	rows, err := d.ledger.query(ctx, `SELECT trigger_name, event_object_table, concat(action_timing, ' ', event_manipulation, ' ', action_order), definer
		FROM information_schema.triggers WHERE trigger_schema = $1 ORDER BY event_object_table, action_timing, event_manipulation, action_order`, d.name)
	if err != nil {
		return fmt.Errorf("%w", err)
	}
	for _, r := range rows {
		if strings.HasPrefix(r.Text(1), ours) || r.Text(1) == history {
			continue
		}
		o := catalog.Object{Kind: catalog.Trigger, Name: r.Text(0), Table: r.Text(1), Order: r.Text(2), Definer: r.Text(3)}
		text, err := d.ledger.query(ctx, "SHOW CREATE TRIGGER "+quote(o.Name))
		if err != nil {
			return fmt.Errorf("trigger %s: %w", o.Name, err)
		}
		t := text[0]
		o.Create, o.Settings = t.Text(2), catalog.Settings{Mode: t.Text(1), Client: t.Text(3), Collation: t.Text(4), Database: t.Text(5)}
		s.Objects[o.Key()] = o
	}
	return nil
}

// routineKinds are the words of information_schema.routines for what SHOW CREATE
// knows. MySQL has no packages.
var routineKinds = map[string]string{"PROCEDURE": catalog.Procedure, "FUNCTION": catalog.Function, "PACKAGE": catalog.Package, "PACKAGE BODY": catalog.Body}

func (d *DB) readRoutines(ctx context.Context, s catalog.State, _ string) error {
	rows, err := d.ledger.query(ctx, "SELECT routine_name, routine_type, definer FROM information_schema.routines WHERE routine_schema = $1 ORDER BY 2, 1", d.name)
	if err != nil {
		return fmt.Errorf("%w", err)
	}
	for _, r := range rows {
		kind, known := routineKinds[r.Text(1)]
		if !known {
			return fmt.Errorf("%s %s is of a kind that is not known", r.Text(1), r.Text(0))
		}
		o := catalog.Object{Kind: kind, Name: r.Text(0), Definer: r.Text(2)}
		text, err := d.ledger.query(ctx, "SHOW CREATE "+r.Text(1)+" "+quote(o.Name))
		if err != nil {
			return fmt.Errorf("%s: %w", o.Key(), err)
		}
		t := text[0]
		// Without the privilege to see it the text is empty.
		o.Create, o.Settings = t.Text(2), catalog.Settings{Mode: t.Text(1), Client: t.Text(3), Collation: t.Text(4), Database: t.Text(5)}
		s.Objects[o.Key()] = o
	}
	return nil
}

func (d *DB) readEvents(ctx context.Context, s catalog.State, _ string) error {
	rows, err := d.ledger.query(ctx, "SELECT event_name, definer FROM information_schema.events WHERE event_schema = $1 ORDER BY 1", d.name)
	if err != nil {
		return fmt.Errorf("%w", err)
	}
	for _, r := range rows {
		o := catalog.Object{Kind: catalog.Event, Name: r.Text(0), Definer: r.Text(1)}
		text, err := d.ledger.query(ctx, "SHOW CREATE EVENT "+quote(o.Name))
		if err != nil {
			return fmt.Errorf("event %s: %w", o.Name, err)
		}
		t := text[0]
		o.Create = t.Text(3)
		o.Settings = catalog.Settings{Mode: t.Text(1), Zone: t.Text(2), Client: t.Text(4), Collation: t.Text(5), Database: t.Text(6)}
		s.Objects[o.Key()] = o
	}
	return nil
}

// librariesSince is the first MySQL that knows CREATE LIBRARY.
const librariesSince = 902

func (d *DB) readLibraries(ctx context.Context, s catalog.State, _ string) error {
	if d.server.maria || d.server.number < librariesSince {
		return nil
	}
	rows, err := d.ledger.query(ctx, "SELECT library_name FROM information_schema.libraries WHERE library_schema = $1 ORDER BY 1", d.name)
	if err != nil {
		return fmt.Errorf("%w", err)
	}
	for _, r := range rows {
		o := catalog.Object{Kind: catalog.Library, Name: r.Text(0)}
		text, err := d.ledger.query(ctx, "SHOW CREATE LIBRARY "+quote(o.Name))
		if err != nil {
			return fmt.Errorf("library %s: %w", o.Name, err)
		}
		o.Create, o.Settings = text[0].Text(2), catalog.Settings{Mode: text[0].Text(1)}
		s.Objects[o.Key()] = o
	}
	return nil
}

// tablesOf lists the tables of a state, sorted.
func tablesOf(s catalog.State) []string {
	var out []string
	for _, o := range s.Objects {
		if o.Kind == catalog.Table {
			out = append(out, o.Name)
		}
	}
	slices.Sort(out)
	return out
}

// unreadable lists the definitions, of those that matter, that this user may not
// see, so that they could not be brought back.
func unreadable(s catalog.State, matters func(key string) bool) []string {
	var out []string
	for _, key := range catalog.Keys(s) {
		if s.Objects[key].Create == "" && matters(key) {
			out = append(out, "the definition of "+key+" cannot be read by this user, so that it could not be brought back")
		}
	}
	return out
}

// foreignDefiners lists the objects that this user may not make again: they run
// under another user's name, and naming one needs a privilege.
func (d *DB) foreignDefiners(ctx context.Context, s catalog.State) (map[string]string, error) {
	others := map[string]string{}
	for _, key := range catalog.Keys(s) {
		if o := s.Objects[key]; o.Definer != "" && o.Definer != d.user {
			others[key] = o.Definer
		}
	}
	if len(others) == 0 {
		return others, nil
	}
	may, err := d.mayName(ctx)
	maps.DeleteFunc(others, func(_, definer string) bool { return may(definer) })
	return others, err
}

// mayName tells which other definers this user may name. MySQL gives SET_ANY_DEFINER for
// the accounts that are there and are not the system's, unless one is allowed more.
func (d *DB) mayName(ctx context.Context) (func(definer string) bool, error) {
	nobody := func(string) bool { return false }
	grants, err := d.ledger.query(ctx, "SHOW GRANTS")
	if err != nil {
		return nobody, fmt.Errorf("read the privileges: %w", err)
	}
	has := func(privileges ...string) bool {
		return slices.ContainsFunc(grants, func(r migrate.Row) bool {
			return strings.Contains(r.Text(0), " ON *.* TO ") && slices.ContainsFunc(privileges, func(p string) bool { return strings.Contains(r.Text(0), p) })
		})
	}
	switch {
	case !has("ALL PRIVILEGES", "SUPER", "SET USER", "SET_USER_ID", "SET_ANY_DEFINER"):
		return nobody, nil
	case d.server.maria || has("SYSTEM_USER") && has("ALLOW_NONEXISTENT_DEFINER", "SET_USER_ID"):
		return func(string) bool { return true }, nil
	}
	// Who may not read the accounts sees that of their own.
	rows, err := d.ledger.query(ctx, `SELECT replace(grantee, "'", ''), max(privilege_type = 'SYSTEM_USER') FROM information_schema.user_privileges GROUP BY grantee`)
	if err != nil {
		return nobody, fmt.Errorf("read the accounts: %w", err)
	}
	system := map[string]bool{}
	for _, r := range rows {
		system[r.Text(0)] = r.Text(1) == "1"
	}
	return func(definer string) bool {
		is, there := system[definer]
		if !there {
			return len(system) > 1 && has("ALLOW_NONEXISTENT_DEFINER", "SET_USER_ID")
		}
		return !is || has("SYSTEM_USER")
	}, nil
}
