package catalog

import (
	"context"
	"fmt"
)

// sequencesSQL reads sequences with the column that owns them (deptype a) or
// that they are the identity of (deptype i).
const sequencesSQL = `
SELECT c.oid, n.nspname::text, c.relname::text, c.relowner, c.relpersistence::text,
  format_type(s.seqtypid, NULL), s.seqstart, s.seqincrement, s.seqmin, s.seqmax, s.seqcache, s.seqcycle,
  coalesce(d.refobjid, 0)::oid, coalesce(d.refobjsubid, 0)::int2, coalesce(d.deptype::text, ''),
  coalesce(quote_ident(tn.nspname) || '.' || quote_ident(t.relname), ''), coalesce(a.attname::text, '')
FROM pg_sequence s JOIN pg_class c ON c.oid = s.seqrelid JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.objsubid = 0
  AND d.refclassid = 'pg_class'::regclass AND d.refobjsubid > 0 AND d.deptype IN ('a', 'i')
LEFT JOIN pg_class t ON t.oid = d.refobjid LEFT JOIN pg_namespace tn ON tn.oid = t.relnamespace
LEFT JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
WHERE s.seqrelid >= 16384`

// sequenceRow is one sequence as the catalogs hold it.
type sequenceRow struct {
	oid, owner   uint32
	schema, name string
	sequence     Sequence
	table        uint32 // that owns it, or 0
	column       int16
	tie          string // "a" owned, "i" identity, "" free-standing
	tableName    string
	columnName   string
}

func scanSequence(rows row) (sequenceRow, error) {
	var row sequenceRow
	s := &row.sequence
	err := rows.Scan(&row.oid, &row.schema, &row.name, &row.owner, &s.Persistence,
		&s.Type, &s.Start, &s.Increment, &s.Min, &s.Max, &s.Cache, &s.Cycle,
		&row.table, &row.column, &row.tie, &row.tableName, &row.columnName)
	s.Name, s.OID = Qualified(row.schema, row.name), row.oid
	if row.tie == "a" {
		s.OwnedBy = row.tableName + "." + Quote(row.columnName)
	}
	return row, err
}

// readIdentities puts the sequences of identity columns where they belong.
func (r *reader) readIdentities(ctx context.Context, columns map[uint32][]Column) error {
	return r.each(ctx, "identity columns", sequencesSQL+" AND d.deptype = 'i'", func(rows row) error {
		row, err := scanSequence(rows)
		if err != nil {
			return err
		}
		for i := range columns[row.table] {
			if c := &columns[row.table][i]; c.Num == row.column {
				c.IdentitySeq = &row.sequence
			}
		}
		return nil
	})
}

// readSequences reads free-standing sequences and those that a column owns.
func (r *reader) readSequences(ctx context.Context) error {
	return r.each(ctx, "sequences", sequencesSQL+" AND d.deptype IS DISTINCT FROM 'i'", func(rows row) error {
		row, err := scanSequence(rows)
		if err == nil && r.defined(relation(row.oid)) {
			r.add(row.define(), row.owner, 's')
		}
		return err
	})
}

func (row *sequenceRow) define() Object {
	o := Object{
		Address: relation(row.oid), Kind: KindSequence, Schema: row.schema, Name: row.name,
		Identity: row.sequence.Name,
	}
	s := row.sequence
	o.Sequence = &s // the row itself goes
	create := "CREATE SEQUENCE "
	if row.sequence.Persistence == "u" {
		create = "CREATE UNLOGGED SEQUENCE "
	}
	o.Create = create + o.Identity + " AS " + row.sequence.Type + row.sequence.options()
	if row.tie == "a" {
		o.Parent = relation(row.table)
		o.After = append(o.After, "ALTER SEQUENCE "+o.Identity+" OWNED BY "+row.sequence.OwnedBy)
	}
	return o
}

// options spells all options but the type.
func (s *Sequence) options() string {
	cycle := " NO CYCLE"
	if s.Cycle {
		cycle = " CYCLE"
	}
	return fmt.Sprintf(" START WITH %d INCREMENT BY %d MINVALUE %d MAXVALUE %d CACHE %d%s",
		s.Start, s.Increment, s.Min, s.Max, s.Cache, cycle)
}
