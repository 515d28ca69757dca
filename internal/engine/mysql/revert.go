package mysql

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/safemigrate/safemigrate/internal/engine/mysql/catalog"
	"github.com/safemigrate/safemigrate/internal/failpoint"
	"github.com/safemigrate/safemigrate/migrate"
	"github.com/safemigrate/safemigrate/snapshot"
)

// revert is one taking back under way.
type revert struct {
	*DB
	req       migrate.RevertRequest
	stages    []*stage // newest first
	now       catalog.State
	want      catalog.State                // what has to be there in the end
	source    map[string]*source           // for each table that is touched, by its wanted name
	drops     []string                     // tables that go, as they are called when names are back
	moves     [][2]string                  // tables that get another name
	renames   map[string]bool              // tables of which columns get other names
	names     map[string]map[string]string // which these are, by those that the columns have
	report    migrate.RevertReport
	kept      *kept               // the quarantine; nil where nothing is kept
	gone      map[string]bool     // tables whose rows were taken out: what is in them since is our own
	failed    map[string]error    // tables that rows were written to in part, and why not all
	loose     map[string]bool     // tables that lack foreign keys until tighten (loosen)
	armed     map[string]bool     // tables whose triggers were made again (arm)
	mine      forms               // what is changed
	unfits    map[string][]string // by table that stays, conditions of rows that it cannot keep
	tried     forms               // what was changed by earlier tries, which ended half-way
	exchanges map[string]exchange // tables whose copies take their places
	proved    func() error        // awaits the reading back of the copies (proveMeanwhile)
	laters    int                 // how many puts were numbered (convert.go)
	laterMade map[int]bool        // those for which the tables of later rows are there
	laterLast map[int]bool        // those whose columns may be gone: what these tables hold is all there is
	changed   map[string]int64    // by what a batch left of values, in how many rows others have changed them since
}

// stage is one batch that goes.
type stage struct {
	*kept
	after    after
	unproved []snapshot.Table // copies whose rows are still to be read back (proveMeanwhile)
}

// source is where a table's rows come from.
type source struct {
	way   string
	batch string // whose snapshot it is
	copy  string // "" for the rows that it has
	of    shape  // of the copy
	sum   snapshot.Table
	// correct holds, for a corrected table, the batches newest first whose rows
	// go back.
	hashes string
	// puts are the values of columns that go back by key, newest batch first, and form is
	// the table until then, or until columns get another type again, where its rows come from a
	// copy.
	puts   []put
	form   catalog.Object
	formed int      // by which stage it has that
	apart  []string // why these batches go back one after the other alone
}

// refills reports whether all rows come from a copy, and nothing has a form for them yet.
func (src *source) refills() bool {
	return src.copy != "" && src.way != wayCorrected && src.form.Create == ""
}

// Revert takes the batches back. The server knows no transaction for it, so it
// is journalled: what it is about to change is kept first, as a snapshot under
// r.ID, and the ledger says that a taking back is under way (Open). A crash from
// there on is for recover, which brings the state before it back; where a batch
// stopped half-way (Incomplete), recover does this once more.
func (d *DB) Revert(ctx context.Context, r migrate.RevertRequest) (migrate.RevertReport, error) {
	v := &revert{DB: d, req: r, source: map[string]*source{}, renames: map[string]bool{}, names: map[string]map[string]string{}, gone: map[string]bool{}, failed: map[string]error{}, loose: map[string]bool{}, armed: map[string]bool{}, unfits: map[string][]string{}, laterMade: map[int]bool{}, laterLast: map[int]bool{}, changed: map[string]int64{}}
	err := v.run(ctx)
	v.dropLater(ctx) // also of one that was killed
	if err == nil && !r.PlanOnly {
		d.batch = nil
	}
	return v.report, held(err, "a table that is taken back")
}

