package catalog

import (
	"context"
	"slices"
	"strings"
)

// constraintsSQL leaves out what belongs to a trigger, a domain or a column, what
// a foreign key becomes in partitions, and checks that come from a parent alone;
// those of partitions are needed when one stands alone. The index comes along for
// what the text of a constraint does not say. A key of plain columns comes as
// their numbers, for spelling it is most of the server's work.
func (r *reader) constraintsSQL() string {
	plain := "k.contype IN ('p', 'u') AND x.indnatts = x.indnkeyatts"
	if r.has("pg_index", "indnullsnotdistinct") {
		plain += " AND NOT x.indnullsnotdistinct"
	}
	if r.has("pg_constraint", "conperiod") {
		plain += " AND NOT k.conperiod"
	}
	return `
SELECT k.oid, k.conrelid, k.conname::text, CASE WHEN ` + plain + ` THEN '' ELSE coalesce(pg_get_constraintdef(k.oid), '') END,
  CASE WHEN ` + plain + ` THEN k.conkey ELSE '{}' END, k.condeferrable, k.condeferred,
  coalesce(i.oid, 0)::oid, coalesce(i.relname::text, ''), coalesce(i.reloptions, '{}'), coalesce(s.spcname::text, ''),
  coalesce(x.indisclustered, false), coalesce(x.indisreplident, false), coalesce(x.indisvalid, true),
  ` + indexTargets + `, k.contype::text, k.coninhcount > 0, k.contype <> 'c' AND k.conparentid = 0 AND NOT k.connoinherit,
  coalesce(i.relkind = 'I', false), ` + indexParent + `
FROM pg_constraint k
LEFT JOIN pg_class i ON i.oid = k.conindid AND k.contype IN ('p', 'u', 'x')
LEFT JOIN pg_index x ON x.indexrelid = i.oid LEFT JOIN pg_tablespace s ON s.oid = i.reltablespace
WHERE k.contype IN ('c', 'u', 'p', 'f', 'x') AND k.conrelid <> 0 AND k.oid >= 16384
  AND (k.contype <> 'f' OR k.conparentid = 0)
  AND (k.contype <> 'c' OR k.conislocal OR k.coninhcount = 0 OR (SELECT relispartition FROM pg_class WHERE oid = k.conrelid))`
}

// constraintRow is one constraint as the catalogs hold it.
type constraintRow struct {
	oid, table           uint32
	name, definition     string
	key                  []int16 // columns of a plain key, which has no definition
	deferrable, deferred bool
	kind                 string // contype
	inherited, passed    bool
	indexOID             uint32
	index                indexState
}

// fields are where the values of a row go.
func (k *constraintRow) fields() []any {
	x := &k.index
	return []any{&k.oid, &k.table, &k.name, &k.definition, &k.key, &k.deferrable, &k.deferred,
		&k.indexOID, &x.name, &x.options, &x.tablespace, &x.clustered, &x.replica, &x.valid,
		&x.targets, &k.kind, &k.inherited, &k.passed, &x.partitioned, &x.parent, &x.parentOID}
}

func (r *reader) readConstraints(ctx context.Context) error {
	var k constraintRow
	into := k.fields()
	return r.each(ctx, "constraints", r.constraintsSQL(), func(rows row) error {
		if err := rows.Scan(into...); err != nil {
			return err
		}
		o, ok := r.hanging(Address{Catalog: "pg_constraint", OID: k.oid}, KindConstraint, k.name, k.table)
		if !ok {
			return nil
		}
		parent := r.object(o.Parent)
		definition := k.text(parent)
		if definition == "" {
			return nil
		}
		o.Create = alterFor(parent, k.kind) + "ADD CONSTRAINT " + Quote(k.name) + " " + definition
		if x := &k.index; x.name != "" {
			x.identity = Qualified(parent.Schema, x.name) // an index lies where its table does
			if len(x.options) > 0 && !x.partitioned {     // an exclusion's text has them, too
				o.After = append(o.After, "ALTER INDEX "+x.identity+" SET ("+settings(x.options)+")")
			}
			x.complete(&o, parent)
			o.Part = r.partOf(x)
		}
		o.Inherited, o.Passed = k.inherited && k.kind == "c", k.passed
		r.add(o, 0, 0)
		r.owners[len(r.owners)-1].index = k.indexOID
		return nil
	})
}

// text is what follows the name of a constraint; "" where it has gone meanwhile. The
// options of a partitioned index cannot be set later.
func (k *constraintRow) text(table *Object) string {
	text := k.words(table)
	if text == "" || !k.index.partitioned || len(k.index.options) == 0 || k.kind == "x" {
		return text
	}
	end := ""
	for _, words := range []string{" INITIALLY DEFERRED", " DEFERRABLE"} {
		if rest, ok := strings.CutSuffix(text, words); ok {
			text, end = rest, words+end
		}
	}
	return text + " WITH (" + settings(k.index.options) + ")" + end
}

func (k *constraintRow) words(table *Object) string {
	if len(k.key) == 0 {
		return k.definition
	}
	names := make([]string, 0, len(k.key))
	for _, num := range k.key {
		i := slices.IndexFunc(table.LiveColumns(), func(c Column) bool { return c.Num == num })
		if i < 0 {
			return ""
		}
		names = append(names, Quote(table.LiveColumns()[i].Name))
	}
	text := keyWords[k.kind] + " (" + strings.Join(names, ", ") + ")"
	if k.deferrable {
		text += " DEFERRABLE"
	}
	if k.deferred {
		text += " INITIALLY DEFERRED"
	}
	return text
}

var keyWords = map[string]string{"p": "PRIMARY KEY", "u": "UNIQUE"}

// alterFor begins the statement that adds a constraint. Checks are inherited and
// foreign keys go to all partitions, where ONLY is refused.
func alterFor(table *Object, kind string) string {
	if table.Table != nil && (kind == "c" || kind == "f" && table.Table.Key != "") {
		return "ALTER TABLE " + table.Identity + " "
	}
	return alterOnly(table)
}
