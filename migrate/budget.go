package migrate

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/safemigrate/safemigrate/internal/sqltext"
	"github.com/safemigrate/safemigrate/snapshot"
)

// Refuse says why a snapshot of that cost must not be taken: it is over the
// budget, or leaves out what the batch can destroy and nobody has accepted that.
// It is nil where nothing speaks against it.
func (b Budget) Refuse(cost Estimate, acceptLoss bool) *Failure {
	refusal := func(why, hint string) *Failure {
		return &Failure{Outcome: NoWayBack, Op: "plan the snapshot", State: stateUnchanged, Err: errors.New(why), Hint: hint}
	}
	switch {
	case len(cost.Lost) > 0 && !acceptLoss:
		return refusal("the snapshot would keep no rows, and what the batch destroys could not be brought back: "+FirstFew(cost.Lost),
			"leave --scope none out, or accept the loss with --accept-loss")
	case b.Bytes > 0 && cost.Bytes > b.Bytes && cost.Strategy != snapshot.Dump:
		return refusal(fmt.Sprintf("it would take about %d bytes, more than --max-snapshot allows (%d)", cost.Bytes, b.Bytes), alternatives(cost))
	case b.Lock > 0 && cost.Took > b.Lock:
		return refusal(fmt.Sprintf("it would keep writers waiting for about %s, longer than --max-lock allows (%s)",
			cost.Took.Round(time.Millisecond), b.Lock), alternatives(cost))
	}
	return nil
}

// OverBudgetError is the end of a snapshot that grew over the budget while it was taken.
type OverBudgetError struct{ Bytes, Most int64 }

func (e *OverBudgetError) Error() string {
	return fmt.Sprintf("the snapshot has grown to %d bytes, more than --max-snapshot allows (%d), and is undone", e.Bytes, e.Most)
}

// alternatives tells what can be done about a snapshot that is too costly.
func alternatives(cost Estimate) string {
	lines := []string{"raise the limit, or split the batch (safemigrate up N)"}
	if cost.Footprint != nil && len(cost.Footprint.Whole) > 0 {
		lines = append(lines, "say in the file what its statements touch, or name the tables with --tables: they may touch anything")
	}
	lines = append(lines, "or keep no rows with --scope none --accept-loss, and another way back at hand")
	return strings.Join(lines, "\n")
}

// estimate asks for the cost of the snapshot of a batch.
func (d *due) estimate(r *Runner, allow []ProblemKind) EstimateRequest {
	return EstimateRequest{Scope: r.Scope, Scripts: d.scripts, Outside: outside(d.steps), Steps: len(d.steps), History: d.table, Budget: r.Budget, Allow: allow}
}

// outside lists the statements that run outside a transaction.
func outside(steps []Step) []sqltext.Statement {
	var out []sqltext.Statement
	for _, s := range steps {
		if !s.Transaction {
			out = append(out, s.Segments[0].Statements...)
		}
	}
	return out
}
