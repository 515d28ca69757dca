package postgres

import (
	"context"
	"fmt"
	"maps"
	"strconv"
	"strings"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/catalog"
	"github.com/safemigrate/safemigrate/internal/engine/postgres/revert"
	"github.com/safemigrate/safemigrate/internal/engine/postgres/rows"
	"github.com/safemigrate/safemigrate/migrate"
)

// sumViews sums up the rows of the concerned materialized views that hold any and
// that the role may read, but for those whose sums are known. Rows cannot be written into
// one: a rollback refreshes it, and these sums tell whether that is needed, and
// whether it brought back the same rows.
func (d *DB) sumViews(ctx context.Context, s *catalog.State, concerned func(*catalog.Object) bool, known map[uint32]rows.Sum) (map[uint32]rows.Sum, error) {
	sums := map[uint32]rows.Sum{}
	maps.Copy(sums, known)
	var oids []uint32
	for i := range s.Objects {
		o := &s.Objects[i]
		if _, done := sums[o.Address.OID]; o.Populated() && !done && concerned(o) {
			oids = append(oids, o.Address.OID)
		}
	}
	if len(oids) == 0 {
		return sums, nil
	}
	found, err := d.Query(ctx, `SELECT v FROM pg_catalog.unnest($1::oid[]) v WHERE pg_catalog.has_table_privilege(v, 'SELECT')`, oidList(oids))
	if err != nil {
		return nil, fmt.Errorf("read the materialized views: %w", err)
	}
	for _, r := range found {
		oid, err := strconv.ParseUint(r.Text(0), 10, 32)
		if err != nil {
			return nil, fmt.Errorf("read the materialized views: %w", err)
		}
		at := catalog.Address{Catalog: "pg_class", OID: uint32(oid)}
		if sums[at.OID], err = d.sumView(ctx, s.Object(at)); err != nil {
			return nil, err
		}
	}
	return sums, nil
}

func (d *DB) sumView(ctx context.Context, o *catalog.Object) (rows.Sum, error) {
	columns, err := rows.Columns(ctx, d.conn, o.Address.OID)
	if err != nil {
		return rows.Sum{}, plain(err)
	}
	sum, err := rows.Live(ctx, d.conn, o.Identity, columns)
	return sum, plain(err)
}

// refreshed lists the materialized views of before that the batch has filled anew.
func (d *DB) refreshed(before *catalog.State) map[uint32]bool {
	out := map[uint32]bool{}
	for oid := range d.batch.suspect {
		if o := before.Object(catalog.Address{Catalog: "pg_class", OID: oid}); o != nil && o.Populated() {
			out[oid] = true
		}
	}
	return out
}

// contents compares the materialized views as they are now with what was kept.
func (u *undo) contents(ctx context.Context, p *past) (map[uint32]revert.Content, error) {
	out := map[uint32]revert.Content{}
	for oid, was := range p.kept.Views {
		o := u.now.Object(catalog.Address{Catalog: "pg_class", OID: oid})
		if o == nil || !o.Populated() {
			continue
		}
		sum, err := u.sumView(ctx, o)
		if err != nil {
			return nil, err
		}
		u.sums[oid] = sum
		out[oid] = revert.Content{Differs: sum != was, Refreshed: p.effect.Refreshed[oid] || u.req.Incomplete}
	}
	return out, nil
}

// checkViews tells which materialized views were refreshed, and which of them
// hold other rows than before the batch.
func (u *undo) checkViews(ctx context.Context, plan *revert.Plan, p *past) error {
	for _, oid := range plan.Refreshed {
		u.views[oid] = true
		o := u.now.Object(catalog.Address{Catalog: "pg_class", OID: oid})
		if o == nil {
			continue
		}
		sum, err := u.sumView(ctx, o)
		if err != nil {
			return err
		}
		line := "materialized view " + o.Identity + " refreshed"
		if sum != p.kept.Views[oid] {
			line += "; it does not hold the rows of before the batch: it was out of date then, or what it reads was written since"
		}
		u.report.Objects = append(u.report.Objects, line)
	}
	return nil
}

// tryFilling runs, where nothing is taken back, the queries of materialized views that
// would be made anew. What names something that is not there as it will be tells nothing, nor
// does what reads a view that has no rows for now.
func (u *undo) tryFilling(ctx context.Context, plan *revert.Plan) error {
	var failed []string
	for _, f := range plan.Fillings() {
		_, err := u.tryCount(ctx, f.Query)
		switch {
		case revert.OfQuery(err) && !strings.HasPrefix(code(err), "42"):
			failed = append(failed, unfilled(f.View, err).Views...)
		case err != nil && !unaskable(err):
			return fmt.Errorf("try the query of %s: %w", f.View, plain(err))
		}
	}
	if len(failed) > 0 {
		return &migrate.UnfilledError{Views: failed}
	}
	return nil
}

func unfilled(view string, err error) *migrate.UnfilledError {
	return &migrate.UnfilledError{Views: []string{view + " (" + inWords(err) + ")"}}
}
