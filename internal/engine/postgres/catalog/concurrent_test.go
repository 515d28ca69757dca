package catalog_test

import (
	"context"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/catalog"
	"github.com/safemigrate/safemigrate/internal/testpg"
)

// TestReadWhileOthersChange reads while another session makes and drops one of
// every kind: what is gone before it could be spelled is left out, and nothing
// fails.
func TestReadWhileOthersChange(t *testing.T) {
	t.Parallel()
	db := testpg.Start(t).Database(t)
	conn, other := db.Connect(t), db.Connect(t)
	ctx, stop := context.WithTimeout(t.Context(), 3*time.Second)
	defer stop()
	churned := make(chan error, 1)
	go func() {
		for ctx.Err() == nil {
			_, err := other.Exec(context.WithoutCancel(ctx), `CREATE SCHEMA x; SET search_path = x; `+base+`
				DROP SCHEMA x CASCADE; DROP SCHEMA sch; RESET search_path`)
			if err == nil {
				_, err = other.Exec(context.WithoutCancel(ctx), `CREATE TABLE a (a serial PRIMARY KEY); CREATE VIEW b AS SELECT a FROM a`)
			}
			if err == nil {
				_, err = other.Exec(context.WithoutCancel(ctx), `DROP VIEW b`)
			}
			if err == nil {
				_, err = other.Exec(context.WithoutCancel(ctx), `DROP TABLE a`)
			}
			if err != nil {
				churned <- err
				return
			}
		}
		churned <- nil
	}()
	for ctx.Err() == nil {
		inTx(t, conn, func(tx pgx.Tx) {
			if _, err := catalog.Read(context.WithoutCancel(ctx), tx, catalog.Options{}); err != nil {
				t.Errorf("Read: %v", err)
				stop()
			}
		})
	}
	if err := <-churned; err != nil {
		t.Errorf("changing: %v", err)
	}
}
