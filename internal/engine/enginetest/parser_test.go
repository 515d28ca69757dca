//go:build unix

package enginetest_test

import (
	"strconv"
	"testing"

	"github.com/safemigrate/safemigrate/internal/engine/enginetest"
	"github.com/safemigrate/safemigrate/migrate"
)

// TestMisspelled: what our parser and the server both refuse is said with its place
// before anything is touched.
func TestMisspelled(t *testing.T) {
	t.Parallel()
	p := prepared(t, shop, map[string]string{"1_x.up.sql": "DROP TABLE audit;", "2_x.up.sql": "SELECT 1;\n  ALTER TABLE log ADD COLUMN é int FROBNICATE;"})
	before := p.DB.Fingerprint(t)
	_, err := p.Open(t).Plan(t.Context(), everything)
	enginetest.Fails(t, err, migrate.Unchanged, "2_x.up.sql:2:36: syntax error", "FROBNICATE")
	_, err = p.TryUp(t, everything)
	enginetest.Fails(t, err, migrate.Unchanged, "2_x.up.sql:2:36: syntax error", "nothing has run")
	p.Is(t, before, "after the refusal")
}

// TestParserDisagrees: what only our parser refuses runs behind a snapshot of
// everything, and goes back.
func TestParserDisagrees(t *testing.T) {
	t.Parallel()
	p := prepared(t, shop, nil)
	version, err := strconv.Atoi(p.Rows(t, "SELECT current_setting('server_version_num')")[0])
	if err != nil {
		t.Fatal(err)
	}
	const parsers, newer = 170000, 180000
	batch, keeps := "ALTER TABLE log ALTER COLUMN line SET STATISTICS DEFAULT;", "" // all know this
	switch {
	case version < parsers:
		// A word of version 17 names a function here.
		p.Exec(t, "CREATE FUNCTION merge_action(n integer) RETURNS void LANGUAGE sql AS 'DELETE FROM log; DELETE FROM audit WHERE id = $1'")
		batch, keeps = "SELECT merge_action(3);", "audit, customers, log, orders"
	case version >= newer:
		batch, keeps = "ALTER TABLE customers ADD CONSTRAINT said NOT NULL phone NOT VALID; DELETE FROM log;", "audit, customers, log, orders"
	}
	p.Add(map[string]string{"1_x.up.sql": batch})
	before := p.DB.Fingerprint(t)
	if got := keptOf(p.Up(t, everything)); got != keeps {
		t.Errorf("kept %q, want %q", got, keeps)
	}
	p.Rollback(t, takeBack)
	p.Is(t, before, "after the rollback")
}
