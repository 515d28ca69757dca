//go:build unix

package values_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/safemigrate/safemigrate"
	"github.com/safemigrate/safemigrate/internal/testpg"
	"github.com/safemigrate/safemigrate/snapshot"
)

// TestValuesFromStore has every value damaged and brought back from a store: as text it
// has left the server, and come back.
func TestValuesFromStore(t *testing.T) {
	t.Parallel()
	var setup, update, drop strings.Builder
	setup.WriteString(typesSetup)
	for i, k := range kinds {
		fmt.Fprintf(&setup, "CREATE TABLE t%d (gone int, n int, v %s, m int DEFAULT 7); ALTER TABLE t%d DROP gone;", i, k.of, i)
		for n, value := range k.values {
			fmt.Fprintf(&setup, "INSERT INTO t%d SELECT %d, (%s)::%s;", i, n, value, k.of)
		}
		fmt.Fprintf(&update, "UPDATE t%d SET v = NULL, n = -n;\n", i)
		fmt.Fprintf(&drop, "DROP TABLE t%d;\n", i)
	}
	for name, batch := range map[string]string{"updated": update.String(), "dropped": drop.String()} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, d := damaged(t, setup.String(), batch)
			p.Config.Strategy, p.Config.Store.URL, p.Config.Programs = snapshot.Dump, t.TempDir(), testpg.Clients()
			before, bytesBefore := d.Fingerprint(t), sent(t, d.Database)
			p.Up(t, safemigrate.UpOptions{})
			p.Rollback(t, safemigrate.RollbackOptions{})
			p.Is(t, before, "after the rollback")
			after := sent(t, d.Database)
			for table, was := range bytesBefore {
				if is := after[table]; is != was {
					t.Errorf("the server sends other bytes for %s: %s, want %s", table, is, was)
				}
			}
		})
	}
}
