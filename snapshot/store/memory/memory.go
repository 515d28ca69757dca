// Package memory is a store that ends with the process, for tests.
package memory

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"iter"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/safemigrate/safemigrate/snapshot/store"
)

// Store keeps objects in memory. The zero value is an empty store.
type Store struct {
	mu      sync.Mutex
	objects map[string]object
}

type object struct {
	content []byte
	at      time.Time
}

// Put implements store.Store.
func (s *Store) Put(ctx context.Context, name string, content io.Reader) error {
	return s.write(ctx, name, content, false)
}

// PutNew implements store.Store.
func (s *Store) PutNew(ctx context.Context, name string, content io.Reader) error {
	return s.write(ctx, name, content, true)
}

func (s *Store) write(ctx context.Context, name string, content io.Reader, only bool) error {
	if err := store.CheckName(name); err != nil {
		return err
	}
	all, err := io.ReadAll(content)
	if err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, taken := s.objects[name]; taken && only {
		return fmt.Errorf("write %s: %w", name, store.ErrExists)
	}
	if s.objects == nil {
		s.objects = map[string]object{}
	}
	s.objects[name] = object{all, time.Now()}
	return nil
}

// Get implements store.Store.
func (s *Store) Get(ctx context.Context, name string) (io.ReadCloser, error) {
	if err := store.CheckName(name); err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	o, ok := s.objects[name]
	if !ok {
		return nil, fmt.Errorf("read %s: %w", name, store.ErrMissing)
	}
	return io.NopCloser(bytes.NewReader(o.content)), nil
}

// List implements store.Store.
func (s *Store) List(ctx context.Context, prefix string) iter.Seq2[store.Entry, error] {
	return func(yield func(store.Entry, error) bool) {
		for _, e := range s.entries(prefix) {
			if err := ctx.Err(); err != nil {
				yield(store.Entry{}, err)
				return
			}
			if !yield(e, nil) {
				return
			}
		}
	}
}

func (s *Store) entries(prefix string) []store.Entry {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []store.Entry
	for _, name := range slices.Sorted(maps.Keys(s.objects)) {
		if strings.HasPrefix(name, prefix) {
			o := s.objects[name]
			all = append(all, store.Entry{Name: name, Size: int64(len(o.content)), Time: o.at})
		}
	}
	return all
}

// Remove implements store.Store.
func (s *Store) Remove(ctx context.Context, name string) error {
	if err := store.CheckName(name); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.objects, name)
	return nil
}

func (s *Store) String() string { return "memory:" }
