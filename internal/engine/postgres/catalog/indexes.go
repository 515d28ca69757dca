package catalog

import "context"

// indexTargets reads the statistics targets of index x.
const indexTargets = `
  CASE WHEN x.indexprs IS NULL THEN '{}' ELSE
    coalesce((SELECT array_agg(a.attnum || ' SET STATISTICS ' || a.attstattarget ORDER BY a.attnum) FROM pg_attribute a
      WHERE a.attrelid = x.indexrelid AND a.attstattarget >= 0), '{}') END`

// indexParent reads the index that i is a part of: its identity and OID.
const indexParent = `
  CASE WHEN i.relispartition THEN
    coalesce((SELECT quote_ident(n2.nspname) || '.' || quote_ident(i2.relname) FROM pg_inherits h JOIN pg_class i2 ON i2.oid = h.inhparent
      JOIN pg_namespace n2 ON n2.oid = i2.relnamespace WHERE h.inhrelid = i.oid), '') ELSE '' END,
  CASE WHEN i.relispartition THEN coalesce((SELECT h.inhparent FROM pg_inherits h WHERE h.inhrelid = i.oid), 0)::oid ELSE 0::oid END`

// indexesSQL leaves out the indexes that a constraint owns.
const indexesSQL = `
SELECT i.oid, x.indrelid, n.nspname::text, i.relname::text, coalesce(pg_get_indexdef(i.oid), ''), coalesce(s.spcname::text, ''),
  x.indisclustered, x.indisreplident, x.indisvalid AND x.indisready AND x.indislive, i.relkind = 'I',
  ` + indexTargets + `, ` + indexParent + `
FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_namespace n ON n.oid = i.relnamespace
LEFT JOIN pg_tablespace s ON s.oid = i.reltablespace
WHERE x.indexrelid >= 16384 AND i.relnamespace <> 'pg_toast'::regnamespace
  AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = x.indexrelid AND k.contype IN ('p', 'u', 'x'))`

// indexState is what an index carries beside its definition, whether it stands
// for itself or belongs to a constraint.
type indexState struct {
	identity, name string
	options        []string
	tablespace     string
	clustered      bool // CLUSTER used it
	replica        bool // it is the replica identity of its table
	valid          bool
	partitioned    bool   // of a partitioned table
	parent         string // identity of the index that it is a part of
	parentOID      uint32
	targets        []string // "1 SET STATISTICS 100" for columns with a target of their own
}

func (r *reader) readIndexes(ctx context.Context) error {
	return r.each(ctx, "indexes", indexesSQL, func(rows row) error {
		var oid, table uint32
		var schema, definition string
		var index indexState
		err := rows.Scan(&oid, &table, &schema, &index.name, &definition, &index.tablespace,
			&index.clustered, &index.replica, &index.valid, &index.partitioned, &index.targets,
			&index.parent, &index.parentOID)
		if err != nil {
			return err
		}
		o, ok := r.hanging(relation(oid), KindIndex, index.name, table)
		if !ok || definition == "" {
			return nil
		}
		o.Identity = Qualified(schema, index.name)
		o.Create = definition
		index.identity = o.Identity
		index.complete(&o, r.object(o.Parent))
		o.Part = r.partOf(&index)
		r.add(o, 0, 0)
		return nil
	})
}

// partOf says which index of a partitioned table this one belongs to.
func (r *reader) partOf(x *indexState) *Part {
	if x.parent == "" {
		return nil
	}
	return &Part{Of: r.whole(relation(x.parentOID)), Index: x.parent, Own: x.identity}
}

// complete adds to the object that makes the index what only ALTER can say.
func (x *indexState) complete(o *Object, parent *Object) {
	if x.tablespace != "" {
		o.After = append(o.After, "ALTER INDEX "+x.identity+" SET TABLESPACE "+Quote(x.tablespace))
	}
	for _, target := range x.targets {
		o.After = append(o.After, "ALTER INDEX "+x.identity+" ALTER COLUMN "+target)
	}
	alter := "ALTER TABLE "
	if parent.Kind == KindMatview {
		alter = "ALTER MATERIALIZED VIEW "
	}
	if x.clustered {
		o.After = append(o.After, alter+parent.Identity+" CLUSTER ON "+Quote(x.name))
	}
	if x.replica {
		o.After = append(o.After, alter+"ONLY "+parent.Identity+" REPLICA IDENTITY USING INDEX "+Quote(x.name))
	}
	if parent.Table != nil && x.clustered {
		parent.Table.Cluster = x.name
	}
	if parent.Table != nil && x.replica {
		parent.Table.Replica = "i:" + x.name
	}
	switch {
	case x.valid:
	case x.partitioned:
		o.Invalid = true
	default:
		o.Unsupported = "invalid index"
	}
}
