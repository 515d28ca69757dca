//go:build unix

package changes_test

import "testing"

func TestEventTriggers(t *testing.T) { runCases(t, "event triggers", eventTriggerCases) }

const (
	noteBase = `CREATE TABLE t (id integer PRIMARY KEY, a text); INSERT INTO t VALUES (1, 'a'); CREATE TABLE log (tag text);
		GRANT ALL ON log TO PUBLIC; `
	noteFunction = `CREATE FUNCTION public.note() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN PERFORM 1; END';
		CREATE FUNCTION public.stop() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''stopped''; END'; `
	noteTrigger = noteFunction + `CREATE EVENT TRIGGER x ON ddl_command_end WHEN TAG IN ('CREATE TABLE', 'DROP TABLE') EXECUTE FUNCTION public.note(); COMMENT ON EVENT TRIGGER x IS 'old'; `
)

func eventTriggerCase(name, batch string) change {
	return change{name: name, superuser: true, admin: noteTrigger, setup: noteBase, batch: batch}
}

var eventTriggerCases = []change{
	eventTriggerCase("created", "CREATE EVENT TRIGGER y ON sql_drop EXECUTE FUNCTION note(); COMMENT ON EVENT TRIGGER y IS 'y';"),
	eventTriggerCase("created, and stops all that follows", "ALTER TABLE t RENAME a TO b; CREATE TABLE u (a integer); CREATE EVENT TRIGGER y ON ddl_command_start EXECUTE FUNCTION stop();"),
	eventTriggerCase("disabled", "ALTER EVENT TRIGGER x DISABLE;"),
	eventTriggerCase("for replicas", "ALTER EVENT TRIGGER x ENABLE REPLICA;"),
	eventTriggerCase("always", "ALTER EVENT TRIGGER x ENABLE ALWAYS;"),
	{name: "enabled, and stops all that follows", superuser: true, setup: noteBase,
		admin: noteTrigger + "CREATE EVENT TRIGGER y ON ddl_command_start EXECUTE FUNCTION stop(); ALTER EVENT TRIGGER y DISABLE;",
		batch: "ALTER TABLE t RENAME a TO b; DROP TABLE log; ALTER EVENT TRIGGER y ENABLE;"},
	eventTriggerCase("renamed", "ALTER EVENT TRIGGER x RENAME TO z;"),
	eventTriggerCase("comment", "COMMENT ON EVENT TRIGGER x IS 'new';"),
	eventTriggerCase("created and dropped, and another one in its place", "CREATE EVENT TRIGGER y ON sql_drop EXECUTE FUNCTION note(); DROP EVENT TRIGGER y; DROP EVENT TRIGGER x; CREATE EVENT TRIGGER y ON sql_drop EXECUTE FUNCTION note();"),
	{name: "created and dropped", superuser: true, same: true, admin: noteTrigger, setup: noteBase, batch: "CREATE EVENT TRIGGER y ON sql_drop EXECUTE FUNCTION note(); DROP EVENT TRIGGER y;"},
	{name: "owner", superuser: true, admin: noteTrigger, setup: noteBase, batch: "ALTER EVENT TRIGGER x OWNER TO chief;"},
	eventTriggerCase("dropped", "DROP EVENT TRIGGER x;"),
	eventTriggerCase("dropped with its function", "DROP FUNCTION note() CASCADE;"),
	eventTriggerCase("made otherwise", "DROP EVENT TRIGGER x; CREATE EVENT TRIGGER x ON table_rewrite EXECUTE FUNCTION note();"),
	eventTriggerCase("function replaced", "CREATE OR REPLACE FUNCTION note() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN PERFORM 2; END';"),
	eventTriggerCase("one that is there fires on the way back", "DROP TABLE t;"),
}
