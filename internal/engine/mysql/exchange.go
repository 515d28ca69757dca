package mysql

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/go-sql-driver/mysql"

	"github.com/safemigrate/safemigrate/internal/engine/mysql/catalog"
	"github.com/safemigrate/safemigrate/internal/failpoint"
	"github.com/safemigrate/safemigrate/snapshot"
)

// A restore needs its snapshot once. Where nothing but the name ties a table to others, it
// is exchanged for its copy, and no row is written: the copy, which was read back, gets the
// keys that it lacks, and one RENAME TABLE, which is done as a whole or not at all, makes it
// the table, and the table a part of the quarantine. Others go on meanwhile: what they write
// before that moment is in the quarantine, what they write after it in the table that came
// back, and stays there, also where the restore is interrupted and done again.

// exchange is a table that changes its place with its copy.
type exchange struct {
	Table string `json:"table"`
	Copy  string `json:"copy"` // what becomes the table
	// At is what the table becomes, and Quarantine whose it is then; "" for a table that
	// the batch dropped.
	At         string `json:"at,omitempty"`
	Quarantine string `json:"quarantine,omitempty"`
}

// partExchanges lists, beside a snapshot, what restores from it were about to exchange.
// Whether that was done is told by which tables there are. It goes with the end of the
// restore.
const partExchanges = "exchanges"

// codeDefinitionsDiffer is of a table that shall be exchanged for a partition.
const codeDefinitionsDiffer = 1736

// exchangeable reports whether the copy of a table can take its place, and makes it equal
// to what is wanted.
func (v *revert) exchangeable(ctx context.Context, table string) (bool, error) {
	src, key := v.source[table], catalog.Table+" "+table
	want, is := v.want.Objects[key], v.now.Objects[key]
	if src == nil || src.copy == "" || src.of.history || v.nowName(table) != table || want.Engine != "InnoDB" {
		return false, nil
	}
	if is.Create != "" {
		// In MySQL a check that the batch made would keep its name, and the batch could not be run again.
		if !v.server.maria && catalog.WithChecksNamed(is.Create, twinMark) != is.Create {
			return false, nil
		}
		if v.referredTo(table) { // by one that comes back, maybe before it
			return false, nil
		}
		if free, err := v.untied(ctx, is); err != nil || !free {
			return false, err
		}
	}
	return v.keyed(ctx, src.copy, want)
}

// referredTo reports whether a foreign key that is wanted refers to a table.
func (v *revert) referredTo(table string) bool {
	for _, o := range v.want.Objects {
		if o.Kind == catalog.Table && slices.Contains(catalog.ForeignKeys(o.Create), table) {
			return true
		}
	}
	return false
}

// untied reports whether no foreign key is on a table, nor refers to it: a RENAME takes them
// along. Those of databases that this user may not look at are in no catalog for him; the
// server names them when it refuses to exchange the table for a partition. It refuses in any
// case, for the twin has neither as many columns nor one of the table's names.
func (d *DB) untied(ctx context.Context, is catalog.Object) (bool, error) {
	other := twin + " int PRIMARY KEY"
	switch columns := len(catalog.Columns(is.Create)); {
	case is.Engine != "InnoDB" || columns == 0:
		return false, nil
	case columns == 1:
		other += ", m int"
	}
	defer d.dropTwin(ctx)
	err := d.own.execAll(ctx, "DROP TABLE IF EXISTS "+twin, "CREATE TABLE "+twin+" ("+other+") ENGINE=InnoDB PARTITION BY HASH ("+twin+") PARTITIONS 1",
		"ALTER TABLE "+twin+" EXCHANGE PARTITION p0 WITH TABLE "+quote(is.Name))
	return isCode(err, codeDefinitionsDiffer), trouble(err)
}

// keyed gives a copy the keys that lighten took from it. It reports whether its definition
// is then the one that is wanted, to the last byte; else more keys hurt no copy.
func (v *revert) keyed(ctx context.Context, place string, want catalog.Object) (bool, error) {
	want.Create, want.Name = catalog.Renamed(want.Create, want.Name, place), place
	is, err := v.own.definition(ctx, place)
	if err != nil || is == want.Create {
		return err == nil, err
	}
	from := catalog.Object{Kind: catalog.Table, Name: place, Create: is, Engine: want.Engine}
	a, ok := catalog.Alter(is, want.Create, false, false)
	if !ok || len(a.Foreign) > 0 || slices.ContainsFunc(a.Clauses, func(c string) bool { return !strings.HasPrefix(c, "ADD KEY ") }) {
		return false, nil
	}
	if exact, err := v.prove(ctx, from, want); err != nil || !exact {
		return false, err
	}
	err = v.own.exec(ctx, alterInPlace(place, a.Clauses))
	if isCode(err, codeLockTimeout) { // who reads it back counts the rows of a large one for longer than that
		if err := v.proved(); err != nil {
			return false, err
		}
		err = v.own.exec(ctx, alterInPlace(place, a.Clauses))
	}
	if _, told := errors.AsType[*mysql.MySQLError](err); err != nil && told {
		return false, ctx.Err() // such as no room for sorting: its rows are written then
	}
	if err != nil {
		return false, fmt.Errorf("give %s its keys: %w", place, err)
	}
	is, err = v.own.definition(ctx, place)
	return is == want.Create, err
}

