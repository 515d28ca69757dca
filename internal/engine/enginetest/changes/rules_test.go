//go:build unix

package changes_test

import "testing"

func TestRules(t *testing.T) { runCases(t, "rules", ruleCases) }

const ruleBase = `CREATE TABLE t (id integer, name text); CREATE TABLE log (id integer, what text); INSERT INTO t VALUES (1, 'a'), (2, 'b');
	CREATE RULE r AS ON UPDATE TO t WHERE NEW.id <> OLD.id DO ALSO INSERT INTO log VALUES (NEW.id, 'moved'); COMMENT ON RULE r ON t IS 'a rule';
	CREATE VIEW v AS SELECT * FROM t; `

var ruleCases = []change{
	{name: "created", setup: ruleBase, batch: "CREATE RULE x AS ON DELETE TO t DO ALSO (INSERT INTO log VALUES (OLD.id, 'gone'); NOTIFY gone);"},
	{name: "created on a view", setup: ruleBase, batch: "CREATE RULE x AS ON INSERT TO v DO INSTEAD INSERT INTO t VALUES (NEW.id, NEW.name) RETURNING t.*; INSERT INTO v VALUES (3, 'c');"},
	{name: "created and dropped", setup: ruleBase, batch: "CREATE RULE x AS ON DELETE TO t DO INSTEAD NOTHING; DROP RULE x ON t;", same: true},
	{name: "replaced", setup: ruleBase, batch: "CREATE OR REPLACE RULE r AS ON UPDATE TO t DO ALSO INSERT INTO log VALUES (OLD.id, 'changed');"},
	{name: "renamed", setup: ruleBase, batch: "ALTER RULE r ON t RENAME TO z;"},
	{name: "dropped", setup: ruleBase, batch: "DROP RULE r ON t; UPDATE t SET id = 9 WHERE id = 1;"},
	{name: "dropped and recreated otherwise", setup: ruleBase, batch: "DROP RULE r ON t; CREATE RULE r AS ON DELETE TO t DO INSTEAD NOTHING;"},
	{name: "disabled", setup: ruleBase, batch: "ALTER TABLE t DISABLE RULE r;"},
	{name: "enabled as replica", setup: ruleBase, batch: "ALTER TABLE t ENABLE REPLICA RULE r;"},
	{name: "enabled always", setup: ruleBase + "ALTER TABLE t DISABLE RULE r;", batch: "ALTER TABLE t ENABLE ALWAYS RULE r;"},
	{name: "that was disabled dropped", setup: ruleBase + "ALTER TABLE t DISABLE RULE r;", batch: "DROP RULE r ON t;"},
	{name: "on a table that is dropped", setup: ruleBase, batch: "DROP TABLE t CASCADE;"},
	{name: "naming a table that is dropped", setup: ruleBase, batch: "DROP TABLE log CASCADE;"},
	{name: "on a table with rows changed, which it would swallow", setup: ruleBase + "CREATE RULE x AS ON INSERT TO t DO INSTEAD NOTHING; CREATE RULE y AS ON DELETE TO t DO INSTEAD NOTHING;", batch: "UPDATE t SET name = 'z'; ALTER TABLE t DROP COLUMN id CASCADE;"},
	{name: "on a table that is truncated, which would swallow its rows", setup: ruleBase + "CREATE RULE x AS ON INSERT TO t DO INSTEAD NOTHING;", batch: "TRUNCATE t;"},
	{name: "its table renamed", setup: ruleBase, batch: "ALTER TABLE log RENAME TO journal; ALTER TABLE t RENAME COLUMN id TO key;"},
}
