//go:build failpoint && unix

package killtest

import (
	"maps"
	"slices"
)

// batches are the migrations of an engine, out of which the scenarios are made.
type batches struct {
	whole, steps         map[string]string // in one transaction, in several steps
	breaks, mended       string            // a file that fails, and what it ought to have been
	lastWhole, lastSteps string            // its name at the end of either
	writes               string            // what the application writes after whole
}

func (b batches) broken(files map[string]string, last string) map[string]string {
	all := maps.Clone(files)
	all[last] = b.breaks
	return all
}

// scenarios has one for each way in which a command can go.
func scenarios(b batches) []scenario {
	one := act{args: []string{"up", "1"}}
	all := act{args: []string{"up"}}
	back := act{args: []string{"rollback"}}
	two := []act{one, one, all}
	brokenWhole, brokenSteps := b.broken(b.whole, b.lastWhole), b.broken(b.steps, b.lastSteps)
	mendedWhole := map[string]string{b.lastWhole: b.mended}
	mendedSteps := map[string]string{b.lastSteps: b.mended}
	up, keep, recovers := []string{"up"}, []string{"up", "--on-failure", "keep"}, []string{"recover"}
	return []scenario{
		{name: "first-up", files: b.whole, command: up},
		{name: "up", files: b.whole, prepare: []act{one}, command: up},
		{name: "up-steps", files: b.steps, prepare: []act{one}, command: up},
		{name: "up-fails", files: brokenWhole, mended: mendedWhole, prepare: []act{one}, command: up, exit: 3},
		{name: "up-fails-later", files: brokenSteps, mended: mendedSteps, prepare: []act{one}, command: up, exit: 3},
		{name: "up-fails-kept", files: brokenSteps, mended: mendedSteps, prepare: []act{one}, command: keep, exit: 4},
		{name: "rollback", files: b.whole, prepare: []act{one, all}, command: []string{"rollback"}},
		{name: "rollback-steps", files: b.steps, prepare: []act{one, all}, command: []string{"rollback"}},
		{name: "rollback-first", files: b.whole, prepare: []act{all}, command: []string{"rollback"}},
		{name: "rollback-to", files: b.whole, prepare: two, command: []string{"rollback", "--to", "1"}},
		{name: "rollback-discards", files: b.whole, prepare: []act{one, all, {sql: b.writes}}, command: []string{"rollback", "--discard-writes"}},
		{name: "rollback-undo", files: b.whole, prepare: []act{one, all, back}, command: []string{"rollback", "--undo"}},
		{name: "recover-running", files: b.steps, prepare: []act{one, {args: up, kill: "up.outside.ran"}}, command: recovers},
		{name: "recover-between", files: b.steps, prepare: []act{one, {args: up, kill: "up.commit.after"}}, command: recovers},
		{name: "recover-kept", files: brokenSteps, mended: mendedSteps, prepare: []act{one, {args: keep, exit: 4}}, command: recovers},
		{name: "prune", files: b.whole, prepare: append(two, back), command: []string{"snapshot", "prune", "--keep-last", "0"}},
	}
}

// some picks scenarios by name: where the file is written in another way, only
// those differ that write.
func some(all []scenario, names ...string) []scenario {
	return slices.DeleteFunc(all, func(s scenario) bool { return !slices.Contains(names, s.name) })
}
