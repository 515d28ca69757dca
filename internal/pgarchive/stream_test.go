package pgarchive_test

import (
	"bytes"
	"errors"
	"io"
	"maps"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/safemigrate/safemigrate/internal/pgarchive"
)

// streamed is an archive with large objects in custom form, and the files that it has in
// directory form.
func streamed(t *testing.T, version int) ([]byte, map[string]string) {
	t.Helper()
	a := schema(version)
	list := map[bool]string{true: "blobs_30.toc", false: "blobs.toc"}[version >= 1<<8|16]
	a.Entries = append(a.Entries, pgarchive.Entry{ID: 30, HasData: true, Tag: pgarchive.Some("7"), Kind: pgarchive.Some("BLOBS"), Section: pgarchive.Data, File: pgarchive.Some(list)})
	files := map[string]string{
		"blob_7.dat": strings.Repeat("large object ", 20_000), "blob_8.dat": "", "blob_4000000000.dat": "\x00",
		list: "7 blob_7.dat\n8 blob_8.dat\n4000000000 blob_4000000000.dat\n",
	}
	var out bytes.Buffer
	err := a.Pack(&out, func(name string) (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(files[name])), nil })
	if err != nil {
		t.Fatal(err)
	}
	if a.Level = 0; a.Format != 3 {
		t.Error("the archive itself has changed")
	}
	files["toc.dat"] = string(a.Bytes())
	return out.Bytes(), files
}

func unpacked(from io.Reader) (map[string]string, error) {
	files := map[string]string{}
	err := pgarchive.Unpack(from, func(name string, content io.Reader) error {
		text, err := io.ReadAll(content)
		files[name] = string(text)
		return err
	})
	return files, err
}

// TestPackedAndUnpacked: what went through a pipe is what it was, and what is not whole is
// refused.
func TestPackedAndUnpacked(t *testing.T) {
	t.Parallel()
	for _, version := range []int{1<<8 | 14, 1<<8 | 15, 1<<8 | 16} {
		text, want := streamed(t, version)
		got, err := unpacked(iotest.OneByteReader(bytes.NewReader(text)))
		if err != nil || !maps.Equal(got, want) {
			t.Errorf("%d files, want %d, and %v", len(got), len(want), err)
		}
		for n := 0; n < len(text); n += 1 + n/50 {
			if _, err := unpacked(bytes.NewReader(text[:n])); !errors.Is(err, pgarchive.ErrFormat) {
				t.Fatalf("cut off after %d of %d bytes: %v", n, len(text), err)
			}
		}
		if _, err := unpacked(bytes.NewReader(append(bytes.Clone(text), 1))); !errors.Is(err, pgarchive.ErrFormat) {
			t.Errorf("with more behind its end: %v", err)
		}
		broken := errors.New("broken")
		if _, err := unpacked(io.MultiReader(bytes.NewReader(text[:len(text)/2]), iotest.ErrReader(broken))); !errors.Is(err, broken) {
			t.Errorf("from a broken pipe: %v", err)
		}
	}
}

// TestPackRefuses: a list that is none, files that cannot be read, an archive with rows.
func TestPackRefuses(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	for _, c := range []struct {
		name, kind string
		list       string
		content    io.Reader
		want       error
	}{
		{"a list that is none", "BLOBS", "blob\n", nil, pgarchive.ErrFormat},
		{"no number", "BLOBS", "0 blob_0.dat\n", nil, pgarchive.ErrFormat},
		{"an object that breaks", "BLOBS", "7 blob_7.dat\n", iotest.ErrReader(broken), broken},
		{"one that ends too soon", "BLOBS", "7 blob_7.dat\n", iotest.ErrReader(io.ErrUnexpectedEOF), io.ErrUnexpectedEOF},
		{"rows", "TABLE DATA", "", nil, pgarchive.ErrFormat},
	} {
		a := schema(1<<8 | 14)
		a.Entries = append(a.Entries, pgarchive.Entry{ID: 30, HasData: true, Kind: pgarchive.Some(c.kind), File: pgarchive.Some("list")})
		err := a.Pack(io.Discard, func(name string) (io.ReadCloser, error) {
			if name == "list" {
				return io.NopCloser(strings.NewReader(c.list)), nil
			}
			return io.NopCloser(c.content), nil
		})
		if !errors.Is(err, c.want) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}
