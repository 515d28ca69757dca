//go:build failpoint && unix

package killtest

import (
	"context"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/safemigrate/safemigrate/migrate"
)

// The invariants. Each is checked after every fault; I2 (what a writer was told
// is there) is part of I1, since the fingerprint holds every row.

// oldOrNew is I1.
func oldOrNew(t *testing.T, ref *reference, got string) {
	t.Helper()
	if got != ref.old && got != ref.new {
		t.Errorf("I1: the database is neither at the old nor at the new version\nfrom old:\n%s\nfrom new:\n%s",
			difference(ref.old, got), difference(ref.new, got))
	}
}

// restorable is I3: every snapshot that is offered can be read back.
func restorable(t *testing.T, s *stage) {
	t.Helper()
	db := s.open(t)
	all, err := db.Snapshots(context.Background())
	if err != nil {
		t.Errorf("I3: a snapshot that cannot be used is offered: %v", err)
	}
	for _, m := range all {
		if _, err := db.Verify(context.Background(), m.ID); err != nil {
			t.Errorf("I3: %v", err)
		}
	}
}

// unlocked is I4; that an up goes through later is the rest of it.
func unlocked(t *testing.T, s *stage) {
	t.Helper()
	if left := s.remains(t); len(left) > 0 {
		t.Errorf("I4: left behind: %s", strings.Join(left, "; "))
	}
}

// legal holds the states that a batch can have reached from another by any
// number of legal events.
var legal = map[migrate.BatchState][]migrate.BatchState{
	migrate.StateNone: {migrate.StateOpen, migrate.StateApplied, migrate.StateKept, migrate.StateRestored},
	migrate.StateOpen: {migrate.StateOpen, migrate.StateApplied, migrate.StateKept, migrate.StateRestored},
	migrate.StateKept: {migrate.StateKept, migrate.StateRestored},
	// A rollback and its undo can lie in between.
	migrate.StateApplied:    {migrate.StateApplied, migrate.StateRolledBack},
	migrate.StateRolledBack: {migrate.StateRolledBack, migrate.StateApplied},
	migrate.StateRestored:   {migrate.StateRestored},
}

// monotone is I6: no batch is lost, each moved along legal edges, and at most
// one is unfinished, the newest.
func monotone(t *testing.T, before, after []migrate.Batch) {
	t.Helper()
	for i, b := range before {
		if i >= len(after) || after[i].ID != b.ID {
			t.Errorf("I6: batch %s is gone from the ledger, or has moved in it", b.ID)
			return
		}
	}
	for i, b := range after {
		from := migrate.StateNone
		if i < len(before) {
			from = before[i].State
		}
		if !slices.Contains(legal[from], b.State) {
			t.Errorf("I6: batch %s went from %q to %q", b.ID, from, b.State)
		}
		if b.State.Unfinished() && i != len(after)-1 {
			t.Errorf("I6: batch %s is unfinished and not the newest", b.ID)
		}
	}
}

// truth is I7 for a command that ended by itself: its exit code and its last
// lines say what the ledger and the database say.
func truth(t *testing.T, s *stage, ref *reference, e ending) {
	t.Helper()
	batches, version := s.batches(t)
	unfinished := migrate.NewestUnfinished(batches) != nil
	if unfinished {
		if e.code != int(migrate.Interrupted) || !strings.Contains(e.lastLines(), "safemigrate recover") {
			t.Errorf("I7: a batch is unfinished and the command ended with %d\n%s", e.code, e)
		}
		return
	}
	now := s.fingerprint(t)
	oldOrNew(t, ref, now)
	switch migrate.Outcome(e.code) {
	case migrate.Done:
		if now != ref.new {
			t.Errorf("I7: the command ended with 0 and the database is at the old version\n%s", e)
		}
		if !strings.Contains(e.lastLines(), "version "+migrate.VersionName(version)) && !strings.Contains(e.stdout, " gone, ") {
			t.Errorf("I7: the last line does not name version %s\n%s", version, e)
		}
	case migrate.Interrupted:
		// A commit whose answer was lost: either side, and recover is named.
		if !strings.Contains(e.lastLines(), "safemigrate recover") {
			t.Errorf("I7: exit 4 without the way on\n%s", e)
		}
	default:
		if now != ref.old {
			t.Errorf("I7: the command ended with %d and the database is not at the old version\n%s", e.code, e)
		}
	}
}

// settled is I7 for status: its exit code tells of an unfinished batch.
func settled(t *testing.T, s *stage, unfinished bool) {
	t.Helper()
	e := s.run(t, "status")
	want := migrate.Done
	if unfinished {
		want = migrate.Interrupted
	}
	if e.code != int(want) {
		t.Errorf("I7: status ended with %d, want %d\n%s", e.code, want, e)
	}
}

// clean is I8: after a prune nothing is kept that the ledger does not explain.
func clean(t *testing.T, s *stage) {
	t.Helper()
	s.must(t, 0, "snapshot", "prune", "--keep-last", "1000")
	batches, _ := s.batches(t)
	if left := s.strays(t, batches); len(left) > 0 {
		t.Errorf("I8: left behind: %s", strings.Join(left, "; "))
	}
	entries, err := os.ReadDir(s.temp)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		t.Errorf("I8: temporary file %s is left behind", e.Name())
	}
}

// explained are the names that safemigrate may keep something under: batches,
// and the quarantine of those that were restored.
func explained(batches []migrate.Batch) map[string]bool {
	ids := map[string]bool{}
	for _, b := range batches {
		if b.State == migrate.StateRestored {
			ids[b.UndoneBy] = true
		}
		for _, id := range b.Quarantines {
			ids[id] = true
		}
		ids[b.ID] = !b.Pruned
	}
	return ids
}

// mute is I9.
func mute(t *testing.T, s *stage) {
	t.Helper()
	_, secret := s.access()
	if strings.Contains(s.said.String(), secret) {
		t.Error("I9: the password was printed")
	}
	if strings.Contains(s.own(t), secret) {
		t.Error("I9: the password was written down")
	}
}

// idempotent is I5: a recover that has nothing to do does nothing, and leaves
// the ledger and the database as they were.
func idempotent(t *testing.T, s *stage, before []migrate.Batch, was string) {
	t.Helper()
	e := s.must(t, 0, "recover")
	if !strings.Contains(e.stdout, "nothing to do") {
		t.Errorf("I5: the second recover did something\n%s", e)
	}
	after, _ := s.batches(t)
	if !reflect.DeepEqual(before, after) {
		t.Errorf("I5: the second recover changed the ledger from\n%+v to\n%+v", before, after)
	}
	if now := s.fingerprint(t); now != was {
		t.Errorf("I5: the second recover changed the database\n%s", difference(was, now))
	}
}

// difference shows the lines that only one of two texts has.
func difference(was, is string) string {
	count := map[string]int{}
	for line := range strings.Lines(was) {
		count[line]++
	}
	for line := range strings.Lines(is) {
		count[line]--
	}
	var lines []string
	for line, n := range count {
		if n != 0 && len(lines) < 20 {
			lines = append(lines, fmt.Sprintf("%+d %s", -n, strings.TrimRight(line, "\n")))
		}
	}
	return strings.Join(lines, "\n")
}
