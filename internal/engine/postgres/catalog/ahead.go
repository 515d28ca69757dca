package catalog

import (
	"context"
	"fmt"
	"reflect"

	"github.com/jackc/pgx/v5"
)

// question is one query of a reading.
type question struct {
	sql  string
	args []any
}

// ahead holds questions that were sent before their answers are needed: a reading
// asks some forty, and each would cost a round trip.
type ahead struct {
	answers pgx.BatchResults
	asked   []question
}

// ask finds out what steps are going to ask, by letting them read a database in
// which there is nothing, and sends all of it at once. A step that then asks
// something else, because of what it has read, costs no more than the round trips
// of those after it.
func (r *reader) ask(ctx context.Context, steps func(*reader) []func(context.Context) error) error {
	dry := emptyReader(r.conn, r.opts)
	dry.server, dry.catalogs, dry.columns, dry.idle = r.server, r.catalogs, r.columns, r.idle
	dry.onlyAsks = true
	for _, step := range steps(dry) {
		if err := step(ctx); err != nil {
			return err
		}
	}
	var b pgx.Batch
	for _, q := range dry.ahead.asked {
		b.Queue(q.sql, q.args...)
	}
	if b.Len() > 0 {
		r.ahead = ahead{answers: r.conn.SendBatch(ctx, &b), asked: dry.ahead.asked}
	}
	return nil
}

// rows are the answer to a question, asked now or before.
func (r *reader) rowsOf(ctx context.Context, q question) (pgx.Rows, error) {
	if r.ahead.answers != nil && len(r.ahead.asked) > 0 && reflect.DeepEqual(r.ahead.asked[0], q) {
		r.ahead.asked = r.ahead.asked[1:]
		return r.ahead.answers.Query() //nolint:wrapcheck // each says what was asked
	}
	if err := r.hush(); err != nil {
		return nil, err
	}
	return r.conn.Query(ctx, q.sql, q.args...)
}

// hush passes over the answers that nobody has asked for any more.
func (r *reader) hush() error {
	if r.ahead.answers == nil {
		return nil
	}
	answers := r.ahead.answers
	r.ahead = ahead{}
	if err := answers.Close(); err != nil {
		return fmt.Errorf("reading the catalogs: %w", err)
	}
	return nil
}
