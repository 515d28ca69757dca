package pgarchive_test

import (
	"maps"
	"slices"
	"testing"

	"github.com/safemigrate/safemigrate/internal/pgarchive"
)

// TestObjectsAreRestrictedLate: privileges of large objects come behind their contents, and
// nothing else moves.
func TestObjectsAreRestrictedLate(t *testing.T) {
	t.Parallel()
	entry := func(kind, tag, owner string) pgarchive.Entry {
		return pgarchive.Entry{Kind: pgarchive.Some(kind), Tag: pgarchive.Some(tag), Owner: pgarchive.Some(owner)}
	}
	a := &pgarchive.Archive{Entries: []pgarchive.Entry{
		entry("BLOB", "17", "anna"), entry("ACL", "LARGE OBJECT 17", "anna"), entry("COMMENT", "LARGE OBJECT 17", "anna"), entry("BLOB METADATA", "20..30", "otto"),
		entry("ACL", "LARGE OBJECTS 20..30", "otto"), entry("ACL", "TABLE t", "anna"), entry("BLOBS", "17", ""), entry("BLOBS", "20..30", ""), entry("SEQUENCE SET", "s", ""),
	}}
	if owners := a.ObjectOwners(); !maps.Equal(owners, map[string]string{"anna": "17", "otto": "20..30"}) {
		t.Errorf("owners: %v", owners)
	}
	a.RestrictObjectsLate()
	var got []string
	for _, e := range a.Entries {
		got = append(got, e.Kind.Value+" "+e.Tag.Value)
	}
	want := []string{
		"BLOB 17", "COMMENT LARGE OBJECT 17", "BLOB METADATA 20..30", "ACL TABLE t", "BLOBS 17", "BLOBS 20..30",
		"ACL LARGE OBJECT 17", "ACL LARGE OBJECTS 20..30", "SEQUENCE SET s",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
	a = &pgarchive.Archive{Entries: []pgarchive.Entry{entry("ACL", "LARGE OBJECT 17", ""), entry("TABLE", "t", "")}}
	if a.RestrictObjectsLate(); len(a.Entries) != 2 {
		t.Errorf("without contents: %+v", a.Entries)
	}
}
