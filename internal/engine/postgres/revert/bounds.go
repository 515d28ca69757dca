package revert

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/catalog"
)

// A partition that is put under its parent again must hold no row that does not belong there,
// and a default partition none that belongs into one that comes back.

// confined says whether the server is going to look whether the rows of a partition belong
// there: it or something above it comes under its parent, or something beside a default one.
func (w *work) confined(a address) bool {
	parent, ok := w.partitioned(a)
	if !ok {
		return false
	}
	joins := func(b address) bool { return w.join[b] }
	return w.join[a] || isDefault(w.expect[a]) && slices.ContainsFunc(w.besidePartition(a, parent), joins) || w.confined(parent)
}

// partitioned is the table that one has to be a partition of.
func (w *work) partitioned(a address) (parent address, ok bool) {
	want := w.expect[a]
	if want == nil || want.Table == nil || want.Table.Partition == "" {
		return address{}, false
	}
	for _, p := range w.wantedParents(a) {
		return p, true // it has one
	}
	return address{}, false
}

func isDefault(o *object) bool { return o.Table.Partition == "DEFAULT" }

// besidePartition lists the other partitions of a table.
func (w *work) besidePartition(a, parent address) []address {
	return slices.DeleteFunc(addresses(w.before, w.cur), func(b address) bool {
		of, ok := w.partitioned(b)
		return b == a || !ok || of != parent
	})
}

// takesNull matches the bounds of a partition that takes NULL beside other values.
var takesNull = regexp.MustCompile(`^FOR VALUES IN \(.*(, NULL|NULL, )`)

// overlooked says whether the server would not look for rows of a default partition that belong
// into one which comes back: it does not where that takes NULL, too.
func (w *work) overlooked(a address) bool {
	parent, ok := w.partitioned(a)
	if !ok {
		return false
	}
	comes := func(b address) bool { return w.join[b] && takesNull.MatchString(w.expect[b].Table.Partition) }
	return isDefault(w.expect[a]) && slices.ContainsFunc(w.besidePartition(a, parent), comes) || w.overlooked(parent)
}

// rebounded are the tables that change their place among others, and those under the parents
// that they leave or join: what their rows may be changes with it.
func (w *work) rebounded() map[address]bool {
	all := map[address]bool{}
	for _, a := range addresses(w.before, w.cur) {
		var over []address
		if len(w.leave[a]) > 0 {
			over = w.cur.parents(w.cur.objects[a])
		}
		if w.join[a] {
			over = append(over, w.wantedParents(a)...)
		}
		for _, p := range over {
			w.cur.below(p, func(t address) { all[t] = true })
			all[a] = true
		}
	}
	return all
}

// lookOver looks in the server's place.
func (w *work) lookOver() []step {
	var steps []step
	for _, a := range addresses(w.cur) {
		want, cur := w.expect[a], w.cur.objects[a]
		if want == nil || cur == nil || want.Table == nil || cur.Table == nil || w.drop[a] || w.in.Misfits[a.OID].What != "" || !w.overlooked(a) {
			continue
		}
		for _, b := range w.outside(want, cur) {
			steps = append(steps, step{none: "SELECT pg_catalog.count(*) FROM ONLY " + cur.Identity + " t WHERE " + b.rows("t."), what: "rows outside of " + b.what, casts: a})
		}
	}
	return steps
}

// outside is what rows of a partition break that do not belong there any more.
func (w *work) outside(want, cur *object) []breaking {
	if want.Table.Key != "" || cur.Table.Key != "" || !w.confined(cur.Address) {
		return nil
	}
	within := w.in.Answers[cur.Address]
	return []breaking{{boundsOf(want), func(alias string) string {
		if within.SQL == "" {
			return "false"
		}
		return alias + "ctid IN (SELECT c.ctid FROM ONLY " + cur.Identity + " c WHERE (" + within.SQL + ") IS FALSE)"
	}, within.Err}}
}

func boundsOf(o *object) string { return "the bounds of partition " + o.Identity }

// boundOf makes a partition like one with all above it, and beside default ones, and reads what
// its rows have to satisfy.
func (w *work) boundOf(ctx context.Context, conn Conn, a address) (string, error) {
	steps, hashed := w.likePartition(a)
	if err := script(ctx, conn, steps); err != nil {
		return "", err
	}
	var within string
	if err := conn.QueryRow(ctx, `SELECT coalesce(pg_catalog.pg_get_partition_constraintdef($1::pg_catalog.regclass), '')`, likeTable(a)).Scan(&within); err != nil {
		return "", err
	}
	for _, parent := range hashed { // the server hashes as the table does that it is told
		var oid uint32
		if err := conn.QueryRow(ctx, `SELECT $1::pg_catalog.regclass::pg_catalog.oid`, likeTable(parent)).Scan(&oid); err != nil {
			return "", err
		}
		if w.cur.objects[parent] == nil || w.drop[parent] {
			return "", nil
		}
		within = strings.ReplaceAll(within, fmt.Sprintf("'%d'::oid", oid), fmt.Sprintf("'%d'::oid", parent.OID))
	}
	return within, nil
}

func likeTable(a address) string { return fmt.Sprintf("safemigrate.like_%d", a.OID) }

// likePartition spells what makes tables like a partition and those above it, from the top, and
// names those that are partitioned by a hash.
func (w *work) likePartition(a address) (steps []string, hashed []address) {
	o := w.expect[a]
	key := func(o *object) string { return either(o.Table.Key == "", "", " PARTITION BY "+o.Table.Key) }
	parent, under := w.partitioned(a)
	if !under {
		columns := make([]string, len(o.Table.Columns))
		for i := range o.Table.Columns {
			c := &o.Table.Columns[i]
			columns[i] = catalog.Quote(c.Name) + " " + c.Type + either(c.Collation == "", "", " COLLATE "+c.Collation)
		}
		return []string{"CREATE TABLE " + likeTable(a) + " (" + joined(columns) + ")" + key(o)}, nil
	}
	steps, hashed = w.likePartition(parent)
	if strings.HasPrefix(w.expect[parent].Table.Key, "HASH ") {
		hashed = append(hashed, parent)
	}
	partition := func(a address, rest string) string {
		return "CREATE TABLE " + likeTable(a) + " PARTITION OF " + likeTable(parent) + " " + w.expect[a].Table.Partition + rest
	}
	if isDefault(o) {
		for _, b := range w.besidePartition(a, parent) {
			steps = append(steps, partition(b, ""))
		}
	}
	return append(steps, partition(a, key(o))), hashed
}
