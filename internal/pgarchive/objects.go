package pgarchive

import (
	"slices"
	"strings"
)

// The kinds of entries of large objects: one for each, several together since pg_dump 17,
// and their contents.
const (
	objectKind   = "BLOB"
	objectsKind  = "BLOB METADATA"
	contentsKind = "BLOBS"
)

// RestrictObjectsLate moves the privileges of large objects behind their contents. Those
// belong to no section of their own, so that a pg_restore that is run section by section
// gives them before it loads: who has taken UPDATE from itself could not load any more.
func (a *Archive) RestrictObjectsLate() {
	last := -1
	var late, out []Entry
	for _, e := range a.Entries {
		if e.Kind.Value == "ACL" && strings.HasPrefix(e.Tag.Value, "LARGE OBJECT") {
			late = append(late, e)
			continue
		}
		out = append(out, e)
		if e.Kind.Value == contentsKind {
			last = len(out)
		}
	}
	if last >= 0 {
		a.Entries = slices.Insert(out, last, late...)
	}
}

// ObjectOwners are the roles that own large objects, each once, with an example.
func (a *Archive) ObjectOwners() map[string]string {
	out := map[string]string{}
	for _, e := range a.Entries {
		kind := e.Kind.Value
		if _, there := out[e.Owner.Value]; !there && (kind == objectKind || kind == objectsKind) {
			out[e.Owner.Value] = e.Tag.Value
		}
	}
	return out
}
