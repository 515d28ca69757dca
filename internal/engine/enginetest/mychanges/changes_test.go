//go:build unix

package mychanges_test

import (
	"slices"
	"sync/atomic"
	"testing"

	"github.com/safemigrate/safemigrate"
	"github.com/safemigrate/safemigrate/internal/engine/enginetest"
	"github.com/safemigrate/safemigrate/internal/testmy"
	"github.com/safemigrate/safemigrate/internal/testshare"
	"github.com/safemigrate/safemigrate/migrate"
)

func TestMain(m *testing.M) { testmy.Main(m) }

// shop is what every case starts from.
const shop = `CREATE TABLE customers (id int unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY, name varchar(80) NOT NULL, email varchar(120) DEFAULT NULL COMMENT 'where to write',
  born date, UNIQUE KEY by_email (email), KEY by_name (name(20))) COMMENT='who buys';
CREATE TABLE orders (id bigint NOT NULL AUTO_INCREMENT PRIMARY KEY, customer int unsigned NOT NULL, total decimal(10,2) NOT NULL DEFAULT 0.00,
  status enum('new','paid','sent') NOT NULL DEFAULT 'new', placed timestamp NOT NULL DEFAULT '2024-01-01 00:00:00' ON UPDATE current_timestamp(),
  gross decimal(12,2) GENERATED ALWAYS AS (total * 1.2) STORED, net decimal(12,2) AS (total / 2) VIRTUAL, note text,
  KEY by_customer (customer), KEY by_status (status, placed), CONSTRAINT order_of FOREIGN KEY (customer) REFERENCES customers (id) ON DELETE CASCADE ON UPDATE CASCADE,
  CONSTRAINT positive CHECK (total >= 0));
CREATE TABLE items (ord bigint NOT NULL, n int NOT NULL, article varchar(20) NOT NULL, PRIMARY KEY (ord, n), CONSTRAINT line_of FOREIGN KEY (ord) REFERENCES orders (id));
CREATE TABLE audit (at datetime(3), line varchar(200), KEY by_at (at));
CREATE TABLE counters (name varchar(10) PRIMARY KEY, n bigint NOT NULL) ENGINE=MyISAM;
CREATE VIEW big_orders AS SELECT id, customer, total FROM orders WHERE total > 100;
CREATE VIEW big_names AS SELECT c.name, b.total FROM big_orders b JOIN customers c ON c.id = b.customer;
CREATE TRIGGER orders_audit AFTER INSERT ON orders FOR EACH ROW INSERT INTO audit VALUES (NULL, concat('order ', NEW.id));
CREATE TRIGGER orders_audit2 AFTER INSERT ON orders FOR EACH ROW FOLLOWS orders_audit UPDATE counters SET n = n + 1 WHERE name = 'orders';
CREATE TRIGGER orders_touch BEFORE UPDATE ON orders FOR EACH ROW SET @touched = OLD.id;
CREATE TRIGGER customers_gone AFTER DELETE ON customers FOR EACH ROW INSERT INTO audit SELECT NULL, concat(count(*), max(OLD.name)) FROM customers;
CREATE FUNCTION twice(x int) RETURNS int DETERMINISTIC NO SQL RETURN 2 * x;
CREATE PROCEDURE forget(IN older date) MODIFIES SQL DATA COMMENT 'old lines' BEGIN DELETE FROM audit WHERE at < older; END;
CREATE EVENT nightly ON SCHEDULE EVERY 1 DAY STARTS '2030-01-01 03:00:00' DISABLE COMMENT 'cleans' DO DELETE FROM audit;
INSERT INTO customers (name, email) VALUES ('Ada', 'ada@x'), ('Bob', 'bob@x'), ('Cy', NULL), ('Dee – ☃', 'd@x');
INSERT INTO counters VALUES ('orders', 0), ('other', 7);
INSERT INTO orders (customer, total, status, note) VALUES (1, 50, 'new', 'a'), (1, 150, 'paid', NULL), (3, 900.5, 'sent', repeat('x', 3000));
INSERT INTO items VALUES (1, 1, 'pen'), (1, 2, 'ink'), (3, 1, 'desk');
INSERT INTO audit VALUES ('2024-02-03 04:05:06.789', 'dup'), ('2024-02-03 04:05:06.789', 'dup'), (NULL, NULL)`

