package pgarchive

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"time"
)

const (
	magic = "PGDMP"
	// mostText bounds a string: no definition is longer than a server can hold.
	mostText = 1 << 30
	// mostEntries bounds the number of entries; each takes more than 16 bytes.
	mostEntries = 1 << 27
	// yearOffset and monthOffset are those of C's struct tm.
	yearOffset = 1900
)

// reader reads the primitive values of the format, and remembers the first error.
type reader struct {
	r       *bufio.Reader
	intSize int
	stream  bool // the archive is in custom form
	err     error
}

// Read reads a table of contents.
func Read(text []byte) (*Archive, error) {
	r := &reader{r: bufio.NewReader(bytes.NewReader(text))}
	a := r.head()
	if r.err == nil {
		r.entries(a, min(len(text), mostEntries))
	}
	if r.err == nil {
		if _, err := r.r.ReadByte(); err == nil {
			r.fail("there is more behind its end")
		}
	}
	if r.err != nil {
		return nil, r.err
	}
	return a, nil
}

func (r *reader) head() *Archive {
	if string(r.bytes(len(magic))) != magic {
		r.fail("it does not begin with " + magic)
		return nil
	}
	a := &Archive{}
	a.Version = int(r.byte())<<8 | int(r.byte())
	a.Revision, a.IntSize, a.OffsetSize, a.Format = r.byte(), r.byte(), r.byte(), r.byte()
	if r.err == nil && (a.Version < version14 || a.Version > version16) {
		r.fail(fmt.Sprintf("its version is %d.%d, and 1.14 to 1.16 are known", a.Version>>8, a.Version&0xff))
		return nil
	}
	if r.err == nil && (a.IntSize < 1 || a.IntSize > 8) {
		r.fail("its integers have an impossible size")
		return nil
	}
	r.intSize = int(a.IntSize)
	if a.Version >= version15 {
		a.Compression = Compression(r.byte())
	} else {
		a.Level = r.int()
	}
	sec, minute, hour, day, month, year := r.int(), r.int(), r.int(), r.int(), r.int(), r.int()
	a.Created = time.Date(year+yearOffset, time.Month(month+1), day, hour, minute, sec, 0, time.UTC)
	a.DST = r.int()
	a.Database, a.Server, a.Dumper = r.text(), r.text(), r.text()
	return a
}

func (r *reader) entries(a *Archive, most int) {
	n := r.int()
	if n < 0 || n > most {
		r.fail("its number of entries is impossible")
	}
	for i := 0; i < n && r.err == nil; i++ {
		a.Entries = append(a.Entries, r.entry(a))
	}
}

func (r *reader) entry(a *Archive) Entry {
	e := Entry{ID: r.int(), HasData: r.int() != 0}
	e.CatalogOID, e.OID, e.Tag, e.Kind = r.text(), r.text(), r.text(), r.text()
	e.Section = Section(r.int())
	e.Definition, e.Drop, e.Copy = r.text(), r.text(), r.text()
	e.Namespace, e.Tablespace, e.TableAM = r.text(), r.text(), r.text()
	if a.Version >= version16 {
		e.RelKind = r.int()
	}
	e.Owner, e.WithOIDs = r.text(), r.text()
	for r.err == nil {
		d := r.text()
		if !d.Valid {
			break
		}
		e.DependsOn = append(e.DependsOn, d)
	}
	if r.stream {
		r.bytes(1 + int(a.OffsetSize)) // where its data is, which who writes to a pipe does not know
		e.File = Some(e.fileName(a.Version))
	} else {
		e.File = r.text()
	}
	return e
}

func (r *reader) byte() byte {
	if r.err != nil {
		return 0
	}
	b, err := r.r.ReadByte()
	r.broken(err)
	return b
}

func (r *reader) bytes(n int) []byte {
	if r.err != nil {
		return nil
	}
	var b bytes.Buffer
	// Copied piece by piece, so that an absurd length does not allocate it.
	_, err := io.CopyN(&b, r.r, int64(n))
	r.broken(err)
	return b.Bytes()
}

// int reads a sign and so many bytes, the lowest first.
func (r *reader) int() int {
	negative := r.byte() != 0
	v := 0
	for i := range r.intSize {
		v |= int(r.byte()) << (8 * i)
	}
	if negative {
		return -v
	}
	return v
}

func (r *reader) text() Text {
	n := r.int()
	if r.err != nil || n < 0 {
		return Text{}
	}
	if n > mostText {
		r.fail("a text in it is impossibly long")
		return Text{}
	}
	return Some(string(r.bytes(n)))
}

// broken says why there is no more to read.
func (r *reader) broken(err error) {
	switch {
	case err == nil || r.err != nil:
	case errors.Is(err, io.EOF):
		r.fail("it ends too soon")
	default:
		r.err = err
	}
}

func (r *reader) fail(why string) {
	if r.err == nil {
		r.err = fmt.Errorf("%w: %s", ErrFormat, why)
	}
}
