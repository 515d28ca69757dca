package migrate

import "context"

// LeftoverFinder is what a Target may be able to do besides: find what runs that died have
// left in the database or beside it, that is certainly safemigrate's, and that nothing needs.
type LeftoverFinder interface {
	// Leftovers names it; nothing while another run is at work, whose it could be.
	Leftovers(ctx context.Context) ([]string, error)
	// DropLeftover removes one of them. The lock is held.
	DropLeftover(ctx context.Context, name string) error
}

// leftovers lists what dead runs have left. What cannot be found is not worth an error.
func (r *Runner) leftovers(ctx context.Context) []string {
	finder, ok := r.Target.(LeftoverFinder)
	if !ok {
		return nil
	}
	left, err := finder.Leftovers(ctx)
	if err != nil {
		return nil
	}
	return left
}

// dropLeftovers removes what dead runs have left, and returns what it was. What stays stands
// in nobody's way: that is a warning.
func (r *Runner) dropLeftovers(ctx context.Context) (gone []string) {
	for _, name := range r.leftovers(ctx) {
		if err := r.Target.(LeftoverFinder).DropLeftover(ctx, name); err != nil { //nolint:forcetypeassert // it has named it
			r.tellf("warning", "%s, which a run that died has left, stays: %v", name, err)
			continue
		}
		r.tellf("removed", "%s, which a run that died had left", name) // also where recover then fails
		gone = append(gone, name)
	}
	return gone
}
