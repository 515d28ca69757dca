//go:build unix

package changes_test

import "testing"

func TestTriggers(t *testing.T) { runCases(t, "triggers", triggerCases) }

const triggerBase = `CREATE TABLE t (id integer PRIMARY KEY, name text, n integer); INSERT INTO t VALUES (1, 'a', 1), (2, 'b', 2);
	CREATE TABLE log (id serial, what text); CREATE SCHEMA other;
	CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN INSERT INTO public.log (what) VALUES (TG_NAME || TG_OP || TG_NARGS); RETURN coalesce(NEW, OLD); END$$;
	CREATE TRIGGER g AFTER UPDATE OF name, n ON t FOR EACH ROW WHEN (OLD.name IS DISTINCT FROM NEW.name) EXECUTE FUNCTION f('x', 'y''z');
	COMMENT ON TRIGGER g ON t IS 'a trigger'; CREATE VIEW v AS SELECT * FROM t; `

var triggerCases = []change{
	{name: "created, row", setup: triggerBase, batch: "CREATE TRIGGER x BEFORE INSERT OR DELETE ON t FOR EACH ROW EXECUTE FUNCTION f(); INSERT INTO t VALUES (3);"},
	{name: "created, statement", setup: triggerBase, batch: "CREATE TRIGGER x AFTER TRUNCATE ON t EXECUTE FUNCTION f();"},
	{name: "created, INSTEAD OF", setup: triggerBase, batch: "CREATE TRIGGER x INSTEAD OF INSERT OR UPDATE OR DELETE ON v FOR EACH ROW EXECUTE FUNCTION f();"},
	{name: "created, constraint", setup: triggerBase, batch: "CREATE CONSTRAINT TRIGGER x AFTER INSERT ON t FROM log DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION f();"},
	{name: "created, with transition tables", setup: triggerBase, batch: "CREATE TRIGGER x AFTER UPDATE ON t REFERENCING OLD TABLE AS o NEW TABLE AS n FOR EACH STATEMENT EXECUTE FUNCTION f();"},
	{name: "created and dropped", setup: triggerBase, batch: "CREATE TRIGGER x AFTER INSERT ON t EXECUTE FUNCTION f(); DROP TRIGGER x ON t;", same: true},
	{name: "replaced", setup: triggerBase, batch: "CREATE OR REPLACE TRIGGER g BEFORE DELETE ON t FOR EACH ROW EXECUTE FUNCTION f();"},
	{name: "dropped", setup: triggerBase, batch: "DROP TRIGGER g ON t; UPDATE t SET name = 'z';"},
	{name: "dropped, statement", setup: triggerBase + "CREATE TRIGGER x BEFORE INSERT OR UPDATE OF id OR DELETE OR TRUNCATE ON t FOR EACH STATEMENT EXECUTE FUNCTION f();", batch: "DROP TRIGGER x ON t;"},
	{name: "dropped, INSTEAD OF", setup: triggerBase + "CREATE TRIGGER x INSTEAD OF DELETE ON v FOR EACH ROW EXECUTE FUNCTION f(); COMMENT ON TRIGGER x ON v IS 'x';", batch: "DROP TRIGGER x ON v;"},
	{name: "dropped, constraint", setup: triggerBase + "CREATE CONSTRAINT TRIGGER x AFTER INSERT ON t FROM log DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION f();", batch: "DROP TRIGGER x ON t;"},
	{name: "dropped, with transition tables", setup: triggerBase + "CREATE TRIGGER x AFTER UPDATE ON t REFERENCING OLD TABLE AS o NEW TABLE AS n FOR EACH STATEMENT EXECUTE FUNCTION f();", batch: "DROP TRIGGER x ON t;"},
	{name: "dropped that was disabled", setup: triggerBase + "ALTER TABLE t DISABLE TRIGGER g;", batch: "DROP TRIGGER g ON t;"},
	{name: "dropped and recreated otherwise", setup: triggerBase, batch: "DROP TRIGGER g ON t; CREATE TRIGGER g BEFORE INSERT ON t EXECUTE FUNCTION f();"},
	{name: "dropped and recreated alike", setup: triggerBase, batch: "DROP TRIGGER g ON t; CREATE TRIGGER g AFTER UPDATE OF name, n ON t FOR EACH ROW WHEN (OLD.name IS DISTINCT FROM NEW.name) EXECUTE FUNCTION f('x', 'y''z'); COMMENT ON TRIGGER g ON t IS 'a trigger';", same: true},
	{name: "renamed", setup: triggerBase, batch: "ALTER TRIGGER g ON t RENAME TO z;"},
	{name: "disabled", setup: triggerBase, batch: "ALTER TABLE t DISABLE TRIGGER g;"},
	{name: "enabled as replica", setup: triggerBase, batch: "ALTER TABLE t ENABLE REPLICA TRIGGER g;"},
	{name: "enabled always", setup: triggerBase + "ALTER TABLE t DISABLE TRIGGER g;", batch: "ALTER TABLE t ENABLE ALWAYS TRIGGER g;"},
	{name: "all of the user's disabled", setup: triggerBase + "CREATE TRIGGER x AFTER INSERT ON t EXECUTE FUNCTION f(); ALTER TABLE t ENABLE ALWAYS TRIGGER x;", batch: "ALTER TABLE t DISABLE TRIGGER USER; UPDATE t SET name = 'quiet';"},
	{name: "those of a foreign key disabled", superuser: true, setup: triggerBase + "ALTER TABLE log ADD t integer REFERENCES t;", batch: "ALTER TABLE t DISABLE TRIGGER ALL;", refused: "triggers"},
	{name: "that would fire on the way back", setup: triggerBase + "CREATE TRIGGER x BEFORE INSERT OR UPDATE OR DELETE ON t FOR EACH ROW EXECUTE FUNCTION f();", batch: "UPDATE t SET n = 5; ALTER TABLE t DROP COLUMN n CASCADE;"},
	{name: "that would refuse the way back", setup: triggerBase + "CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RAISE EXCEPTION 'no'; END$$; CREATE TRIGGER x BEFORE INSERT OR DELETE OR TRUNCATE ON t FOR EACH STATEMENT EXECUTE FUNCTION no();", batch: "UPDATE t SET n = 5;"},
	{name: "always fired that would refuse the way back", setup: triggerBase + "CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RAISE EXCEPTION 'no'; END$$; CREATE TRIGGER x BEFORE INSERT OR DELETE OR TRUNCATE ON t FOR EACH STATEMENT EXECUTE FUNCTION no(); ALTER TABLE t ENABLE ALWAYS TRIGGER x;", batch: "UPDATE t SET n = 5;"},
	{name: "its function renamed", setup: triggerBase, batch: "ALTER FUNCTION f RENAME TO h;"},
	{name: "its function moved", setup: triggerBase, batch: "ALTER FUNCTION f SET SCHEMA other;"},
	{name: "its function dropped with CASCADE", setup: triggerBase, batch: "DROP FUNCTION f CASCADE;"},
	{name: "its function replaced", setup: triggerBase, batch: "CREATE OR REPLACE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'; UPDATE t SET name = 'z';"},
	{name: "its table renamed and moved", setup: triggerBase, batch: "ALTER TABLE t RENAME TO u; ALTER TABLE u SET SCHEMA other;"},
	{name: "its table dropped", setup: triggerBase + "ALTER TABLE t ENABLE ALWAYS TRIGGER g;", batch: "DROP TABLE t CASCADE;"},
	{name: "its column dropped with CASCADE", setup: triggerBase, batch: "DROP VIEW v; ALTER TABLE t DROP COLUMN name CASCADE;"},
	{name: "its column renamed", setup: triggerBase, batch: "ALTER TABLE t RENAME COLUMN name TO title;"},
}
