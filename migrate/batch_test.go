package migrate_test

import (
	"testing"

	"github.com/safemigrate/safemigrate/migrate"
)

var (
	allStates = []migrate.BatchState{migrate.StateNone, migrate.StateOpen, migrate.StateKept, migrate.StateApplied, migrate.StateRestored, migrate.StateRolledBack}
	allEvents = []migrate.Event{migrate.EventCommitStep, migrate.EventCommitLast, migrate.EventKeep, migrate.EventRestore, migrate.EventTakeBack, migrate.EventReinstate}
)

// TestTransitions decides every pair of state and event; "-" is refused.
func TestTransitions(t *testing.T) {
	t.Parallel()
	const no = migrate.BatchState("-")
	table := map[migrate.BatchState][]migrate.BatchState{ // in the order of allEvents
		migrate.StateNone:       {migrate.StateOpen, migrate.StateApplied, no, no, no, no},
		migrate.StateOpen:       {migrate.StateOpen, migrate.StateApplied, migrate.StateKept, migrate.StateRestored, no, no},
		migrate.StateKept:       {no, no, no, migrate.StateRestored, no, no},
		migrate.StateApplied:    {no, no, no, no, migrate.StateRolledBack, no},
		migrate.StateRestored:   {no, no, no, no, no, no},
		migrate.StateRolledBack: {no, no, no, no, no, migrate.StateApplied},
	}
	for _, s := range allStates {
		for i, e := range allEvents {
			want := table[s][i]
			got, err := s.Next(e)
			if want == no {
				if err == nil || got != s {
					t.Errorf("%q, %s: %q, %v; want it refused", s, e, got, err)
				}
				continue
			}
			if err != nil || got != want {
				t.Errorf("%q, %s: %q, %v; want %q", s, e, got, err, want)
			}
		}
	}
}

// TestUnfinishedHasAWayOn: whatever recover has to act on can be restored.
func TestUnfinishedHasAWayOn(t *testing.T) {
	t.Parallel()
	for _, s := range allStates {
		if _, err := s.Next(migrate.EventRestore); (err == nil) != s.Unfinished() {
			t.Errorf("%q: unfinished %t, restore: %v", s, s.Unfinished(), err)
		}
	}
}

func TestNewest(t *testing.T) {
	t.Parallel()
	all := []migrate.Batch{
		{ID: "a", Operation: migrate.OpUp, State: migrate.StateApplied, Migrations: []migrate.Applied{{Version: "1"}}},
		{ID: "b", Operation: migrate.OpUp, State: migrate.StateRolledBack, Migrations: []migrate.Applied{{Version: "2"}}},
		{ID: "c", Operation: migrate.OpRollback, State: migrate.StateApplied, Undoes: []string{"b"}},
		{ID: "d", Operation: migrate.OpUp, State: migrate.StateRestored},
	}
	if b := migrate.NewestApplied(all); b == nil || b.ID != "a" {
		t.Errorf("newest applied %v", b)
	}
	if b := migrate.NewestUnfinished(all); b != nil {
		t.Errorf("unfinished %v", b)
	}
	if known := migrate.AppliedFiles(all); len(known) != 1 || known[0].Version != "1" {
		t.Errorf("applied files %v", known)
	}
	all = append(all, migrate.Batch{ID: "e", Operation: migrate.OpUp, State: migrate.StateOpen})
	if b := migrate.NewestUnfinished(all); b == nil || b.ID != "e" {
		t.Errorf("unfinished %v", b)
	}
}
