package revert

import (
	"github.com/safemigrate/safemigrate/internal/engine/postgres/catalog"
)

// Renumbered says under which numbers re-created objects are found now.
type Renumbered struct {
	OIDs    map[string]map[uint32]uint32 // catalog, old OID, new OID
	Columns map[uint32]map[int16]int16   // new OID of a table, old attnum, new attnum
	// Attributes are the same for composite types.
	Attributes map[uint32]map[int16]int16 `json:",omitempty"`
}

// gone is added to the attnum of a column that a re-created table does not
// have, so that it cannot be taken for another. No table has as many columns.
const gone = 1601

func newRenumbered() Renumbered {
	return Renumbered{OIDs: map[string]map[uint32]uint32{}, Columns: map[uint32]map[int16]int16{},
		Attributes: map[uint32]map[int16]int16{}}
}

func (r Renumbered) add(old, now address) {
	if old == now {
		return
	}
	if r.OIDs[old.Catalog] == nil {
		r.OIDs[old.Catalog] = map[uint32]uint32{}
	}
	r.OIDs[old.Catalog][old.OID] = now.OID
}

// object notes that old is re-created as now.
func (r Renumbered) object(old, now *object) {
	r.add(old.Address, now.Address)
	if m, n := multirange(old), multirange(now); m != nil && n != nil {
		r.add(m.Address, n.Address)
	}
	if old.Kind != now.Kind || old.Address == now.Address {
		return
	}
	columns := map[int16]int16{}
	was, is := numbersOf(old), numbersOf(now)
	for i := range min(len(was), len(is)) {
		columns[was[i]] = is[i]
	}
	switch old.Kind {
	case catalog.KindTable, catalog.KindForeignTable:
		r.Columns[now.Address.OID] = columns
	case catalog.KindComposite:
		r.Attributes[now.Address.OID] = columns
	}
}

// numbersOf lists the attnums of the columns of a table, composite type or
// foreign table.
func numbersOf(o *object) []int16 {
	var all []int16
	for _, c := range o.LiveColumns() {
		all = append(all, c.Num)
	}
	for i := range o.Columns {
		if n := o.Columns[i].Num; n != 0 {
			all = append(all, n)
		}
	}
	return all
}

// sequences notes the new numbers of a table's identity sequences.
func (r Renumbered) sequences(old, now *object) {
	if old.Table == nil || now.Table == nil {
		return
	}
	for i := range old.Table.Columns {
		s := old.Table.Columns[i].IdentitySeq
		if s == nil || i >= len(now.Table.Columns) || now.Table.Columns[i].IdentitySeq == nil {
			continue
		}
		r.add(address{Catalog: "pg_class", OID: s.OID}, address{Catalog: "pg_class", OID: now.Table.Columns[i].IdentitySeq.OID})
	}
}

func (r Renumbered) oid(cat string, old uint32) uint32 {
	if now, ok := r.OIDs[cat][old]; ok {
		return now
	}
	return old
}

func (r Renumbered) column(table uint32, num int16) int16 {
	columns, ok := r.Columns[table]
	return renumbered(columns, ok, num)
}

func (r Renumbered) attribute(composite uint32, num int16) int16 {
	columns, ok := r.Attributes[composite]
	return renumbered(columns, ok, num)
}

func renumbered(columns map[int16]int16, made bool, num int16) int16 {
	if !made || num <= 0 {
		return num
	}
	if now, ok := columns[num]; ok {
		return now
	}
	if num < 1<<15-gone {
		num += gone
	}
	return num
}

func (r Renumbered) address(a address) address {
	a.OID = r.oid(a.Catalog, a.OID)
	switch a.Catalog {
	case "pg_class":
		a.Column = r.column(a.OID, a.Column)
	case "pg_type":
		a.Column = r.attribute(a.OID, a.Column)
	}
	return a
}

// State translates a kept state, in place. It must be a state that has not been
// searched yet.
func (r Renumbered) State(s *catalog.State) {
	for i := range s.Objects {
		r.translate(&s.Objects[i])
	}
}

// Table is the present OID of a table.
func (r Renumbered) Table(oid uint32) uint32 { return r.oid("pg_class", oid) }

// Delta translates a kept difference of states, in place.
func (r Renumbered) Delta(d *catalog.Delta) {
	r.State(&d.State)
	for i := range d.Gone {
		d.Gone[i] = r.address(d.Gone[i])
	}
}

func (r Renumbered) translate(o *object) {
	o.Address = r.address(o.Address)
	o.Parent = r.address(o.Parent)
	for i := range o.DependsOn {
		o.DependsOn[i] = r.address(o.DependsOn[i])
	}
	if o.Part != nil {
		o.Part.Of = r.address(o.Part.Of)
	}
	if o.Sequence != nil {
		o.Sequence.OID = r.oid("pg_class", o.Sequence.OID)
	}
	if o.With != nil {
		o.With.OID = r.oid("pg_type", o.With.OID)
	}
	for i := range o.Attributes {
		c := &o.Attributes[i]
		c.Num, c.TypeOID = r.attribute(o.Address.OID, c.Num), r.oid("pg_type", c.TypeOID)
	}
	for i := range o.Columns {
		o.Columns[i].Num = r.column(o.Address.OID, o.Columns[i].Num)
	}
	if o.Table == nil {
		return
	}
	for i := range o.Table.Columns {
		c := &o.Table.Columns[i]
		c.Num = r.column(o.Address.OID, c.Num)
		c.TypeOID = r.oid("pg_type", c.TypeOID)
		if c.IdentitySeq != nil {
			c.IdentitySeq.OID = r.oid("pg_class", c.IdentitySeq.OID)
		}
	}
}

// Record translates a record, in place.
func (r Renumbered) Record(d *Record) {
	d.Table = r.oid("pg_class", d.Table)
	for _, columns := range [][]CopyColumn{d.Key, d.Of, d.All} {
		for i := range columns {
			columns[i].Num = r.column(d.Table, columns[i].Num)
		}
	}
}

// Copy translates a kept table copy, in place.
func (r Renumbered) Copy(c *Copy) {
	c.Table = r.oid("pg_class", c.Table)
	for i := range c.Columns {
		c.Columns[i].Num = r.column(c.Table, c.Columns[i].Num)
	}
	for i := range c.Key {
		c.Key[i] = r.column(c.Table, c.Key[i])
	}
}
