package sqlite

import (
	"bufio"
	"container/heap"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/safemigrate/safemigrate/internal/durable"
)

// runLength is how many hashes are sorted in memory: 8 MiB of them.
const runLength = 1 << 20

// hashSort sorts any number of hashes in bounded memory: full runs go to a
// file without a name and are merged in the end.
type hashSort struct {
	dir    string
	length int // of a full run
	run    []uint64
	file   *os.File
	ends   []int64 // of the runs in the file, in bytes
}

func newHashSort(dir string) *hashSort { return &hashSort{dir: dir, length: runLength} }

func (s *hashSort) add(h uint64) error {
	s.run = append(s.run, h)
	if len(s.run) < s.length {
		return nil
	}
	return s.spill()
}

func (s *hashSort) spill() error {
	if s.file == nil {
		f, err := os.CreateTemp(s.dir, "sort-*"+durable.TempSuffix)
		if err != nil {
			return fmt.Errorf("sort: %w", err)
		}
		s.file = f
	}
	slices.Sort(s.run)
	w := bufio.NewWriter(s.file)
	for _, h := range s.run {
		if err := putHash(w, h); err != nil {
			return fmt.Errorf("sort: %w", err)
		}
	}
	if err := w.Flush(); err != nil {
		return fmt.Errorf("sort: %w", err)
	}
	end := int64(len(s.run)) * hashSize
	if n := len(s.ends); n > 0 {
		end += s.ends[n-1]
	}
	s.ends = append(s.ends, end)
	s.run = s.run[:0]
	return nil
}

// sorted gives all hashes in order, and can be called once before reset.
func (s *hashSort) sorted() (*merge, error) {
	slices.Sort(s.run)
	m := &merge{}
	at := int64(0)
	for _, end := range s.ends {
		r := bufio.NewReader(io.NewSectionReader(s.file, at, end-at))
		if err := m.start(func() (uint64, error) { return getHash(r) }); err != nil {
			return nil, err
		}
		at = end
	}
	rest := s.run
	err := m.start(func() (uint64, error) {
		if len(rest) == 0 {
			return 0, io.EOF
		}
		h := rest[0]
		rest = rest[1:]
		return h, nil
	})
	return m, err
}

// reset forgets all hashes, and keeps the memory.
func (s *hashSort) reset() error {
	s.run, s.ends = s.run[:0], nil
	if s.file == nil {
		return nil
	}
	f := s.file
	s.file = nil
	return errors.Join(f.Close(), os.Remove(f.Name()))
}

// source is one run that is being merged.
type source struct {
	head uint64
	next func() (uint64, error)
}

// merge is a heap of runs by their heads.
type merge []source

// Len is called by package heap.
func (m *merge) Len() int { return len(*m) }

// Less is called by package heap.
func (m *merge) Less(i, j int) bool { return (*m)[i].head < (*m)[j].head }

// Swap is called by package heap.
func (m *merge) Swap(i, j int) { (*m)[i], (*m)[j] = (*m)[j], (*m)[i] }

// Push is called by package heap.
func (m *merge) Push(x any) {
	if s, ok := x.(source); ok {
		*m = append(*m, s)
	}
}

// Pop is called by package heap.
func (m *merge) Pop() any {
	last := (*m)[len(*m)-1]
	*m = (*m)[:len(*m)-1]
	return last
}

func (m *merge) start(next func() (uint64, error)) error {
	h, err := next()
	if errors.Is(err, io.EOF) {
		return nil
	}
	if err != nil {
		return err
	}
	heap.Push(m, source{head: h, next: next})
	return nil
}

// next gives the smallest hash that is left, then io.EOF.
func (m *merge) next() (uint64, error) {
	if len(*m) == 0 {
		return 0, io.EOF
	}
	top := &(*m)[0]
	h := top.head
	head, err := top.next()
	switch {
	case errors.Is(err, io.EOF):
		heap.Pop(m)
	case err != nil:
		return 0, err
	default:
		top.head = head
		heap.Fix(m, 0)
	}
	return h, nil
}

// hashSize is the size of a hash in a file, in bytes.
const hashSize = 8

func putHash(w io.Writer, h uint64) error {
	var b [hashSize]byte
	binary.LittleEndian.PutUint64(b[:], h)
	if _, err := w.Write(b[:]); err != nil {
		return fmt.Errorf("write hashes: %w", err)
	}
	return nil
}

// getHash returns an error that is io.EOF at the end, and another one for half a hash.
func getHash(r io.Reader) (uint64, error) {
	var b [hashSize]byte
	if _, err := io.ReadFull(r, b[:]); err != nil {
		return 0, fmt.Errorf("read hashes: %w", err)
	}
	return binary.LittleEndian.Uint64(b[:]), nil
}
