package revert

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/catalog"
)

// Place is where a table goes that is kept instead of being dropped.
type Place struct{ Schema, Name string } // bare

// Movable says whether a table that the plan drops can be kept as it is, in another
// place: nothing but its rows goes along that would be in anybody's way. The columns
// have to be of types that every migration leaves alone, which the caller sees to.
func (p *Plan) Movable(table uint32) bool {
	a := address{Catalog: "pg_class", OID: table}
	x := newIndex(p.in.Now)
	o, t := x.objects[a], p.table(table)
	if o == nil || o.Table == nil || t == nil || t.Way != Dropped && t.Way != Rebuilt && t.Way != PutBack {
		return false
	}
	const heap = "heap"
	alone := len(o.Table.Parents) == 0 && len(x.children[a]) == 0 && o.Table.Key == "" && o.Of == "" && o.Table.Partition == "" &&
		len(o.Table.Clones) == 0 && len(x.inheritedChecks(o)) == 0
	plain := o.Table.Persistence == "p" && (o.Table.Method == "" || o.Table.Method == heap) && o.Unsupported == "" && !o.Labelled && lacking(o, "SELECT") == ""
	return alone && plain &&
		!slices.ContainsFunc(o.Table.Columns, func(c catalog.Column) bool { return c.Generated != "" }) &&
		!slices.ContainsFunc(allGrants(o), func(g catalog.Grant) bool { return g.Grantor != o.Owner })
}

// Move has Apply keep a table that it would drop, in the form of a copy: its columns
// are called c and their number, and nobody but its owner, who is the current role,
// has a privilege on it.
func (p *Plan) Move(table uint32, to Place) {
	if p.in.Moved == nil {
		p.in.Moved = map[uint32]Place{}
	}
	p.in.Moved[table] = to
}

// moves says whether a table that is dropped is kept in another place.
func (w *work) moves(a address) bool {
	_, ok := w.in.Moved[a.OID]
	return ok && !w.in.Rehearsal
}

// moveSteps take off a table what DROP would take along, and move it. By then all
// that hangs on it, and that can be told, is gone; what is left is refused.
func (w *work) moveSteps(o *object, to Place) []step {
	what := "moving the present " + label(o) + " to the quarantine"
	steps := []step{{none: dependentsQuery(o.Address.OID), what: "objects depend on " + label(o) + ", and nobody knows what they are"}}
	add := func(format string, args ...any) {
		steps = append(steps, step{sql: fmt.Sprintf(format, args...), what: what})
	}
	table := "ALTER TABLE ONLY " + o.Identity + " "
	if o.Table.ForceRLS {
		add("%sNO FORCE ROW LEVEL SECURITY", table)
	}
	if o.Table.RowSecurity {
		add("%sDISABLE ROW LEVEL SECURITY", table)
	}
	for i := range o.Table.Columns {
		if c := &o.Table.Columns[i]; c.Identity != "" {
			add("%sALTER COLUMN %s DROP IDENTITY", table, catalog.Quote(c.Name))
		}
	}
	var revoked []string
	for _, g := range allGrants(o) {
		if g.Grantee != o.Owner && !slices.Contains(revoked, g.Grantee) {
			revoked = append(revoked, g.Grantee)
			add("REVOKE ALL ON TABLE %s FROM %s", o.Identity, grantee(g.Grantee))
		}
	}
	for _, names := range columnNames(o) {
		add("ALTER TABLE %s RENAME COLUMN %s TO %s", o.Identity, catalog.Quote(names[0]), catalog.Quote(names[1]))
	}
	// Each name is free where it is used: neither schema is safemigrate's alone.
	aside := fmt.Sprintf("safemigrate_aside_%d", o.Address.OID)
	add("ALTER TABLE %s RENAME TO %s", o.Identity, aside)
	add("ALTER TABLE %s SET SCHEMA %s", catalog.Qualified(o.Schema, aside), catalog.Quote(to.Schema))
	add("ALTER TABLE %s RENAME TO %s", catalog.Qualified(to.Schema, aside), catalog.Quote(to.Name))
	add("ALTER TABLE %s OWNER TO CURRENT_USER", catalog.Qualified(to.Schema, to.Name))
	return steps
}

// columnNames lists the renamings that give the columns of a table the names of a
// copy's; where one has a name that another gets, both take a way around.
func columnNames(o *object) [][2]string {
	name := func(c *catalog.Column) string { return fmt.Sprintf("c%d", c.Num) }
	clash := false
	for i := range o.Table.Columns {
		for j := range o.Table.Columns {
			clash = clash || i != j && o.Table.Columns[i].Name == name(&o.Table.Columns[j])
		}
	}
	var first, second [][2]string
	for i := range o.Table.Columns {
		c := &o.Table.Columns[i]
		from := c.Name
		if clash {
			from = fmt.Sprintf("safemigrate_aside_%d", c.Num)
			first = append(first, [2]string{c.Name, from})
		}
		if from != name(c) {
			second = append(second, [2]string{from, name(c)})
		}
	}
	return append(first, second...)
}

// dependentsQuery counts what depends on a table or its row type from outside, and
// would have kept it from being dropped.
func dependentsQuery(oid uint32) string {
	return strings.ReplaceAll(`SELECT pg_catalog.count(*) FROM pg_catalog.pg_depend d
		WHERE d.deptype NOT IN ('i', 'P', 'S')
		  AND (d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.refobjid = $OID
		    OR d.refclassid = 'pg_catalog.pg_type'::pg_catalog.regclass AND d.refobjid IN (SELECT t.oid FROM pg_catalog.pg_type t
			JOIN pg_catalog.pg_class c ON c.oid = $OID AND (t.oid = c.reltype OR t.typelem = c.reltype)))
		  AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint k WHERE d.classid = 'pg_catalog.pg_constraint'::pg_catalog.regclass
		    AND k.oid = d.objid AND k.conrelid = $OID AND k.contype = 'n')
		  AND NOT EXISTS (SELECT FROM pg_catalog.pg_sequence s WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND s.seqrelid = d.objid)`, "$OID", strconv.FormatUint(uint64(oid), 10))
}
