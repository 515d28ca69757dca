package pgarchive

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Rows are the rows of one table, in one file or several.
type Rows struct {
	OID       uint32
	Extension string // that owns the table; "" for one that the archive makes itself
	Schema    string
	Name      string
	Target    string // the table, quoted and qualified, with its column list, as COPY takes it
	Root      bool   // the target is the root of the table's tree: rows may come into any other of it
	Files     int
}

// Position is where a sequence stands.
type Position struct {
	OID    uint32
	Target string // quoted and qualified
	Last   int64
	Called bool
}

// Refresh is a materialized view that is to be filled.
type Refresh struct {
	OID    uint32
	Target string // quoted and qualified
}

// Contents is what is added to an archive of a schema.
type Contents struct {
	Rows      []Rows
	Positions []Position
	Refreshes []Refresh
}

// loadMarker keeps pg_restore from emptying a table before each of its files: in
// parallel it does that to every table that it has made itself, and would lose all
// but the last file. It stands for rows that go through a partitioned table's root,
// which may come from several files for the same reason.
const loadMarker = "-- load via partition root "

// sameMoney has values of type money read as they were written, in whatever form a database
// has them. pg_restore begins each of its sessions with what stands behind SEARCHPATH.
const sameMoney = "SET lc_monetary = 'C';\n"

// Add adds data to an archive that holds the schema alone, and returns the names of
// the files that pg_restore will look for, by table and part: the data in COPY's text
// form, ended by Trailer, under the name itself or with the suffix of a compression.
func (a *Archive) Add(c Contents) ([][]string, error) {
	b := &building{Archive: a, next: 1, objects: map[string]int{}}
	for i := range a.Entries {
		e := &a.Entries[i]
		b.next = max(b.next, e.ID+1)
		for _, d := range e.depends() {
			b.next = max(b.next, d+1)
		}
		if e.Section == Data && e.Kind.Value == "TABLE DATA" {
			return nil, fmt.Errorf("%w: it holds rows already", ErrFormat)
		}
		if e.Kind.Value == "SEARCHPATH" && !strings.HasSuffix(e.Definition.Value, sameMoney) {
			e.Definition = Some(e.Definition.Value + sameMoney)
		}
		b.objects[objectKey(e.Kind.Value, e.OID.Value)] = i
	}
	files := make([][]string, len(c.Rows))
	chunks := map[int][]int{} // by ID of the table
	var routed []int          // files whose rows may be of any table of a tree
	for i, r := range c.Rows {
		table, err := b.rows(r, &files[i])
		if err != nil {
			return nil, err
		}
		for _, f := range files[i] {
			id, _ := strconv.Atoi(strings.TrimSuffix(f, dataSuffix)) // made from a number
			switch {
			case r.Root:
				routed = append(routed, id)
			case r.Files > 1:
				chunks[table] = append(chunks[table], id)
			}
		}
	}
	b.positions(c.Positions)
	b.await(chunks, routed)
	b.insert()
	b.refreshes(c.Refreshes)
	return files, nil
}

const dataSuffix = ".dat"

// Trailer ends the file of a table's rows.
const Trailer = "\\.\n\n\n"

// building is an archive that gets data.
type building struct {
	*Archive

	next    int
	objects map[string]int // places of entries by kind and OID
	data    []Entry
}

func objectKey(kind, oid string) string { return kind + " " + oid }

// entry begins an entry that belongs to another one.
func (b *building) entry(kind string, section Section, of *Entry) Entry {
	e := Entry{ID: b.next, CatalogOID: Some("0"), OID: of.OID, Tag: of.Tag, Kind: Some(kind), Section: section,
		Namespace: of.Namespace, Owner: of.Owner, WithOIDs: Some("false"), File: Some("")}
	e.Drop = Some("")
	e.DependsOn = []Text{Some(strconv.Itoa(of.ID))}
	b.next++
	return e
}

// rows adds the entries of one table and returns the ID of what they depend on.
func (b *building) rows(r Rows, files *[]string) (int, error) {
	owner, err := b.holder(r)
	if err != nil {
		return 0, err
	}
	for range r.Files {
		e := b.entry("TABLE DATA", Data, owner)
		e.HasData, e.Tag, e.Namespace, e.OID = true, Some(r.Name), Some(r.Schema), Some(strconv.FormatUint(uint64(r.OID), 10))
		e.Copy = Some("COPY " + r.Target + " FROM stdin;\n")
		e.Definition = Some("")
		if r.Files > 1 || r.Root {
			e.Definition = Some(loadMarker + r.Target + "\n")
		}
		e.File = Some(strconv.Itoa(e.ID) + dataSuffix)
		*files = append(*files, e.File.Value)
		b.data = append(b.data, e)
	}
	return owner.ID, nil
}

