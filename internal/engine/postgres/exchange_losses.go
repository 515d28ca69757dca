package postgres

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/catalog"
	"github.com/safemigrate/safemigrate/internal/engine/postgres/dump"
	"github.com/safemigrate/safemigrate/internal/engine/postgres/rows"
	"github.com/safemigrate/safemigrate/migrate"
	"github.com/safemigrate/safemigrate/snapshot"
)

// losses compares every table with the dump. One whose rows are the same loses nothing.
// Of another one the marks of the batches tell what was written since; where they do not
// cover it, because nobody expected it to be taken out, how many rows is not known.
func (f *fromDump) losses(ctx context.Context) (map[uint32]since, error) {
	f.tellf("comparing the present rows with the dump")
	present, err := f.presentSums(ctx)
	if err != nil {
		return nil, err
	}
	was := map[string]dump.Table{}
	for _, t := range f.dumped.contents.Tables {
		was[t.Label()] = t
	}
	out := map[uint32]since{}
	for _, t := range f.tables {
		old, dumped := was[f.labelBefore(t)]
		now := present[t.oid]
		if f.other[t.oid] = !dumped || now.Sum != old.Sum || now.Rows != old.Rows; !f.other[t.oid] {
			continue
		}
		if out[t.oid], err = f.sinceBatches(ctx, t, now); err != nil {
			return nil, err
		}
	}
	f.extensions(present)
	return out, f.largeObjects(ctx)
}

// extensions reports the tables of extensions whose rows, as far as they are the user's,
// are not those of the dump. No batch changes them.
func (f *fromDump) extensions(present map[uint32]dump.Table) {
	now := map[string]dump.Table{}
	for _, t := range present {
		now[t.Label()] = t
	}
	for _, t := range f.dumped.contents.Tables {
		if is := now[t.Label()]; t.Extension != "" && (is.Sum != t.Sum || is.Rows != t.Rows) {
			f.reportUnknown(t.Label(), t.Rows)
		}
	}
}

// objectsName is what the large objects are called where tables are listed.
const objectsName = "large objects"

// reportUnknown reports what was written since, and nobody can say how much.
func (x *exchange) reportUnknown(name string, rows int64) {
	x.report.Tables = append(x.report.Tables, migrate.TableReport{Name: name, Way: wholeWay, Rows: rows, Written: -1, Gone: -1, Readers: "wait"})
}

// before is a table before the oldest batch; nil where it was not there.
func (f *fromDump) before(oid uint32) *catalog.Object {
	return f.oldest().before.Object(catalog.Address{Catalog: "pg_class", OID: oid})
}

func (f *fromDump) labelBefore(t table) string {
	if o := f.before(t.oid); o != nil {
		return o.Schema + "." + o.Name
	}
	return ""
}

// presentSums sums up the present tables as the dump has them: over the columns of before
// that they still have, whatever those are called by now. One that lacks a column has
// other rows.
func (f *fromDump) presentSums(ctx context.Context) (map[uint32]dump.Table, error) {
	lacking := map[uint32]bool{}
	c, err := dump.Sums(ctx, f.options(f.own.Name), func(t dump.Table) []string {
		was, is := f.before(t.OID), f.now.Object(catalog.Address{Catalog: "pg_class", OID: t.OID})
		if was == nil || is == nil || was.Table == nil || is.Table == nil {
			return t.Columns
		}
		names := map[int16]string{}
		for _, col := range is.Table.Columns {
			names[col.Num] = col.Name
		}
		columns := []string{}
		for _, col := range was.Table.Columns {
			name, there := names[col.Num]
			lacking[t.OID] = lacking[t.OID] || !there
			if there && col.Generated == "" {
				columns = append(columns, name)
			}
		}
		return columns
	})
	if err != nil {
		return nil, fmt.Errorf("sum up the present rows: %w", plain(err))
	}
	out := map[uint32]dump.Table{}
	for _, t := range c.Tables {
		if !lacking[t.OID] {
			out[t.OID] = t
		}
	}
	return out, nil
}