// divide tells the tables that are going to be exchanged from those that have to be copied
// into the quarantine.
func (v *revert) divide(ctx context.Context, tables []string) (copied []string, err error) {
	if !v.req.Incomplete { // what is taken back then may have to be taken back once more
		return tables, nil
	}
	v.exchanges = map[string]exchange{}
	v.proved = v.proveMeanwhile(ctx)
	copied, err = v.exchangeableOf(ctx, tables)
	if unproved := v.proved(); unproved != nil {
		return nil, unproved
	}
	return copied, err
}

// exchangeableOf finds those that can be exchanged, and returns the others.
func (v *revert) exchangeableOf(ctx context.Context, tables []string) (copied []string, err error) {
	for _, table := range tables {
		ok, err := v.exchangeable(ctx, table)
		if err != nil {
			return nil, err
		}
		if ok {
			v.exchanges[table] = exchange{Table: table, Copy: v.source[table].copy, Quarantine: v.req.ID, At: placeOf("c", v.req.ID, len(tables)+len(v.exchanges))}
		} else {
			copied = append(copied, table)
		}
	}
	for _, t := range v.report.Tables {
		if _, there := v.now.Objects[catalog.Table+" "+t.Name]; there || t.Way != wayBack {
			continue
		}
		ok, err := v.exchangeable(ctx, t.Name)
		if err != nil {
			return nil, err
		}
		if ok {
			v.exchanges[t.Name] = exchange{Table: t.Name, Copy: v.source[t.Name].copy}
		}
	}
	return copied, nil
}

// noteExchanges adds to what restores of this batch were about to exchange.
func (v *revert) noteExchanges(ctx context.Context) error {
	if len(v.exchanges) == 0 {
		return nil
	}
	id := v.req.Batches[0].ID
	all, err := v.listed(ctx, id)
	if err != nil {
		return err
	}
	_, err = v.putPart(ctx, v.own, id, partExchanges, append(all, slices.Collect(maps.Values(v.exchanges))...))
	return err
}

// renamesLocked reports whether the server renames tables under LOCK TABLES: MySQL does so
// from 8.0.13 on, and MariaDB does not.
func (d *DB) renamesLocked() bool { return !d.server.maria && d.rules.Version >= 80013 }

// exchange makes a table's copy the table, under a lock where triggers go and come with it
// and the server renames under one.
func (v *revert) exchange(ctx context.Context, x exchange) error {
	if x.At != "" {
		free, err := v.untied(ctx, v.now.Objects[catalog.Table+" "+x.Table])
		if err != nil {
			return err
		}
		if !free {
			return errors.New("somebody has tied it to another table by a foreign key meanwhile")
		}
	}
	if !v.renamesLocked() || x.At == "" || len(v.remade(x.Table)) == 0 {
		return v.changePlaces(ctx, x)
	}
	if err := v.lock(ctx, x.Table, []string{quote(x.Table) + " WRITE", quote(x.Copy) + " WRITE"}); err != nil {
		return err
	}
	return v.unlocked(ctx, v.changePlaces(ctx, x))
}

func (v *revert) changePlaces(ctx context.Context, x exchange) error {
	names := quote(x.Copy) + " TO " + quote(x.Table)
	if x.At != "" {
		if err := errors.Join(v.unaltered(ctx, x.Table), v.disarm(ctx, x.Table)); err != nil {
			return err
		}
		names = quote(x.Table) + " TO " + quote(x.At) + ", " + names
	}
	if err := v.own.exec(ctx, "RENAME TABLE "+names); err != nil {
		return fmt.Errorf("exchange it for its copy: %w", err)
	}
	v.gone[x.Table] = true
	failpoint.Hit("mysql.revert.exchanged")
	return v.arm(ctx, x.Table)
}

