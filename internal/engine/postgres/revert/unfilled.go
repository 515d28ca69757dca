package revert

import (
	"errors"
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

// ofQuery tells the errors that a query has of its own, for its values, functions or names,
// from those of a server that is short of something, or is told to stop.
func ofQuery(err error) bool {
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

// Fillings lists the materialized views that are made anew over rows which stay as they are:
// what their queries give can be seen beforehand.
func (p *Plan) Fillings() []Filling {
	w := p.work()
	reading := &refreshing{cur: w.before, touched: p.touched()}
	var all []Filling
	for _, a := range addresses(w.before) {
		o := w.expect[a]
		if o == nil || !w.make[a] || !o.Populated() || reading.reads(o, map[address]bool{}) {
			continue
		}
		_, query, ok := strings.Cut(strings.TrimSuffix(o.Create, "\nWITH NO DATA"), " AS\n")
		if ok {
			all = append(all, Filling{label(o), "SELECT pg_catalog.count(q) FROM (" + query + ") q"})
		}
	}
	return all
}
