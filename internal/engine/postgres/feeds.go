package postgres

import (
	"slices"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/catalog"
	"github.com/safemigrate/safemigrate/internal/engine/postgres/rows"
)

// feeds lists, by column, the sequences that its new values come from: that of an
// identity, and those that its default asks.
func feeds(s *catalog.State) map[catalog.Address][]uint32 {
	all, sequences, tables := map[catalog.Address][]uint32{}, map[catalog.Address]bool{}, map[catalog.Address]*catalog.Table{}
	for i := range s.Objects {
		o := &s.Objects[i]
		sequences[o.Address] = o.Kind == catalog.KindSequence
		if o.Table == nil {
			continue
		}
		tables[o.Address] = o.Table
		for _, c := range o.Table.Columns {
			if c.IdentitySeq != nil {
				at := catalog.Address{Catalog: o.Address.Catalog, OID: o.Address.OID, Column: c.Num}
				all[at] = append(all[at], c.IdentitySeq.OID)
			}
		}
	}
	for i := range s.Objects {
		o := &s.Objects[i]
		if o.Kind != catalog.KindDefault || tables[o.Parent] == nil {
			continue
		}
		columns := tables[o.Parent].Columns
		k := slices.IndexFunc(columns, func(c catalog.Column) bool { return c.Name == o.Name })
		for _, d := range o.DependsOn {
			if k >= 0 && sequences[d] {
				at := catalog.Address{Catalog: o.Parent.Catalog, OID: o.Parent.OID, Column: columns[k].Num}
				all[at] = append(all[at], d.OID)
			}
		}
	}
	return all
}

// successors finds, of sequences that columns got their values from before a batch, those
// that the same columns get them from now: what they have given since stands in rows that
// stay.
func successors(before, now *catalog.State) map[uint32][]uint32 {
	out := map[uint32][]uint32{}
	then, today := feeds(before), feeds(now)
	for column, was := range then {
		for _, is := range today[column] {
			if slices.Contains(was, is) {
				continue
			}
			for _, oid := range was {
				out[oid] = append(out[oid], is)
			}
		}
	}
	return out
}

// beyond moves a sequence past what others have given in its place.
func beyond(to rows.Sequence, others []uint32, held, left map[uint32]rows.Sequence) rows.Sequence {
	for _, oid := range others {
		if o := held[oid]; used(held, left, oid) && (o.Step < 0) == (to.Step < 0) && to.Behind(o) {
			to.Last, to.Called = o.Last, o.Called
		}
	}
	return to
}
