package revert

import (
	"errors"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// FillError says that the query of a materialized view fails on the rows that are there.
type FillError struct {
	View string // in words
	Err  error
}

func (e *FillError) Error() string { return "filling " + e.View + ": " + e.Err.Error() }
func (e *FillError) Unwrap() error { return e.Err }

// OfQuery tells the errors that a query has of its own, for its values, functions or names,
// from those of a server that is short of something, or is told to stop.
func OfQuery(err error) bool {
	var said *pgconn.PgError
	if !errors.As(err, &said) {
		return false
	}
	switch said.Code[:2] {
	case "21", classValue, classIntegrity, "2F", "38", "39", "42", "P0":
		return true
	}
	return false
}

// Filling is a materialized view that has to be filled, and a query that computes its rows.
type Filling struct{ View, Query string }

// Fillings lists the materialized views that are made anew over what stays as it is: what
// their queries give can be seen beforehand. Where something has another name by now, their
// queries can mean something else.
func (p *Plan) Fillings() []Filling {
	w := p.work()
	if len(w.cmp.ren) > 0 {
		return nil
	}
	reading := &refreshing{cur: w.before, touched: p.touched()}
	var all []Filling
	for _, a := range addresses(w.before) {
		o := w.expect[a]
		if o == nil || !w.make[a] || !o.Populated() || reading.reads(o, map[address]bool{}) || !w.rests(o, map[address]bool{}) {
			continue
		}
		_, query, ok := strings.Cut(strings.TrimSuffix(o.Create, "\nWITH NO DATA"), " AS\n")
		if ok {
			all = append(all, Filling{label(o), "SELECT pg_catalog.count(q) FROM (" + query + ") q"})
		}
	}
	return all
}

// rests says whether all that an object is made of, however far away, is there as it has to be.
func (w *work) rests(o *object, seen map[address]bool) bool {
	return !slices.ContainsFunc(o.DependsOn, func(d address) bool {
		a := whole(d)
		if d.Column != 0 && (w.drop[a] || w.make[a] || w.dropColumn[d] || w.retype[d]) || d.Column == 0 && !w.stands(d, address{}) {
			return true
		}
		on := w.before.objects[a]
		if on == nil || seen[a] {
			return false
		}
		seen[a] = true
		return !w.rests(on, seen)
	})
}
