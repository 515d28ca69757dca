package dump_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"

	"filippo.io/age"
	"github.com/zeebo/xxh3"

	"github.com/safemigrate/safemigrate/snapshot"
	"github.com/safemigrate/safemigrate/snapshot/dump"
	"github.com/safemigrate/safemigrate/snapshot/store"
	"github.com/safemigrate/safemigrate/snapshot/store/dir"
	"github.com/safemigrate/safemigrate/snapshot/store/memory"
)

// quick are locks that beat often, and are not taken for dead on a busy machine.
var quick = dump.Locking{Beat: 200 * time.Millisecond, Patience: 30 * time.Second}

var shop = snapshot.Database{Engine: "postgresql", Name: "shop", Server: "17", System: "1", OID: 5, Ledger: "l1"}

func manifest(tb testing.TB, id string) *snapshot.Manifest {
	tb.Helper()
	m := &snapshot.Manifest{Format: snapshot.Format, ID: id, Tag: "12", Strategy: snapshot.Dump,
		TakenAt: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), Database: shop, Tables: []snapshot.Table{}}
	if err := m.Close(); err != nil {
		tb.Fatal(err)
	}
	return m
}

// part is one part of a test's snapshot.
type part struct {
	name  string
	index int
	kind  dump.Kind
	text  []byte
}

// rows makes COPY text.
func rows(from, n int) []byte {
	var b bytes.Buffer
	for i := from; i < from+n; i++ {
		fmt.Fprintf(&b, "%d\tcustomer number %d\t\\N\t%x\n", i, i*7, i*i*2654435761)
	}
	return b.Bytes()
}

// noise is what no compression makes smaller.
func noise(seed uint64, n int) []byte {
	b := make([]byte, n)
	r := rand.NewChaCha8([32]byte{byte(seed), byte(seed >> 8)})
	_, _ = r.Read(b)
	return b
}

func some() []part {
	return []part{
		{"public.orders", 0, dump.Rows, rows(0, 3000)},
		{"public.orders", 1, dump.Rows, rows(3000, 1000)},
		{"public.empty", 0, dump.Rows, nil},
		{"schema.sql", 0, dump.Bytes, []byte("CREATE TABLE orders ();")},
		{"database", 0, dump.Bytes, noise(1, 2<<20+17)},
	}
}

func write(tb testing.TB, st store.Store, id string, keys dump.Keys, parts []part) dump.Ref {
	tb.Helper()
	ref, err := tryWrite(tb, st, id, keys, parts)
	if err != nil {
		tb.Fatal(err)
	}
	return ref
}

func tryWrite(tb testing.TB, st store.Store, id string, keys dump.Keys, parts []part) (ref dump.Ref, err error) {
	tb.Helper()
	w, err := dump.Begin(tb.Context(), dump.Options{Store: st, Keys: keys, Database: shop, Locking: quick})
	if err != nil {
		return ref, err
	}
	defer func() {
		if end := w.End(); err == nil {
			err = end
		}
	}()
	for _, p := range parts {
		out, err := w.Part(p.name, p.index, p.kind)
		if err != nil {
			return ref, err
		}
		for text := p.text; len(text) > 0; { // in pieces of any length
			n := min(len(text), 1+len(text)%40007)
			if _, err := out.Write(text[:n]); err != nil {
				return ref, err
			}
			text = text[n:]
		}
		if err := out.Close(); err != nil {
			return ref, err
		}
	}
	return w.Commit(manifest(tb, id))
}

// check reads a snapshot and compares every byte of it.
func check(t *testing.T, st store.Store, ref dump.Ref, keys dump.Keys, parts []part) {
	t.Helper()
	s, err := dump.Open(t.Context(), st, ref, keys)
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Contents.Parts) != len(parts) {
		t.Fatalf("%d parts, want %d", len(s.Contents.Parts), len(parts))
	}
	for _, p := range parts {
		r, err := s.Read(t.Context(), p.name, p.index)
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(r)
		if err != nil || !bytes.Equal(got, p.text) {
			t.Fatalf("part %d of %s: %d bytes, %v; want %d", p.index, p.name, len(got), err, len(p.text))
		}
		e, err := s.Part(p.name, p.index)
		if err != nil || p.kind == dump.Rows && e.Rows != int64(bytes.Count(p.text, []byte("\n"))) {
			t.Fatalf("part %d of %s: %d rows, %v", p.index, p.name, e.Rows, err)
		}
	}
}

func identity(tb testing.TB) dump.Keys {
	tb.Helper()
	id, err := age.GenerateX25519Identity()
	if err != nil {
		tb.Fatal(err)
	}
	return dump.Keys{Recipients: []age.Recipient{id.Recipient()}, Identities: []age.Identity{id}}
}

