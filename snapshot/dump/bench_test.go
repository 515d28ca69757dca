package dump_test

import (
	"io"
	"testing"

	"github.com/safemigrate/safemigrate/snapshot/dump"
	"github.com/safemigrate/safemigrate/snapshot/store/memory"
)

// BenchmarkWrite is what a dump costs its writer beside the server: one part of
// COPY text, cut, summed, hashed, compressed and stored.
func BenchmarkWrite(b *testing.B) {
	text := rows(0, 400_000)
	keys := identity(b)
	for name, k := range map[string]dump.Keys{"plain": {}, "encrypted": keys} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				st := &memory.Store{}
				write(b, st, "s1", k, []part{{"t", 0, dump.Rows, text}})
			}
		})
	}
}

// BenchmarkRead is the way back of the same.
func BenchmarkRead(b *testing.B) {
	text := rows(0, 400_000)
	st := &memory.Store{}
	ref := write(b, st, "s1", dump.Keys{}, []part{{"t", 0, dump.Rows, text}})
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		s, err := dump.Open(b.Context(), st, ref, dump.Keys{})
		if err != nil {
			b.Fatal(err)
		}
		r, err := s.Read(b.Context(), "t", 0)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, r); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkRowSum is the counting and summing alone.
func BenchmarkRowSum(b *testing.B) {
	text := rows(0, 400_000)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		var s dump.RowSum
		_, _ = s.Write(text)
	}
}