// sinceBatches adds up what was written to a table since each batch and before the next.
// A batch that has not marked it expected nobody to take its rows out: nothing was written
// from there on where the table has, before the next batch, the rows that it had before.
func (f *fromDump) sinceBatches(ctx context.Context, t table, now dump.Table) (since, error) {
	unknown := since{Written: -1, Gone: -1}
	var all since
	newer := -1 // the next batch that has marked it
	for i, b := range f.req.Batches {
		mark, marked := f.past[i].effect.Marks[t.oid]
		if !marked {
			if f.apartFrom(i, t, now) {
				return unknown, nil
			}
			continue
		}
		s := unknown
		if newer >= 0 {
			if counted, ok := f.past[newer].kept.Since[b.ID][t.oid]; ok {
				s = counted
			}
		} else {
			written, gone, err := rows.Since(ctx, f.conn, relation(t.schema, t.name), mark)
			if err != nil {
				return unknown, plain(err)
			}
			s = since{written, gone}
		}
		all, newer = all.plus(s), i
		if f.past[i].before.Object(catalog.Address{Catalog: "pg_class", OID: t.oid}) == nil {
			break // this batch made it
		}
	}
	return all, nil
}

// apartFrom reports whether a table had other rows before batch i than before the next one,
// or has now, or may have had: of snapshots that are no dumps it is not known.
func (f *fromDump) apartFrom(i int, t table, now dump.Table) bool {
	was, known := f.dumpedBefore(i, t)
	is := snapshot.Table{Rows: now.Rows, Sum: now.Sum}
	if i > 0 {
		var too bool
		is, too = f.dumpedBefore(i-1, t)
		known = known && too
	}
	return !known || was.Rows != is.Rows || was.Sum != is.Sum
}

// dumpedBefore is a table as the dump of a batch has it.
func (f *fromDump) dumpedBefore(i int, t table) (snapshot.Table, bool) {
	o := f.past[i].before.Object(catalog.Address{Catalog: "pg_class", OID: t.oid})
	m := f.past[i].manifest
	if o == nil || m.Strategy != snapshot.Dump {
		return snapshot.Table{}, false
	}
	at := slices.IndexFunc(m.Tables, func(s snapshot.Table) bool { return s.Name == o.Schema+"."+o.Name })
	if at < 0 {
		return snapshot.Table{}, false
	}
	return m.Tables[at], true
}

// blobFile is what pg_dump calls the file of a large object.
var blobFile = regexp.MustCompile(`^blob_(\d+)\.dat$`)

// largeObjects reports whether the present ones are not those of the dump: their contents,
// or what was kept of them beside. No batch changes them, and nobody can say how many of
// them were.
func (f *fromDump) largeObjects(ctx context.Context) error {
	was, err := f.dumpedObjects(ctx)
	if err != nil {
		return err
	}
	kept := f.oldest().kept.Objects
	if !maps.Equal(was, f.objects.contents) || kept != "" && f.objects.properties != kept {
		f.reportUnknown(objectsName, int64(len(was)))
	}
	return nil
}

// dumpedObjects are the sums of the large objects of the dump.
func (f *fromDump) dumpedObjects(ctx context.Context) (map[string]string, error) {
	out := map[string]string{}
	for _, name := range f.dumped.contents.Files {
		m := blobFile.FindStringSubmatch(name)
		if m == nil {
			continue
		}
		file, err := f.dumped.source.File(ctx, name)
		if err != nil {
			return nil, fmt.Errorf("read large object %s: %w", m[1], damaged(err))
		}
		sum := sha256.New()
		_, err = io.Copy(sum, file)
		if err := errors.Join(err, file.Close()); err != nil {
			return nil, fmt.Errorf("read large object %s: %w", m[1], damaged(err))
		}
		out[m[1]] = hex.EncodeToString(sum.Sum(nil))
	}
	return out, nil
}
