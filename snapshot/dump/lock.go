package dump

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/safemigrate/safemigrate/snapshot/store"
)

// Locking says how locks are kept. A store has no clock that two machines can
// trust, so a lock is never judged by a time of day: its holder writes it anew
// with every beat, and whoever finds it in the way watches it for as long as
// Patience, by a clock of its own. One that did not change is dead.
type Locking struct{ Beat, Patience time.Duration }

const (
	defaultBeat     = 5 * time.Second
	defaultPatience = 30 * time.Second
	cleanUpWait     = 10 * time.Second
	maxLock         = 4 << 10
)

// The two kinds of locks: many may use a store at a time, and whoever sweeps is
// alone in it. Each holder writes an object of its own and then looks for those
// of others; so of two that came at once, each sees the other.
const (
	usePrefix   = "locks/use-"
	sweepPrefix = "locks/sweep-"
)

type lock struct {
	store store.Store
	name  string
	text  lockText
	beat  time.Duration
	stale time.Duration // without a beat for so long, others may take it for dead
	stop  context.CancelFunc
	done  sync.WaitGroup

	mu     sync.Mutex
	beaten time.Time // the last beat that came through
}

// lockText is what a lock holds.
type lockText struct {
	Owner string    `json:"owner"`
	Since time.Time `json:"since"`
	Beat  int64     `json:"beat"`
}

// share takes the lock of somebody who writes a snapshot.
func (k Locking) share(ctx context.Context, st store.Store, owner string) (*lock, error) {
	return k.take(ctx, st, owner, usePrefix, sweepPrefix)
}

// alone takes the lock of somebody who removes what nobody needs.
func (k Locking) alone(ctx context.Context, st store.Store, owner string) (*lock, error) {
	return k.take(ctx, st, owner, sweepPrefix, "locks/")
}

func (k Locking) take(ctx context.Context, st store.Store, owner, prefix, against string) (*lock, error) {
	if k.Beat == 0 {
		k.Beat, k.Patience = defaultBeat, defaultPatience
	}
	if owner == "" {
		host, _ := os.Hostname() // for people only
		owner = fmt.Sprintf("pid %d on %s", os.Getpid(), host)
	}
	var random [8]byte
	_, _ = rand.Read(random[:]) // never fails
	l := &lock{store: st, name: prefix + hex.EncodeToString(random[:]), beat: k.Beat, stale: k.Patience * 2 / 3, beaten: time.Now(),
		text: lockText{Owner: owner, Since: time.Now().UTC().Truncate(time.Second)}}
	if err := st.PutNew(ctx, l.name, bytes.NewReader(l.encode())); err != nil {
		return nil, err
	}
	running, stop := context.WithCancel(context.WithoutCancel(ctx))
	l.stop = stop
	l.done.Go(func() { l.keep(running) })
	if err := k.alive(ctx, l, against); err != nil {
		return nil, errors.Join(err, l.release(context.WithoutCancel(ctx)))
	}
	return l, nil
}

func (l *lock) encode() []byte {
	text, err := json.Marshal(l.text)
	if err != nil { // a year beyond 9999
		return []byte("{}")
	}
	return text
}

// keep writes the lock anew. A beat that fails is not an error yet: held tells.
func (l *lock) keep(ctx context.Context) {
	tick := time.NewTicker(l.beat)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		// A lock that somebody took away stays away.
		if l.held(ctx) != nil {
			continue
		}
		l.text.Beat++
		began := time.Now()
		if l.store.Put(ctx, l.name, bytes.NewReader(l.encode())) == nil {
			l.mu.Lock()
			l.beaten = began
			l.mu.Unlock()
		}
	}
}

// held proves that nobody took the lock for dead, or could have.
func (l *lock) held(ctx context.Context) error {
	l.mu.Lock()
	since := time.Since(l.beaten)
	l.mu.Unlock()
	if since > l.stale {
		return fmt.Errorf("%w: for %s this run could not tell others that it is alive", store.ErrInUse, since.Round(time.Second))
	}
	_, err := store.Read(ctx, l.store, l.name, maxLock)
	if errors.Is(err, store.ErrMissing) {
		return fmt.Errorf("%w: this run stood still for so long that another one took its lock away", store.ErrInUse)
	}
	return err
}

// release gives the lock back. Tables may be locked meanwhile: a store that has stopped to
// answer is not waited for, and others take the lock for dead soon.
func (l *lock) release(ctx context.Context) error {
	l.stop()
	l.done.Wait()
	ctx, cancel := context.WithTimeout(ctx, cleanUpWait)
	defer cancel()
	if err := l.store.Remove(ctx, l.name); err != nil {
		return fmt.Errorf("give the store's lock back: %w", err)
	}
	return nil
}

// alive returns store.ErrInUse where another lock is held, and removes those whose
// holders are dead.
func (k Locking) alive(ctx context.Context, own *lock, prefix string) error {
	seen, err := own.others(ctx, prefix)
	deadline := time.Now().Add(k.Patience)
	for err == nil && len(seen) > 0 {
		if !time.Now().Before(deadline) {
			for name := range seen {
				err = errors.Join(err, own.store.Remove(ctx, name))
			}
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(min(k.Beat, k.Patience/10)): //nolint:mnd // looks often enough to see every lock that is let go
		}
		var now map[string]string
		now, err = own.others(ctx, prefix)
		for name, text := range seen {
			switch is, ok := now[name]; {
			case !ok:
				delete(seen, name)
			case is != text:
				return held(text)
			}
		}
	}
	return err
}

func held(text string) error {
	var t lockText
	if err := json.Unmarshal([]byte(text), &t); err != nil {
		return store.ErrInUse
	}
	return fmt.Errorf("%w by %s, since %s", store.ErrInUse, t.Owner, t.Since.Format(time.RFC3339))
}

// others reads the locks that are not ours.
func (l *lock) others(ctx context.Context, prefix string) (map[string]string, error) {
	found := map[string]string{}
	for e, err := range l.store.List(ctx, prefix) {
		if err != nil {
			return nil, fmt.Errorf("look for locks: %w", err)
		}
		if e.Name == l.name || (!strings.HasPrefix(e.Name, usePrefix) && !strings.HasPrefix(e.Name, sweepPrefix)) {
			continue
		}
		text, err := store.Read(ctx, l.store, e.Name, maxLock)
		if errors.Is(err, store.ErrMissing) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("look at a lock: %w", err)
		}
		found[e.Name] = string(text)
	}
	return found, nil
}
