package mysql

import (
	"context"
	"fmt"

	"github.com/safemigrate/safemigrate/internal/engine/mysql/catalog"
	"github.com/safemigrate/safemigrate/migrate"
)

// packetMargin is what a packet holds besides the text of a statement, with its mark.
const packetMargin = 128

// packet is the longest text that the server takes, in bytes.
func (d *DB) packet(ctx context.Context) (int, error) {
	n, err := d.ledger.number(ctx, "SELECT @@max_allowed_packet")
	if err != nil {
		return 0, fmt.Errorf("ask for max_allowed_packet: %w", err)
	}
	return int(n), nil
}

// overlong finds statements that the server would not take, and definitions that it would
// not take again: somebody has made max_allowed_packet smaller since.
func (d *DB) overlong(ctx context.Context, e *migrate.Estimate, s catalog.State, needed func(o catalog.Object) bool, scripts []migrate.Script) error {
	limit, err := d.packet(ctx)
	if err != nil {
		return err
	}
	for _, script := range scripts {
		for _, st := range script.Statements {
			if n := len(st.Text) + packetMargin; n > limit {
				e.Blockers = append(e.Blockers, fmt.Sprintf("%s:%d: the statement has %d bytes, for which max_allowed_packet (%d) is too small", script.Migration.File, st.Line, len(st.Text), limit))
			}
		}
	}
	for _, key := range catalog.Keys(s) {
		if o := s.Objects[key]; needed(o) && len(o.Create)+packetMargin > limit {
			e.Blockers = append(e.Blockers, fmt.Sprintf("%s could not be made again: its text has %d bytes, for which max_allowed_packet (%d) is too small", key, len(o.Create), limit))
		}
	}
	return nil
}
