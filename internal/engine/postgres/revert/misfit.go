package revert

import (
	"errors"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/catalog"
)

// classIntegrity begins the codes of errors about rows that a constraint forbids.
const classIntegrity = "23"

// Misfit tells of an error of Prepare or Apply which table's later rows break a constraint
// that comes back with what was lost, named as before the batch, and what they break:
// they get the default of a lost column, or nothing, which a check, a unique index or a
// foreign key may not allow. "" where it is none of these, or where the copy does not
// tell later rows from others.
func (p *Plan) Misfit(err error) (table, what string) {
	said, ok := errors.AsType[*pgconn.PgError](err)
	if !ok || !strings.HasPrefix(said.Code, classIntegrity) {
		return "", ""
	}
	before, now := newIndex(p.in.Before), newIndex(p.in.Now)
	for _, t := range p.Tables {
		a := address{Catalog: "pg_class", OID: t.OID}
		if t.Way != PutBack || p.in.Misfits[t.OID] != "" || said.SchemaName != besideSchema(a) && !before.constrains(a, said) {
			continue
		}
		if _, kept := p.in.Copies[t.OID]; kept && keyStays(before, now, a) {
			return t.Before, either(said.ConstraintName != "", "constraint "+said.ConstraintName, "NOT NULL of column "+said.ColumnName)
		}
	}
	return "", ""
}

// constrains says whether an error is of a constraint of a table where it belongs: one
// that is made there, since what it needs was not yet as it was while the table was made
// beside.
func (x *index) constrains(a address, said *pgconn.PgError) bool {
	t := x.objects[a]
	return t != nil && said.SchemaName == t.Schema && said.TableName == t.Name && slices.ContainsFunc(x.state.Objects, func(o object) bool {
		return o.Parent == a && o.Name == said.ConstraintName && (o.Kind == catalog.KindConstraint || o.Kind == catalog.KindIndex)
	})
}

// Misfits has only those rows of a table stay that its copy knows: what came since
// breaks what comes back.
type Misfits map[uint32]string // by OID before the batch: what they break
