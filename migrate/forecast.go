package migrate

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

// RollbackEstimate is what it is going to take to take the batch back, from its
// footprint.
type RollbackEstimate struct {
	Tables []TableForecast `json:"tables"`
	Bytes  int64           `json:"bytes"` // that go back from the snapshot
	// Took rests on the rate of the snapshot; 0 where nothing has to go back, or
	// the engine cannot tell.
	Took time.Duration `json:"took_ns,omitempty"`
}

// TableForecast is how one table would go back.
type TableForecast struct {
	Name  string `json:"name"`
	Way   string `json:"way"` // "in place", "columns put back by key", "rows put back", "brought back"
	Bytes int64  `json:"bytes,omitempty"`
}

// ways says how a table goes back by the worst that happens to its rows.
var ways = map[Verdict]string{
	AddedTo: "in place", Renamed: "in place", Rewritten: "in place, written anew",
	LosesColumns: "columns put back", LosesRows: "rows put back", DroppedAway: "brought back",
}

// forecast estimates the rollback of a batch whose snapshot would be e. What goes
// back is what was kept, and is read and written as it was then.
func forecast(e Estimate) *RollbackEstimate {
	if e.Footprint == nil {
		return nil
	}
	kept := map[string]TableEstimate{}
	for _, t := range e.Tables {
		kept[t.Name] = t
	}
	r := &RollbackEstimate{Tables: []TableForecast{}}
	for _, t := range e.Footprint.Tables {
		way, touched := ways[t.Rows]
		if !touched {
			continue
		}
		line := TableForecast{Name: t.Name, Way: way, Bytes: kept[t.Name].Bytes}
		r.Tables = append(r.Tables, line)
		r.Bytes += line.Bytes
	}
	if e.Rate > 0 {
		r.Took = time.Duration(float64(r.Bytes) / float64(e.Rate) * float64(time.Second))
	}
	return r
}

// assess asks for the locks and the hazards of a batch, where the engine can tell.
func (r *Runner) assess(ctx context.Context, d *due) (Assessment, error) {
	a, ok := r.Target.(Assessor)
	if !ok {
		return Assessment{}, nil
	}
	found, err := a.Assess(ctx, AssessRequest{Scripts: d.scripts, Steps: d.steps})
	if err != nil {
		return found, unchanged("look for the hazards of the batch", err)
	}
	return found, nil
}

// violations lists the hazards that a policy names: by their ID, by a group of
// them, or all. Silenced ones and mere notes are none.
func violations(hazards []Hazard, policy []string) []Hazard {
	var out []Hazard
	for _, h := range hazards {
		if h.Counts() && slices.ContainsFunc(policy, h.Called) {
			out = append(out, h)
		}
	}
	return out
}

// forbid says which hazards a policy does not let pass; it is nil where there are
// none. A word of the policy that nobody knows is wrong usage: it would let
// everything pass.
func forbid(op string, a Assessment, policy []string) error {
	for _, word := range policy {
		if len(a.Known) > 0 && word != HazardsAll && !slices.Contains(a.Known, word) {
			return &Failure{Outcome: Usage, Op: "read --fail-on", State: stateUnchanged,
				Err: fmt.Errorf("there is no hazard and no group of hazards called %q", word), Hint: "docs/hazards.md lists them"}
		}
	}
	found := violations(a.Hazards, policy)
	if len(found) == 0 {
		return nil
	}
	lines := make([]string, len(found))
	for i, h := range found {
		lines[i] = fmt.Sprintf("%s:%d: %s", h.File, h.Line, h.ID)
	}
	return &Failure{Outcome: NoWayBack, Op: op, State: stateUnchanged,
		Err:  fmt.Errorf("refused by --fail-on: %s", strings.Join(lines, "; ")),
		Hint: "write it as safemigrate plan says, or let it pass in the file: -- safemigrate: allow " + found[0].ID + " REASON"}
}

// countHazards counts what is neither silenced nor a note.
func countHazards(all []Hazard) int64 {
	var n int64
	for _, h := range all {
		if h.Counts() {
			n++
		}
	}
	return n
}
