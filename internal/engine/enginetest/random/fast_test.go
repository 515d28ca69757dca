//go:build unix

package random

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/safemigrate/safemigrate/internal/engine/enginetest/soak"
	"github.com/safemigrate/safemigrate/internal/engine/postgres/catalog"
	"github.com/safemigrate/safemigrate/internal/engine/postgres/footprint"
	"github.com/safemigrate/safemigrate/internal/engine/postgres/revert"
	"github.com/safemigrate/safemigrate/internal/engine/postgres/rows"
)

// kept is what the engine keeps of a database before a batch, and what this
// package itself saw there.
type kept struct {
	state  *catalog.State
	copies map[uint32]revert.Copy
	sums   map[uint32]rows.Sum
	views  map[uint32]rows.Sum // materialized views that hold rows
	files  map[uint32]uint32   // where each of them lies; REFRESH moves it
	facts  []string
	known  *footprint.Facts
	nodes  map[uint32]uint32
}

const copies = "safemigrate_20260101_000000_0" // a name of safemigrate's own

// fast runs a case in one transaction, which it undoes. grow makes or plays the
// case, and calls between when the setup is done. Where alone is set, the
// definitions are tried on their own as well.
func (s *session) fast(alone bool, grow func(between func() error) (script, error)) (c script, o soak.Outcome, err error) {
	if err := s.begin(); err != nil {
		return c, o, err
	}
	var k *kept
	c, err = grow(func() (err error) {
		if k, err = s.keep(); err == nil && alone {
			err = s.foresee(k)
		}
		return err
	})
	if err == nil && k != nil && alone {
		o.Wrong, err = s.unforeseen(k, c.Batch)
	}
	if err == nil && k != nil && o.Wrong == "" {
		o, err = s.takeBack(k)
	}
	if back := s.script("ROLLBACK"); err == nil {
		err = back
	}
	if err == nil && alone && o.Wrong == "" {
		var refused []string
		o.Wrong, refused, err = s.remake(k)
		o.Refused = append(o.Refused, refused...)
	}
	return c, o, err
}

// again runs a known script in the same way, and tells how many of its
// statements the server took.
func (s *session) again(c script) (done int, o soak.Outcome, err error) {
	_, o, err = s.fast(true, func(between func() error) (script, error) {
		if err := s.play(c.Setup, &done); err != nil {
			return c, err
		}
		if err := between(); err != nil {
			return c, err
		}
		return c, s.play(c.Batch, &done)
	})
	return done, o, err
}

// keep reads the schema and copies all tables, as a batch begins.
func (s *session) keep() (*kept, error) {
	k := &kept{copies: map[uint32]revert.Copy{}, sums: map[uint32]rows.Sum{}, views: map[uint32]rows.Sum{}}
	if err := s.own(); err != nil {
		return nil, err
	}
	var err error
	if k.state, err = s.read(); err != nil {
		return nil, err
	}
	if k.facts, err = s.facts(); err != nil {
		return nil, err
	}
	if k.files, err = s.files(); err != nil {
		return nil, err
	}
	if err := s.script("CREATE SCHEMA safemigrate; CREATE SCHEMA " + copies); err != nil {
		return nil, err
	}
	for i := range k.state.Objects {
		o := &k.state.Objects[i]
		switch {
		case o.Table != nil:
			err = s.copy(k, o)
		case o.Populated():
			k.views[o.Address.OID], err = s.sum(o)
		}
		if err != nil {
			return nil, err
		}
	}
	return k, s.users()
}

// files tells where the rows of materialized views lie.
func (s *session) files() (map[uint32]uint32, error) { return s.filesOf("m") }

func (s *session) filesOf(kind string) (map[uint32]uint32, error) {
	found, err := s.Query(s.ctx, `SELECT oid, relfilenode FROM pg_catalog.pg_class WHERE relkind = $1::text::"char"`, kind)
	if err != nil {
		return nil, err
	}
	out := map[uint32]uint32{}
	var oid, file uint32
	_, err = pgx.ForEachRow(found, []any{&oid, &file}, func() error {
		out[oid] = file
		return nil
	})
	return out, err
}

