//go:build failpoint && unix

package killtest

import (
	"path"
	"strings"
	"testing"

	"github.com/safemigrate/safemigrate/internal/failpoint"
)

// exception says which commands do not pass which points, and why. Patterns are
// those of path.Match; plays are named engine/scenario.
type exception struct {
	point, play string
	reason      string
}

// exceptions declares every empty place of the matrix of points and plays: one
// that is not declared is a failure, and so is a declared one that is not empty.
var exceptions = []exception{
	{"mysql.*", "sqlite*/*", "a point of another engine: TestKillMySQL"},
	{"mysql.*", "postgres/*", "a point of another engine: TestKillMySQL"},
	{"postgres.*", "sqlite*/*", "a point of the other engine"},
	{"sqlite.*", "postgres/*", "a point of the other engine"},
	{"postgres.clone.*", "postgres/*", "the snapshots are copies: TestKillWithClones"},
	{"postgres.exchange.*", "postgres/*", "the snapshots are copies: TestKillWholeDatabase"},
	{"postgres.restore.*", "postgres/*", "a restore has no part in a batch: TestKillRestore"},
	{"postgres.verify.*", "postgres/*", "none of them tries a snapshot out: TestKillVerifyByRestoring"},
	{"dump.*", "*/*", "the snapshots stay in the database or beside it: sqlite.TestKillWithStore, dump.TestKill"},
	{"sqlite.stored", "sqlite*/*", "the snapshots stay beside the database: sqlite.TestKillWithStore"},
	{"sqlite.fetched", "sqlite*/*", "the snapshots stay beside the database: sqlite.TestKillWithStore"},

	{"up.*", "*/rollback*", "rollback applies nothing"},
	{"up.*", "*/recover*", "recover applies nothing"},
	{"up.*", "*/prune", "prune applies nothing"},
	{"rollback.*", "*/up*", "up takes no earlier batch back"},
	{"rollback.*", "*/first-up*", "up takes no earlier batch back"},
	{"rollback.*", "*/recover*", "recover finishes no rollback: one is true in one commit, or not at all"},
	{"rollback.*", "*/prune", "prune takes nothing back"},
	{"recover.*", "*/up*", "only recover does"},
	{"recover.*", "*/first-up*", "only recover does"},
	{"recover.*", "*/rollback*", "only recover does"},
	{"recover.*", "*/prune", "only recover does"},
	{"prune.*", "*/up*", "only prune does"},
	{"prune.*", "*/first-up*", "only prune does"},
	{"prune.*", "*/rollback*", "only prune does"},
	{"prune.*", "*/recover*", "only prune does"},

	{"prepare.*", "sqlite*/*", "there is nothing to prepare"},
	{"*prepare.*", "postgres/up*", "only prepare does"},
	{"*prepare.*", "postgres/first-up", "only prepare does"},
	{"*prepare.*", "postgres/rollback*", "only prepare does"},
	{"*prepare.*", "postgres/recover*", "only prepare does"},
	{"*prepare.*", "postgres/prune", "only prepare does"},
	{"up.*", "postgres/prepare*", "prepare applies nothing"},
	{"r*", "postgres/prepare*", "prepare takes nothing back"},
	{"prune.*", "postgres/prepare*", "prepare removes no snapshot"},
	{"postgres.take.*", "postgres/prepare*", "prepare takes no snapshot"},
	{"postgres.widen.*", "postgres/prepare*", "prepare applies nothing"},
	{"postgres.revert.*", "postgres/prepare*", "prepare takes nothing back"},

	{"up.outside.*", "*/up", "one transaction holds the batch"},
	{"up.outside.*", "*/first-up", "one transaction holds the batch"},
	{"up.outside.*", "*/up-fails", "one transaction holds the batch"},
	{"up.split", "*/up", "one transaction holds the batch"},
	{"up.split", "*/first-up", "one transaction holds the batch"},
	{"up.split", "*/up-fails", "one transaction holds the batch"},
	{"up.widen*", "sqlite*/*", "a snapshot of SQLite is the whole file"},
	{"*widen*", "postgres/up", "the snapshot holds what the batch touches"},
	{"*widen*", "postgres/up-steps", "the snapshot holds what the batch touches"},
	{"*widen*", "postgres/up-fails*", "the snapshot holds what the batch touches"},
	{"*widen*", "postgres/first-up", "the snapshot holds what the batch touches"},
	{"postgres.widen.*", "postgres/rollback*", "rollback applies nothing"},
	{"postgres.widen.*", "postgres/recover*", "recover applies nothing"},
	{"postgres.widen.*", "postgres/prune", "prune applies nothing"},
	{"up.split", "postgres/up-steps-widen", "nothing in it needs a commit before it that its text does not show"},
	{"up.fail.*", "postgres/up-steps-widen", "the batch does not fail"},
	{"restore.*", "postgres/up-steps-widen", "the batch does not fail"},
	{"postgres.revert.*", "postgres/up-steps-widen", "nothing is taken back"},
	{"up.split", "sqlite*/*up-*", "no statement of SQLite needs a commit before it"},
	{"up.fail.*", "*/up", "the batch does not fail"},
	{"up.fail.*", "*/up-steps", "the batch does not fail"},
	{"up.fail.*", "*/first-up*", "the batch does not fail"},
	{"up.guard.*", "*/up-fails", "the batch fails before it is judged"},
	{"up.commit.*", "*/up-fails", "the batch fails before its commit"},
	{"sqlite.after.*", "*/up-fails", "the batch fails before it is judged"},

	{"restore.*", "*/up", "the batch does not fail"},
	{"restore.*", "*/up-steps", "the batch does not fail"},
	{"restore.*", "*/first-up*", "the batch does not fail"},
	{"restore.*", "*/up-fails", "the transaction is undone, so nothing has to be restored"},
	{"restore.*", "*/up-fails-kept", "a person is to look at it first"},
	{"restore.*", "*/rollback*", "rollback writes the ledger itself"},
	{"restore.*", "*/prune", "prune takes nothing back"},

	{"postgres.revert.*", "*/up", "nothing is taken back"},
	{"postgres.revert.*", "*/up-steps", "nothing is taken back"},
	{"postgres.revert.*", "*/first-up*", "nothing is taken back"},
	{"postgres.revert.*", "*/up-fails", "the transaction is undone"},
	{"postgres.revert.*", "*/up-fails-kept", "a person is to look at it first"},
	{"postgres.revert.*", "*/prune", "nothing is taken back"},
	{"postgres.take.locked", "*/rollback*", "the taking back has locked everything before"},
	{"postgres.take.locked", "*/recover*", "the taking back has locked everything before"},
	{"postgres.take.table", "*/rollback*", "single tables go to the quarantine: postgres.revert.quarantined"},
	{"postgres.take.table", "*/recover*", "single tables go to the quarantine: postgres.revert.quarantined"},
	{"postgres.take.*", "*/prune", "prune keeps nothing"},

	{"sqlite.image.*", "*/up", "nothing is taken back"},
	{"sqlite.image.*", "*/up-steps", "nothing is taken back"},
	{"sqlite.image.*", "*/first-up*", "nothing is taken back"},
	{"sqlite.image.*", "*/up-fails", "the transaction is undone"},
	{"sqlite.image.*", "*/up-fails-kept", "a person is to look at it first"},
	{"sqlite.restore.*", "*/up", "nothing is taken back"},
	{"sqlite.restore.*", "*/up-steps", "nothing is taken back"},
	{"sqlite.restore.*", "*/first-up*", "nothing is taken back"},
	{"sqlite.restore.*", "*/up-fails", "the transaction is undone"},
	{"sqlite.restore.*", "*/up-fails-kept", "a person is to look at it first"},
	{"sqlite.image.*", "*/rollback*", "the whole file goes back only where less cannot be proved exact: sqlite.TestKillAtPoints"},
	{"sqlite.restore.*", "*/rollback*", "the whole file goes back only where less cannot be proved exact: sqlite.TestKillAtPoints"},
	{"sqlite.narrow.*", "*/up*", "what a failed batch left is put back with the whole file"},
	{"sqlite.narrow.*", "*/first-up*", "nothing is taken back"},
	{"sqlite.narrow.*", "*/recover*", "what an interrupted batch left is put back with the whole file"},
	{"sqlite.after.*", "*/rollback*", "the state is recorded with the taking back: sqlite.narrow.sealed"},
	{"sqlite.after.*", "*/recover*", "the state is recorded in the image: sqlite.image.sealed"},
	{"sqlite.*", "*/prune", "prune takes no clone and restores none"},
}

// declared compares what a command passes with what it is said not to pass.
func declared(t *testing.T, p *play) {
	t.Helper()
	for _, point := range failpoint.Names() {
		reason := excepted(t, point, p.label())
		passes := count(p.ref.trace, point) > 0
		switch {
		case !passes && reason == "":
			t.Errorf("%s does not pass %s, and no exception says why", p.label(), point)
		case passes && reason != "":
			t.Errorf("%s passes %s, although %s", p.label(), point, reason)
		}
	}
}

func excepted(t *testing.T, point, label string) string {
	t.Helper()
	for _, e := range exceptions {
		atPoint, err := path.Match(e.point, point)
		if err != nil {
			t.Fatal(err)
		}
		inPlay, err := path.Match(e.play, label)
		if err != nil {
			t.Fatal(err)
		}
		if atPoint && inPlay {
			return strings.TrimSpace(e.reason)
		}
	}
	return ""
}
