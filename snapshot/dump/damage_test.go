package dump_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"

	"github.com/safemigrate/safemigrate/snapshot"
	"github.com/safemigrate/safemigrate/snapshot/dump"
	"github.com/safemigrate/safemigrate/snapshot/store"
	"github.com/safemigrate/safemigrate/snapshot/store/memory"
)

// damages is how many are tried on each of two stores; what is encrypted takes
// longer to read.
var damages = map[string]int{"plain": 8500, "encrypted": 2000}

// TestDamage harms a small store in thousands of ways: each is noticed by
// whoever reads what was harmed, and nobody is given a byte that was not written.
func TestDamage(t *testing.T) {
	t.Parallel()
	for name, keys := range map[string]dump.Keys{"plain": {}, "encrypted": identity(t)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			st := &memory.Store{}
			parts := []part{
				{"public.orders", 0, dump.Rows, rows(0, 40)},
				{"public.orders", 1, dump.Rows, rows(40, 10)},
				{"schema.sql", 0, dump.Bytes, []byte("CREATE TABLE orders ();")},
			}
			ref := write(t, st, "s1", keys, parts)
			other := write(t, st, "s2", keys, []part{{"public.orders", 0, dump.Rows, rows(90, 40)}})
			own := objects(t, st, ref)
			all := objects(t, st, other)
			r := rand.New(rand.NewPCG(1, 2))
			kinds := map[string]int{}
			for range damages[name] {
				object := own[r.IntN(len(own))]
				was := content(t, st, object)
				kind, harmed := harm(t, st, r, was, append(slices.Clone(own), all...))
				kinds[kind]++
				if kind == "removed" {
					if err := st.Remove(t.Context(), object); err != nil {
						t.Fatal(err)
					}
				} else {
					set(t, st, object, harmed)
				}
				if err := readAll(t, st, ref, keys, parts); err == nil {
					t.Fatalf("%s was %s, and nobody noticed", object, kind)
				} else if !errors.Is(err, snapshot.ErrDamaged) && !errors.Is(err, dump.ErrFormat) && (kind != "removed" || !errors.Is(err, snapshot.ErrRemoved)) {
					t.Fatalf("%s was %s: %v", object, kind, err)
				}
				if _, err := dump.Verify(t.Context(), st, ref, dump.VerifyOptions{Level: dump.LevelChecksums}); err == nil {
					t.Fatalf("%s was %s, and verify did not notice", object, kind)
				}
				set(t, st, object, was)
			}
			if err := readAll(t, st, ref, keys, parts); err != nil {
				t.Fatal(err)
			}
			t.Logf("every one of %d noticed: %v", damages[name], kinds)
		})
	}
}

// harm damages the content of one object.
func harm(t *testing.T, st store.Store, r *rand.Rand, was []byte, others []string) (kind string, harmed []byte) {
	t.Helper()
	harmed = bytes.Clone(was)
	switch r.IntN(6) {
	case 0:
		return "cut off", harmed[:r.IntN(len(harmed))]
	case 1:
		return "removed", nil
	case 2:
		return "appended to", append(harmed, noise(uint64(r.IntN(1000)), 1+r.IntN(20))...)
	case 3:
		for {
			if harmed = content(t, st, others[r.IntN(len(others))]); !bytes.Equal(harmed, was) {
				return "exchanged", harmed
			}
		}
	default:
		harmed[r.IntN(len(harmed))] ^= 1 << r.IntN(8)
		return "flipped", harmed
	}
}