func (v *revert) run(ctx context.Context) error {
	if v.inTransaction {
		return errors.New("a transaction is open")
	}
	if err := v.read(ctx); err != nil {
		return err
	}
	if err := v.plan(ctx); err != nil {
		return err
	}
	views, err := v.sighted(ctx)
	if err != nil {
		return err
	}
	if err := v.req.Decided(v.report); err != nil || v.req.PlanOnly {
		return err
	}
	quarantine, err := v.quarantine(ctx)
	if err != nil {
		return errors.Join(err, v.Drop(context.WithoutCancel(ctx), v.req.ID))
	}
	v.kept = quarantine
	failpoint.Hit("mysql.revert.quarantined")
	if err := v.unchanged(ctx, slices.Collect(maps.Keys(v.mine))); err != nil {
		return errors.Join(err, v.Drop(context.WithoutCancel(ctx), v.req.ID))
	}
	if err := v.open(ctx, quarantine); err != nil {
		return err
	}
	if err := v.converge(ctx); err != nil {
		return err
	}
	failpoint.Hit("mysql.revert.applied")
	if err := v.keepExchanged(ctx); err != nil {
		return err
	}
	if err := v.leftDangling(ctx); err != nil {
		return err
	}
	if err := v.noteBlind(ctx, views); err != nil {
		return err
	}
	return v.seal(ctx, quarantine)
}

func (v *revert) tellf(format string, args ...any) {
	if v.req.Progress != nil {
		v.req.Progress(fmt.Sprintf(format, args...))
	}
}

// read reads the snapshots back, and the schema as it is.
func (v *revert) read(ctx context.Context) (err error) {
	if v.req.Incomplete {
		if err := v.finishExchanges(ctx); err != nil {
			return err
		}
	}
	for _, b := range v.req.Batches {
		m, err := v.manifest(ctx, b.ID)
		if err != nil {
			return err
		}
		if err := m.Belongs(v.req.Database); err != nil {
			return err
		}
		s := &stage{}
		if s.kept, err = v.openSnapshot(ctx, m); err != nil {
			return err
		}
		now := s.manifest.Tables
		if v.req.Incomplete && !v.req.PlanOnly {
			now, s.unproved = s.apart()
		}
		if err := v.proveCopies(ctx, v.own, s.kept, now); err != nil {
			return err
		}
		if !v.req.Incomplete {
			if s.after, err = v.readAfter(ctx, b.ID); err != nil {
				return err
			}
		}
		v.stages = append(v.stages, s)
	}
	v.now, err = v.census(ctx, v.req.History.Table)
	return err
}

// plan finds what has to be there in the end, and where each table's rows come
// from: batch after batch, the newest first.
func (v *revert) plan(ctx context.Context) error {
	v.want = catalog.State{Objects: maps.Clone(v.now.Objects), Counters: maps.Clone(v.now.Counters)}
	var conflicts []string
	for _, s := range v.stages {
		if lost := v.leftOut(s); len(lost) > 0 {
			return &migrate.ConflictError{Conflicts: s.before.unkept(lost), Inherent: true}
		}
		if v.req.Incomplete {
			found, err := v.halfBack(ctx, s)
			if err != nil {
				return err
			}
			conflicts = append(conflicts, found...)
		}
		conflicts = append(conflicts, v.stage(s)...)
	}
	v.trace()
	conflicts = append(conflicts, v.referring()...)
	if err := conflict(conflicts); err != nil {
		return err
	}
	if err := v.taken(); err != nil {
		return err
	}
	if err := v.count(ctx); err != nil {
		return err
	}
	err := v.fits(ctx)
	if !v.req.Incomplete { // what stopped half-way has to come back, whoever wrote meanwhile
		err = errors.Join(err, v.dangling(ctx))
	}
	if err != nil {
		return err
	}
	v.mine = v.touched()
	for i := range v.report.Tables {
		if t := &v.report.Tables[i]; t.Way == wayCorrected && len(v.remade(t.Name)) > 0 {
			t.Readers = readers(wayRefilled) // it is locked, since its triggers go and come
		}
	}
	return nil
}

// leftOut lists the tables whose rows the batch destroys and which its snapshot leaves out.
// Where its text does not tell what it does, or how much of it was done, the table is named.
func (v *revert) leftOut(s *stage) (lost []string) {
	for _, name := range s.before.LeftOut {
		key := catalog.Table + " " + name
		if !v.req.Incomplete && (s.before.Any == "" || s.before.State.Objects[key] != s.after.State.Objects[key]) {
			lost = append(lost, name)
			continue
		}
		v.note("rows of table " + name + ", which were not kept, may be those that the batch left")
	}
	return lost
}

