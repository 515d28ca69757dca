package mysql

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/safemigrate/safemigrate/internal/engine/mysql/catalog"
	"github.com/safemigrate/safemigrate/internal/failpoint"
)

// sequences makes those that are missing or differ, before the tables whose
// defaults use them.
func (v *revert) sequences(ctx context.Context) error {
	var todo []string
	for _, key := range catalog.Keys(v.want) {
		if o := v.want.Objects[key]; o.Kind == catalog.Sequence && v.now.Objects[key] != o {
			todo = append(todo, key)
		}
	}
	if err := v.unchanged(ctx, todo); err != nil {
		return err
	}
	for _, key := range todo {
		o := v.want.Objects[key]
		create := o.Create
		if _, there := v.now.Objects[key]; there {
			create = strings.Replace(create, "CREATE SEQUENCE", "CREATE OR REPLACE SEQUENCE", 1)
		}
		if err := v.own.exec(ctx, create); err != nil {
			return fmt.Errorf("make %s: %w", key, err)
		}
		// A new one stands at its start, whatever it stood at before.
		delete(v.now.Counters, o.Name)
	}
	return nil
}

// dropSequences drops those that are not wanted, once no default uses them.
func (v *revert) dropSequences(ctx context.Context) error {
	var todo []string
	for _, key := range catalog.Keys(v.now) {
		if _, wanted := v.want.Objects[key]; v.now.Objects[key].Kind == catalog.Sequence && !wanted {
			todo = append(todo, key)
		}
	}
	if err := v.unchanged(ctx, todo); err != nil {
		return err
	}
	for _, key := range todo {
		if err := v.dropUnstored(ctx, v.now.Objects[key]); err != nil {
			return err
		}
	}
	return nil
}

// makeRoom drops a sequence whose name a table has that comes back. No default may use it any
// more, but for those of copies, into which nobody writes: MariaDB dies of one that finds a
// table there.
func (v *revert) makeRoom(ctx context.Context, table string) error {
	o, there := v.now.Objects[catalog.Sequence+" "+table]
	if !there {
		return nil
	}
	uses, err := v.ledger.number(ctx, "SELECT count(*) FROM information_schema.columns WHERE table_schema = $1 AND instr(column_default, $2) > 0 AND instr(table_name, $3) <> 1",
		v.name, quote(v.name)+"."+quote(table), ours)
	if err != nil {
		return fmt.Errorf("look for what uses %s: %w", o.Key(), err)
	}
	if uses > 0 {
		return fmt.Errorf("%s has its name, and defaults use that", o.Key())
	}
	if err := v.unchanged(ctx, []string{o.Key()}); err != nil {
		return err
	}
	delete(v.now.Objects, o.Key())
	return v.dropUnstored(ctx, o)
}

// writeCounters gives tables and sequences the numbers that they stood at.
func (v *revert) writeCounters(ctx context.Context) error {
	now, err := v.census(ctx, v.req.History.Table)
	if err != nil {
		return err
	}
	for _, key := range catalog.Keys(v.want) {
		o := v.want.Objects[key]
		n := v.want.Counters[o.Name]
		if !o.Stored() || n == "" || n == now.Counters[o.Name] || o.Engine == "InnoDB" && catalog.Counting(o.Create) == "" {
			continue
		}
		clauses := []string{"AUTO_INCREMENT = " + n}
		if v.server.maria && o.Engine == "InnoDB" {
			clauses = append(catalog.Fleeting(o.Create), clauses...)
		}
		statement := alter(o.Name, clauses)
		if o.Kind == catalog.Sequence {
			statement = "ALTER SEQUENCE " + quote(o.Name) + " RESTART " + n
		}
		if err := v.own.exec(ctx, statement); err != nil {
			return fmt.Errorf("put back the counter of %s: %w", key, err)
		}
	}
	return nil
}

