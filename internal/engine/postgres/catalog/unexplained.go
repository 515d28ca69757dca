package catalog

import (
	"context"
)

// Unexplained describes what the census saw change between two states and no
// definition accounts for: rows of catalogs that have no definitions here,
// attributes that a definition leaves out, and objects that could not be
// brought back once they are gone or changed. conn must be in the transaction
// that after was read in.
func Unexplained(ctx context.Context, conn Conn, before, after *State) ([]string, error) {
	found := map[Address]*finding{}
	held := marks(before.Census)
	kept := marks(after.Census)
	for i := range after.Census {
		a := &after.Census[i]
		b := held[a.key()]
		if b == nil && !createdExplained(a, before, after) || b != nil && !changedExplained(b, a, before) {
			note(found, a, after)
		}
	}
	for i := range before.Census {
		b := &before.Census[i]
		if kept[b.key()] == nil && !goneExplained(b, before) {
			note(found, b, before)
		}
	}
	for _, c := range Diff(before, after) {
		if c.Before != nil && c.Before.Unsupported != "" {
			found[c.Before.Address] = &finding{known: c.Before}
		}
	}
	return describe(ctx, conn, found)
}

// finding is one thing that changed without an explanation.
type finding struct {
	known  *Object // the object, where it has a definition
	kept   string  // description kept with the census
	detail string  // what of it, where not all
}

// key tells marks apart: rows of pg_description and pg_seclabel share OIDs.
func (m *Mark) key() markKey {
	k := markKey{at: m.Address}
	if m.Address.Catalog == "pg_description" || m.Address.Catalog == "pg_seclabel" {
		k.class = m.Of.Catalog
	}
	return k
}

type markKey struct {
	at    Address
	class string
}

func marks(census []Mark) map[markKey]*Mark {
	byKey := make(map[markKey]*Mark, len(census))
	for i := range census {
		byKey[census[i].key()] = &census[i]
	}
	return byKey
}

// owner returns the object whose definition covers a mark.
func (s *State) owner(m *Mark) *Object {
	if m.Of.OID == 0 {
		return s.Object(m.Address)
	}
	return s.Object(m.Of)
}

// createdExplained: the row came with an object that can be dropped, or is a
// part that the definition of its object holds.
func createdExplained(m *Mark, before, after *State) bool {
	o := after.owner(m)
	if o == nil {
		return false
	}
	return m.Rest != "" && o.Unsupported == "" || before.Object(o.Address) == nil && DropStatement(*o) != ""
}

// goneExplained: the row belonged to an object that a definition brings back.
func goneExplained(m *Mark, before *State) bool {
	o := before.owner(m)
	return o != nil && m.Rest != "" && o.Unsupported == ""
}

// changedExplained: all that changed stands in the definition.
func changedExplained(b, a *Mark, before *State) bool {
	if b.Hash == a.Hash && b.Rest == a.Rest {
		return true
	}
	o := before.owner(b)
	return o != nil && b.Rest != "" && b.Rest == a.Rest && o.Unsupported == ""
}

// note keeps one finding for each object, whatever number of its rows differ.
func note(found map[Address]*finding, m *Mark, s *State) {
	at := m.Address
	if m.Of.OID != 0 {
		at = m.Of
	}
	f := found[at]
	if f == nil {
		f = &finding{known: s.Object(at)}
		found[at] = f
	}
	if m.Of.OID != 0 {
		f.detail = m.Address.Catalog
	} else {
		f.kept = m.Name
	}
}
