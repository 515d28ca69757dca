package revert

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/catalog"
)

// referred calls f for the table that a foreign key refers to, and all tables
// under it, which hold its rows; not at all for any other object.
func (w *work) referred(x *index, o *object, f func(parent address)) {
	if o.Kind != catalog.KindConstraint || !isForeignKey(o) {
		return
	}
	if _, _, parent := w.foreignKey(x, o); parent != nil {
		x.below(parent.Address, f)
	}
}

// lend gives the owner of a table the privilege to refer to it, where it had taken that from
// itself and a foreign key to it is made; finish takes it back.
func (w *work) lend(o *object) []step {
	if o.Kind != catalog.KindConstraint || !isForeignKey(o) {
		return nil
	}
	_, _, parent := w.foreignKey(w.before, o)
	if parent == nil || w.make[parent.Address] {
		return nil
	}
	cur := w.cur.objects[parent.Address]
	if cur == nil || lacking(cur, "REFERENCES") == "" {
		return nil
	}
	return []step{{sql: "GRANT REFERENCES ON TABLE " + cur.Identity + " TO " + catalog.Quote(cur.Owner), what: "making ready " + label(cur)}}
}

// rowsToCome says whether one of the two tables of a foreign key stays, and its
// rows have yet to be put right: until then it need not hold between them.
func (w *work) rowsToCome(o, parent *object) bool {
	found := false
	for _, table := range []address{o.Parent, parent.Address} {
		w.cur.below(table, func(a address) { found = found || w.correct[a] || w.refill[a] })
	}
	return found
}

// keysWait says whether a foreign key of a table, or to it, cannot be made beside
// because the rows of the other table have yet to be put right.
func (w *work) keysWait(table address) bool {
	for i := range w.before.state.Objects {
		o := &w.before.state.Objects[i]
		if !w.make[o.Address] || w.expect[o.Address] == nil || o.Kind != catalog.KindConstraint || !isForeignKey(o) {
			continue
		}
		_, _, parent := w.foreignKey(w.before, o)
		if parent != nil && (o.Parent == table || parent.Address == table) && w.rowsToCome(o, parent) {
			return true
		}
	}
	return false
}

// governs says whether a table's foreign keys, and those to it, are in force for the
// rows of a: it is the same table, or a is a partition under it.
func (w *work) governs(table *object, a address) bool {
	if table == nil || table.Address == a {
		return table != nil
	}
	return table.Table != nil && table.Table.Key != "" && slices.ContainsFunc(w.cur.parents(w.cur.objects[a]), func(p address) bool { return w.governs(table, p) })
}

// unwritableBelow says whether a foreign key to a table would write to an identity column
// that is GENERATED ALWAYS: the server then lets no row of the table go, nor change what
// the key refers to, whether rows refer to it or not.
func (w *work) unwritableBelow(a address) bool {
	return slices.ContainsFunc(w.cur.state.Objects, func(o object) bool {
		if !isEnforcedKey(&o) || !strings.Contains(o.Create, " SET NULL") && !strings.Contains(o.Create, " ON UPDATE CASCADE") {
			return false
		}
		from, _, parent := w.foreignKey(w.cur, &o)
		child := w.cur.objects[o.Parent]
		return w.governs(parent, a) && slices.ContainsFunc(from, func(name string) bool {
			c := column(child, numberOf(child, name))
			return c != nil && c.Identity == "a"
		})
	})
}

// castKeys lists foreign keys of tables over types from which a cast leads elsewhere by
// itself: that can leave the server unable to choose among the operators that compare
// their values, and so to enforce the key.
func (x *index) castKeys() []*object {
	cast := map[address]bool{} // what such casts are from, and to
	for i := range x.state.Objects {
		if o := &x.state.Objects[i]; o.Kind == catalog.KindCast && strings.HasSuffix(o.Create, " AS IMPLICIT") {
			for _, d := range o.DependsOn {
				cast[d] = true
			}
		}
	}
	if len(cast) == 0 {
		return nil
	}
	var all []*object
	for i := range x.state.Objects {
		o := &x.state.Objects[i]
		if child := x.objects[o.Parent]; child == nil || !isEnforcedKey(o) || !x.reaches(child, cast) {
			continue
		}
		all = append(all, o)
	}
	return all
}

// reaches says whether an object is over one of some types.
func (x *index) reaches(o *object, types map[address]bool) bool {
	return slices.ContainsFunc(o.DependsOn, func(d address) bool {
		t := x.objects[d]
		return types[d] && t != nil && isType(t)
	})
}

