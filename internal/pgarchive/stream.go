package pgarchive

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
)

// The forms of an archive. The table of contents of one in directory form says that it is
// in tar's, whose entries it has.
const (
	customForm = 1
	tarForm    = 3
)

// What stands before the data of an entry in custom form, and where that data is: there is
// none, or somebody who cannot seek wrote it.
const (
	objectsBlock   = 3
	offsetUnknown  = 1
	offsetOfNoData = 3
)

// mostPiece is how much of a large object is written in one piece.
const mostPiece = 64 << 10

// Unpack reads an archive without rows in custom form, as pg_dump writes it into a pipe,
// not compressed, and gives file one after another the files that an archive in directory
// form has: toc.dat, each large object, the lists of these. It keeps no more than the
// lists in memory.
func Unpack(from io.Reader, file func(name string, content io.Reader) error) error {
	r := &reader{r: bufio.NewReader(from), stream: true}
	a := r.head()
	if r.err == nil && (a.Format != customForm || a.Compression != Plain || a.Level != 0) {
		r.fail("it is not in custom form, or is compressed")
	}
	if r.err == nil {
		r.entries(a, mostEntries)
	}
	if r.err != nil {
		return r.err
	}
	a.Format = tarForm
	if err := file("toc.dat", bytes.NewReader(a.Bytes())); err != nil {
		return err
	}
	for i := range a.Entries {
		if e := &a.Entries[i]; e.HasData {
			if err := r.objects(e, file); err != nil {
				return err
			}
		}
	}
	if _, err := r.r.ReadByte(); err == nil {
		r.fail("there is more behind its end")
	} else if err != io.EOF { // only itself is the end
		r.err = err
	}
	return r.err
}

// fileName is the name of an entry's file in directory form.
func (e *Entry) fileName(version int) string {
	switch {
	case !e.HasData:
		return ""
	case e.Kind.Value != contentsKind:
		return fmt.Sprintf("%d%s", e.ID, dataSuffix)
	case version < version16:
		return "blobs.toc"
	}
	return fmt.Sprintf("blobs_%d.toc", e.ID)
}

// objects reads the large objects of an entry: each has a number and pieces, and a zero ends
// the pieces and the objects.
func (r *reader) objects(e *Entry, file func(string, io.Reader) error) error {
	if kind, id := r.byte(), r.int(); r.err == nil && (kind != objectsBlock || id != e.ID) {
		r.fail("it holds data other than large objects, or not in the order of its entries")
	}
	var list bytes.Buffer
	for oid := r.int(); r.err == nil && oid != 0; oid = r.int() {
		name := fmt.Sprintf("blob_%d.dat", uint32(oid))  //nolint:gosec // it is written as a signed one
		fmt.Fprintf(&list, "%d %s\n", uint32(oid), name) //nolint:gosec // see above
		content := &pieces{reader: r}
		if err := file(name, content); err != nil {
			return err
		}
		if r.err == nil && !content.ended {
			r.fail("a large object in it was not read to its end")
		}
	}
	if r.err != nil {
		return r.err
	}
	return file(e.File.Value, &list)
}

// pieces is a large object.
type pieces struct {
	*reader

	left  int // of the present piece
	ended bool
}

// Read reads on.
func (p *pieces) Read(b []byte) (int, error) {
	if p.left == 0 && !p.ended {
		p.left = p.int()
		p.ended = p.err == nil && p.left == 0
		if p.left < 0 {
			p.fail("a piece of a large object in it has an impossible length")
		}
	}
	if p.err != nil {
		return 0, p.err
	}
	if p.ended {
		return 0, io.EOF
	}
	n, err := p.r.Read(b[:min(len(b), p.left)])
	p.left -= n
	p.broken(err)
	return n, p.err
}

// Pack writes the archive, which holds no rows, in custom form for a pg_restore that reads
// a pipe. open opens the files of one in directory form.
func (a *Archive) Pack(to io.Writer, open func(name string) (io.ReadCloser, error)) error {
	p := &packing{writer: writer{intSize: int(a.IntSize), stream: true}, to: to, open: open}
	packed := *a
	packed.Format, packed.Compression, packed.Level = customForm, Plain, 0
	p.contents(&packed)
	for i := range a.Entries {
		if e := &a.Entries[i]; e.HasData {
			if err := p.objects(e); err != nil {
				return err
			}
		}
	}
	return p.flush()
}

type packing struct {
	writer

	to   io.Writer
	open func(string) (io.ReadCloser, error)
}

// offset says that nobody knows where an entry's data will be.
func (w *writer) offset(e *Entry, size byte) {
	known := byte(offsetOfNoData)
	if e.HasData {
		known = offsetUnknown
	}
	w.raw(known)
	w.raw(make([]byte, size)...)
}

func (p *packing) flush() error {
	_, err := p.to.Write(p.out)
	p.out = p.out[:0]
	return err //nolint:wrapcheck // the caller says what was tried
}

// objects writes the large objects of an entry.
func (p *packing) objects(e *Entry) error {
	if e.Kind.Value != contentsKind {
		return fmt.Errorf("%w: it holds data other than large objects", ErrFormat)
	}
	p.raw(objectsBlock)
	p.int(e.ID)
	list, err := p.list(e.File.Value)
	if err != nil {
		return err
	}
	for line := range strings.Lines(list) {
		var oid uint32
		var name string
		if _, err := fmt.Sscanf(line, "%d %s", &oid, &name); err != nil || oid == 0 {
			return fmt.Errorf("%w: %s lists %q", ErrFormat, e.File.Value, line)
		}
		if err := p.object(oid, name); err != nil {
			return err
		}
	}
	p.int(0)
	return nil
}

// list reads which large objects there are.
func (p *packing) list(name string) (string, error) {
	file, err := p.open(name)
	if err != nil {
		return "", err
	}
	text, err := io.ReadAll(file)
	return string(text), errors.Join(err, file.Close())
}

func (p *packing) object(oid uint32, name string) (err error) {
	content, err := p.open(name)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, content.Close()) }()
	p.int(int(int32(oid))) //nolint:gosec // it is read as an unsigned one
	piece := make([]byte, mostPiece)
	for {
		n, err := content.Read(piece)
		if n > 0 {
			p.int(n)
			p.raw(piece[:n]...)
			if err := p.flush(); err != nil {
				return err
			}
		}
		if err == io.EOF { // only itself is the end
			p.int(0)
			return p.flush()
		}
		if err != nil {
			return err //nolint:wrapcheck // the caller says what was tried
		}
	}
}
