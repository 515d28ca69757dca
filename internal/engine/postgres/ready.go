package postgres

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/revert"
	"github.com/safemigrate/safemigrate/internal/engine/postgres/rows"
	"github.com/safemigrate/safemigrate/snapshot"
)

// readied is a table that stands ready, as a rollback found it.
type readied struct {
	readyTable

	mark    rows.Mark // of its own rows, now
	later   bool      // it has to catch up
	written int64     // how many of the present rows were written since
	gone    int64
}

// takeReady finds out which of the tables that stand ready for a batch can be used,
// and has the plan use them. Each is proved by who wrote its rows, and how many
// there are; what is in them was proved when it was built.
func (u *undo) takeReady(ctx context.Context, plan *revert.Plan, p *past) error {
	u.ready = map[uint32]readied{}
	if _, ok := p.manifest.Parts[partPrepared]; !ok {
		return nil
	}
	var all []readyTable
	if err := u.getPart(ctx, p.manifest, partPrepared, &all); err != nil {
		return err
	}
	made, left := plan.Early()
	use := map[uint32]revert.Ready{}
	for _, t := range all {
		s, why, err := u.fits(ctx, t, made, left)
		if err != nil {
			return err
		}
		if why == "" {
			u.ready[t.Table] = s
			use[t.Table] = revert.Ready{Digest: t.Digest, Since: s.since()}
			continue
		}
		u.unready[t.Table] = why
		if u.req.PlanOnly {
			continue
		}
		if err := u.script(ctx, "DROP SCHEMA IF EXISTS "+t.Schema+" CASCADE"); err != nil {
			return fmt.Errorf("drop what was prepared: %w", plain(err))
		}
	}
	plan.Use(use)
	return nil
}

// since is the condition on present rows that the table has to catch up with.
func (s readied) since() string {
	if !s.later {
		return ""
	}
	return s.Present.Written("l")
}

// fits says why a table that stands ready cannot be used; "" where it can.
func (u *undo) fits(ctx context.Context, t readyTable, made []revert.Early, left map[uint32]string) (s readied, why string, err error) {
	s.readyTable = t
	i := slices.IndexFunc(made, func(e revert.Early) bool { return e.OID == t.Table })
	switch {
	case i < 0 && left[t.Table] != "":
		return s, left[t.Table], nil
	case i < 0:
		return s, "the table goes back in another way now", nil
	case made[i].Digest != t.Digest:
		return s, "something of the schema was changed since", nil
	}
	if ok, err := u.owned(ctx, t.Name); err != nil || !ok {
		return s, "it is not there any more", err
	}
	mark, still, err := rows.Still(ctx, u.conn, t.Name, t.Built)
	if err != nil || !still {
		return s, "somebody wrote to it", plain(err)
	}
	s.mark = mark
	if t.Present == nil {
		return s, "", nil
	}
	if s.written, s.gone, err = u.since(ctx, t.Table, made[i].Now, *t.Present); err != nil {
		return s, "", err
	}
	s.later = s.written != 0 || s.gone != 0
	switch {
	case s.written < 0 || s.gone < 0:
		return s, "who wrote to the table since is not known", nil
	case s.later && !t.ByKey:
		return s, "the table was written to since, and has no key", nil
	}
	return s, "", nil
}

// owned says whether a table is there, and this role may do with it what its owner may.
func (u *undo) owned(ctx context.Context, name string) (bool, error) {
	found, err := u.Query(ctx, `SELECT 1 FROM pg_catalog.pg_class c WHERE c.oid = pg_catalog.to_regclass($1) AND c.relkind = 'r' AND pg_catalog.pg_has_role(c.relowner, 'USAGE')`, name)
	if err != nil {
		return false, fmt.Errorf("look for what was prepared: %w", err)
	}
	return len(found) > 0, nil
}

// prepared tells about a table that was made beside what a report needs.
func (u *undo) prepared(t revert.TableWay) (words string, rows int64, ready bool) {
	s, ok := u.ready[t.OID]
	switch {
	case !ok && u.unready[t.OID] != "":
		return "not used: " + u.unready[t.OID], 0, false
	case !ok:
		return "", 0, false
	case s.later:
		return "catches up", max(s.written, s.gone), true
	}
	return "ready", 0, true
}

// proveReady looks at a table that was made early, and has caught up where it had
// to, and marks it.
func (u *undo) proveReady(ctx context.Context, b revert.Built) (rows.Mark, error) {
	s, ok := u.ready[b.Table]
	if !ok {
		return rows.Mark{}, errors.New("table " + b.Name + " was not proved")
	}
	if !s.later {
		return s.mark, nil
	}
	mark, err := rows.Now(ctx, u.conn, b.Name)
	mark.Own = slices.Concat(mark.Own, s.Built.Own)
	return mark, plain(err)
}

// presentSum is the sum of the present rows of a table, where it was taken when what
// replaces it was built, and nothing was written since.
func (u *undo) presentSum(oid uint32) (rows.Sum, bool) {
	s, ok := u.ready[oid]
	if !ok || s.later || s.Sum == nil {
		return rows.Sum{}, false
	}
	return *s.Sum, true
}

// forgetBatch removes what a batch that was taken back had readied ready, of which
// the tables that were used lie elsewhere by now.
func (u *undo) forgetBatch(ctx context.Context, m *snapshot.Manifest) error {
	if _, ok := m.Parts[partPrepared]; !ok {
		return nil
	}
	return u.forget(ctx, m.ID)
}

// forgetOthers removes what stands ready for batches that are not taken back now: it
// could be in the way, and they are not the newest.
func (u *undo) forgetOthers(ctx context.Context) error {
	if u.req.PlanOnly {
		return nil
	}
	ids := make([]string, len(u.req.Batches))
	for i, b := range u.req.Batches {
		ids[i] = b.ID
	}
	return u.forgetAll(ctx, ids...)
}
