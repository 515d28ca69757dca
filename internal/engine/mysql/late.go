package mysql

import (
	"context"
	"errors"
	"fmt"

	"github.com/safemigrate/safemigrate/internal/engine/mysql/catalog"
	"github.com/safemigrate/safemigrate/internal/failpoint"
)

// lateFrom is from how many rows on keys that only serve to find rows are made after them:
// sorted, and not row by row. For fewer it is not worth the trying.
const lateFrom = 10_000

// late are the clauses that take such keys from a table, and that give them back.
type late struct{ drops, adds []string }

// lateKeys finds the keys of a table that come after its rows. That its definition is then
// the same to the last byte is proved on a table without rows; what the server refuses
// there, and keys that a foreign key can rest on, stay where they are.
func (v *revert) lateKeys(ctx context.Context, want catalog.Object, src *source) (late, error) {
	own, known := catalog.References(want.Create)
	if src.sum.Rows < lateFrom || want.Engine != "InnoDB" || !known {
		return late{}, nil
	}
	// On MySQL, a table's relatives would have to be locked with it.
	if relatives, err := v.relatives(ctx, want.Name, catalog.ForeignKeys(want.Create)); err != nil || len(relatives) > 0 {
		return late{}, err
	}
	rows, err := v.ledger.query(ctx, "SELECT referenced_column_name FROM information_schema.key_column_usage WHERE referenced_table_schema = $1 AND referenced_table_name = $2", v.name, want.Name)
	if err != nil {
		return late{}, fmt.Errorf("read the foreign keys of %s: %w", want.Name, err)
	}
	var not []string
	for _, r := range own {
		not = append(not, r.Columns...)
	}
	for _, r := range rows {
		not = append(not, r.Text(0))
	}
	if drops, _ := catalog.LateKeys(want.Create, not); len(drops) == 0 {
		return late{}, nil
	}
	return v.proveLate(ctx, want, not)
}

// proveLate takes the keys from a table without rows, gives them back, and compares its
// definition. Those over some columns stay, and over columns that are computed.
func (v *revert) proveLate(ctx context.Context, want catalog.Object, not []string) (keys late, err error) {
	defer v.dropTwin(ctx)
	if ok, err := v.makeTwin(ctx, v.again(twin, v.asTwin(want.Create))); !ok {
		return late{}, err
	}
	computed, err := v.own.query(ctx, `SELECT column_name FROM information_schema.columns WHERE table_schema = $1 AND table_name = $2
		AND (extra LIKE '%auto_increment%' OR extra LIKE '%VIRTUAL GENERATED%' OR extra LIKE '%STORED GENERATED%')`, v.name, twin)
	if err != nil {
		return late{}, fmt.Errorf("read the columns of %s: %w", want.Name, err)
	}
	for _, r := range computed {
		not = append(not, r.Text(0))
	}
	if keys.drops, keys.adds = catalog.LateKeys(want.Create, not); len(keys.drops) == 0 {
		return late{}, nil
	}
	var texts [2]string
	for i, change := range [][]string{{alterInPlace(twin, keys.drops), alterInPlace(twin, keys.adds)}, nil} {
		if texts[i], err = v.own.definition(ctx, twin); err != nil {
			return late{}, err
		}
		if err := v.own.execAll(ctx, change...); err != nil {
			return late{}, trouble(err)
		}
	}
	if texts[0] != texts[1] {
		return late{}, nil
	}
	return keys, nil
}

func alterInPlace(table string, clauses []string) string {
	return alter(table, clauses) + ", ALGORITHM=INPLACE"
}

// around fills a table that has no rows and is locked, without the keys that come after
// them. A crash in between leaves a table that is not as wanted, which whoever goes on
// makes again.
func (k late) around(ctx context.Context, s *session, table string, fill func() error) error {
	if len(k.drops) == 0 {
		return fill()
	}
	if err := s.exec(ctx, alterInPlace(table, k.drops)); err != nil {
		return fmt.Errorf("take its keys: %w", err)
	}
	failpoint.Hit("mysql.revert.keyless")
	if err := fill(); err != nil {
		return err
	}
	failpoint.Hit("mysql.revert.unkeyed")
	err := s.exec(ctx, alterInPlace(table, k.adds))
	if err != nil && ctx.Err() == nil { // such as no room for sorting
		if again := s.exec(ctx, alter(table, k.adds)+", ALGORITHM=COPY"); again != nil {
			return errors.Join(fmt.Errorf("make its keys: %w", err), again)
		}
		return nil
	}
	return err
}