// createObjects makes what is missing of everything that holds no rows: one can
// need another, so what fails is tried again as long as others succeed. Triggers
// of one moment come in the order in which they fire.
func (v *revert) createObjects(ctx context.Context) error {
	now, err := v.census(ctx, v.req.History.Table)
	if err != nil {
		return err
	}
	var todo []catalog.Object
	for _, kind := range slices.Backward(unstored) {
		var some []catalog.Object
		for _, key := range catalog.Keys(v.want) {
			_, mine := v.mine[key]
			if o := v.want.Objects[key]; o.Kind == kind && mine && now.Objects[key] != o {
				some = append(some, o)
			}
		}
		if kind == catalog.Trigger {
			slices.SortStableFunc(some, func(a, b catalog.Object) int { return place(a) - place(b) })
		}
		todo = append(todo, some...)
	}
	if err := eachUntilDone(todo, func(o catalog.Object) error { return v.create(ctx, o) }); err != nil {
		return err
	}
	return v.ownSettings(ctx)
}

// ownSettings sets the session back to what it has of its own.
func (v *revert) ownSettings(ctx context.Context) error {
	return v.own.execAll(ctx, "SET NAMES utf8mb4", "SET SESSION sql_mode = "+literal(ownMode)+", time_zone = '+00:00'")
}

// place is a trigger's place among those of its moment.
func place(o catalog.Object) int {
	var n int
	if _, err := fmt.Sscan(o.Order[strings.LastIndexByte(o.Order, ' ')+1:], &n); err != nil {
		return 0
	}
	return n
}

// create makes an object under the settings that it was made under.
func (v *revert) create(ctx context.Context, o catalog.Object) error {
	v.tellf("create %s", o.Key())
	zone := "+00:00"
	if o.Settings.Zone != "" {
		zone = o.Settings.Zone
	}
	if err := v.own.exec(ctx, "SET NAMES utf8mb4"); err != nil { // an earlier object may have left another
		return err
	}
	settings := []string{"SET SESSION sql_mode = " + literal(o.Settings.Mode) + ", time_zone = " + literal(zone)}
	text := o.Create
	if o.Settings.Client != "" {
		settings = append(settings, "SET SESSION collation_connection = "+o.Settings.Collation, "SET SESSION character_set_client = "+o.Settings.Client)
		var err error
		if text, err = v.own.inSet(ctx, text, o.Settings.Client); err != nil {
			return fmt.Errorf("make %s: %w", o.Key(), err)
		}
	}
	if !v.server.maria && strings.HasSuffix(text, ";") {
		// MySQL keeps the semicolon of a program that was made together with more
		// statements, and of no other.
		text += " DO 0"
	}
	err := v.inDefault(ctx, o.Settings.Database, func() error { return v.own.execAll(ctx, append(settings, text)...) })
	if err != nil {
		return fmt.Errorf("make %s: %w", o.Key(), err)
	}
	return nil
}

// inSet is a text as a client of a character set sends it: the server keeps for an object
// which set that was.
func (s *session) inSet(ctx context.Context, text, set string) (string, error) {
	if set == "binary" {
		return text, nil
	}
	rows, err := s.query(ctx, "SELECT CAST(CONVERT($1 USING "+set+") AS BINARY)", text)
	if err != nil {
		return "", fmt.Errorf("write it in %s: %w", set, err)
	}
	return rows[0].Text(0), nil
}

// garbled lists the programs whose comment the server shows wrongly: it keeps comments as
// UTF-8, and takes them for text of the client's set.
func (d *DB) garbled(ctx context.Context) (map[string]bool, error) {
	rows, err := d.ledger.query(ctx, `SELECT concat(lower(kind), ' ', name) FROM (
			SELECT routine_type AS kind, routine_name AS name, routine_comment AS comment, character_set_client AS client FROM information_schema.routines WHERE routine_schema = $1
			UNION ALL SELECT 'event', event_name, event_comment, character_set_client FROM information_schema.events WHERE event_schema = $1) AS p
		WHERE length(comment) > char_length(comment) AND client NOT IN ('utf8mb4', 'utf8mb3', 'utf8', 'binary')`, d.name)
	if err != nil {
		return nil, fmt.Errorf("read the comments: %w", err)
	}
	out := map[string]bool{}
	for _, r := range rows {
		out[r.Text(0)] = true
	}
	return out, nil
}

