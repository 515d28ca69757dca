// Package store says what a store of snapshots is: named objects that are there
// whole or not at all. The implementations are packages below this one; every
// one of them passes the suite in package storetest.
package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"regexp"
	"strings"
	"time"
)

// Store keeps objects under names. A name that Put or PutNew has returned for is
// durable: it survives the end of the process and of the machine. Methods can be
// called at the same time.
type Store interface {
	// Put writes an object, in place of what has the name. After an error or a
	// crash there is what was there before, or all of the new content.
	Put(ctx context.Context, name string, content io.Reader) error
	// PutNew writes an object whose name must be free; ErrExists otherwise. Of
	// several writers of one name exactly one succeeds.
	PutNew(ctx context.Context, name string, content io.Reader) error
	// Get reads an object from its beginning; ErrMissing where there is none.
	// The caller closes it.
	Get(ctx context.Context, name string) (io.ReadCloser, error)
	// List yields the objects whose names begin with prefix, in the order of
	// their names. It ends with the first error.
	List(ctx context.Context, prefix string) iter.Seq2[Entry, error]
	// Remove removes an object. One that is not there is no error.
	Remove(ctx context.Context, name string) error
	// String is the store's URL without a secret, for people.
	String() string
}

// Entry is an object as a listing shows it.
type Entry struct {
	Name string
	Size int64     // bytes
	Time time.Time // when it was written, by the clock of the store
}

// Reasons why a store did not do what it was asked.
var (
	// ErrMissing is returned for a name that no object has.
	ErrMissing = errors.New("there is no such object in the store")
	// ErrExists is returned by PutNew for a name that is taken.
	ErrExists = errors.New("the store has an object of this name already")
	// ErrDenied is returned where the store is there and does not let us.
	ErrDenied = errors.New("the store refused access")
	// ErrNoStore is returned where the URL names no store: the directory or the
	// bucket is missing.
	ErrNoStore = errors.New("there is no such store")
	// ErrLong is returned by Read for an object that is longer than it can be.
	ErrLong = errors.New("the object is longer than it can be")
	// ErrFull is returned where there is no room left.
	ErrFull = errors.New("the store is full")
	// ErrInUse is returned where somebody else's work on the store is in the way.
	ErrInUse = errors.New("the store is in use")
)

// MaxName is the length of the longest name of an object, in bytes.
const MaxName = 300

// segment is lower case only: names must not meet on a file system that takes
// upper and lower case for the same.
var segment = regexp.MustCompile(`^[a-z0-9_-][a-z0-9._-]*$`)

// CheckName refuses names that not every store can keep: what leaves the store,
// hidden files, capitals, and the names of files that are under way.
func CheckName(name string) error {
	if len(name) > MaxName {
		return fmt.Errorf("the name of an object has %d bytes, more than %d", len(name), MaxName)
	}
	for part := range strings.SplitSeq(name, "/") {
		if !segment.MatchString(part) || strings.HasSuffix(part, ".tmp") {
			return fmt.Errorf("%.60q cannot be the name of an object", name)
		}
	}
	return nil
}

// Read reads a whole object, and fails where it is longer than limit bytes.
func Read(ctx context.Context, s Store, name string, limit int64) (content []byte, err error) {
	r, err := s.Get(ctx, name)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	content, err = io.ReadAll(io.LimitReader(r, limit+1))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	if int64(len(content)) > limit {
		return nil, fmt.Errorf("read %s, of %d bytes: %w", name, limit, ErrLong)
	}
	return content, nil
}