func stores(t *testing.T) map[string]store.Store {
	t.Helper()
	d, err := dir.Open(t.TempDir(), false)
	if err != nil {
		t.Fatal(err)
	}
	return map[string]store.Store{"memory": &memory.Store{}, "directory": d}
}

func TestRoundTrip(t *testing.T) {
	t.Parallel()
	for name, st := range stores(t) {
		for kind, keys := range map[string]dump.Keys{"plain": {}, "encrypted": identity(t)} {
			t.Run(name+" "+kind, func(t *testing.T) {
				t.Parallel()
				ref := write(t, st, "s-"+kind, keys, some())
				check(t, st, ref, keys, some())
				for _, level := range []dump.Level{dump.LevelSizes, dump.LevelChecksums, dump.LevelRows} {
					if _, err := dump.Verify(t.Context(), st, ref, dump.VerifyOptions{Level: level, Keys: keys}); err != nil {
						t.Errorf("%s: %v", level, err)
					}
				}
				found, err := dump.Find(t.Context(), st, "s-"+kind)
				if err != nil || found.Ref != ref || found.Manifest.Encrypted() != (kind == "encrypted") {
					t.Fatalf("found %+v, %v", found.Ref, err)
				}
			})
		}
	}
}

func TestNothingReadableIsStoredEncrypted(t *testing.T) {
	t.Parallel()
	st := &memory.Store{}
	parts := []part{{"public.secrets", 0, dump.Rows, []byte("the secret word\n")}}
	keys := identity(t)
	write(t, st, "s1", keys, parts)
	for e, err := range st.List(t.Context(), "") {
		if err != nil {
			t.Fatal(err)
		}
		content, err := store.Read(t.Context(), st, e.Name, 1<<20)
		if err != nil {
			t.Fatal(err)
		}
		for _, secret := range []string{"secret word", "public.secrets", "AGE-SECRET-KEY"} {
			if strings.Contains(string(content), secret) {
				t.Errorf("%s holds %q", e.Name, secret)
			}
		}
	}
}

func TestDeduplication(t *testing.T) {
	t.Parallel()
	base := rows(0, 200_000) // several chunks
	appended := append(bytes.Clone(base), rows(1_000_000, 10)...)
	changed := bytes.Clone(base)
	copy(changed[len(changed)/2:], "x")
	for name, keys := range map[string]dump.Keys{"plain": {}, "encrypted": identity(t)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			st := &memory.Store{}
			added := func(id string, text []byte) int64 {
				parts := []part{{"t", 0, dump.Rows, text}}
				ref := write(t, st, id, keys, parts)
				check(t, st, ref, keys, parts)
				l, err := dump.Find(t.Context(), st, id)
				if err != nil {
					t.Fatal(err)
				}
				return l.Manifest.Added
			}
			first := added("s1", base)
			if again := added("s2", base); again != 0 {
				t.Errorf("the same again added %d bytes of %d", again, first)
			}
			if more := added("s3", appended); more == 0 || more > first/2 {
				t.Errorf("ten more rows added %d bytes of %d", more, first)
			}
			if more := added("s4", changed); more == 0 || more > first/2 {
				t.Errorf("a changed row added %d bytes of %d", more, first)
			}
		})
	}
}

// TestEqualIDs: two pieces of one ID, which anybody can make, are told apart, in one
// snapshot and in two.
func TestEqualIDs(t *testing.T) {
	t.Parallel()
	// Where the low half of a word, XORed with the hash's constant, is zero, its product is,
	// too, and only the sum of such words counts.
	const first, second, high = 0xbe4ba423396cfeb8, 0x1cad21f72c81017c, 1 << 32
	one := noise(1, 2000)
	binary.LittleEndian.PutUint64(one, first)
	binary.LittleEndian.PutUint64(one[64:], second)
	two := bytes.Clone(one)
	binary.LittleEndian.PutUint64(two, first+high)
	binary.LittleEndian.PutUint64(two[64:], second-high)
	if bytes.Equal(one, two) || xxh3.Hash128(one) != xxh3.Hash128(two) {
		t.Fatal("the hash tells them apart")
	}
	for name, keys := range map[string]dump.Keys{"plain": {}, "encrypted": identity(t)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			st := &memory.Store{}
			for _, parts := range [][]part{
				{{"f", 0, dump.Bytes, one}},
				{{"f", 0, dump.Bytes, two}, {"f", 1, dump.Bytes, one}, {"f", 2, dump.Bytes, two}},
			} {
				check(t, st, write(t, st, "s"+strconv.Itoa(len(parts)), keys, parts), keys, parts)
			}
		})
	}
}