// halfBack finds how the tables of a batch that stopped half-way go back.
func (v *revert) halfBack(ctx context.Context, s *stage) (conflicts []string, err error) {
	half, err := v.restoring(ctx, s.manifest.ID)
	if err != nil {
		return nil, err
	}
	s.before.Touched = append(s.before.Touched, half...)
	left, aside, conflicts, err := v.halfway(ctx, s)
	if err != nil {
		return nil, err
	}
	ways, lost, err := v.judge(ctx, s.kept, left)
	if err != nil {
		return nil, err
	}
	if len(lost) > 0 {
		return nil, &migrate.ConflictError{Conflicts: s.before.unkept(lost), Inherent: true}
	}
	s.after = after{State: left, Ways: ways}
	for i := range ways {
		conflicts = append(conflicts, aside[ways[i].Name]...) // its rows were changed, too
		if ways[i].Way == wayCorrected {                      // there are no hashes to correct by
			ways[i].Way = wayRebuilt
		}
	}
	return conflicts, nil
}

// stage applies one batch's way back to what is wanted.
func (v *revert) stage(s *stage) (conflicts []string) {
	changed := map[string]bool{}
	for _, key := range catalog.Changed(s.before.State, s.after.State) {
		changed[key] = true
	}
	for _, key := range catalog.Changed(s.after.State, v.want) {
		line := catalog.Describe(key, s.after.State, v.want, "was created", "was dropped", "was changed")
		if changed[key] {
			conflicts = append(conflicts, line)
		} else {
			v.note(line)
		}
	}
	for key := range changed {
		line := catalog.Describe(key, s.after.State, s.before.State, "is brought back", "is taken out", "is put back")
		v.report.Objects = append(v.report.Objects, line)
		if o, ok := s.before.State.Objects[key]; ok {
			v.want.Objects[key] = o
		} else {
			delete(v.want.Objects, key)
		}
	}
	slices.Sort(v.report.Objects)
	for _, w := range s.after.Ways {
		v.tableBack(s, w)
	}
	v.counters(s)
	return conflicts
}

// tableBack notes how a table goes back. A table that a newer batch already gets
// from a copy stays with it where an older one would leave its rows alone.
func (v *revert) tableBack(s *stage, w tableWay) {
	have := v.source[w.Name]
	kept, _ := copyOf(s.manifest, w.Name)
	fromCopy := &source{way: w.Way, batch: s.manifest.ID, copy: kept.At, of: s.shapes[w.Name], sum: kept}
	switch w.Way {
	case wayInPlace:
		if have == nil {
			v.source[w.Name] = &source{way: wayInPlace}
		} else if left := s.after.State.Objects[catalog.Table+" "+w.Name]; have.refills() && len(catalog.RetypedColumns(left.Create, s.before.State.Objects[left.Key()].Create)) > 0 {
			have.form, have.formed = left, slices.Index(v.stages, s) // in which the newer batch has kept its rows
		}
		v.columnsBack(s, w.Name)
	case wayRenamed:
		v.move(w.From, w.Name)
		if have = v.source[w.From]; have == nil {
			have = &source{way: wayRenamed}
		}
		delete(v.source, w.From)
		v.source[w.Name], v.renames[w.Name] = have, v.renames[w.From]
		delete(v.renames, w.From)
	case wayDropped:
		delete(v.source, w.Name)
		delete(v.renames, w.Name)
		if _, there := v.now.Objects[catalog.Table+" "+v.nowName(w.Name)]; there && !slices.Contains(v.drops, w.Name) {
			v.drops = append(v.drops, w.Name) // under the name that it has back by then
		}
	case wayPutBack:
		v.source[w.Name] = v.putOnto(s, have, w, kept)
	case wayCorrected:
		if have == nil || have.way == wayInPlace && !v.renames[w.Name] {
			fromCopy.hashes = w.Hashes
			v.source[w.Name] = fromCopy
			return
		}
		// What a newer batch put back cannot be corrected twice, nor what it did with columns.
		fromCopy.way = wayRebuilt
		v.source[w.Name] = fromCopy
		delete(v.renames, w.Name)
	default:
		v.source[w.Name] = fromCopy
		delete(v.renames, w.Name)
	}
}

// move notes that a table gets another name back, on from the one that a newer batch gives it
// back. One that is not there comes under its name.
func (v *revert) move(from, to string) {
	if i := slices.IndexFunc(v.moves, func(m [2]string) bool { return m[1] == from }); i >= 0 {
		if v.moves[i][1] = to; v.moves[i][0] == to {
			v.moves = slices.Delete(v.moves, i, i+1) // newer batches renamed it there and back
		}
	} else if _, there := v.now.Objects[catalog.Table+" "+from]; there {
		v.moves = append(v.moves, [2]string{from, to})
	}
}

