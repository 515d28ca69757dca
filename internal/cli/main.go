package cli

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"

	"github.com/safemigrate/safemigrate/migrate"
)

// Main runs one command and returns its exit code.
func Main(ctx context.Context, env Env, args []string) int {
	p := newProgram(env, args)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- p.execute(ctx) }()
	for interrupted := false; ; interrupted = true {
		select {
		case err := <-done:
			return p.end(err)
		case <-env.Signals:
		}
		if interrupted {
			return p.end(p.abandoned())
		}
		cancel()
		p.progress.line("interrupted: stopping at the next safe point; again to stop at once")
	}
}

// execute runs the command line; a panic becomes an error.
func (p *program) execute(ctx context.Context) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = &panicError{value: r, stack: debug.Stack()}
		}
	}()
	root := newRoot(p) //nolint:contextcheck // a command takes the context that cobra hands to it
	root.SetArgs(p.args)
	return root.ExecuteContext(ctx) //nolint:wrapcheck // these are the commands' own errors
}

// panicError is a programming error, caught.
type panicError struct {
	value any
	stack []byte
}

func (e *panicError) Error() string { return fmt.Sprintf("internal error: %v", e.value) }

// end tells how the command ended and returns the exit code.
func (p *program) end(err error) int {
	p.progress.clear()
	if err == nil {
		return int(migrate.Done)
	}
	f := p.failure(err)
	p.report(f, err)
	return int(f.Outcome)
}

// failure puts any error into the terms of an ending.
func (p *program) failure(err error) *migrate.Failure {
	var f *migrate.Failure
	var bug *panicError
	switch {
	case errors.As(err, &bug):
		f = p.stopped(err)
		f.Hint += "\nplease report this; --verbose shows where it happened"
	case errors.As(err, &f):
		filled := *f
		f = &filled
	case errors.Is(err, context.Canceled):
		f = p.stopped(errors.New("interrupted"))
	default:
		f = p.stopped(err)
	}
	if f.Hint == "" {
		f.Hint = statusOf(f.Outcome).hint
	}
	return f
}

// abandoned is the ending after a second signal: nobody waits for the batch.
func (p *program) abandoned() error { return p.stopped(errors.New("stopped at once")) }

// stopped is an ending that no operation explained.
func (p *program) stopped(cause error) *migrate.Failure {
	if p.changing.Load() {
		return &migrate.Failure{Outcome: migrate.Interrupted, Err: cause, Hint: "safemigrate recover",
			State: "an operation was under way; the database may be between two versions"}
	}
	return &migrate.Failure{Outcome: migrate.Unchanged, Err: cause, State: "the database was not changed",
		Hint: statusOf(migrate.Unchanged).hint}
}
