package dump

import (
	"fmt"
	"slices"

	"github.com/safemigrate/safemigrate/migrate"
	stored "github.com/safemigrate/safemigrate/snapshot/dump"
)

// rootOf names the table through which the rows of c go back: the root of a tree in which a
// hash says where c stands that is another one in each database. That of an enum is made
// from the number of its label, also inside of arrays, composite types and ranges; that of
// regclass and its like from the number of what is named; one by an operator class of a
// user's, or by a collation that is not deterministic, from who knows what. A tree with
// foreign tables has none: rows would go to another server.
const rootOf = `coalesce(CASE WHEN c.relispartition AND EXISTS (
			SELECT FROM pg_catalog.pg_partition_ancestors(c.oid) above JOIN pg_catalog.pg_partitioned_table p ON p.partrelid = above.relid
				CROSS JOIN LATERAL ROWS FROM (pg_catalog.unnest(p.partclass::pg_catalog.oid[]), pg_catalog.unnest(p.partattrs::pg_catalog.int2[]), pg_catalog.unnest(p.partcollation::pg_catalog.oid[])) k(class, attribute, coll)
				JOIN pg_catalog.pg_opclass o ON o.oid = k.class
				LEFT JOIN pg_catalog.pg_collation co ON co.oid = k.coll
				LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = p.partrelid AND a.attnum = k.attribute AND k.attribute > 0
			WHERE p.partstrat = 'h' AND (o.opcnamespace <> 'pg_catalog'::pg_catalog.regnamespace OR NOT coalesce(co.collisdeterministic, true)
				OR o.opcintype IN ('pg_catalog.anyenum'::pg_catalog.regtype, 'pg_catalog.anyarray'::pg_catalog.regtype, 'pg_catalog.record'::pg_catalog.regtype,
					'pg_catalog.anyrange'::pg_catalog.regtype, 'pg_catalog.anymultirange'::pg_catalog.regtype)
				OR o.opcintype = 'pg_catalog.oid'::pg_catalog.regtype AND a.atttypid IS DISTINCT FROM 'pg_catalog.oid'::pg_catalog.regtype))
		AND NOT EXISTS (SELECT FROM pg_catalog.pg_class f WHERE f.relkind = 'f' AND f.relispartition
			AND pg_catalog.pg_partition_root(f.oid) = pg_catalog.pg_partition_root(c.oid))
		THEN (SELECT pg_catalog.format('%I.%I', rn.nspname, r.relname) FROM pg_catalog.pg_class r JOIN pg_catalog.pg_namespace rn ON rn.oid = r.relnamespace
			WHERE r.oid = pg_catalog.pg_partition_root(c.oid)) END, '')`

// target is the table that the rows of t are loaded into, quoted and qualified.
func (t Table) target() string {
	if t.Root != "" {
		return t.Root
	}
	return qualified(t.Schema, t.Name)
}

// Unsuited names the trees that cannot be restored as a database: the server may put their
// rows into other partitions, whose columns stand in another order. The sum of a row is over
// its text, so that nothing would prove that the rows are those that were dumped.
func Unsuited(tables []Table) []string {
	columns := map[string][]string{}
	var out []string
	for _, t := range tables {
		first, seen := columns[t.Root]
		if t.Root == "" || seen && slices.Equal(first, t.Columns) {
			continue
		}
		if seen && !slices.Contains(out, t.Root) {
			out = append(out, t.Root)
		}
		columns[t.Root] = t.Columns
	}
	slices.Sort(out)
	return out
}

// UnsuitedText says why trees cannot be restored as a database.
func UnsuitedText(trees []string) string {
	return "partitioned by a hash that is another one in each database, with partitions whose columns stand in different orders: " + migrate.FirstFew(trees)
}

// asWholes adds the tables of each tree that goes back through its root up to one. by are the
// tables as they were dumped, which say what those trees are.
func asWholes(tables, by []Table) (map[string]Table, error) {
	roots := map[string]string{}
	for _, t := range by {
		roots[t.Label()] = t.Root
	}
	out := map[string]Table{}
	for _, t := range tables {
		name := t.Label()
		if root := roots[name]; root != "" {
			name = "tree " + root
		}
		var sum stored.RowSum
		for _, part := range []Table{out[name], t} {
			if part.Sum == "" {
				continue // the first one
			}
			if err := sum.Join(part.Rows, part.Bytes, part.Sum); err != nil {
				return nil, fmt.Errorf("add the rows of %s up: %w", t.Label(), err)
			}
		}
		out[name] = Table{Rows: sum.Rows(), Bytes: sum.Bytes(), Sum: sum.Sum()}
	}
	return out, nil
}
