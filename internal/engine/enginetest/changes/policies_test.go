//go:build unix

package changes_test

import "testing"

func TestPolicies(t *testing.T) { runCases(t, "policies", policyCases) }

const policyBase = `CREATE TABLE t (id integer PRIMARY KEY, who name); INSERT INTO t VALUES (1, 'alice'), (2, 'bob');
	CREATE TABLE other (id integer); INSERT INTO other VALUES (1);
	ALTER TABLE t ENABLE ROW LEVEL SECURITY; CREATE POLICY p ON t FOR SELECT TO alice, bob USING (who = current_user); COMMENT ON POLICY p ON t IS 'own rows'; `

var policyCases = []change{
	{name: "created", setup: policyBase, batch: "CREATE POLICY x ON t AS RESTRICTIVE FOR UPDATE TO PUBLIC USING (id > 0) WITH CHECK (id < 9);"},
	{name: "created with a subquery", setup: policyBase, batch: "CREATE POLICY x ON t USING (EXISTS (SELECT FROM other o WHERE o.id = t.id));"},
	{name: "created and dropped", setup: policyBase, batch: "CREATE POLICY x ON t; DROP POLICY x ON t;", same: true},
	{name: "altered", setup: policyBase, batch: "ALTER POLICY p ON t TO team USING (id = 1);"},
	{name: "renamed", setup: policyBase, batch: "ALTER POLICY p ON t RENAME TO z;"},
	{name: "dropped", setup: policyBase, batch: "DROP POLICY p ON t;"},
	{name: "dropped, restrictive for insert", setup: policyBase + "CREATE POLICY x ON t AS RESTRICTIVE FOR INSERT TO CURRENT_USER WITH CHECK (id < 9);", batch: "DROP POLICY x ON t;"},
	{name: "dropped and recreated otherwise", setup: policyBase, batch: "DROP POLICY p ON t; CREATE POLICY p ON t FOR DELETE USING (false);"},
	{name: "dropped and recreated alike", setup: policyBase, batch: "DROP POLICY p ON t; CREATE POLICY p ON t FOR SELECT TO alice, bob USING (who = current_user); COMMENT ON POLICY p ON t IS 'own rows';", same: true},
	{name: "dropped with row security", setup: policyBase, batch: "DROP POLICY p ON t; ALTER TABLE t DISABLE ROW LEVEL SECURITY;"},
	{name: "naming a table that is dropped", setup: policyBase + "CREATE POLICY x ON t USING (EXISTS (SELECT FROM other o WHERE o.id = t.id));", batch: "DROP TABLE other CASCADE;"},
	{name: "on a table whose rows are changed", setup: policyBase, batch: "UPDATE t SET who = 'team'; DELETE FROM t WHERE id = 1;"},
	{name: "on a table that is renamed", setup: policyBase, batch: "ALTER TABLE t RENAME TO u; ALTER TABLE u RENAME COLUMN who TO name;"},
	{name: "on a column that is dropped with CASCADE", setup: policyBase, batch: "ALTER TABLE t DROP COLUMN who CASCADE;"},
	{name: "of a function that is dropped with CASCADE", setup: policyBase + "CREATE FUNCTION f() RETURNS boolean LANGUAGE sql AS 'SELECT true'; CREATE POLICY x ON t USING (f());", batch: "DROP FUNCTION f CASCADE;"},
}
