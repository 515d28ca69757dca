package revert

import (
	"errors"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// classIntegrity begins the codes of errors about rows that a constraint forbids.
const classIntegrity = "23"

// Misfit tells of an error of Prepare which table's later rows break a constraint that
// comes back with what was lost, named as before the batch, and what they break: they
// get the default of a lost column, or nothing, which a check or a unique index may not
// allow. "" where it is none of these, or where the copy does not tell later rows from
// others.
func (p *Plan) Misfit(err error) (table, what string) {
	said, ok := errors.AsType[*pgconn.PgError](err)
	if !ok || !strings.HasPrefix(said.Code, classIntegrity) {
		return "", ""
	}
	before, now := newIndex(p.in.Before), newIndex(p.in.Now)
	for _, t := range p.Tables {
		a := address{Catalog: "pg_class", OID: t.OID}
		if t.Way != PutBack || said.SchemaName != besideSchema(a) || p.in.Misfits[t.OID] != "" {
			continue
		}
		if _, kept := p.in.Copies[t.OID]; kept && keyStays(before, now, a) {
			return t.Before, "constraint " + said.ConstraintName
		}
	}
	return "", ""
}

// Misfits has only those rows of a table stay that its copy knows: what came since
// breaks what comes back.
type Misfits map[uint32]string // by OID before the batch: what they break
