package dump

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/safemigrate/safemigrate/snapshot"
	"github.com/safemigrate/safemigrate/snapshot/store"
)

// Level is how thoroughly a snapshot is verified.
type Level string

// The levels. Each does what those before it do.
const (
	// LevelSizes proves that the manifest is whole and that each chunk is there
	// with its size.
	LevelSizes Level = "sizes"
	// LevelChecksums reads every chunk, or a share of them. It needs no key.
	LevelChecksums Level = "checksums"
	// LevelRows reads every part as a restore would, and compares rows and sums.
	LevelRows Level = "rows"
)

// VerifyOptions say how.
type VerifyOptions struct {
	Level Level
	// Shares, above 1, has one of so many shares of the chunks checked: the one
	// that was checked longest ago.
	Shares int
	Keys   Keys // for LevelRows
}

// Checked is what a verification read.
type Checked struct {
	Chunks int   `json:"chunks"`
	Bytes  int64 `json:"bytes"`
	Share  int   `json:"share"`  // counted from 1; 0: all
	Shares int   `json:"shares"` // 0: all
	// Recorded is false where the store did not take the note of it.
	Recorded bool `json:"recorded"`
}

// Verify reads a snapshot back. What it finds wrong is snapshot.ErrDamaged.
func Verify(ctx context.Context, st store.Store, ref Ref, o VerifyOptions) (Checked, error) {
	m, err := readManifest(ctx, st, ref)
	if err != nil {
		return Checked{}, err
	}
	if err := verifySizes(ctx, st, m); err != nil || o.Level == LevelSizes {
		return Checked{Chunks: len(m.Objects)}, err
	}
	var out Checked
	objects := m.Objects
	checks := readChecks(ctx, st, ref)
	if o.Shares > 1 {
		out.Share, out.Shares = checks.due(o.Shares, time.Now()), o.Shares
		objects = shareOf(objects, out.Share-1, o.Shares)
	}
	if o.Level == LevelRows {
		err = verifyRows(ctx, st, ref, o.Keys)
	} else {
		err = each(ctx, objects, func(ctx context.Context, object Object) error { return checkObject(ctx, st, object) })
		err = lost(ctx, st, ref, err)
	}
	if err != nil {
		return out, err
	}
	for _, object := range objects {
		out.Chunks++
		out.Bytes += object.Size
	}
	out.Recorded = checks.record(ctx, st, ref, max(out.Share, 1), max(o.Shares, 1)) == nil
	return out, nil
}

func verifySizes(ctx context.Context, st store.Store, m *Manifest) error {
	want := make(map[string]int64, len(m.Objects))
	for _, o := range m.Objects {
		want[o.Name()] = o.Size
	}
	for e, err := range st.List(ctx, chunkPrefix) {
		if err != nil {
			return fmt.Errorf("list the chunks: %w", err)
		}
		size, ok := want[e.Name]
		if ok && size != e.Size {
			return fmt.Errorf("%w: %s has %d bytes; %d were written", snapshot.ErrDamaged, e.Name, e.Size, size)
		}
		delete(want, e.Name)
	}
	for name := range want {
		return fmt.Errorf("%w: %d chunks of snapshot %s are missing, %s among them", snapshot.ErrDamaged, len(want), m.ID, name)
	}
	return nil
}

func verifyRows(ctx context.Context, st store.Store, ref Ref, keys Keys) error {
	s, err := Open(ctx, st, ref, keys)
	if err != nil {
		return err
	}
	for _, e := range s.Contents.Parts {
		r, err := s.Read(ctx, e.Name, e.Index)
		if err != nil {
			return err
		}
		_, err = io.Copy(io.Discard, r)
		if err := errors.Join(err, r.Close()); err != nil {
			return err
		}
	}
	return nil
}

// shareOf is one share of the objects, by their names: it stays the same.
func shareOf(objects []Object, share, shares int) []Object {
	var out []Object
	for _, o := range objects {
		n, err := strconv.ParseUint(o.Sum[:8], 16, 64)
		if err == nil && int(n%uint64(shares)) == share { //nolint:gosec // shares is small and not negative
			out = append(out, o)
		}
	}
	return out
}

// checks remember what was checked when. They are for people and for choosing
// what is due; nothing rests on them.
type checks struct {
	Shares int                  `json:"shares"`
	At     map[string]time.Time `json:"at"` // by share, counted from 1
}

func checksName(ref Ref) string { return "checks/" + ref.ID + ".json" }

func readChecks(ctx context.Context, st store.Store, ref Ref) checks {
	var c checks
	text, err := store.Read(ctx, st, checksName(ref), 1<<20)
	if err != nil || strictly(text, &c) != nil {
		return checks{}
	}
	return c
}

// due is the share, counted from 1, that was never checked, or longest ago. What a clock
// noted that was ahead says nothing: that share would not have its turn for as long.
func (c checks) due(shares int, now time.Time) int {
	due := 1
	if c.Shares != shares {
		return due
	}
	at := func(share int) time.Time {
		if t := c.At[strconv.Itoa(share)]; !t.After(now) {
			return t
		}
		return time.Time{}
	}
	for i := 2; i <= shares; i++ {
		if at(i).Before(at(due)) {
			due = i
		}
	}
	return due
}

func (c checks) record(ctx context.Context, st store.Store, ref Ref, share, shares int) error {
	if c.Shares != shares || c.At == nil {
		c = checks{shares, map[string]time.Time{}}
	}
	c.At[strconv.Itoa(share)] = time.Now().UTC().Truncate(time.Second)
	text, err := json.Marshal(c)
	if err != nil {
		return fmt.Errorf("note the check: %w", err)
	}
	return st.Put(ctx, checksName(ref), bytes.NewReader(text))
}

// LastChecked tells how much of a snapshot was checked, and when the oldest of
// it was: of how many shares how many.
func LastChecked(ctx context.Context, st store.Store, ref Ref) (done, shares int, oldest time.Time) {
	c := readChecks(ctx, st, ref)
	for _, at := range c.At {
		if oldest.IsZero() || at.Before(oldest) {
			oldest = at
		}
	}
	return len(c.At), c.Shares, oldest
}
