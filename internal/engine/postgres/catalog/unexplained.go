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
	c := comparison{
		before: before, after: after,
		was: marks(before.Census), is: marks(after.Census), found: map[Address]*finding{},
	}
	for i := range after.Census {
		m := &after.Census[i]
		was := c.was[m.key()]
		if was == nil && !c.createdExplained(m) || was != nil && !c.changedExplained(was, m) {
			c.note(m, after)
		}
	}
	for i := range before.Census {
		if m := &before.Census[i]; c.is[m.key()] == nil && !c.goneExplained(m) {
			c.note(m, before)
		}
	}
	for _, change := range Diff(before, after) {
		switch o := change.Before; {
		case o == nil:
		case o.Unsupported != "" || o.Beyond != "" && change.After == nil || updated(change):
			c.found[o.Address] = &finding{known: o}
		case o.Kind == KindExtension && change.After != nil && change.After.Unsupported != "":
			c.found[o.Address] = &finding{known: change.After}
		}
	}
	if err := c.noteUninstallable(ctx, conn); err != nil {
		return nil, err
	}
	return describe(ctx, conn, c.found)
}

// updated: an extension has no way back to an earlier version.
func updated(c Change) bool {
	return c.Before.Kind == KindExtension && c.After != nil && c.Before.Version != c.After.Version
}

// comparison is what looking for the unexplained needs to know.
type comparison struct {
	before, after *State
	was, is       map[markKey]*Mark
	found         map[Address]*finding
}

// finding is one thing that changed without an explanation.
type finding struct {
	known  *Object // the object, where it has a definition
	kept   string  // description kept with the census
	detail string  // the catalog that holds what of it, where not all
	why    string  // what stands in the way
}

// key tells marks apart: rows of pg_description and pg_seclabel share OIDs.
func (m *Mark) key() markKey {
	k := markKey{at: m.Address}
	if m.described() {
		k.class = m.Of.Catalog
	}
	return k
}

// described: the row says something of another row, of any catalog.
func (m *Mark) described() bool {
	return m.Address.Catalog == "pg_description" || m.Address.Catalog == "pg_seclabel"
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

// owner returns the object whose definition covers a mark. Definitions hold the
// comments on attributes and on all that comes with something; rows are the marks of
// the same reading.
func (s *State) owner(m *Mark, rows map[markKey]*Mark) *Object {
	if m.Of.OID == 0 {
		return s.Object(m.Address)
	}
	part := rows[markKey{at: m.Of}]
	if m.Address.Catalog == "pg_description" && part != nil && part.Of.OID != 0 {
		return s.Object(part.Of)
	}
	return s.Object(m.Of)
}

// createdExplained: the row came with an object that can be dropped, or is a
// part that the definition of its object holds.
func (c *comparison) createdExplained(m *Mark) bool {
	o := c.after.owner(m, c.is)
	if o == nil {
		// A comment on a part, such as the row type of a table.
		if part := c.is[markKey{at: m.Of.whole()}]; part != nil {
			o = c.after.owner(part, c.is)
		}
		return o != nil && c.before.Object(o.Address) == nil
	}
	if c.before.Object(o.Address) == nil {
		return DropStatement(*o) != ""
	}
	return m.Rest != 0 && o.Unsupported == "" && !m.member(o)
}

// goneExplained: the row belonged to an object that a definition brings back.
func (c *comparison) goneExplained(m *Mark) bool {
	o := c.before.owner(m, c.was)
	if o == nil || o.Unsupported != "" {
		return false
	}
	if m.member(o) {
		return c.after.Object(o.Address) == nil
	}
	return m.Rest != 0
}

// changedExplained: all that changed stands in the definition.
func (c *comparison) changedExplained(was, is *Mark) bool {
	if was.memberOf() != is.memberOf() {
		return false // an extension gained or lost it
	}
	if was.Hash == is.Hash && was.Rest == is.Rest {
		return true
	}
	o := c.before.owner(was, c.was)
	if o == nil || o.Unsupported != "" {
		return false
	}
	if was.member(o) {
		moved := c.after.Object(o.Address)
		return moved != nil && moved.Create != o.Create
	}
	return was.Rest != 0 && was.Rest == is.Rest
}

// member tells whether the row is one that an extension made: its script is
// the definition of that, as long as nobody else changes it.
func (m *Mark) member(o *Object) bool {
	return o.Kind == KindExtension && m.Address.Catalog != "pg_extension" && m.Address.OID != o.Address.OID
}

// memberOf is the extension that the row belongs to.
func (m *Mark) memberOf() Address {
	if m.Of.Catalog == "pg_extension" && !m.described() {
		return m.Of
	}
	return Address{}
}

// note keeps one finding for each object, whatever number of its rows differ.
func (c *comparison) note(m *Mark, s *State) {
	at := m.Address
	if m.Of.OID != 0 {
		at = m.Of
	}
	f := c.found[at]
	if f == nil {
		f = &finding{known: s.Object(at)}
		c.found[at] = f
	}
	if m.Of.OID != 0 {
		f.detail = m.Address.Catalog
	} else {
		f.kept = m.Name
	}
}
