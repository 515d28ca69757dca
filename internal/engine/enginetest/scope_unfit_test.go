//go:build unix

package enginetest_test

import (
	"testing"
)

// TestScopeUnfit keeps whole rows from the start where a rollback could not put
// single rows right, so that no step has to run twice, and none is refused.
func TestScopeUnfit(t *testing.T) {
	t.Parallel()
	const unchecked = "ALTER TABLE customers ADD CONSTRAINT named CHECK (name <> 'name 7') NOT VALID;"
	const parts = `CREATE TABLE days (id integer, n integer, PRIMARY KEY (id)) PARTITION BY RANGE (id);
		CREATE TABLE days1 PARTITION OF days FOR VALUES FROM (0) TO (10); CREATE TABLE days2 PARTITION OF days FOR VALUES FROM (10) TO (20);
		INSERT INTO days VALUES (1, 1), (11, 1);`
	const loud = `CREATE FUNCTION loud() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
		CREATE TRIGGER loud BEFORE INSERT OR UPDATE ON days FOR EACH ROW EXECUTE FUNCTION loud();`
	for _, c := range []struct{ name, setup, batch, keeps, widened string }{
		{"a check that is not valid, rows changed", unchecked, "UPDATE customers SET phone = NULL WHERE id < 7;", "customers", ""},
		{"a check that is not valid, rows inserted", unchecked, "INSERT INTO customers VALUES (99, 'n');", "customers", ""},
		{"a check that is not valid, a column dropped", unchecked, "ALTER TABLE customers DROP COLUMN phone;", "customers(id phone)", ""},
		{"a check that is not valid, a column added", unchecked, "ALTER TABLE customers ADD COLUMN n integer;", "", ""},
		{"a check that the batch adds", "", "ALTER TABLE customers ADD CONSTRAINT named CHECK (phone <> '+7') NOT VALID; UPDATE customers SET phone = '0' WHERE id = 7;", "customers", ""},
		{"a check that the batch adds and validates", "", `ALTER TABLE customers ADD CONSTRAINT named CHECK (phone <> '+7') NOT VALID; UPDATE customers SET phone = '0' WHERE id = 7;
			ALTER TABLE customers VALIDATE CONSTRAINT named;`, "customers(id phone)", ""},
		{"a primary key that the batch drops, rows inserted", "", "INSERT INTO customers VALUES (99, 'n'); ALTER TABLE customers DROP CONSTRAINT customers_pkey CASCADE;", "customers", ""},
		{"a primary key that the batch drops, nothing else", "", "ALTER TABLE customers DROP CONSTRAINT customers_pkey CASCADE;", "", ""},
		{"a primary key that the batch drops from the parent", parts, "INSERT INTO days VALUES (2, 2); ALTER TABLE days DROP CONSTRAINT days_pkey;", "days1", "days1"},
		{"a privilege that its owner lacks", "REVOKE INSERT ON customers FROM CURRENT_USER;", "UPDATE customers SET phone = NULL;", "customers", ""},
		{"a trigger from the parent", parts + loud, "UPDATE days SET n = 2 WHERE id = 1;", "days1, days2", ""},
		{"a trigger from the parent, rows inserted", parts + loud, "INSERT INTO days VALUES (2, 2);", "days1", "days1"},
		{"a partition added, rows changed", parts, "CREATE TABLE days3 PARTITION OF days FOR VALUES FROM (20) TO (30); UPDATE days SET n = 2 WHERE id = 1;", "days1, days2", ""},
		{"a partition added, rows inserted into it", parts, "CREATE TABLE days3 PARTITION OF days FOR VALUES FROM (20) TO (30); INSERT INTO days VALUES (22, 2);", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := prepared(t, shop+c.setup, map[string]string{"1_x.up.sql": c.batch})
			before := p.DB.Fingerprint(t)
			report := p.Up(t, everything)
			if kept, widened := keptOf(report), widenedOf(report); kept != c.keeps || widened != c.widened {
				t.Errorf("kept %q, widened %q, want %q and %q", kept, widened, c.keeps, c.widened)
			}
			after := p.DB.Fingerprint(t)
			p.Rollback(t, takeBack)
			p.Is(t, before, "after the rollback")
			p.Rollback(t, undoIt)
			p.Is(t, after, "after its undo")
		})
	}
}

// TestScopeUnfitInLaterStep: it is not too late for such a table in a later step.
func TestScopeUnfitInLaterStep(t *testing.T) {
	t.Parallel()
	p := prepared(t, shop+"ALTER TABLE audit ADD CONSTRAINT named CHECK (what <> 'thing 7') NOT VALID;", map[string]string{
		"1_x.up.sql": "INSERT INTO audit (what) VALUES ('a');", "2_x.up.sql": "CREATE INDEX CONCURRENTLY i ON orders (total);", "3_x.up.sql": "INSERT INTO audit (what) VALUES ('b');"})
	before := p.DB.Fingerprint(t)
	report := p.Up(t, everything)
	if kept, widened := keptOf(report), widenedOf(report); kept != "audit" || widened != "" {
		t.Errorf("kept %q, widened %q", kept, widened)
	}
	p.Rollback(t, takeBack)
	p.Is(t, before, "after the rollback")
}
