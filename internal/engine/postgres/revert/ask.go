package revert

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/catalog"
)

// What some things that come back allow only the server says, of such things that are there:
// so they are made, and undone.

// Answer is what the server said; Err, why it could not.
type Answer struct {
	SQL string
	Err error
}

// Answers are of partitions, by their table, the condition that their rows have to satisfy;
// and of exclusion constraints where the rows are that have to go.
type Answers map[catalog.Address]Answer

// Ask asks the server about all tables that stay, or only about those whose later rows were
// found to break something.
func (p *Plan) Ask(ctx context.Context, conn Conn, all bool) error {
	if !all && len(p.in.Misfits) == 0 || len(p.Conflicts) > 0 {
		return nil
	}
	if err := p.Silence(ctx, conn); err != nil {
		return err
	}
	return p.work().ask(ctx, conn, all)
}

func (w *work) ask(ctx context.Context, conn Conn, all bool) error {
	for _, a := range addresses(w.cur) {
		want, cur := w.expect[a], w.cur.objects[a]
		if !all && w.in.Misfits[a.OID].What == "" && !w.overlooked(a) || want == nil || cur == nil || want.Table == nil || cur.Table == nil {
			continue
		}
		if err := w.askOf(ctx, conn, want, cur); err != nil {
			return fmt.Errorf("asking what rows of %s may be: %w", cur.Identity, err)
		}
	}
	return nil
}

func (w *work) askOf(ctx context.Context, conn Conn, want, cur *object) error {
	if len(w.outside(want, cur)) > 0 {
		if err := w.answer(ctx, conn, cur.Address, func() (string, error) { return w.boundOf(ctx, conn, cur.Address) }); err != nil {
			return err
		}
	}
	if cur.Table.Key != "" || !sameNames(want, cur) {
		return nil
	}
	for _, o := range w.returning(want, cur) {
		if w.overlapping(o) == "" {
			continue
		}
		if err := w.answer(ctx, conn, o.Address, func() (string, error) { return w.overlap(ctx, conn, cur, o) }); err != nil {
			return err
		}
	}
	return nil
}

// answer notes what asking gives, and undoes what was made for it.
func (w *work) answer(ctx context.Context, conn Conn, of address, ask func() (string, error)) error {
	if _, err := conn.Exec(ctx, "SAVEPOINT safemigrate_ask"); err != nil {
		return err
	}
	var said Answer
	said.Err = underEither(ctx, conn, func() (err error) {
		said.SQL, err = ask()
		return err
	})
	if said.Err != nil && !OfQuery(said.Err) && !beyond(said.Err) {
		return said.Err
	}
	w.in.Answers[of] = said
	_, err := conn.Exec(ctx, "ROLLBACK TO SAVEPOINT safemigrate_ask; RELEASE SAVEPOINT safemigrate_ask")
	return err
}

// beyond tells what the server does not do at all, and values that are too large for an index.
func beyond(err error) bool {
	said, ok := errors.AsType[*pgconn.PgError](err)
	return ok && (strings.HasPrefix(said.Code, "0A") || strings.HasPrefix(said.Code, "54"))
}

// script runs statements up to the first that fails.
func script(ctx context.Context, conn Conn, all []string) error {
	for _, sql := range all {
		if _, err := conn.Exec(ctx, Respell(sql)); err != nil {
			return err
		}
	}
	return nil
}
