package migrate

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// The pauses between two tries of a step that did not get a lock: the queue that
// built up behind one has to drain before the next.
const (
	firstPause   = 50 * time.Millisecond
	longestPause = 2 * time.Second
)

// wait is how long the step under way has been waiting for a lock.
type wait struct {
	step  int
	until time.Time
	pause time.Duration
}

// waitAfter undoes a step that did not get a lock within one short try, and
// reports whether it can be tried again. While it waits it holds nothing, so
// nobody waits for it. A crash here finds the state before the step.
func (w *work) waitAfter(ctx context.Context, err error) (bool, error) {
	var failed *segmentError
	if !errors.As(err, &failed) || !failed.inTransaction {
		return false, nil
	}
	if w.wait.pause == 0 || w.wait.step != w.next {
		w.wait = wait{step: w.next, until: time.Now().Add(w.LockWait), pause: firstPause}
	}
	if time.Now().Add(w.wait.pause).After(w.wait.until) {
		return false, nil
	}
	if err := w.Target.Abort(ctx); err != nil {
		return false, fmt.Errorf("undo the step: %w", err)
	}
	// Without a commit the snapshot went with the transaction.
	w.taken = w.committed
	w.tellf("wait", "%v: the step is undone and tried again", err)
	select {
	case <-ctx.Done():
		return false, ctx.Err()
	case <-time.After(w.wait.pause):
	}
	w.wait.pause = min(2*w.wait.pause, longestPause)
	return true, nil
}

// busy reports whether a statement failed only for want of a lock.
func busy(err error) bool {
	var st *StatementError
	return errors.As(err, &st) && st.Busy
}

// heldBy adds to a statement's failure who holds the locks that it waited for,
// as far as that can be seen once the transaction is undone.
func (w *work) heldBy(ctx context.Context, cause error) error {
	found, err := w.assess(ctx, w.due)
	if err != nil {
		return cause // the failure itself says more than that nobody could be asked
	}
	var who []string
	for _, s := range found.Sessions {
		if s.Table != "" {
			who = append(who, s.Text)
		}
	}
	if len(who) == 0 {
		return cause
	}
	return fmt.Errorf("%w; %s", cause, FirstFew(who))
}
