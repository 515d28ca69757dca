package pgarchive

// writer writes the primitive values of the format.
type writer struct {
	out     []byte
	intSize int
	stream  bool // the archive is in custom form
}

// Bytes writes the table of contents.
func (a *Archive) Bytes() []byte {
	w := &writer{intSize: int(a.IntSize)}
	w.contents(a)
	return w.out
}

func (w *writer) contents(a *Archive) {
	w.string(magic)
	w.raw(low(a.Version>>8), low(a.Version), a.Revision, a.IntSize, a.OffsetSize, a.Format)
	if a.Version >= version15 {
		w.raw(byte(a.Compression))
	} else {
		w.int(a.Level)
	}
	t := a.Created
	for _, n := range []int{t.Second(), t.Minute(), t.Hour(), t.Day(), int(t.Month()) - 1, t.Year() - yearOffset, a.DST} {
		w.int(n)
	}
	w.text(a.Database)
	w.text(a.Server)
	w.text(a.Dumper)
	w.int(len(a.Entries))
	for i := range a.Entries {
		w.entry(&a.Entries[i], a)
	}
}

func (w *writer) entry(e *Entry, a *Archive) {
	w.int(e.ID)
	w.int(map[bool]int{true: 1}[e.HasData])
	for _, t := range []Text{e.CatalogOID, e.OID, e.Tag, e.Kind} {
		w.text(t)
	}
	w.int(int(e.Section))
	for _, t := range []Text{e.Definition, e.Drop, e.Copy, e.Namespace, e.Tablespace, e.TableAM} {
		w.text(t)
	}
	if a.Version >= version16 {
		w.int(e.RelKind)
	}
	w.text(e.Owner)
	w.text(e.WithOIDs)
	for _, d := range e.DependsOn {
		w.text(d)
	}
	w.text(Text{})
	if w.stream {
		w.offset(e, a.OffsetSize)
	} else {
		w.text(e.File)
	}
}

func (w *writer) raw(b ...byte) { w.out = append(w.out, b...) }

func (w *writer) string(s string) { w.out = append(w.out, s...) }

// low is the lowest byte of a number.
func low(v int) byte { return byte(v & 0xff) }

func (w *writer) int(v int) {
	var sign byte
	if v < 0 {
		sign, v = 1, -v
	}
	w.raw(sign)
	for range w.intSize {
		w.raw(low(v))
		v >>= 8
	}
}

func (w *writer) text(t Text) {
	if !t.Valid {
		w.int(-1)
		return
	}
	w.int(len(t.Value))
	w.string(t.Value)
}
