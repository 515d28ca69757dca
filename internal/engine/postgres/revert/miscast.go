package revert

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/catalog"
)

// castError is an error of a step that reads present values as ones of the types that a
// table's columns had.
type castError struct {
	table address
	err   error
}

func (e *castError) Error() string { return e.err.Error() }
func (e *castError) Unwrap() error { return e.err }

// miscast is what values break that were found not to fit.
func (p *Plan) miscast(e *castError) (table string, m Misfit) {
	said, ok := errors.AsType[*pgconn.PgError](e.err)
	ofValue := ok && (strings.HasPrefix(said.Code, classValue) || strings.HasPrefix(said.Code, classIntegrity) && said.DataTypeName != "")
	t := p.table(e.table.OID)
	if !ofValue && !errors.Is(e.err, ErrConflict) || p.in.Misfits[e.table.OID].Whole {
		return "", Misfit{}
	}
	w := p.work()
	want, cur := w.expect[e.table], w.cur.objects[e.table]
	if (t == nil || t.Way == InPlace) && w.before.objects[e.table] != nil {
		return p.stays(w, w.before.objects[e.table])
	}
	if t == nil || t.Way != PutBack || want == nil || cur == nil {
		return "", Misfit{}
	}
	if len(w.recast(want, cur)) == 0 {
		return "", Misfit{}
	}
	return t.Before, p.in.Misfits[t.OID].and(p.misput(e.table))
}

// recast lists the columns of a mended table whose present values are read as ones of the
// type that they had.
func (w *work) recast(want, cur *object) []*catalog.Column {
	var all []*catalog.Column
	for _, b := range w.retyped(want, cur) {
		if !w.converted(want, cur, b) { // else they come from the copy
			all = append(all, b)
		}
	}
	return all
}

// unfit is a condition on the present rows l: one of their values does not fit the type
// that its column had, or breaks what comes back. "" where all were found to fit, or none was looked for.
func (w *work) unfit(want, cur *object) string {
	m := w.in.Misfits[want.Address.OID]
	if !m.Whole {
		return ""
	}
	var all []string
	if m.Asked && len(w.cmp.ren) == 0 {
		for _, b := range w.forbidden(want, cur) {
			all = append(all, b.rows("l."))
		}
	}
	for _, b := range w.recast(want, cur) {
		all = append(all, fitsName(want.Address, b.Num)+"("+textOf("l."+catalog.Quote(column(cur, b.Num).Name))+") IS FALSE")
	}
	return either(len(all) > 0, "("+strings.Join(all, " OR ")+")", "")
}

// fitsName names the function that tells whether a value fits the type that a column had.
func fitsName(table address, column int16) string {
	return fmt.Sprintf("safemigrate.fits_%d_%d", table.OID, column)
}

// MakeFits makes the functions by which the values are told that do not fit, where some were
// found. Before its version 16 the server has no other way to try a value. Prepare removes
// them.
func (p *Plan) MakeFits(ctx context.Context, conn Conn) error {
	w := p.work()
	for _, t := range p.Tables {
		a := address{Catalog: "pg_class", OID: t.OID}
		want, cur := w.expect[a], w.cur.objects[a]
		if t.Way != PutBack || !p.in.Misfits[t.OID].Whole || want == nil || cur == nil {
			continue
		}
		if err := p.Silence(ctx, conn); err != nil {
			return err
		}
		for _, b := range w.recast(want, cur) {
			if _, err := conn.Exec(ctx, makeFits(a, b, column(cur, b.Num))); err != nil {
				return fmt.Errorf("telling the values that do not fit column %s of %s: %w", catalog.Quote(b.Name), t.Before, err)
			}
		}
	}
	return nil
}

// makeFits spells the function: it assigns a value as filling a table does, and reads it
// back.
func makeFits(table address, was, is *catalog.Column) string {
	body := "DECLARE x " + was.Type + "; BEGIN x := " + castBack("v", was) + "; RETURN " + textOf(castForth("x", is)) +
		" = v; EXCEPTION WHEN data_exception OR integrity_constraint_violation THEN RETURN false; END"
	return "CREATE OR REPLACE FUNCTION " + fitsName(table, was.Num) + "(v text) RETURNS boolean LANGUAGE plpgsql STRICT SET search_path = pg_catalog AS " +
		catalog.Literal(body)
}

// dropFits removes the functions.
func (w *work) dropFits() []step {
	var steps []step
	for _, a := range addresses(w.cur) {
		want := w.expect[a]
		if !w.in.Misfits[a.OID].Whole || !w.mend[a] || want == nil {
			continue
		}
		for _, b := range w.recast(want, w.cur.objects[a]) {
			steps = append(steps, step{sql: "DROP FUNCTION " + fitsName(a, b.Num) + "(text)", what: "removing what told the values that do not fit"})
		}
	}
	return steps
}
