//go:build failpoint && unix

package killtest

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/safemigrate/safemigrate"
	"github.com/safemigrate/safemigrate/internal/testpg"
)

// TestKillWithDumps kills up and rollback while rows are on their way into a store or
// back: what the store lists is whole, the database stands on one side, and the next
// command goes on.
func TestKillWithDumps(t *testing.T) {
	t.Parallel()
	server := testpg.Start(t)
	files := map[string]string{"000001_phone.up.sql": addPhone, "000002_gone.up.sql": "DELETE FROM orders; DROP TABLE legacy;"}
	source := write(t, files)
	for _, c := range []struct{ command, point string }{
		{"up", "dump.locked"},
		{"up", "dump.postgres.frozen"},
		{"up", "dump.chunk.stored"},
		{"up", "dump.stored"},
		{"up", "dump.readback"},
		{"up", "dump.marked"},
		{"up", "dump.manifest.stored"},
		{"up", "dump.postgres.stored"},
		{"up", "postgres.take.manifest"},
		{"up", "up.commit.before"},
		{"up", "dump.postgres.committed"},
		{"rollback", "dump.postgres.fetched"},
		{"rollback", "postgres.revert.applied"},
		{"rollback", "postgres.revert.committed"},
	} {
		t.Run(c.command+"/"+c.point, func(t *testing.T) {
			t.Parallel()
			s := newStage(t, newPostgres(t, server, false), source)
			store := filepath.Join(t.TempDir(), "store")
			s.must(t, 0, "up", "1")
			up := []string{"up", "--strategy", "dump", "--store", store, "--jobs", "2"}
			command := up
			if c.command == "rollback" {
				s.must(t, 0, up...)
				command = []string{"rollback", "--discard-writes"}
			}
			old := s.fingerprint(t)
			s.killed(t, command, c.point)
			marked, committed := s.wholeStore(t, store), strings.HasSuffix(c.point, ".committed")
			if !committed && s.fingerprint(t) != old {
				t.Error("the database is not what it was")
			}
			s.must(t, 0, "recover")
			if c.command == "up" {
				stray := slices.Contains(withManifest, c.point)
				if want := map[bool]int{true: 1}[stray || committed]; marked != want {
					t.Errorf("%d snapshots are listed as strays, want %d", marked, want)
				}
				s.prunesStray(t, store, stray)
				s.must(t, 0, up...)
				if marked := s.wholeStore(t, store); marked > 0 {
					t.Errorf("%d snapshots are listed as strays in the end", marked)
				}
			}
			if c.command == "up" || !committed {
				s.must(t, 0, "rollback", "--discard-writes")
			}
			s.must(t, 0, "snapshot", "verify")
		})
	}
}

// withManifest are the points at which the store has a manifest that no commit refers to.
var withManifest = []string{"dump.manifest.stored", "dump.postgres.stored", "postgres.take.manifest", "up.commit.before"}

// prunesStray has prune find a snapshot that is whole in the store and that the database
// knows nothing of: nothing but its name makes it go.
func (s *stage) prunesStray(t *testing.T, store string, there bool) {
	t.Helper()
	config := filepath.Join(t.TempDir(), "store.yaml")
	if err := os.WriteFile(config, []byte("store: "+store+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	prune := func(what ...string) (r safemigrate.PruneReport) {
		t.Helper()
		e := s.must(t, 0, append([]string{"snapshot", "prune", "--config", config, "--json"}, what...)...)
		if err := json.Unmarshal([]byte(e.stdout), &r); err != nil {
			t.Fatal(err)
		}
		return r
	}
	found := prune("--keep-last", "9").Strays
	if !there && len(found) == 0 {
		return
	}
	if len(found) != 1 || !there {
		t.Fatalf("strays: %+v, want one: %t", found, there)
	}
	if e := s.must(t, 0, "snapshot", "list", "--json"); strings.Contains(e.stdout, found[0].ID) {
		t.Errorf("the database lists the stray:\n%s", e)
	}
	if r := prune(found[0].ID, "--dry-run"); len(r.Pruned) != 1 || len(prune("--keep-last", "9").Strays) != 1 {
		t.Errorf("a dry run: %+v", r)
	}
	if r := prune(found[0].ID); len(r.Pruned) != 1 || r.Pruned[0].ID != found[0].ID || len(prune("--keep-last", "9").Strays) != 0 {
		t.Errorf("by its name: %+v", r)
	}
}

// wholeStore reads back every snapshot that a store lists, if there is a store yet, and
// tells how many of them are strays.
func (s *stage) wholeStore(t *testing.T, store string) (strays int) {
	t.Helper()
	var listed struct {
		Snapshots []struct {
			ID    string `json:"id"`
			Stray bool   `json:"stray"`
		} `json:"snapshots"`
	}
	e := s.run(t, "snapshot", "list", "--store", store, "--json")
	if e.code != 0 {
		t.Fatalf("the store cannot be listed\n%s", e)
	}
	if err := json.Unmarshal([]byte(e.stdout), &listed); err != nil {
		t.Fatal(err)
	}
	for _, one := range listed.Snapshots {
		s.must(t, 0, "snapshot", "verify", one.ID, "--store", store)
		if one.Stray {
			strays++
		}
	}
	return strays
}
