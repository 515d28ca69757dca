package revert

import (
	"errors"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/catalog"
)

// Classes of the codes of errors about rows.
const (
	classValue     = "22" // a type does not hold a value
	classIntegrity = "23" // a constraint forbids a row
)

// Misfit is what later rows of a table break that comes back.
type Misfit struct {
	What string // in words

	// Whole: the rows that break it are found by their values, and go as they are.
	Whole bool
	// Later: so do all that the copy does not know, for what they break is a matter of what
	// was lost.
	Later bool
	// Asked: rows of a table that is put back are asked as well what they break that comes
	// back, as soon as everything that it names has its old name.
	Asked bool
}

// Misfits has the later rows not stay that break what comes back.
type Misfits map[uint32]Misfit // by OID before the batch

// Misfit tells of an error of Prepare or Apply which table's later rows break what comes
// back, named as before the batch, and what they break: a constraint, where they get the
// default of a lost column, or nothing, which a check, a unique index or a foreign key may
// not allow; the old type of a column; or what a table that stays gets back. "" where it
// is none of these, or where later rows cannot be told from others.
func (p *Plan) Misfit(err error) (table string, m Misfit) {
	if cast, ok := errors.AsType[*castError](err); ok {
		if table, m = p.miscast(cast); table != "" {
			return table, m
		}
	}
	said, ok := errors.AsType[*pgconn.PgError](err)
	if !ok || !strings.HasPrefix(said.Code, classIntegrity) {
		return "", Misfit{}
	}
	if table, m = p.misstayed(said); table != "" {
		return table, m
	}
	before, now := newIndex(p.in.Before), newIndex(p.in.Now)
	for _, t := range p.Tables {
		a := address{Catalog: "pg_class", OID: t.OID}
		known := p.in.Misfits[t.OID]
		if t.Way != PutBack || known.Later || said.SchemaName != besideSchema(a) && !before.constrains(a, said) {
			continue
		}
		_, kept := p.in.Copies[t.OID]
		byKey := kept && keyStays(before, now, a)
		if known.What == "" && (!byKey || p.asks(a, said)) {
			if m = p.misput(a); m.What != "" {
				return t.Before, m
			}
		}
		if byKey {
			return t.Before, known.and(Misfit{What: broken(said), Later: true})
		}
	}
	return "", Misfit{}
}

// broken names the constraint that an error is about.
func broken(said *pgconn.PgError) string {
	if ofBounds(said) {
		return "the bounds of a partition"
	}
	return either(said.ConstraintName != "", "constraint "+said.ConstraintName, "NOT NULL of column "+said.ColumnName)
}

// ofBounds says whether an error is about a row that does not belong into a partition.
func ofBounds(said *pgconn.PgError) bool { return said.Code == "23514" && said.ConstraintName == "" }

// and adds what was found out later.
func (m Misfit) and(n Misfit) Misfit {
	what := strings.TrimPrefix(m.What+", "+n.What, ", ")
	return Misfit{What: what, Whole: m.Whole || n.Whole, Later: m.Later || n.Later, Asked: m.Asked || n.Asked}
}

// Beyond says whether a misfit holds more than another one, of the same table.
func (m Misfit) Beyond(known Misfit) bool {
	return known.What == "" || m.Whole && !known.Whole || m.Later && !known.Later
}

// asks says whether the present rows of a table that is put back can be asked whether they
// break what an error is about: then those that do not can stay.
func (p *Plan) asks(a address, said *pgconn.PgError) bool {
	w := p.work()
	want, cur := w.expect[a], w.cur.objects[a]
	if want == nil || cur == nil || !p.named() || !w.ownRows(want, cur) {
		return false
	}
	named := either(ofBounds(said), boundsOf(want), "NOT NULL of column "+catalog.Quote(said.ColumnName))
	for i := range p.in.Before.Objects {
		if o := &p.in.Before.Objects[i]; o.Parent == a && said.ConstraintName != "" && o.Name == said.ConstraintName {
			named = label(o)
		}
	}
	return slices.ContainsFunc(w.forbidden(want, cur), func(b breaking) bool { return b.what == named })
}

// named says whether everything has its old name by the time that rows are put back: what
// comes back is spelled with those.
func (p *Plan) named() bool { return len(p.cmp.ren) == 0 }

// misput is what rows of a table that is put back can be found to break by their values.
func (p *Plan) misput(a address) Misfit {
	w := p.work()
	want, cur := w.expect[a], w.cur.objects[a]
	if want == nil || cur == nil {
		return Misfit{}
	}
	var all []string
	for _, b := range w.recast(want, cur) {
		all = append(all, "the type "+b.Type+" of column "+catalog.Quote(b.Name))
	}
	asked := p.named() && w.ownRows(want, cur)
	if asked {
		for _, b := range w.forbidden(want, cur) {
			all = append(all, b.what)
		}
	}
	return Misfit{What: strings.Join(all, ", "), Whole: true, Asked: asked}
}

// constrains says whether an error is of a constraint of a table where it belongs: one
// that is made there, since what it needs was not yet as it was while the table was made
// beside.
func (x *index) constrains(a address, said *pgconn.PgError) bool {
	t := x.objects[a]
	if t == nil || said.SchemaName != t.Schema || said.TableName != t.Name {
		return false
	}
	return ofBounds(said) || slices.ContainsFunc(x.state.Objects, func(o object) bool {
		return o.Parent == a && o.Name == said.ConstraintName && (o.Kind == catalog.KindConstraint || o.Kind == catalog.KindIndex)
	})
}

// misstayed finds the table that stays whose rows an error of a constraint is about.
func (p *Plan) misstayed(said *pgconn.PgError) (table string, m Misfit) {
	switch said.Code {
	case "23502", "23503", "23505", "23514", "23P01": // NOT NULL, foreign key, unique, check, exclusion
	default:
		return "", Misfit{}
	}
	w := p.work()
	for i := range p.in.Before.Objects {
		o := w.before.objects[p.in.Before.Objects[i].Address]
		if o != nil && o.Table != nil && o.Schema == said.SchemaName && o.Name == said.TableName && p.in.Misfits[o.Address.OID].What == "" {
			return p.stays(w, o)
		}
	}
	return "", Misfit{}
}

// stays is the misfit of a table that stays; "" where it does not, or nothing comes back
// that its rows can be asked about.
func (p *Plan) stays(w *work, o *object) (table string, m Misfit) {
	t, cur := p.table(o.Address.OID), w.cur.objects[o.Address]
	if cur == nil || t != nil && t.Way != InPlace {
		return "", Misfit{}
	}
	what := inOrder(w.breakable(cur))
	if what == "" {
		return "", Misfit{}
	}
	return o.Identity, Misfit{What: what, Whole: true}
}
