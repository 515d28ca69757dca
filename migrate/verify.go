package migrate

import (
	"context"

	"github.com/safemigrate/safemigrate/snapshot"
)

// VerificationRequest says which snapshot is to be tried out.
type VerificationRequest struct {
	Manifest *snapshot.Manifest
	History  TableID // is no part of what a snapshot holds
	Progress func(text string)
}

// Restorer is a Target that can restore a snapshot beside the database. It is an optional
// capability: elsewhere reading a snapshot back proves as much.
type Restorer interface {
	// VerifyRestored restores a snapshot, compares everything with what was kept, and
	// removes what it made.
	VerifyRestored(ctx context.Context, r VerificationRequest) error
}

// VerifyRestored proves a snapshot by restoring it, where the target can, under the lock:
// no other run takes what is made meanwhile for a remainder.
func (r *Runner) VerifyRestored(ctx context.Context, m *snapshot.Manifest) error {
	target, able := r.Target.(Restorer)
	if !able {
		return r.Target.Verify(ctx, m)
	}
	unlock, err := r.lock(ctx, "verify")
	if err != nil {
		return err
	}
	defer unlock()
	table, err := r.Convention.History().Identity(ctx, r.Target)
	if err != nil {
		return unchanged("find the history table", err)
	}
	return target.VerifyRestored(ctx, VerificationRequest{Manifest: m, History: table,
		Progress: func(text string) { r.tellf("verify", "%s", text) }})
}
