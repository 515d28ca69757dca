//go:build unix

package enginetest_test

import (
	"testing"

	"github.com/safemigrate/safemigrate"
	"github.com/safemigrate/safemigrate/internal/engine/enginetest"
	"github.com/safemigrate/safemigrate/migrate"
)

// TestMySQLClients takes back programs and views that clients of another character set have
// made: each is sent again as that client sent it.
func TestMySQLClients(t *testing.T) {
	t.Parallel()
	for set, text := range map[string]string{
		"latin1": "'\xe4'", "sjis": "'\x93\xfa'", "gbk": "'\xd6\xd0'", "utf8mb3": "'ä☃'", "binary": "'ä'",
	} {
		t.Run(set, func(t *testing.T) {
			t.Parallel()
			drops := "DROP PROCEDURE said; DROP VIEW v; DROP TRIGGER tr; DROP EVENT e; DROP FUNCTION f;"
			p, d := myProject(t, nil, map[string]string{"1_x.up.sql": drops})
			p.Exec(t, "CREATE TABLE t (a varchar(9)); SET NAMES "+set)
			p.Exec(t, "CREATE PROCEDURE said() COMMENT 'x' SELECT "+text+" AS x; CREATE VIEW v AS SELECT "+text+" AS x; CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW SET NEW.a = "+text+
				"; CREATE EVENT e ON SCHEDULE EVERY 1 DAY STARTS '2030-01-01 03:00:00' DISABLE COMMENT 'x' DO INSERT INTO t VALUES ("+text+"); CREATE FUNCTION f() RETURNS varchar(9) DETERMINISTIC NO SQL RETURN "+text)
			before, said := d.Fingerprint(t), "SELECT hex(f()), hex(x) FROM v"
			was := p.Rows(t, said)[0]
			p.Up(t, safemigrate.UpOptions{})
			p.Rollback(t, safemigrate.RollbackOptions{})
			p.Is(t, before, "after the rollback")
			if is := p.Rows(t, said)[0]; is != was {
				t.Errorf("after the rollback they say %s, before %s", is, was)
			}
			p.Add(map[string]string{"1_x.up.sql": drops + "SELECT * FROM nowhere;"})
			_, err := p.TryUp(t, safemigrate.UpOptions{})
			enginetest.Fails(t, err, migrate.Restored)
			p.Is(t, before, "after the failure")
		})
	}
}

// TestMySQLClientsLost refuses what the server shows otherwise than its client made it.
func TestMySQLClientsLost(t *testing.T) {
	t.Parallel()
	for key, create := range map[string]string{
		"event e":     "CREATE EVENT e ON SCHEDULE EVERY 1 DAY DISABLE COMMENT '\xe4' DO SET @x = 1",
		"procedure p": "CREATE PROCEDURE p() COMMENT '\xe4' SELECT 1",
		"function f":  "CREATE FUNCTION f() RETURNS int DETERMINISTIC COMMENT '\xe4' RETURN 1",
	} {
		t.Run(key, func(t *testing.T) {
			t.Parallel()
			p, _ := myProject(t, nil, map[string]string{"1_x.up.sql": "DROP " + key + ";"})
			p.Exec(t, "SET NAMES latin1; "+create+"; SET NAMES utf8mb4")
			before := p.DB.Fingerprint(t)
			_, err := p.TryUp(t, safemigrate.UpOptions{})
			enginetest.Fails(t, err, migrate.NoWayBack, key, "latin1", "could not be made again")
			p.Is(t, before, "after the refusal")
			p.Add(map[string]string{"1_x.up.sql": "CREATE TABLE t (id int);"})
			p.Up(t, safemigrate.UpOptions{})
		})
	}
}