// onlyMariaDB is what the schema has besides there: a sequence, and tables that keep their
// older rows.
const onlyMariaDB = `;
CREATE SEQUENCE numbers START WITH 100 INCREMENT BY 10;
DO nextval(numbers);
CREATE TABLE prices (id int PRIMARY KEY, p int, note varchar(9) WITHOUT SYSTEM VERSIONING, KEY by_p (p)) WITH SYSTEM VERSIONING;
INSERT INTO prices VALUES (1, 10, 'a'), (2, 20, 'b'), (3, 30, NULL);
UPDATE prices SET p = 11 WHERE id = 1;
UPDATE prices SET p = 12 WHERE id = 1;
DELETE FROM prices WHERE id = 3;
REPLACE INTO prices VALUES (4, 1, 'a'), (4, 2, 'b');
CREATE TABLE terms (w varchar(9), since timestamp(6) GENERATED ALWAYS AS ROW START, until timestamp(6) GENERATED ALWAYS AS ROW END INVISIBLE, PERIOD FOR SYSTEM_TIME (since, until)) WITH SYSTEM VERSIONING;
INSERT INTO terms (w) VALUES ('x'), ('x'), ('y');
DELETE FROM terms WHERE w = 'x' LIMIT 1;
SET timestamp = 1700000000.123459;
INSERT INTO terms (w) VALUES ('z'), ('z');
DELETE FROM terms WHERE w = 'z';
SET timestamp = DEFAULT`

// change is one batch; a quiet one moves a counter alone. Where only is set, no other
// server knows what the batch says. The schema is that of the shop
// where none is named.
type change struct {
	name, batch string
	quiet       bool
	only        testmy.Product
	schema      string
}

// fewest is how many cases each product knows at least.
const fewest = 250

// TestChanges runs all cases that the product under test knows, and says how many
// came back exactly. A share leaves out such as the installed MariaDB knows.
func TestChanges(t *testing.T) {
	t.Parallel()
	e, every := enginetest.MySQL(), everyChange()
	known := slices.DeleteFunc(slices.Clone(every), func(c change) bool { return !testmy.Knows(c.only) })
	if len(known) < fewest {
		t.Errorf("%d cases, want at least %d", len(known), fewest)
	}
	mine := slices.DeleteFunc(slices.Clone(known), func(c change) bool {
		return (c.only == "" || c.only == testmy.MariaDB) && !testshare.Has(c.name)
	})
	var all, exact atomic.Int64
	t.Cleanup(func() {
		t.Logf("%s: %d of %d cases exact; %d that this server does not know, %d not in this run's share", testmy.Tested(), exact.Load(), all.Load(), len(every)-len(known), len(known)-len(mine))
	})
	for _, c := range mine {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			all.Add(1)
			takenBack(t, e, c)
			if !t.Failed() {
				exact.Add(1)
			}
		})
	}
}

func everyChange() []change {
	return slices.Concat(columns, keys, tables, rows, programs, special, histories, mysqlOnly, everyday, partitions, kinds, spatial, modes, found, moments, namesTaken, cutHistories, drawn, keyed, lostByAlter, frameworks, stored)
}

// TestUndone does what was taken back again, from what the rollback kept, where that takes
// more than the way back does: what it finds is a state that only the batch could make.
func TestUndone(t *testing.T) {
	t.Parallel()
	for _, c := range everyChange() {
		if !testmy.Knows(c.only) || !slices.Contains([]string{
			"AUTO_INCREMENT moves on", "a column of vectors comes to rows", "a column of vectors comes to rows and gets values", "a history ends", "drop a parent without checks", "copy and rename a parent in one statement", "everything at once",
		}, c.name) {
			continue
		}
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := enginetest.NewProject(t, enginetest.MySQL(), map[string]string{"1_change.up.sql": c.batch})
			p.Exec(t, c.base())
			thereAndBack(t, p)
		})
	}
}

// thereAndBack applies a batch, takes it back, and that back in turn.
func thereAndBack(t *testing.T, p *enginetest.Project) (before string) {
	t.Helper()
	before = p.DB.Fingerprint(t)
	p.Up(t, safemigrate.UpOptions{})
	after := p.DB.Fingerprint(t)
	p.Rollback(t, safemigrate.RollbackOptions{})
	p.Is(t, before, "after the rollback")
	p.Rollback(t, safemigrate.RollbackOptions{Undo: true})
	p.Is(t, after, "after the undo")
	return before
}

// base is what the case starts from.
func (c change) base() string {
	switch {
	case c.schema != "":
		return c.schema
	case testmy.Tested() == testmy.MariaDB:
		return shop + onlyMariaDB
	}
	return shop
}

// takenBack applies a change and takes it back; then lets it fail behind its last
// statement.
func takenBack(t *testing.T, e enginetest.Engine, c change) {
	t.Helper()
	p := enginetest.NewProject(t, e, map[string]string{"1_change.up.sql": c.batch})
	p.Exec(t, c.base())
	before := p.DB.Fingerprint(t)
	// The server's own dump fails where a view has lost what it shows.
	if r := p.Up(t, safemigrate.UpOptions{}); len(r.Effect.Objects)+len(r.Effect.Rows)+len(r.Effect.Warnings) == 0 && !c.quiet {
		t.Error("it changes nothing")
	}
	p.Rollback(t, safemigrate.RollbackOptions{})
	p.Is(t, before, "after the rollback")
	p.Add(map[string]string{"1_change.up.sql": c.batch + "\n;SELECT * FROM nowhere;\n"})
	_, err := p.TryUp(t, safemigrate.UpOptions{})
	enginetest.Fails(t, err, migrate.Restored, "nowhere")
	p.Is(t, before, "after the failure")
}