func TestWriterWithoutIdentityStoresAnew(t *testing.T) {
	t.Parallel()
	st := &memory.Store{}
	keys := identity(t)
	blind := dump.Keys{Recipients: keys.Recipients}
	one := write(t, st, "s1", blind, some())
	two := write(t, st, "s2", blind, some())
	for _, ref := range []dump.Ref{one, two} {
		check(t, st, ref, keys, some())
		if _, err := dump.Open(t.Context(), st, ref, blind); err == nil {
			t.Error("it was opened without an identity")
		}
		if _, err := dump.Open(t.Context(), st, ref, identity(t)); err == nil {
			t.Error("it was opened with another identity")
		}
		if _, err := dump.Verify(t.Context(), st, ref, dump.VerifyOptions{Level: dump.LevelChecksums}); err != nil {
			t.Errorf("checksums need no key: %v", err)
		}
	}
}

func TestLongRow(t *testing.T) {
	t.Parallel()
	st := &memory.Store{}
	text := append(append(rows(0, 10), bytes.Repeat([]byte("0123456789abcdef"), 1<<20)...), '\n') // 16 MiB in one row
	parts := []part{{"t", 0, dump.Rows, append(text, rows(10, 5)...)}}
	check(t, st, write(t, st, "s1", dump.Keys{}, parts), dump.Keys{}, parts)
}

func TestRowSum(t *testing.T) {
	t.Parallel()
	sum := func(text string, cuts ...int) *dump.RowSum {
		s := &dump.RowSum{}
		last := 0
		for _, at := range append(cuts, len(text)) {
			_, _ = s.Write([]byte(text[last:at]))
			last = at
		}
		return s
	}
	want := sum("a\nbb\n\nccc\n")
	for name, got := range map[string]*dump.RowSum{
		"another order":   sum("ccc\n\nbb\na\n"),
		"cut within rows": sum("a\nbb\n\nccc\n", 1, 3, 4, 5, 7, 8),
	} {
		if got.Sum() != want.Sum() || got.Rows() != want.Rows() {
			t.Errorf("%s: %d rows, %s; want %d, %s", name, got.Rows(), got.Sum(), want.Rows(), want.Sum())
		}
	}
	two := sum("a\n\n")
	two.Add(sum("ccc\nbb\n"))
	if two.Sum() != want.Sum() || two.Rows() != 4 {
		t.Errorf("parts: %d rows, %s", two.Rows(), two.Sum())
	}
	joined := sum("a\n\n")
	if err := joined.Join(2, 7, sum("ccc\nbb\n").Sum()); err != nil || *joined != *two {
		t.Errorf("joined: %+v, %v; want %+v", joined, err, two)
	}
	if err := joined.Join(1, 1, "00ff"); err == nil {
		t.Error("half a sum was taken")
	}
	for name, text := range map[string]string{"a row more": "a\nbb\n\nccc\nccc\n", "other rows": "ab\nb\n\nccc\n", "none": ""} {
		if sum(text).Sum() == want.Sum() {
			t.Errorf("%s: the same sum", name)
		}
	}
	if !sum("a\nb").Unfinished() || want.Unfinished() {
		t.Error("the end of rows")
	}
}

func TestWriterRefuses(t *testing.T) {
	t.Parallel()
	st := &memory.Store{}
	for name, use := range map[string]func(*dump.Writer) error{
		"a part twice": func(w *dump.Writer) error {
			_, err := w.Part("t", 0, dump.Rows)
			if err == nil {
				_, err = w.Part("t", 0, dump.Rows)
			}
			return err
		},
		"a part that ends within a row": func(w *dump.Writer) error {
			p, err := w.Part("t", 0, dump.Rows)
			if err == nil {
				_, _ = p.Write([]byte("a\nb"))
				err = p.Close()
			}
			return err
		},
		"a part that was not closed": func(w *dump.Writer) error {
			_, err := w.Part("t", 0, dump.Rows)
			if err == nil {
				_, err = w.Commit(manifest(t, "s1"))
			}
			return err
		},
	} {
		w, err := dump.Begin(t.Context(), dump.Options{Store: st, Locking: quick})
		if err != nil {
			t.Fatal(err)
		}
		if err := use(w); err == nil {
			t.Errorf("%s: no error", name)
		}
		if err := w.End(); err != nil {
			t.Error(err)
		}
	}
	for e := range st.List(t.Context(), "") {
		if !strings.HasPrefix(e.Name, "chunks/") {
			t.Errorf("%s stays", e.Name)
		}
	}
}