// inForce leaves those foreign keys that are in force for the rows of a table.
func (w *work) inForce(x *index, keys []*object, a address) []*object {
	return slices.DeleteFunc(slices.Clone(keys), func(o *object) bool {
		_, _, parent := w.foreignKey(x, o)
		return parent == nil || !w.governs(parent, a) && !w.governs(x.objects[o.Parent], a)
	})
}

// comparedQuery spells how the server compares the columns of a foreign key where a
// function for any type of a kind does it, such as for all enums: only there it leaves
// the choice to its rules for casts, as src/backend/utils/adt/ri_triggers.c has it.
// The values are no rows', which this role need not be allowed to read.
const comparedQuery = `SELECT coalesce(pg_catalog.string_agg(pg_catalog.format('NULL::%s OPERATOR(%I.%s) NULL::%s',
		pg_catalog.format_type(p.atttypid, NULL), n.nspname, o.oprname, pg_catalog.format_type(f.atttypid, NULL)), ' AND '), '')
	FROM pg_catalog.pg_constraint k
	CROSS JOIN LATERAL ROWS FROM (pg_catalog.unnest(k.conkey), pg_catalog.unnest(k.confkey), pg_catalog.unnest(k.conpfeqop)) AS u (f, p, op)
	JOIN pg_catalog.pg_attribute f ON f.attrelid = k.conrelid AND f.attnum = u.f
	JOIN pg_catalog.pg_attribute p ON p.attrelid = k.confrelid AND p.attnum = u.p
	JOIN pg_catalog.pg_operator o ON o.oid = u.op
	JOIN pg_catalog.pg_type l ON l.oid = o.oprleft AND l.typtype = 'p'
	JOIN pg_catalog.pg_namespace n ON n.oid = o.oprnamespace
	WHERE k.contype = 'f' AND k.conrelid = pg_catalog.to_regclass($1) AND k.conname = $2`

// compared has the server choose these operators for one foreign key.
func compared(ctx context.Context, conn Conn, x *index, key *object) error {
	var how string
	if err := conn.QueryRow(ctx, comparedQuery, x.objects[key.Parent].Identity, key.Name).Scan(&how); err != nil {
		return fmt.Errorf("reading how %s compares: %w", label(key), err)
	}
	if how == "" {
		return nil
	}
	if _, err := conn.Exec(ctx, "SELECT WHERE false AND "+how); err != nil {
		return fmt.Errorf("enforcing %s: %w", label(key), err)
	}
	return nil
}

// refersTo lists the tables with rows that foreign keys of a table refer to.
func (w *work) refersTo(a address) []address {
	var all []address
	for i := range w.cur.state.Objects {
		o := &w.cur.state.Objects[i]
		if o.Kind != catalog.KindConstraint || !isForeignKey(o) || !w.governs(w.cur.objects[o.Parent], a) {
			continue
		}
		_, _, parent := w.foreignKey(w.cur, o)
		switch {
		case parent == nil:
		case parent.Table == nil || parent.Table.Key == "":
			all = append(all, parent.Address)
		default:
			w.cur.below(parent.Address, func(p address) { all = append(all, p) })
		}
	}
	return all
}

// foreignKey reads the columns of a foreign key, those that it refers to, and the
// table that it refers to; nil where that is not known.
func (w *work) foreignKey(x *index, o *object) (from, to []string, parent *object) {
	definition := o.Create[strings.Index(o.Create, " FOREIGN KEY (")+len(" FOREIGN KEY ("):]
	all := tokens(definition)
	end := slices.Index(all, ")")
	if end < 0 || end+1 >= len(all) || all[end+1] != "REFERENCES" {
		return nil, nil, nil
	}
	open := slices.Index(all[end:], "(")
	if open < 0 {
		return nil, nil, nil
	}
	name := strings.Join(all[end+2:end+open], "")
	rest := all[end+open+1:]
	between := func(s string) bool { return s == "," || s == "PERIOD" }
	from = slices.DeleteFunc(slices.Clone(all[:end]), between)
	to = slices.DeleteFunc(slices.Clone(rest[:max(0, slices.Index(rest, ")"))]), between)
	return from, to, x.objects[x.tables[name]]
}

// isTemporal says whether a foreign key (of PostgreSQL 18) refers, by its last column, to all
// rows together that share the time of that: no two of them overlap.
func isTemporal(o *object) bool { return strings.Contains(o.Create, ", PERIOD ") }
