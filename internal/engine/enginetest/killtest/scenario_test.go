//go:build failpoint && unix

package killtest

import (
	"maps"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/safemigrate/safemigrate/internal/testpg"
	"github.com/safemigrate/safemigrate/migrate"
)

// scenario is a command on a database that has come to some point of its life.
type scenario struct {
	name string
	// files are the migrations; mended replaces some of them for the last up.
	files, mended map[string]string
	prepare       []act
	command       []string
	exit          int // of the command when nothing disturbs it
}

// act is one thing that happened before the command.
type act struct {
	args []string
	exit int
	kill string // the fail point at which it died
	sql  string // what an application did
}

// engine is where scenarios are played.
type engine struct {
	name      string
	scenarios []scenario
	world     func(t *testing.T) world
}

func engines(t *testing.T) []engine {
	t.Helper()
	server := testpg.Start(t)
	return []engine{
		{"postgres", postgresScenarios(), func(t *testing.T) world { t.Helper(); return newPostgres(t, server, false) }},
		{"sqlite", sqliteScenarios(), func(t *testing.T) world { t.Helper(); return newSQLite(t, "delete") }},
		{"sqlite-wal", some(sqliteScenarios(), "up", "up-steps", "up-fails-later", "rollback", "rollback-undo", "recover-running"), func(t *testing.T) world { t.Helper(); return newSQLite(t, "wal") }},
	}
}

// play is a scenario on an engine, with what is known of its undisturbed run.
type play struct {
	engine
	scenario
	source, repaired string // directories of files, and of files with mended
	ref              *reference
	takes            atomic.Int64 // how long the command took when it last ended by itself
}

// reference is what an undisturbed run leads to.
type reference struct {
	old, new string            // fingerprints between which the command moves
	finals   map[string]string // from either, after the last up
	trace    []string          // fail points in the order in which the command passes them
	took     time.Duration     // of the command, as a child
}

// newPlay refers to a scenario within t; its directories live as long as owner.
func newPlay(t, owner *testing.T, e engine, s scenario) *play {
	t.Helper()
	p := &play{engine: e, scenario: s, source: write(owner, s.files)}
	repaired := maps.Clone(s.files)
	maps.Copy(repaired, s.mended)
	p.repaired = write(owner, repaired)
	p.ref = p.refer(t)
	return p
}

// label names a play in the output.
func (p *play) label() string { return p.engine.name + "/" + p.scenario.name }

// ready makes a database and brings it to the point before the command. old is
// its fingerprint before the first act that died.
func (p *play) ready(t *testing.T, withOld bool) (s *stage, old string) {
	t.Helper()
	s = newStage(t, p.world(t), p.source)
	for _, a := range p.prepare {
		if a.kill != "" && withOld && old == "" {
			old = s.fingerprint(t)
		}
		switch {
		case a.sql != "":
			s.exec(t, a.sql)
		case a.kill != "":
			s.killed(t, a.args, a.kill)
		default:
			s.must(t, a.exit, a.args...)
		}
	}
	if withOld && old == "" {
		old = s.fingerprint(t)
	}
	return s, old
}

// refer plays the scenario undisturbed, twice: with the command, and without.
func (p *play) refer(t *testing.T) *reference {
	t.Helper()
	ref := &reference{finals: map[string]string{}}
	s, old := p.ready(t, true)
	ref.old = old
	var e ending
	e, ref.trace = s.traced(t, p.command)
	ref.took = e.took
	if e.code != p.exit {
		t.Fatalf("undisturbed, %v ended with %d, want %d\n%s", p.command, e.code, p.exit, e)
	}
	if e.code == int(migrate.Interrupted) {
		s.must(t, 0, "recover")
	}
	ref.new = s.fingerprint(t)
	if p.exit != 0 && ref.new != ref.old {
		t.Errorf("undisturbed, %v failed and changed the database\n%s", p.command, difference(ref.old, ref.new))
	}
	ref.finals[ref.new] = p.finish(t, s)
	if ref.finals[ref.old] == "" {
		s, _ := p.ready(t, false)
		s.must(t, 0, "recover")
		ref.finals[ref.old] = p.finish(t, s)
	}
	return ref
}

// finish brings a database to the newest version.
func (p *play) finish(t *testing.T, s *stage) string {
	t.Helper()
	s.source = p.repaired
	s.must(t, 0, "up")
	return s.fingerprint(t)
}

// judge checks every invariant after a fault, and brings the database to its end.
func (p *play) judge(t *testing.T, s *stage, before []migrate.Batch) {
	t.Helper()
	unlocked(t, s)
	found, _ := s.batches(t)
	monotone(t, before, found)
	unfinished := migrate.NewestUnfinished(found) != nil
	settled(t, s, unfinished)
	now := ""
	if !unfinished {
		now = s.fingerprint(t)
		oldOrNew(t, p.ref, now)
	}
	after := p.recovered(t, s, found)
	if unfinished {
		now = s.fingerprint(t)
		oldOrNew(t, p.ref, now)
	}
	idempotent(t, s, after, now)
	restorable(t, s)
	clean(t, s)
	if end := p.finish(t, s); end != p.ref.finals[now] {
		t.Errorf("I1: the last up does not reach the new version exactly\n%s", difference(p.ref.finals[now], end))
	}
	mute(t, s)
}

// recovered runs recover, and compares what it says with what is there.
func (p *play) recovered(t *testing.T, s *stage, found []migrate.Batch) []migrate.Batch {
	t.Helper()
	e := s.must(t, 0, "recover")
	after, version := s.batches(t)
	monotone(t, found, after)
	if migrate.NewestUnfinished(after) != nil {
		t.Errorf("I1: a batch is unfinished after recover\n%s", e)
	}
	if !strings.Contains(e.lastLines(), "version "+migrate.VersionName(version)) {
		t.Errorf("I7: recover does not name version %s in its last line\n%s", version, e)
	}
	return after
}
