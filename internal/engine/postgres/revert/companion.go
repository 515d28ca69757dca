package revert

import (
	"github.com/safemigrate/safemigrate/internal/engine/postgres/catalog"
)

// multirange is that of a range type as an object of its own; nil for others.
func multirange(o *object) *object {
	if o.Kind != catalog.KindRange || o.With == nil {
		return nil
	}
	return &object{
		Address: address{Catalog: "pg_type", OID: o.With.OID}, Kind: catalog.KindRange,
		Schema: o.With.Schema, Name: o.With.Name,
		Identity: catalog.Qualified(o.With.Schema, o.With.Name), Parent: o.Address,
	}
}

// sameMultirange compares names and schemas of two readings of a multirange.
func (c comparer) sameMultirange(a, b *object) (name, schema bool) {
	m, n := multirange(a), multirange(b)
	if m == nil || n == nil {
		return true, true
	}
	return m.Name == n.Name, m.Schema == n.Schema || !schemaMoved(c.x, c.y, m, n)
}

func takeMultirange(dst, src *object, p part) {
	if multirange(dst) == nil || multirange(src) == nil {
		return
	}
	dst.With = cloneOf(dst.With)
	if p == partName {
		dst.With.Name = src.With.Name
	} else {
		dst.With.Schema = src.With.Schema
	}
}

// takeCompanion carries over what the type that comes with an object has.
func takeCompanion(dst, src *object, p part) {
	w := catalog.Companion{Grants: companionGrants(dst), Comment: companionComment(dst)}
	if dst.With != nil {
		w = *dst.With
	}
	if p == partTypeComment {
		w.Comment = companionComment(src)
	} else {
		w.Grants = companionGrants(src)
	}
	dst.With = &w
}

// companionOwner owns the type that comes with an object; up to PostgreSQL 17 that of
// a multirange can be another than that of its range.
func companionOwner(o *object) string {
	if o.With != nil && o.With.Owner != "" {
		return o.With.Owner
	}
	return o.Owner
}

// giveMultirange gives the multirange of a range type to its owner.
func giveMultirange(want, cur *object) []step {
	m := multirange(cur)
	if m == nil || companionOwner(want) == companionOwner(cur) {
		return nil
	}
	return []step{{
		sql:  "ALTER TYPE " + m.Identity + " OWNER TO " + catalog.Quote(companionOwner(want)),
		what: "giving the multirange of " + label(cur) + " back to its owner",
	}}
}

func companionComment(o *object) string {
	if o.With == nil {
		return ""
	}
	return o.With.Comment
}

// companionGrants are the privileges on the type that comes with an object: if
// nobody changed them, everybody may use it.
func companionGrants(o *object) []catalog.Grant {
	if o.With != nil {
		return o.With.Grants
	}
	return []catalog.Grant{
		{Grantor: o.Owner, Privilege: "USAGE"},
		{Grantor: o.Owner, Grantee: o.Owner, Privilege: "USAGE"},
	}
}

// decorateCompanion puts comment and privileges of the type that comes with an
// object back.
func decorateCompanion(want, cur *object) []string {
	if want.With == nil && cur.With == nil {
		return nil
	}
	target := "TYPE " + cur.Identity
	if m := multirange(cur); m != nil {
		target = "TYPE " + m.Identity
	}
	var out []string
	if text := companionComment(want); text != companionComment(cur) {
		out = append(out, comment(target, text))
	}
	return append(out, regrant(target, "", companionGrants(want), companionGrants(cur))...)
}

// checkMakers finds a range type that would not be made with the functions that
// it had: they keep the names that the type had when it was made.
func (w *work) checkMakers(o *object) {
	m := multirange(o)
	if m == nil {
		return
	}
	for _, f := range o.Makers {
		if f != o.Identity && f != catalog.Qualified(o.Schema, m.Name) {
			w.conflictf("%s has to be made anew, and its function %s would have another name", label(o), f)
		}
	}
}

// takeOwner carries over who owns an object, and the multirange that comes with it.
func takeOwner(dst, src *object) {
	dst.Owner = src.Owner
	if multirange(dst) != nil && multirange(src) != nil {
		dst.With = cloneOf(dst.With)
		dst.With.Owner = src.With.Owner
	}
}
