package migrate

import (
	"context"
	"fmt"
	"slices"

	"github.com/safemigrate/safemigrate/internal/failpoint"
	"github.com/safemigrate/safemigrate/internal/sqltext"
	"github.com/safemigrate/safemigrate/snapshot"
)

// widenAfter undoes the step that touched more than the snapshot holds, and
// reports whether it can be tried again with those tables copied: once only per
// table. A crash here finds the state before the step.
func (w *work) widenAfter(ctx context.Context, more *WidenError) (bool, error) {
	if _, ok := w.Target.(Widener); !ok || !w.due.steps[w.next].Transaction {
		return false, nil
	}
	for _, t := range more.Tables {
		if slices.ContainsFunc(w.report.Widened, func(o WidenedTable) bool { return o.Name == t.Name }) {
			return false, nil
		}
	}
	if err := w.Target.Abort(ctx); err != nil {
		return false, fmt.Errorf("undo the step: %w", err)
	}
	failpoint.Hit("up.widen")
	// Without a commit the snapshot went with the transaction.
	w.taken = w.committed
	w.report.Widened = append(w.report.Widened, more.Tables...)
	for _, t := range more.Tables {
		w.widening = append(w.widening, t.Name)
	}
	w.tellf("widen", "the step is undone and runs once more behind a wider snapshot: %s", more.list())
	return true, nil
}

// widen makes the snapshot hold the tables that an earlier try of the step has
// touched. It stands before the first statement, in the step's transaction.
func (w *work) widen(ctx context.Context) error {
	if len(w.widening) == 0 {
		return nil
	}
	return w.keepMore(func(t Widener) (*snapshot.Manifest, error) { return t.Widen(ctx, w.widening) })
}

// cover makes the snapshot hold all that a statement outside a transaction may
// touch: what it did cannot be undone and tried again.
func (w *work) cover(ctx context.Context, st sqltext.Statement) error {
	return w.keepMore(func(t Widener) (*snapshot.Manifest, error) { return t.Cover(ctx, st) })
}

func (w *work) keepMore(more func(Widener) (*snapshot.Manifest, error)) error {
	t, ok := w.Target.(Widener)
	if !ok {
		return nil
	}
	m, err := more(t)
	switch {
	case err != nil && w.committed:
		return fmt.Errorf("widen the snapshot: %w", err)
	case err != nil:
		return &snapshotError{err}
	case m == nil:
		return nil
	}
	w.report.Snapshot = m
	failpoint.Hit("up.widened")
	return nil
}
