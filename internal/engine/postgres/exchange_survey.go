package postgres

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/catalog"
	"github.com/safemigrate/safemigrate/internal/engine/postgres/rows"
	"github.com/safemigrate/safemigrate/migrate"
)

// survey finds out what the exchange would take out that is not the batches' own work:
// rows of any table, and whatever somebody changed in the schema since.
func (x *exchange) survey(ctx context.Context) error {
	var err error
	if x.objects, err = x.allObjects(ctx); err != nil {
		return err
	}
	losses, err := x.from.losses(ctx)
	if err != nil {
		return err
	}
	x.list(losses)
	for _, c := range x.changes() {
		x.report.Objects = append(x.report.Objects, nameOfChange(c)+" "+becomes(c))
	}
	conflicts := x.drift()
	if len(conflicts) > 0 && !x.req.Incomplete {
		x.report.Drift = conflicts
		return &migrate.ConflictError{Conflicts: conflicts}
	}
	return nil
}

// apart reports whether the database that is going to have the name has other numbers than
// the present one.
func (x *exchange) apart() bool {
	_, restored := x.from.(*fromDump)
	return restored || slices.ContainsFunc(x.past, func(p *past) bool { return p.kept.Apart })
}

// changes are those that the exchange makes in the schema. What a restored database holds
// is told by its name from what the other one does.
func (x *exchange) changes() []catalog.Change {
	if !slices.ContainsFunc(x.past, func(p *past) bool { return p.kept.Apart }) {
		return contentChanges(x.now, x.oldest().before)
	}
	var out []catalog.Change
	for _, p := range catalog.Counterparts(x.now, x.oldest().before) {
		if o := cmp.Or(p.Here, p.There); !p.Alike() && !isProperty(o) {
			out = append(out, catalog.Change{Before: p.Here, After: p.There})
		}
	}
	return out
}

func becomes(c catalog.Change) string {
	switch {
	case c.Before == nil:
		return "is brought back"
	case c.After == nil:
		return "is taken out"
	}
	return "is put back"
}

// drift lists what somebody changed after a batch and before the next one, or before now.
func (x *exchange) drift() []string {
	var out []string
	later := x.now
	for _, p := range x.past {
		if p.after != nil {
			for _, c := range contentChanges(p.after, later) {
				happened := "was changed since"
				switch {
				case c.Before == nil:
					happened = "was made since"
				case c.After == nil:
					happened = "was dropped since"
				}
				out = append(out, nameOfChange(c)+" "+happened)
			}
		}
		later = p.before
	}
	return out
}

// list reports every table that the batches changed or that somebody wrote to since.
func (x *exchange) list(losses map[uint32]since) {
	lines := map[string]migrate.TableReport{}
	kept := map[string]int64{}
	for _, t := range x.oldest().manifest.Tables {
		if t.Name != x.req.History.Schema+"."+x.req.History.Table { // a dump holds it, too
			kept[t.Name] = t.Rows
		}
	}
	there := map[string]bool{}
	for _, t := range x.tables {
		there[t.label()] = true
		rows, was := kept[t.label()]
		line := migrate.TableReport{Name: t.label(), Way: wholeWay, Rows: rows, Readers: "wait"}
		if !was {
			line.Way = "dropped"
		}
		line.Written, line.Gone = losses[t.oid].Written, losses[t.oid].Gone
		changed := slices.ContainsFunc(x.past, func(p *past) bool { return p.effect.RowsChanged[t.oid] })
		if changed || !was || line.Written != 0 || line.Gone != 0 || x.altered(t.oid) {
			lines[line.Name] = line
		}
	}
	for name, rows := range kept {
		if !there[name] {
			lines[name] = migrate.TableReport{Name: name, Way: "brought back", Rows: rows, Readers: "wait"}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(lines)) {
		x.report.Tables = append(x.report.Tables, lines[name])
	}
}

// altered reports whether a table has another definition than before the batches.
func (x *exchange) altered(oid uint32) bool {
	at := catalog.Address{Catalog: "pg_class", OID: oid}
	was, is := x.oldest().before.Object(at), x.now.Object(at)
	return was != nil && is != nil && !was.Same(*is)
}

// presentManifest is that of the present database, which the exchange keeps: a snapshot
// like any other, so that the exchange can itself be undone.
func (x *exchange) presentManifest(ctx context.Context) (k kept, sums map[uint32]rows.Sum, err error) {
	if k, err = x.readKeep(ctx, x.tables, x.now, noView, already{}); err != nil {
		return k, nil, err
	}
	k.Clone = &cloned{Name: x.aside, OID: x.own.OID, History: x.req.History}
	k.Objects = x.objects.value()
	x.tellf("summing up the present rows, which are kept as database %q", x.aside)
	sums, err = x.tableSums(ctx, x.tables)
	if err != nil {
		return k, nil, fmt.Errorf("sum up the present rows: %w", err)
	}
	return k, sums, nil
}
