package mysql

import (
	"context"
	"errors"
	"fmt"
	"math/big"
	"strings"

	"github.com/safemigrate/safemigrate/migrate"
)

// sum is the number of rows of a table and an order-independent sum of them.
type sum struct {
	rows int64
	text string
}

// whole has the server work out a query of its own first; merged into the one around it,
// it would hash each row again for each use of its hash.
const whole = " LIMIT 18446744073709551615"

// sumOf adds up the rows of a table. Each quarter of a row's hash is added as a number, so
// that the same row twice does not cancel out: as its CRC-32, which has as many bits, since
// the digits as a number cost the server twice as much. A table that can be divided is read
// in portions, whose hashes the server holds in memory: nobody may write to it meanwhile, or
// it is read in one moment (atOneMoment). That no row is left out, whatever the server
// thinks of the order of keys, a count of all rows proves.
func (s *session) sumOf(ctx context.Context, table string, of shape) (sum, error) {
	return s.sumIn(ctx, table, of, of.portionsOf(table, portionRows))
}

func (s *session) sumIn(ctx context.Context, table string, of shape, parts portions) (sum, error) {
	var t tally
	err := parts.each(ctx, s, func(where string) error {
		return t.add(ctx, s, of, parts.from+" WHERE "+where, parts.rows > 0)
	})
	if err != nil {
		return sum{}, fmt.Errorf("read the rows of %s: %w", table, err)
	}
	if parts.rows == 0 {
		return t.total(table, t.rows)
	}
	n, err := s.number(ctx, "SELECT count(*) FROM "+parts.from)
	if err != nil {
		return sum{}, fmt.Errorf("count the rows of %s: %w", table, err)
	}
	return t.total(table, n)
}

// total is the sum of a table of so many rows, which were all added, as far as its portions go.
func (t *tally) total(table string, rows int64) (sum, error) {
	if rows != t.rows {
		return sum{}, fmt.Errorf("%s has %d rows, and portions of it %d: somebody writes to it", table, rows, t.rows)
	}
	if n := t.rows - t.hashed; n > 0 {
		return sum{}, fmt.Errorf("%s of %s with a value that cannot be told from others: max_allowed_packet is too small for its text", migrate.Count(n, "row"), table)
	}
	return t.sum(), nil
}

// sumOfCopy adds up the rows of a copy, which nobody writes to. rows is how many there ought
// to be: of many, a second session, which counts them first, takes a portion whenever it is
// free.
func (d *DB) sumOfCopy(ctx context.Context, s *session, table string, of shape, rows int64) (sum, error) {
	parts, err := d.portionsOf(ctx, s, table, of)
	if err != nil {
		return sum{}, err
	}
	if parts.rows == 0 || rows <= parts.rows {
		return s.sumIn(ctx, table, of, parts)
	}
	other, done := d.reader(ctx)
	defer done()
	if other == nil {
		return s.sumIn(ctx, table, of, parts)
	}
	var mine, theirs tally
	var failed error
	var counted int64
	work, over := make(chan string, 1), make(chan struct{}) // one lies ready: to find the next takes time
	go func() {
		defer close(over)
		counted, failed = other.number(ctx, "SELECT count(*) FROM "+parts.from)
		for where := range work {
			if failed == nil {
				failed = theirs.add(ctx, other, of, parts.from+" WHERE "+where, true)
			}
		}
	}()
	err = parts.each(ctx, s, func(where string) error {
		select {
		case work <- where:
			return nil
		default:
			return mine.add(ctx, s, of, parts.from+" WHERE "+where, true)
		}
	})
	close(work)
	for where := range work {
		if err == nil {
			err = mine.add(ctx, s, of, parts.from+" WHERE "+where, true)
		}
	}
	<-over
	if err := errors.Join(err, failed); err != nil {
		return sum{}, fmt.Errorf("read the rows of %s: %w", table, err)
	}
	mine.join(&theirs)
	return mine.total(table, counted)
}

// tally is what was added up so far.
type tally struct {
	rows, hashed int64
	quarters     [4]big.Int
}

// add adds rows. Those that cannot be hashed are counted as rows alone. Hashes of rows
// without a bound are computed twice rather than kept.
func (t *tally) add(ctx context.Context, s *session, of shape, from string, bounded bool) error {
	// The text of digits and letters needs no more bytes than it has characters.
	hash, end := "cast("+of.rowHash()+" as binary(32))", ""
	if unwritten := of.unwritten(); unwritten != "" {
		hash = "if(" + unwritten + ", NULL, " + hash + ")"
	}
	if bounded {
		end = whole
	}
	return t.read(ctx, s, "m", "substr(m, %d, 8)", 8, "(SELECT "+hash+" AS m FROM "+from+end+") AS hashed")
}

// read adds hashes, of which some may be NULL; quarter is the digits of a quarter that begins
// at a place, of which each has so many.
func (t *tally) read(ctx context.Context, s *session, hash, quarter string, width int, from string) error {
	columns := []string{"count(*)", "count(" + hash + ")"}
	for i := range t.quarters {
		columns = append(columns, "coalesce(sum(crc32("+fmt.Sprintf(quarter, 1+i*width)+")), 0)")
	}
	rows, err := s.query(ctx, "SELECT "+strings.Join(columns, ", ")+" FROM "+from)
	if err != nil {
		return err
	}
	var n, hashed int64
	if _, err := fmt.Sscan(rows[0].Text(0)+" "+rows[0].Text(1), &n, &hashed); err != nil {
		return fmt.Errorf("read a number: %w", err)
	}
	t.rows, t.hashed = t.rows+n, t.hashed+hashed
	for i := range t.quarters {
		more, ok := new(big.Int).SetString(rows[0].Text(2+i), 10)
		if !ok {
			return errors.New("read a number: " + rows[0].Text(2+i))
		}
		t.quarters[i].Add(&t.quarters[i], more)
	}
	return nil
}

// join adds what another session added up.
func (t *tally) join(other *tally) {
	t.rows, t.hashed = t.rows+other.rows, t.hashed+other.hashed
	for i := range t.quarters {
		t.quarters[i].Add(&t.quarters[i], &other.quarters[i])
	}
}

func (t *tally) sum() sum {
	q := &t.quarters
	return sum{t.rows, fmt.Sprintf("%d-%d-%d-%d", &q[0], &q[1], &q[2], &q[3])}
}

// sumOfHashes adds up the hashes that were recorded of a table's rows: it is the sum of the
// table as it was.
func (s *session) sumOfHashes(ctx context.Context, hashes string) (sum, error) {
	var t tally
	if err := t.read(ctx, s, "h", "lower(hex(substr(h, %d, 4)))", 4, quote(hashes)); err != nil {
		return sum{}, fmt.Errorf("read what was recorded of the rows: %w", err)
	}
	return t.sum(), nil
}

// atOneMoment has a session read an InnoDB table in several queries as it was at the
// first one. It must hold no locks of LOCK TABLES: they would end.
func (s *session) atOneMoment(ctx context.Context, read func() error) error {
	err := s.execAll(ctx, "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ", "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY")
	if err == nil {
		err = read()
	}
	return errors.Join(err, s.exec(context.WithoutCancel(ctx), "COMMIT"))
}
