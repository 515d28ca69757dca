package dump

import (
	"context"
	"encoding/hex"
	"errors"
	"slices"
	"sync"

	"github.com/safemigrate/safemigrate/snapshot"
	"github.com/safemigrate/safemigrate/snapshot/store"
)

// earlierSnapshots is how many of the newest snapshots of a database are looked
// through for chunks. More of them would take memory and hardly help.
const earlierSnapshots = 3

// shelf knows which chunks the store has, and which the snapshot under way needs.
type shelf struct {
	mu      sync.Mutex
	had     map[pieceID]earlier
	placed  map[pieceID]*placing
	objects []needed
	byName  map[string]int
	keys    []string
}

// earlier is a chunk of the store, and the key that opens it.
type earlier struct {
	Object

	key string
}

// needed is an object that the snapshot under way needs.
type needed struct {
	Object

	added bool
}

// filed is where a chunk is: indices into the manifest's lists.
type filed struct {
	object, key int
	there       <-chan struct{} // closed once it is in the store; nil: it was
}

// placing is the placing of one chunk, which may be under way.
type placing struct {
	done chan struct{}
	at   filed
	err  error
}

// load reads what the newest snapshots of the same database hold. What cannot
// be read is no reason not to make a new snapshot: it is stored anew.
func (s *shelf) load(ctx context.Context, st store.Store, db snapshot.Database, keys Keys) error {
	s.had = map[pieceID]earlier{}
	s.placed = map[pieceID]*placing{}
	s.byName = map[string]int{}
	if len(keys.Recipients) > 0 && len(keys.Identities) == 0 {
		return nil // nobody here can tell what the chunks of the store hold
	}
	refs, err := list(ctx, st)
	if err != nil {
		return err
	}
	loaded := 0
	for _, ref := range slices.Backward(refs) {
		if loaded == earlierSnapshots {
			break
		}
		old, err := Open(ctx, st, ref, keys)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil || old.Manifest.Database.Ledger != db.Ledger || old.Manifest.Belongs(db) != nil ||
			(old.Manifest.Sealed != nil) != (len(keys.Recipients) > 0) {
			continue
		}
		loaded++
		s.learn(old)
	}
	return nil
}

func (s *shelf) learn(old *Snapshot) {
	for _, e := range old.Contents.Parts {
		for _, c := range e.Chunks {
			var id pieceID
			if _, err := hex.Decode(id[:], []byte(c.ID)); err != nil {
				continue
			}
			key := ""
			if len(old.Contents.Keys) > 0 {
				key = old.Contents.Keys[c.Key]
			}
			s.had[id] = earlier{old.Manifest.Objects[c.Object], key}
		}
	}
}

func (s *shelf) earlier(id pieceID) (earlier, bool) {
	e, ok := s.had[id]
	return e, ok
}

// place has a chunk filed once for each ID, however many parts bring one at a time; first
// tells whether it was this one.
func (s *shelf) place(id pieceID, file func() (filed, error)) (at filed, first bool, err error) {
	s.mu.Lock()
	p, ok := s.placed[id]
	if !ok {
		p = &placing{done: make(chan struct{})}
		s.placed[id] = p
	}
	s.mu.Unlock()
	if ok {
		<-p.done
		return p.at, false, p.err
	}
	defer close(p.done)
	p.err = errors.New("the chunk could not be stored") // should file panic
	p.at, p.err = file()
	return p.at, true, p.err
}

// at is what was filed there.
func (s *shelf) at(f filed) earlier {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := earlier{Object: s.objects[f.object].Object}
	if len(s.keys) > 0 {
		e.key = s.keys[f.key]
	}
	return e
}

// added names the objects that the snapshot under way has brought.
func (s *shelf) added() map[string]bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	names := map[string]bool{}
	for _, o := range s.objects {
		if o.added {
			names[o.Name()] = true
		}
	}
	return names
}

// add notes an object and gives its place in the manifest.
func (s *shelf) add(o Object, key string, added bool, there <-chan struct{}) filed {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := filed{there: there}
	if key != "" {
		if f.key = slices.Index(s.keys, key); f.key < 0 {
			f.key = len(s.keys)
			s.keys = append(s.keys, key)
		}
	}
	at, ok := s.byName[o.Sum]
	if !ok {
		at = len(s.objects)
		s.byName[o.Sum] = at
		s.objects = append(s.objects, needed{o, added})
	}
	f.object = at
	return f
}