// counters puts back what AUTO_INCREMENT and sequences stood at, where the batch
// moved them and nobody did since.
func (v *revert) counters(s *stage) {
	for name, was := range s.before.State.Counters {
		left, now := s.after.State.Counters[name], v.want.Counters[name]
		if _, sequence := s.before.State.Objects[catalog.Sequence+" "+name]; !sequence && s.before.Any == "" && !slices.Contains(s.before.Mentioned, name) {
			continue // it was moved on by others' rows
		}
		if left != was && left == now || now == "" {
			v.want.Counters[name] = was
		}
	}
}

// referring finds foreign keys to tables that go, of tables that stay: to drop
// what they refer to would leave them without it.
func (v *revert) referring() (conflicts []string) {
	for _, key := range catalog.Keys(v.want) {
		o := v.want.Objects[key]
		if o.Kind != catalog.Table || v.now.Objects[key].Create != o.Create {
			continue
		}
		for _, parent := range catalog.ForeignKeys(o.Create) {
			_, wanted := v.want.Objects[catalog.Table+" "+parent]
			_, there := v.now.Objects[catalog.Table+" "+parent]
			if there && !wanted && !v.wasWithout(o, parent) {
				conflicts = append(conflicts, fmt.Sprintf("table %s, which goes, is referred to by a foreign key of %s", parent, key))
			}
		}
	}
	return conflicts
}

// wasWithout reports whether a table was as it is, and what it refers to not there, in the state
// that comes back: a batch that is done again had dropped that without checks.
func (v *revert) wasWithout(o catalog.Object, parent string) bool {
	old := v.stages[len(v.stages)-1].before.State
	_, there := old.Objects[catalog.Table+" "+parent]
	return !there && old.Objects[o.Key()] == o
}

// open has the ledger say that a taking back is under way, and where it keeps what it
// replaces. A crash before it leaves a snapshot that nobody needs.
func (v *revert) open(ctx context.Context, quarantine *kept) error {
	if quarantine == nil && v.req.Incomplete {
		return nil
	}
	if err := v.Begin(ctx, migrate.Step{}); err != nil {
		return err
	}
	if err := v.req.Open(ctx, v.DB); err != nil {
		return errors.Join(err, v.Abort(ctx))
	}
	if err := v.Commit(ctx); err != nil {
		return err
	}
	failpoint.Hit("mysql.revert.opened")
	return nil
}

// seal records what the taking back left, and makes it true.
func (v *revert) seal(ctx context.Context, quarantine *kept) error {
	now, err := v.census(ctx, v.req.History.Table)
	if err != nil {
		return err
	}
	if now, err = v.verify(now); err != nil {
		return err
	}
	if quarantine != nil && !v.req.Incomplete {
		ways, lost, err := v.judge(ctx, quarantine, now)
		if err != nil {
			return err
		}
		ways = append(ways, quarantine.before.proved(lost)...)
		if err := v.recordAfter(ctx, v.req.ID, quarantine, now, ways); err != nil {
			return err
		}
	}
	if err := v.Begin(ctx, migrate.Step{}); err != nil {
		return err
	}
	if err = v.endExchanges(ctx); err == nil {
		err = v.req.Seal(ctx, v.DB)
	}
	if err != nil {
		return errors.Join(err, v.Abort(ctx))
	}
	failpoint.Hit("mysql.revert.sealed")
	return v.Commit(ctx)
}

// verify compares the schema with what has to be there, to the last byte. It returns the
// schema without what others have changed meanwhile, and names that.
func (v *revert) verify(now catalog.State) (left catalog.State, err error) {
	left = catalog.State{Objects: maps.Clone(now.Objects), Counters: now.Counters}
	var others, wrong []string
	for _, key := range catalog.Changed(v.want, now) {
		want, wanted := v.want.Objects[key]
		is, there := now.Objects[key]
		switch {
		case v.leftAlone(key, is):
			v.note(catalog.Describe(key, v.want, now, "was created", "was dropped", "was changed"))
			if delete(left.Objects, key); wanted {
				left.Objects[key] = want
			}
			continue
		case there && wanted && is.Kind == catalog.Table:
			words, _ := v.mine.strange(is.Name, is.Create)
			others = append(others, words...)
		}
		wrong = append(wrong, catalog.Describe(key, v.want, now, "is there, too", "is missing", "differs"))
	}
	if len(others) > 0 {
		return left, conflict(others)
	}
	if len(wrong) > 0 {
		return left, fmt.Errorf("the schema is not as it was: %s", migrate.FirstFew(wrong))
	}
	return left, nil
}