// queryOf finds the query of a view.
var queryOf = regexp.MustCompile("(?s)^CREATE ALGORITHM.*? VIEW `(?:[^`]|``)*`(?: \\((?:`(?:[^`]|``)*`,?)+\\))? AS (.*?)(?: WITH (?:CASCADED|LOCAL) CHECK OPTION)?$")

// blind says of a view why it could not be made again: its query is read as whoever makes it
// reads it, which waits for a table only as long as for any other lock.
func (d *DB) blind(ctx context.Context, o catalog.Object) (why string, err error) {
	m := queryOf.FindStringSubmatch(o.Create)
	if o.Kind != catalog.View || m == nil {
		return "", nil
	}
	query, err := d.own.conn.PrepareContext(ctx, m[1])
	if err == nil {
		defer query.Close()
		return "", nil
	}
	told, refused := refusal(err)
	switch {
	case !refused:
		return "", fmt.Errorf("read the query of %s: %w", o.Key(), err)
	case slices.Contains([]uint16{1267, 1270, 1271}, told.Number): // by the collation of the client that made it there may be no mix
		return "", nil
	case slices.Contains([]uint16{1054, codeNoTable, 1305}, told.Number): // a column, table or function
		why = "refers to something that is not there"
	case slices.Contains([]uint16{1142, 1143, 1370}, told.Number): // a table, column or function
		why = "shows what this user may not read"
	default:
		why = "cannot be opened"
	}
	return why + " (" + told.Message + ")", nil
}

// defaultsIn are the database's default character set and collation.
func (d *DB) defaultsIn(s catalog.State) catalog.Object {
	return s.Objects[catalog.Object{Kind: catalog.Database, Name: d.name}.Key()]
}

// database puts back the defaults, before programs are made: they keep them.
func (v *revert) database(ctx context.Context) error {
	want := v.defaultsIn(v.want)
	if want == v.defaultsIn(v.now) {
		return nil
	}
	if err := v.unchanged(ctx, []string{want.Key()}); err != nil {
		return err
	}
	return v.alterDatabase(ctx, want.Create)
}

// alterDatabase names the database as it is, whatever client the session stands for.
func (v *revert) alterDatabase(ctx context.Context, defaults string) error {
	return v.own.execAll(ctx, "SET NAMES utf8mb4", "ALTER DATABASE "+quote(v.name)+" "+defaults)
}

// otherDefault reports whether a program keeps another default collation than the
// database is going to have.
func (v *revert) otherDefault(collation string) bool { return v.otherDefaultIn(v.want, collation) }

// otherDefaultIn reports whether a program keeps another default collation than the database
// has in a schema.
func (d *DB) otherDefaultIn(s catalog.State, collation string) bool {
	return collation != "" && !strings.HasSuffix(d.defaultsIn(s).Create, " COLLATE "+collation)
}

// inDefault does something while the database has that default collation: a program was
// made when it was so, and no setting of a session says it in its place. After a crash the
// database gets its own again, see touched. No lock keeps others from giving it a third one,
// which is left to it.
func (v *revert) inDefault(ctx context.Context, collation string, do func() error) error {
	if !v.otherDefault(collation) {
		return do()
	}
	own, meanwhile := v.defaultsIn(v.want).Create, defaultsOf(collation)
	err := v.inForce(ctx, own)
	if err != nil {
		return err
	}
	err = v.alterDatabase(ctx, "COLLATE "+collation)
	failpoint.Hit("mysql.revert.defaults")
	if err == nil {
		err = do()
	}
	ctx = context.WithoutCancel(ctx)
	if others := v.inForce(ctx, own, meanwhile); others != nil {
		return errors.Join(err, others)
	}
	return errors.Join(err, v.alterDatabase(ctx, own))
}

// inForce makes sure that the database has one of some defaults.
func (v *revert) inForce(ctx context.Context, defaults ...string) error {
	is := catalog.State{Objects: map[string]catalog.Object{}}
	if err := v.readDatabase(ctx, is, ""); err != nil {
		return fmt.Errorf("read the defaults of the database: %w", err)
	}
	if o := v.defaultsIn(is); !slices.Contains(defaults, o.Create) {
		return conflict([]string{o.Key() + " was changed: it has " + o.Create})
	}
	return nil
}
