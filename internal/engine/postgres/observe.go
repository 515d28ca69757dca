package postgres

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/catalog"
	"github.com/safemigrate/safemigrate/internal/engine/postgres/footprint"
	"github.com/safemigrate/safemigrate/migrate"
)

// checkpoint is what a session knew of its batch when a transaction began.
type checkpoint struct {
	kept    kept
	suspect map[uint32]bool
	beyond  map[uint32]string
}

// save remembers what an undone transaction goes back to.
func (b *batchState) save() {
	b.saved = checkpoint{kept: b.kept, suspect: maps.Clone(b.suspect), beyond: maps.Clone(b.beyond)}
	b.saved.kept.Copies, b.saved.kept.Sums = maps.Clone(b.kept.Copies), maps.Clone(b.kept.Sums)
	b.saved.kept.Dumped = maps.Clone(b.kept.Dumped)
}

// goBack forgets what an undone transaction had done.
func (b *batchState) goBack() {
	if b.saved.suspect != nil {
		b.kept, b.suspect, b.beyond = b.saved.kept, b.saved.suspect, b.saved.beyond
		b.save()
	}
}

// observe adds the tables and materialized views that this transaction may have
// written to, and says of each table what it did there that nobody expected.
func (d *DB) observe(ctx context.Context) error {
	now, err := d.readCounters(ctx)
	if err != nil {
		return err
	}
	b := d.batch
	rewritten, err := d.rewritten(ctx, now)
	if err != nil {
		return err
	}
	for oid, writes := range now.writes {
		did := writes.minus(b.base.writes[oid])
		_, copied := b.kept.Copies[oid]
		wrote := did != counts{} || rewritten[oid] || now.blind || b.uncounted && copied
		if !wrote {
			continue
		}
		b.suspect[oid] = true
		if why := b.unexpected(oid, did, rewritten[oid], now); why != "" {
			b.beyond[oid] = why
		}
	}
	return nil
}

// rewritten tells whose rows lie in another file than when the snapshot was
// taken, by the batch's doing: of a table that nobody locked beforehand someone
// else may have made it, unless this transaction holds the lock that it takes.
func (d *DB) rewritten(ctx context.Context, now base) (map[uint32]bool, error) {
	out := map[uint32]bool{}
	var unsure []uint32
	for oid, file := range now.files {
		was, there := d.batch.files[oid]
		if there && file == was {
			continue
		}
		if _, copied := d.batch.kept.Copies[oid]; copied || !there {
			out[oid] = true
			continue
		}
		unsure = append(unsure, oid)
	}
	if len(unsure) == 0 {
		return out, nil
	}
	found, err := d.conn.Query(ctx, `SELECT relation FROM pg_catalog.pg_locks
		WHERE pid = pg_catalog.pg_backend_pid() AND granted AND mode = 'AccessExclusiveLock' AND relation = ANY ($1::text::oid[])`, oidList(unsure))
	if err != nil {
		return nil, fmt.Errorf("look who wrote tables anew: %w", plain(err))
	}
	defer found.Close()
	for found.Next() {
		var oid uint32
		if err := found.Scan(&oid); err != nil {
			return nil, fmt.Errorf("look who wrote tables anew: %w", err)
		}
		out[oid] = true
	}
	return out, found.Err()
}

// unexpected says what a transaction did to a table that was there before the
// batch, beyond what is kept of it or the footprint says; "" where nothing.
func (b *batchState) unexpected(oid uint32, did counts, rewritten bool, now base) string {
	if !b.exposed(oid) {
		return ""
	}
	_, copied := b.kept.Copies[oid]
	f := b.scope.foot.Tables[oid]
	if f == nil {
		f = &footprint.Table{}
	}
	keyed := false // rows that come can be told from the others
	if choice := b.scope.choice(oid); choice != nil {
		keyed = choice.record
	}
	var words []string
	for _, w := range []struct {
		happened bool
		word     string
	}{
		{did.inserted != 0 && (!f.Inserts || !keyed), "rows were inserted"},
		{did.updated != 0 && (!f.Updates || !copied && changes(f)), "rows were updated"},
		{did.deleted != 0, "rows were deleted"},
		{rewritten && (!anew(f) || !copied && changes(f)), "it was truncated or written anew"},
		{now.blind, "what was written was not counted"},
	} {
		if w.happened {
			words = append(words, w.word)
		}
	}
	return strings.Join(words, ", ")
}

// exposed reports whether a table was there before the batch and is not kept whole. A
// materialized view is not meant, nor what is nobody's: refuseUnkept looks at those.
func (b *batchState) exposed(oid uint32) bool {
	o := b.before.Object(catalog.Address{Catalog: "pg_class", OID: oid})
	c, copied := b.kept.Copies[oid]
	return o != nil && o.Table != nil && (!copied || c.Key != nil)
}

// losers lists the tables that the batch may have written to and whose rows may
// have changed: not those where only rows came that are told by their key, where
// only new columns were filled, or that were written anew as they were.
func (d *DB) losers() map[uint32]bool {
	out := map[uint32]bool{}
	for oid := range d.batch.suspect {
		_, copied := d.batch.kept.Copies[oid]
		if _, beyond := d.batch.beyond[oid]; copied || beyond {
			out[oid] = true
		}
	}
	return out
}

// refuseBeyond has the snapshot widened by the tables that were touched
// unforeseen, as far as that is asked for and possible.
func (d *DB) refuseBeyond() error {
	var more []migrate.WidenedTable
	for _, oid := range slices.Sorted(maps.Keys(d.batch.beyond)) {
		if d.widenable(oid) {
			more = append(more, migrate.WidenedTable{Name: d.nameBefore(oid), Why: d.batch.beyond[oid]})
		}
	}
	if len(more) > 0 {
		return &migrate.WidenError{Tables: more}
	}
	return nil
}

// widenable reports whether whole rows of a table can be kept in a second try.
func (d *DB) widenable(oid uint32) bool {
	b := d.batch
	c, copied := b.kept.Copies[oid]
	return b.scope.mode != migrate.ScopeNone && !b.scope.barred[oid] && !b.uncounted && (!copied || c.Key != nil)
}

// nameBefore is what a table was called before the batch.
func (d *DB) nameBefore(oid uint32) string {
	o := d.batch.before.Object(catalog.Address{Catalog: "pg_class", OID: oid})
	return o.Schema + "." + o.Name
}

// changes reports whether a footprint says that values which were there change.
func changes(f *footprint.Table) bool {
	for _, c := range f.Columns {
		if c.Verdict == migrate.LosesRows {
			return true
		}
	}
	return false
}

// anew reports whether a footprint says that a table's rows get another file.
func anew(f *footprint.Table) bool { return f.Rewrites || f.Dropped }
