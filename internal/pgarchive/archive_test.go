package pgarchive_test

import (
	"errors"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/safemigrate/safemigrate/internal/pgarchive"
)

// schema is an archive of two tables that refer to each other, and a view.
func schema(version int) *pgarchive.Archive {
	entry := func(id int, oid, tag, kind string, section pgarchive.Section, on ...string) pgarchive.Entry {
		e := pgarchive.Entry{ID: id, CatalogOID: pgarchive.Some("1259"), OID: pgarchive.Some(oid), Tag: pgarchive.Some(tag), Kind: pgarchive.Some(kind),
			Section: section, Definition: pgarchive.Some("…"), Namespace: pgarchive.Some("public"), WithOIDs: pgarchive.Some("false"), File: pgarchive.Some("")}
		for _, d := range on {
			e.DependsOn = append(e.DependsOn, pgarchive.Some(d))
		}
		return e
	}
	return &pgarchive.Archive{
		Version: version, IntSize: 4, OffsetSize: 8, Format: 3, Level: -1, Created: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC),
		Database: pgarchive.Some("shop"), Server: pgarchive.Some("15.1"), Dumper: pgarchive.Some("15.1"),
		Entries: []pgarchive.Entry{
			entry(10, "100", "big", "TABLE", pgarchive.PreData),
			entry(11, "101", "small", "TABLE", pgarchive.PreData),
			entry(20, "200", "big_key", "CONSTRAINT", pgarchive.PostData, "10"),
			entry(21, "201", "small_refers", "FK CONSTRAINT", pgarchive.PostData, "11", "20"),
			entry(22, "202", "small_index", "INDEX", pgarchive.PostData, "11"),
		},
	}
}

// TestEveryPartIsAwaited adds a table in three parts: each is marked, stands between
// the tables and what comes after data, and is awaited by whatever needs the table.
func TestEveryPartIsAwaited(t *testing.T) {
	t.Parallel()
	a := schema(1<<8 | 14)
	files, err := a.Add(pgarchive.Contents{Rows: []pgarchive.Rows{
		{OID: 100, Schema: "public", Name: "big", Target: "public.big (id)", Files: 3},
		{OID: 101, Schema: "public", Name: "small", Target: "public.small (id)", Files: 1},
	}})
	if err != nil {
		t.Fatal(err)
	}
	if want := [][]string{{"23.dat", "24.dat", "25.dat"}, {"26.dat"}}; !reflect.DeepEqual(files, want) {
		t.Errorf("the files are %q", files)
	}
	var order []string
	for _, e := range a.Entries {
		order = append(order, e.Kind.Value)
		awaited := 0
		for _, id := range []string{"23", "24", "25"} {
			if slices.Contains(e.DependsOn, pgarchive.Some(id)) {
				awaited++
			}
		}
		want := map[string]int{"big_key": 3, "small_refers": 3}[e.Tag.Value]
		if awaited != want {
			t.Errorf("%s awaits %d parts, want %d", e.Tag.Value, awaited, want)
		}
		if marked := e.Definition.Value == "-- load via partition root public.big (id)\n"; marked != (e.Kind.Value == "TABLE DATA" && e.Tag.Value == "big") {
			t.Errorf("%s %s is marked: %v", e.Kind.Value, e.Tag.Value, marked)
		}
	}
	if want := []string{"TABLE", "TABLE", "TABLE DATA", "TABLE DATA", "TABLE DATA", "TABLE DATA", "CONSTRAINT", "FK CONSTRAINT", "INDEX"}; !slices.Equal(order, want) {
		t.Errorf("the order is %q", order)
	}
}

func TestReadsWhatItWrites(t *testing.T) {
	t.Parallel()
	for _, version := range []int{1<<8 | 14, 1<<8 | 15, 1<<8 | 16} {
		a := schema(version)
		if version > 1<<8|14 {
			a.Level, a.Compression = 0, pgarchive.Gzip
		}
		back, err := pgarchive.Read(a.Bytes())
		if err != nil || !reflect.DeepEqual(a, back) {
			t.Errorf("version 1.%d: %v\n%+v\n%+v", version&0xff, err, a, back)
		}
	}
}

func TestStrangeFilesAreRefused(t *testing.T) {
	t.Parallel()
	whole := schema(1<<8 | 14).Bytes()
	for name, text := range map[string][]byte{
		"empty": nil, "another file": []byte("SQLite format 3"), "too old": []byte("PGDMP\x01\x0b\x00\x04\x08\x03"), "newer": []byte("PGDMP\x01\x63\x00\x04\x08\x03"),
		"longer": append(slices.Clone(whole), 0), "shorter": whole[:len(whole)-1],
		"an absurd length": append(slices.Clone(whole[:45]), 0, 0xff, 0xff, 0xff, 0x3f),
	} {
		if _, err := pgarchive.Read(text); !errors.Is(err, pgarchive.ErrFormat) {
			t.Errorf("%s: %v", name, err)
		}
	}
	a := schema(1<<8 | 14)
	if _, err := a.Add(pgarchive.Contents{Rows: []pgarchive.Rows{{OID: 7, Name: "gone", Files: 1}}}); !errors.Is(err, pgarchive.ErrFormat) {
		t.Errorf("a table that the archive does not make: %v", err)
	}
}