// sum sums up a materialized view.
func (s *session) sum(o *catalog.Object) (rows.Sum, error) {
	columns, err := rows.Columns(s.ctx, s.Conn, o.Address.OID)
	if err != nil {
		return rows.Sum{}, err
	}
	return rows.Live(s.ctx, s.Conn, o.Identity, columns)
}

// contents compares the materialized views with what they held.
func (s *session) contents(k *kept, now *catalog.State) (map[uint32]revert.Content, error) {
	files, err := s.files()
	if err != nil {
		return nil, err
	}
	out := map[uint32]revert.Content{}
	for oid, was := range k.views {
		o := now.Object(catalog.Address{Catalog: "pg_class", OID: oid})
		if o == nil || !o.Populated() {
			continue
		}
		is, err := s.sum(o)
		if err != nil {
			return nil, err
		}
		out[oid] = revert.Content{Differs: is != was, Refreshed: files[oid] != k.files[oid]}
	}
	return out, nil
}

func (s *session) copy(k *kept, o *catalog.Object) error {
	oid := o.Address.OID
	c := revert.Copy{Table: oid, Source: fmt.Sprintf("%s.t%d", copies, oid)}
	var err error
	if c.Columns, err = rows.Columns(s.ctx, s.Conn, oid); err != nil {
		return err
	}
	for i := range c.Columns {
		c.Columns[i].Column = fmt.Sprintf("c%d", c.Columns[i].Num)
	}
	if _, err = rows.Copy(s.ctx, s.Conn, o.Identity, c.Source, c.Columns); err != nil {
		return err
	}
	k.copies[oid] = c
	k.sums[oid], err = rows.Kept(s.ctx, s.Conn, c)
	return err
}

// read reads the schema, as it comes back from the ledger.
func (s *session) read() (*catalog.State, error) {
	state, err := catalog.Read(s.ctx, s.Conn, catalog.Options{})
	if err != nil {
		return nil, err
	}
	return asKept(state)
}

func asKept(state *catalog.State) (*catalog.State, error) {
	text, err := json.Marshal(state)
	if err != nil {
		return nil, err
	}
	back := &catalog.State{}
	return back, json.Unmarshal(text, back)
}

// takeBack plans and carries out the way back of whatever the batch has done,
// and compares.
func (s *session) takeBack(k *kept) (o soak.Outcome, err error) {
	if err := s.own(); err != nil {
		return o, err
	}
	after, err := s.read()
	if err != nil {
		return o, err
	}
	if o.Refused, err = catalog.Unexplained(s.ctx, s.Conn, k.state, after); err != nil || len(o.Refused) > 0 {
		return o, err
	}
	changed, err := s.changed(k, after)
	if err != nil {
		return o, err
	}
	contents, err := s.contents(k, after)
	if err != nil {
		return o, err
	}
	plan, err := revert.New(revert.Input{Before: k.state, After: after, Now: after, Copies: k.copies, RowsChanged: changed, Matviews: contents})
	if err != nil {
		return o, err
	}
	if o.Refused = plan.Conflicts; len(o.Refused) > 0 {
		return o, nil
	}
	if o.Wrong, err = s.apply(plan); err != nil || o.Wrong != "" {
		if unreadable(o.Wrong) {
			o.Refused, o.Wrong = []string{o.Wrong}, ""
		}
		return o, err
	}
	facts, err := s.facts()
	o.Wrong = difference(k.facts, facts)
	return o, err
}

// unreadable says whether the server has no choice of operator any more, since a cast was
// made, in a definition that it took before: it reads no text that makes such an object. A
// rehearsal, which there is none of here, finds that, and up refuses.
func unreadable(wrong string) bool { return strings.Contains(wrong, "(SQLSTATE 42725)") }