// holder finds the entry that makes a table.
func (b *building) holder(r Rows) (*Entry, error) {
	if r.Extension != "" {
		for i := range b.Entries {
			if e := &b.Entries[i]; e.Kind.Value == "EXTENSION" && e.Tag.Value == r.Extension {
				return e, nil
			}
		}
		return nil, fmt.Errorf("%w: it does not make extension %s", ErrFormat, r.Extension)
	}
	i, ok := b.objects[objectKey("TABLE", strconv.FormatUint(uint64(r.OID), 10))]
	if !ok {
		return nil, fmt.Errorf("%w: it does not make table %s.%s", ErrFormat, r.Schema, r.Name)
	}
	return &b.Entries[i], nil
}

// positions adds the values of sequences; those that nothing in the archive makes
// belong to an extension.
func (b *building) positions(all []Position) {
	for _, p := range all {
		i, ok := b.objects[objectKey("SEQUENCE", strconv.FormatUint(uint64(p.OID), 10))]
		if !ok {
			continue
		}
		e := b.entry("SEQUENCE SET", Data, &b.Entries[i])
		e.Definition = Some(fmt.Sprintf("SELECT pg_catalog.setval('%s', %d, %t);\n", strings.ReplaceAll(p.Target, "'", "''"), p.Last, p.Called))
		b.data = append(b.data, e)
	}
}

// refreshes adds the filling of materialized views; each waits for those before it.
func (b *building) refreshes(all []Refresh) {
	previous := 0
	for _, r := range all {
		i, ok := b.objects[objectKey("MATERIALIZED VIEW", strconv.FormatUint(uint64(r.OID), 10))]
		if !ok {
			continue
		}
		e := b.entry("MATERIALIZED VIEW DATA", PostData, &b.Entries[i])
		e.Definition = Some("REFRESH MATERIALIZED VIEW " + r.Target + ";\n")
		if previous != 0 {
			e.DependsOn = append(e.DependsOn, Some(strconv.Itoa(previous)))
		}
		previous = e.ID
		b.Entries = append(b.Entries, e)
	}
}

// await has whatever comes after the data wait for every file of the tables that it
// needs, directly or not, and for all that the server puts where it likes: an index, a key
// or a trigger of any table of a tree is one of rows that came through its root.
// pg_restore does that by itself only for a table with one file.
func (b *building) await(chunks map[int][]int, routed []int) {
	if len(chunks) == 0 && len(routed) == 0 {
		return
	}
	places := map[int]int{}
	for i := range b.Entries {
		places[b.Entries[i].ID] = i
	}
	for i := range b.Entries {
		e := &b.Entries[i]
		if e.Section != PostData {
			continue
		}
		for _, id := range routed {
			e.DependsOn = append(e.DependsOn, Some(strconv.Itoa(id)))
		}
		reached := map[int]bool{}
		b.reach(e.ID, places, reached)
		for _, table := range sortedKeys(chunks) {
			if !reached[table] {
				continue
			}
			for _, id := range chunks[table] {
				e.DependsOn = append(e.DependsOn, Some(strconv.Itoa(id)))
			}
		}
	}
}

// reach collects what an entry depends on.
func (b *building) reach(id int, places map[int]int, reached map[int]bool) {
	i, ok := places[id]
	if !ok || reached[id] {
		return
	}
	reached[id] = true
	for _, d := range b.Entries[i].depends() {
		b.reach(d, places, reached)
	}
}

// insert puts the data before the first entry that comes after data.
func (b *building) insert() {
	at := slices.IndexFunc(b.Entries, func(e Entry) bool { return e.Section == PostData })
	if at < 0 {
		at = len(b.Entries)
	}
	b.Entries = slices.Insert(b.Entries, at, b.data...)
	// The places have moved; what follows looks them up anew.
	for i := range b.Entries {
		b.objects[objectKey(b.Entries[i].Kind.Value, b.Entries[i].OID.Value)] = i
	}
}

func sortedKeys(m map[int][]int) []int {
	keys := make([]int, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