// keepExchanged has the manifest of the quarantine list what was exchanged, once nobody
// waits for the tables any more.
func (v *revert) keepExchanged(ctx context.Context) error {
	if len(v.exchanges) == 0 {
		return nil
	}
	if err := v.finishExchanges(ctx); err != nil {
		return err
	}
	for i := range v.report.Tables {
		t := &v.report.Tables[i]
		x := v.exchanges[t.Name]
		if x.At == "" {
			continue
		}
		m, err := v.manifest(ctx, x.Quarantine)
		if err != nil {
			return err
		}
		c, _ := copyOf(m, t.Name)
		t.Kept, t.Place, t.Readers = c.Rows, quote(c.At), readers(wayRenamed)
	}
	return nil
}

// finishExchanges does that for each restore of the batch, also for one that was interrupted.
func (v *revert) finishExchanges(ctx context.Context) error {
	all, err := v.exchanged(ctx, v.req.Batches[0].ID)
	if err != nil {
		return err
	}
	for _, x := range all {
		if x.At == "" {
			continue
		}
		m, err := v.manifest(ctx, x.Quarantine)
		if err == nil {
			err = v.enlist(ctx, m, x)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// enlist adds one table to a manifest.
func (d *DB) enlist(ctx context.Context, m *snapshot.Manifest, x exchange) error {
	if _, known := copyOf(m, x.Table); known {
		return nil
	}
	of, err := d.shapeOf(ctx, x.At)
	if err != nil {
		return err
	}
	is, err := d.sumOfCopy(ctx, d.own, x.At, of, math.MaxInt64)
	if err != nil {
		return err
	}
	m.Tables = append(m.Tables, snapshot.Table{Name: x.Table, At: x.At, Rows: is.rows, Sum: is.text})
	if m.Bytes, err = d.sizeOf(ctx, m); err != nil {
		return err
	}
	if err := m.Close(); err != nil {
		return err
	}
	return d.putManifest(ctx, m)
}

// listed reads what restores from a snapshot were about to exchange.
func (d *DB) listed(ctx context.Context, id string) (all []exchange, err error) {
	n, err := d.ledger.number(ctx, "SELECT count(*) FROM safemigrate_part WHERE batch = $1 AND name = $2", id, partExchanges)
	if err != nil || n == 0 {
		return nil, err
	}
	err = d.part(ctx, id, partExchanges, "", &all)
	return all, err
}

// exchanged lists what they have exchanged.
func (d *DB) exchanged(ctx context.Context, id string) (done []exchange, err error) {
	all, err := d.listed(ctx, id)
	if err != nil {
		return nil, err
	}
	for _, x := range all {
		gone, err := d.missing(ctx, x.Copy)
		if err != nil {
			return nil, err
		}
		missing, err := d.missing(ctx, cmp.Or(x.At, x.Table))
		if err != nil {
			return nil, err
		}
		if gone && !missing {
			done = append(done, x)
		}
	}
	return done, nil
}

func (d *DB) missing(ctx context.Context, table string) (bool, error) {
	n, err := d.ledger.number(ctx, "SELECT count(*) FROM information_schema.tables WHERE table_schema = $1 AND table_name = $2", d.name, table)
	if err != nil {
		return false, fmt.Errorf("look for %s: %w", table, err)
	}
	return n == 0, nil
}

// leftOf is a manifest without the copies that have become tables.
func leftOf(m *snapshot.Manifest, done []exchange) *snapshot.Manifest {
	left := *m
	left.Tables = []snapshot.Table{}
	for _, t := range m.Tables {
		if !slices.ContainsFunc(done, func(x exchange) bool { return x.Copy == t.At }) {
			left.Tables = append(left.Tables, t)
		}
	}
	return &left
}

// endExchanges has the manifest of a snapshot that was used up say so. What ends the restore
// comes after it: until then a table that is as it was, and of which no copy is kept, is one
// that nothing happened to.
func (v *revert) endExchanges(ctx context.Context) error {
	if !v.req.Incomplete {
		return nil
	}
	old := v.stages[0].manifest
	done, err := v.exchanged(ctx, old.ID)
	if err != nil || len(done) == 0 {
		return err
	}
	m := leftOf(old, done)
	if m.Bytes, err = v.sizeOf(ctx, m); err == nil {
		err = m.Close()
	}
	if err == nil {
		err = v.writeManifest(ctx, v.ledger, m)
	}
	if err == nil {
		err = v.ledger.exec(ctx, "DELETE FROM safemigrate_part WHERE batch = $1 AND name = $2", m.ID, partExchanges)
	}
	if err != nil {
		return fmt.Errorf("end the exchange of tables: %w", err)
	}
	return nil
}