// readAll reads a snapshot as a restore does. What it is given before an error
// has to be the beginning of what was written.
func readAll(t *testing.T, st store.Store, ref dump.Ref, keys dump.Keys, parts []part) error {
	t.Helper()
	s, err := dump.Open(t.Context(), st, ref, keys)
	if err != nil {
		return err
	}
	var errs []error
	for _, p := range parts {
		r, err := s.Read(t.Context(), p.name, p.index)
		if err != nil {
			return err
		}
		got, err := io.ReadAll(r)
		if !bytes.HasPrefix(p.text, got) {
			t.Fatalf("part %d of %s: other bytes than were written", p.index, p.name)
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// objects are the names of what a snapshot needs.
func objects(t *testing.T, st store.Store, ref dump.Ref) []string {
	t.Helper()
	l, err := dump.Find(t.Context(), st, ref.ID)
	if err != nil {
		t.Fatal(err)
	}
	names := []string{manifestName(ref)}
	for _, o := range l.Manifest.Objects {
		names = append(names, o.Name())
	}
	return names
}

func manifestName(ref dump.Ref) string { return "manifests/" + ref.ID + "." + ref.Digest + ".json" }

func content(t *testing.T, st store.Store, name string) []byte {
	t.Helper()
	text, err := store.Read(t.Context(), st, name, 1<<30)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func set(t *testing.T, st store.Store, name string, text []byte) {
	t.Helper()
	if err := st.Put(t.Context(), name, bytes.NewReader(text)); err != nil {
		t.Fatal(err)
	}
}

// TestHostileManifests: manifests whose hash is right, and which say what nobody
// would write.
func TestHostileManifests(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(m map[string]any)
		want   error
	}{
		"another format": {func(m map[string]any) { m["format"] = 2 }, dump.ErrFormat},
		"no format":      {func(m map[string]any) { delete(m, "format") }, dump.ErrFormat},
		"an unknown field": {func(m map[string]any) { m["encryption"] = "none" },
			snapshot.ErrDamaged},
		"an unknown field within": {func(m map[string]any) { in(m, "contents")["root"] = "/" }, snapshot.ErrDamaged},
		"another snapshot's name": {func(m map[string]any) { m["id"] = "s9" }, snapshot.ErrDamaged},
		"no contents":             {func(m map[string]any) { delete(m, "contents") }, snapshot.ErrDamaged},
		"an object that leaves the store": {func(m map[string]any) { first(m, "objects")["sum"] = "../../../../etc/passwd" },
			snapshot.ErrDamaged},
		"an object in capitals": {func(m map[string]any) {
			o := first(m, "objects")
			o["sum"] = strings.ToUpper(o["sum"].(string))
		}, snapshot.ErrDamaged},
		"an object without end":      {func(m map[string]any) { first(m, "objects")["size"] = 1 << 60 }, snapshot.ErrDamaged},
		"an object of negative size": {func(m map[string]any) { first(m, "objects")["size"] = -1 }, snapshot.ErrDamaged},
		"an object twice": {func(m map[string]any) {
			m["objects"] = append(m["objects"].([]any), first(m, "objects"))
		}, snapshot.ErrDamaged},
		"sizes that do not add up": {func(m map[string]any) { m["stored"] = 5 }, snapshot.ErrDamaged},
		"a chunk without end":      {func(m map[string]any) { chunk(m)["n"] = 1 << 60 }, snapshot.ErrDamaged},
		"a chunk of no object":     {func(m map[string]any) { chunk(m)["o"] = 99 }, snapshot.ErrDamaged},
		"a chunk before them all":  {func(m map[string]any) { chunk(m)["o"] = -1 }, snapshot.ErrDamaged},
		"a chunk with a key":       {func(m map[string]any) { chunk(m)["k"] = 1 }, snapshot.ErrDamaged},
		"a part of another length": {func(m map[string]any) { first(in(m, "contents"), "parts")["bytes"] = 1 }, snapshot.ErrDamaged},
		"a part of another kind":   {func(m map[string]any) { first(in(m, "contents"), "parts")["kind"] = "link" }, snapshot.ErrDamaged},
		"a part twice": {func(m map[string]any) {
			c := in(m, "contents")
			c["parts"] = append(c["parts"].([]any), first(c, "parts"))
		}, snapshot.ErrDamaged},
		"a negative part":   {func(m map[string]any) { first(in(m, "contents"), "parts")["index"] = -1 }, snapshot.ErrDamaged},
		"another database":  {func(m map[string]any) { in(m, "database")["oid"] = 6 }, snapshot.ErrDamaged},
		"a broken seal":     {func(m map[string]any) { in(in(m, "contents"), "snapshot")["tag"] = "13"; m["tag"] = "13" }, snapshot.ErrDamaged},
		"a number in words": {func(m map[string]any) { m["bytes"] = "many" }, snapshot.ErrDamaged},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			st := &memory.Store{}
			ref := write(t, st, "s1", dump.Keys{}, some()[:2])
			var m map[string]any
			if err := json.Unmarshal(content(t, st, manifestName(ref)), &m); err != nil {
				t.Fatal(err)
			}
			c.change(m)
			forged := forge(t, st, ref, m)
			if _, err := dump.Open(t.Context(), st, forged, dump.Keys{}); !errors.Is(err, c.want) {
				t.Fatalf("got %v, want %v", err, c.want)
			}
			if all, err := dump.List(t.Context(), st); err == nil || len(all) != 0 {
				t.Fatalf("it is listed: %v, %v", all, err)
			}
		})
	}
}

func in(m map[string]any, name string) map[string]any    { return m[name].(map[string]any) }
func first(m map[string]any, name string) map[string]any { return m[name].([]any)[0].(map[string]any) }
func chunk(m map[string]any) map[string]any {
	return first(first(in(m, "contents"), "parts"), "chunks")
}

// forge puts a manifest in the place of another, under its right name.
func forge(t *testing.T, st store.Store, old dump.Ref, m any) dump.Ref {
	t.Helper()
	text, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(text)
	ref := dump.Ref{ID: old.ID, Digest: hex.EncodeToString(sum[:])}
	if err := st.Remove(t.Context(), manifestName(old)); err != nil {
		t.Fatal(err)
	}
	set(t, st, manifestName(ref), text)
	return ref
}

// TestBomb: a chunk whose hash and size are right, and which would become
// 256 MiB, is refused before it does.
func TestBomb(t *testing.T) {
	t.Parallel()
	st := &memory.Store{}
	text := rows(0, 100)
	ref := write(t, st, "s1", dump.Keys{}, []part{{"t", 0, dump.Rows, text}})
	var bomb bytes.Buffer
	w, err := zstd.NewWriter(&bomb, zstd.WithEncoderLevel(zstd.SpeedFastest))
	if err != nil {
		t.Fatal(err)
	}
	for range 1 << 8 {
		if _, err := w.Write(make([]byte, 1<<20)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(bomb.Bytes())
	var m map[string]any
	if err := json.Unmarshal(content(t, st, manifestName(ref)), &m); err != nil {
		t.Fatal(err)
	}
	o := first(m, "objects")
	o["sum"], o["size"], m["stored"], m["added"] = hex.EncodeToString(sum[:]), bomb.Len(), bomb.Len(), bomb.Len()
	set(t, st, dump.Object{Sum: hex.EncodeToString(sum[:])}.Name(), bomb.Bytes())
	forged := forge(t, st, ref, m)
	s, err := dump.Open(t.Context(), st, forged, dump.Keys{})
	if err != nil {
		t.Fatal(err)
	}
	r, err := s.Read(t.Context(), "t", 0)
	if err != nil {
		t.Fatal(err)
	}
	if n, err := io.Copy(io.Discard, r); n != 0 || !errors.Is(err, snapshot.ErrDamaged) {
		t.Fatalf("%d bytes came out, %v", n, err)
	}
}

func TestStrayNamesAreNoSnapshots(t *testing.T) {
	t.Parallel()
	st := &memory.Store{}
	write(t, st, "s1", dump.Keys{}, some()[:1])
	for _, name := range []string{"manifests/x", "manifests/s1.json", "manifests/a/b.json", "manifests/s1.abc.json"} {
		set(t, st, name, []byte("{}"))
		if _, err := dump.List(t.Context(), st); !errors.Is(err, snapshot.ErrDamaged) {
			t.Errorf("%s: got %v", name, err)
		}
		if _, err := dump.Sweep(t.Context(), st, dump.SweepOptions{Locking: quick}); err == nil {
			t.Errorf("%s: it was swept all the same", name)
		}
		if err := st.Remove(t.Context(), name); err != nil {
			t.Fatal(err)
		}
	}
}
