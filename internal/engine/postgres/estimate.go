package postgres

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/safemigrate/safemigrate/migrate"
	"github.com/safemigrate/safemigrate/snapshot"
)

// Estimate tells what Take would keep.
func (d *DB) Estimate(ctx context.Context, r migrate.EstimateRequest) (migrate.Estimate, error) {
	e := migrate.Estimate{Strategy: snapshot.Copy, Tables: []migrate.TableEstimate{}}
	request := scopeRequest{r.Scope, r.Scripts, r.Outside, r.Steps, r.History}
	if d.opts.Strategy == snapshot.Clone {
		request.scope = wholeDatabase
	}
	if err := d.Begin(ctx, migrate.Step{}); err != nil {
		return e, err
	}
	s, err := d.choose(ctx, request)
	if err == nil {
		err = d.misspelled(ctx, s.foot.Refused)
	}
	if err == nil {
		err = d.estimate(ctx, s, r, &e)
	}
	if err := errors.Join(err, d.Abort(context.WithoutCancel(ctx))); err != nil {
		return e, err
	}
	d.foreseen = foreseen{request, s}
	return e, nil
}

func (d *DB) estimate(ctx context.Context, s *scope, r migrate.EstimateRequest, e *migrate.Estimate) error {
	all := len(s.barred)
	if len(r.Scope.Tables) > 0 && all > 0 && s.allBarred() {
		return errors.New("no table matches --tables")
	}
	e.Footprint, e.Lost = s.foot.Report(s.facts), s.lost
	for _, p := range s.foot.Problems {
		e.Blockers = append(e.Blockers, p.Line())
	}
	widths, err := d.widths(ctx, s)
	if err != nil {
		return err
	}
	for _, c := range s.choices {
		if c.blocker != "" {
			e.Blockers = append(e.Blockers, fmt.Sprintf("table %s: %s (grant it, or leave the table out with --exclude)", c.label(), c.blocker))
		}
		if !c.keep {
			continue
		}
		line := migrate.TableEstimate{Name: c.label(), Rows: c.rows, Bytes: c.bytes, Keeps: c.keeps(), Why: c.why}
		if c.columns != nil {
			line.Bytes = partSize(c, widths)
			if line.Bytes == c.bytes && c.bytes > 0 {
				line.Why += "; no usable statistics, so the size of the whole table stands for it"
			}
		}
		e.Tables = append(e.Tables, line)
		e.Bytes += line.Bytes
	}
	if err := d.chooseStrategy(ctx, r, e); err != nil {
		return err
	}
	if err := d.duration(ctx, e); err != nil {
		return err
	}
	if err := d.published(ctx, r.Allow, e); err != nil {
		return err
	}
	return d.databasePrivileges(ctx, e)
}

// allBarred reports whether no table is left that could be kept.
func (s *scope) allBarred() bool {
	for _, barred := range s.barred {
		if !barred {
			return false
		}
	}
	return true
}

// defaultRate is how many bytes a second are copied and read back where no
// earlier snapshot of the database tells: what a small virtual disk does.
const defaultRate = 40_000_000

// duration estimates how long the snapshot takes.
func (d *DB) duration(ctx context.Context, e *migrate.Estimate) error {
	if e.Bytes == 0 {
		return nil
	}
	newest, err := d.newestSnapshots(ctx)
	if err == nil {
		e.Lasting(newest, defaultRate)
	}
	return err
}

// newestSnapshots are those that an estimate rests on.
func (d *DB) newestSnapshots(ctx context.Context) ([]*snapshot.Manifest, error) {
	if ok, err := d.stored(ctx); err != nil || !ok {
		return nil, err
	}
	found, err := d.Query(ctx, fmt.Sprintf(`SELECT manifest FROM safemigrate.snapshot ORDER BY id DESC LIMIT %d`, migrate.EarlierSnapshots))
	if err != nil {
		return nil, fmt.Errorf("read the earlier snapshots: %w", err)
	}
	var all []*snapshot.Manifest
	for _, r := range found {
		if m, err := snapshot.Decode([]byte(r.Text(0))); err == nil { // another is nothing that an estimate could rest on
			all = append(all, m)
		}
	}
	return all, nil
}

// columnAt is a column of a table.
type columnAt struct {
	oid uint32
	num int16
}

// widths reads how many bytes the values of the columns take on average that are
// kept of tables which are not kept whole; columns without statistics are not in it.
func (d *DB) widths(ctx context.Context, s *scope) (map[columnAt]float64, error) {
	var oids []uint32
	for _, c := range s.choices {
		if c.columns != nil {
			oids = append(oids, c.oid)
		}
	}
	out := map[columnAt]float64{}
	if len(oids) == 0 {
		return out, nil
	}
	found, err := d.conn.Query(ctx, `SELECT a.attrelid, a.attnum,
			CASE WHEN a.attlen > 0 THEN a.attlen ELSE s.avg_width END * (1 - coalesce(s.null_frac, 0))::float8
		FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
		LEFT JOIN pg_catalog.pg_stats s ON s.schemaname = n.nspname AND s.tablename = c.relname AND s.attname = a.attname AND NOT s.inherited
		WHERE a.attrelid = ANY ($1::text::oid[]) AND a.attnum > 0 AND NOT a.attisdropped AND (a.attlen > 0 OR s.avg_width IS NOT NULL)`, oidList(oids))
	if err != nil {
		return nil, fmt.Errorf("read the widths of columns: %w", plain(err))
	}
	defer found.Close()
	for found.Next() {
		var at columnAt
		var width float64
		if err := found.Scan(&at.oid, &at.num, &width); err != nil {
			return nil, fmt.Errorf("read the widths of columns: %w", err)
		}
		out[at] = width
	}
	return out, found.Err()
}

const (
	rowHeader    = 28  // of a row: its header and its pointer
	rowsPerPage  = 291 // most rows that fit on a page
	widestColumn = 1 << 30
)

// partSize is the size of a copy that does not hold whole rows, from the number
// of rows and the widths; the size of the whole table where statistics are
// missing or absurd, and never more than that.
func partSize(c choice, widths map[columnAt]float64) int64 {
	if c.rows <= 0 || c.rows > max(c.pages, 1)*rowsPerPage {
		return c.bytes
	}
	width := float64(rowHeader)
	for _, num := range slices.Concat(c.key, c.columns) {
		w, known := widths[columnAt{c.oid, num}]
		if usable := known && w >= 0 && w <= widestColumn; !usable { // NaN is not, either
			return c.bytes
		}
		width += w
	}
	return min(int64(width*float64(c.rows)), c.bytes)
}