// apply carries a plan out; what goes wrong is the case's, not the test's.
func (s *session) apply(plan *revert.Plan) (wrong string, err error) {
	if _, _, err := plan.Apply(s.ctx, s.Conn); err != nil {
		return "apply: " + err.Error(), nil //nolint:nilerr // that is what the case is about
	}
	got, err := catalog.ReadDefinitions(s.ctx, s.Conn, catalog.Options{})
	if err != nil {
		return "", err
	}
	if diff := plan.Verify(got); len(diff) > 0 {
		return "verify: " + strings.Join(diff, "\n"), nil
	}
	return "", s.own()
}

// changed compares all tables with their copies, over the columns that are left.
func (s *session) changed(k *kept, after *catalog.State) (map[uint32]bool, error) {
	out := map[uint32]bool{}
	for oid, c := range k.copies {
		is := after.Object(catalog.Address{Catalog: "pg_class", OID: oid})
		if is == nil {
			continue
		}
		columns := present(c, is.Table)
		if len(columns) < len(c.Columns) {
			out[oid] = true
			continue
		}
		now, err := rows.Live(s.ctx, s.Conn, is.Identity, columns)
		if err != nil {
			return nil, err
		}
		out[oid] = now != k.sums[oid]
	}
	return out, nil
}

// present are the columns of a copy that are still there, under their names of now.
func present(c revert.Copy, t *catalog.Table) []revert.CopyColumn {
	var out []revert.CopyColumn
	for _, k := range c.Columns {
		for _, col := range t.Columns {
			if col.Num == k.Num {
				k.Name = col.Name
				out = append(out, k)
			}
		}
	}
	return out
}

// remake makes the schema that was there before from its definitions alone, in
// the database that is empty again.
func (s *session) remake(k *kept) (wrong string, refused []string, err error) {
	if k == nil {
		return "", nil, nil
	}
	if err := s.begin(); err != nil {
		return "", nil, err
	}
	wrong, refused, err = s.remade(k)
	if back := s.script("ROLLBACK"); err == nil {
		err = back
	}
	if wrong != "" {
		wrong = "made from its definitions: " + wrong
	}
	return wrong, refused, err
}

func (s *session) remade(k *kept) (wrong string, refused []string, err error) {
	if err := s.own(); err != nil {
		return "", nil, err
	}
	if err := s.emptyCopies(k); err != nil {
		return "", nil, err
	}
	empty, err := catalog.ReadDefinitions(s.ctx, s.Conn, catalog.Options{})
	if err != nil {
		return "", nil, err
	}
	plan, err := revert.New(revert.Input{Before: k.state, After: empty, Now: empty, Copies: k.copies})
	if err != nil {
		return "", nil, err
	}
	if len(plan.Conflicts) > 0 {
		return "", plan.Conflicts, nil
	}
	wrong, err = s.apply(plan)
	if unreadable(wrong) {
		return "", nil, err
	}
	if err != nil || wrong != "" {
		return wrong, nil, err
	}
	facts, err := s.facts()
	return difference(withoutRows(k.facts), withoutRows(facts)), nil, err
}

// emptyCopies stand for the copies, so that no rows are needed.
func (s *session) emptyCopies(k *kept) error {
	sql := []string{"CREATE SCHEMA safemigrate", "CREATE SCHEMA " + copies}
	for _, c := range k.copies {
		columns := make([]string, len(c.Columns))
		for i := range c.Columns {
			c.Columns[i].Text = true
			columns[i] = c.Columns[i].Column + " text"
		}
		sql = append(sql, fmt.Sprintf("CREATE TABLE %s (%s)", c.Source, strings.Join(columns, ", ")))
	}
	return s.script(strings.Join(sql, "; "))
}

func withoutRows(facts []string) []string {
	var out []string
	for _, f := range facts {
		if !strings.HasPrefix(f, "row of ") {
			out = append(out, f)
		}
	}
	return out
}
