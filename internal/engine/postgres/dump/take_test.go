//go:build unix

package dump_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/dump"
	"github.com/safemigrate/safemigrate/internal/testpg"
	stored "github.com/safemigrate/safemigrate/snapshot/dump"
)

// soaking asks for the wider loops of `make soak`.
func soaking() bool { return os.Getenv("SAFEMIGRATE_SOAK") != "" }

// TestOneState has eight writers move amounts between accounts while dumps run: in each
// dump the sum of all accounts is what it always is.
func TestOneState(t *testing.T) {
	t.Parallel()
	d := testpg.Start(t).Database(t)
	d.Exec(t, `CREATE TABLE a (id int PRIMARY KEY, amount bigint NOT NULL); CREATE TABLE b (LIKE a INCLUDING ALL); CREATE TABLE c (id int PRIMARY KEY, moves bigint NOT NULL);
		INSERT INTO a SELECT i, 1000 FROM generate_series(1, 3000) i; INSERT INTO b SELECT i, 1000 FROM generate_series(1, 3000) i; INSERT INTO c SELECT i, 0 FROM generate_series(0, 7) i`)
	const dumps, whole = 100, 5 // those that pg_dump has a part in, which most of the time goes to
	ctx, cancel := context.WithCancel(t.Context())
	var writers sync.WaitGroup
	var moved atomic.Int64
	for w := range 8 {
		conn := d.Connect(t)
		writers.Go(func() {
			for i := w; ctx.Err() == nil; i += 7 {
				sql := fmt.Sprintf(`BEGIN; UPDATE a SET amount = amount - %[1]d WHERE id = %[2]d; UPDATE c SET moves = moves + 1 WHERE id = %[4]d; UPDATE b SET amount = amount + %[1]d WHERE id = %[3]d; COMMIT`,
					i%100, i%3000+1, i*31%3000+1, w)
				if _, err := conn.PgConn().Exec(ctx, sql).ReadAll(); err == nil {
					moved.Add(1)
				}
				time.Sleep(2 * time.Millisecond) // or the dumps have to wait for a processor
			}
		})
	}
	defer writers.Wait()
	defer cancel()
	meanwhile := func() {
		for before := moved.Load(); moved.Load() < before+20; {
			time.Sleep(time.Millisecond)
		}
	}
	for n := range dumps {
		takeOne := takeRows
		if n%(dumps/whole) == 0 {
			takeOne = take
		}
		c := takeOne(t, d, options(d, 2), meanwhile)
		if got := c.total(t, "a") + c.total(t, "b"); got != 6_000_000 {
			t.Fatalf("the accounts hold %d, not 6000000", got)
		}
	}
}

// TestLocksComeFirst: from the beginning on, before the state is fixed, nobody empties or
// rewrites a table, whose rows an older state would then lack without an error; and what
// was committed until the state is fixed is in it.
func TestLocksComeFirst(t *testing.T) {
	t.Parallel()
	d := testpg.Start(t).Database(t)
	d.Exec(t, "CREATE TABLE t (a int); INSERT INTO t SELECT generate_series(1, 100)")
	taking, err := dump.Begin(t.Context(), options(d, 1))
	if err != nil {
		t.Fatal(err)
	}
	defer taking.Close(context.WithoutCancel(t.Context()))
	other := d.Connect(t)
	for _, sql := range []string{"TRUNCATE t", "ALTER TABLE t ALTER a TYPE bigint", "DROP TABLE t"} {
		var refused *pgconn.PgError
		if _, err := other.PgConn().Exec(t.Context(), "SET lock_timeout = '50ms'; "+sql).ReadAll(); !errors.As(err, &refused) || refused.Code != "55P03" {
			t.Errorf("%s while the tables are locked: %v", sql, err)
		}
	}
	d.Exec(t, "INSERT INTO t VALUES (101)")
	if _, err := taking.Freeze(t.Context()); err != nil {
		t.Fatal(err)
	}
	d.Exec(t, "DELETE FROM t")
	c, err := taking.Rows(t.Context(), folder(t.TempDir()))
	if err != nil || len(c.Tables) != 1 || c.Tables[0].Rows != 101 {
		t.Errorf("dumped: %+v, %v", c, err)
	}
}

// total sums up the second column of a table's rows.
func (d taken) total(t *testing.T, name string) (total int64) {
	t.Helper()
	for _, table := range d.Tables {
		if table.Name != name {
			continue
		}
		for k := range table.Parts {
			text, err := os.ReadFile(folder(d.rows).path(table, k))
			if err != nil {
				t.Fatal(err)
			}
			for line := range strings.Lines(string(text)) {
				var id, amount int64
				if _, err := fmt.Sscan(line, &id, &amount); err != nil {
					t.Fatal(err)
				}
				total += amount
			}
		}
	}
	return total
}

// TestBrokenConnection has the connection of a job break in the middle of a part, again
// and again: the part is copied anew, and the dump is whole.
func TestBrokenConnection(t *testing.T) {
	t.Parallel()
	server := testpg.Start(t)
	d, into := server.Database(t), server.Database(t)
	d.Exec(t, fixtures[1].setup)
	o := options(d, 2)
	var dials atomic.Int64
	o.Connect = func(ctx context.Context) (*pgx.Conn, error) {
		config, err := pgx.ParseConfig(d.URL)
		if err != nil {
			return nil, err
		}
		n := dials.Add(1)
		config.DialFunc = func(ctx context.Context, network, address string) (net.Conn, error) {
			conn, err := (&net.Dialer{}).DialContext(ctx, network, address)
			if n == 2 || n == 4 { // not the leader, and not every one
				// It has a part in hand, which is longer: nobody else can copy all of them meanwhile.
				return &brittle{Conn: conn, left: 30_000}, err
			}
			return conn, err
		}
		return pgx.ConnectConfig(ctx, config)
	}
	dumped := take(t, d, o, nil)
	if dials.Load() < 5 {
		t.Fatalf("%d connections were made: none broke", dials.Load())
	}
	if err := dumped.restoring(t, into).Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if into.Rows(t) != d.Rows(t) {
		t.Error("the rows differ")
	}
}

// TestSlowWrites has every write take so long that the driver begins to read in the
// background: what it reads there must not be missing from the rows.
func TestSlowWrites(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	d := testpg.Start(t).Database(t)
	d.Exec(t, "CREATE TABLE t AS SELECT generate_series(1, 20000) AS a")
	o := options(d, 2)
	o.Connect = func(ctx context.Context) (*pgx.Conn, error) {
		config, err := pgx.ParseConfig(d.URL)
		if err != nil {
			return nil, err
		}
		config.DialFunc = func(ctx context.Context, network, address string) (net.Conn, error) {
			conn, err := (&net.Dialer{}).DialContext(ctx, network, address)
			return slow{conn}, err
		}
		return pgx.ConnectConfig(ctx, config)
	}
	taking, err := dump.Begin(ctx, o)
	if err != nil {
		t.Fatal(err)
	}
	defer taking.Close(t.Context())
	if _, err := taking.Freeze(ctx); err != nil {
		t.Fatal(err)
	}
	contents, err := taking.Rows(ctx, folder(t.TempDir()))
	if err != nil {
		t.Fatal(err)
	}
	if len(contents.Tables) != 1 || contents.Tables[0].Rows != 20000 {
		t.Errorf("dumped: %+v", contents.Tables)
	}
}

// slow is a connection whose writes last longer than the driver waits for one.
type slow struct{ net.Conn }

func (s slow) Write(p []byte) (int, error) {
	n, err := s.Conn.Write(p)
	time.Sleep(40 * time.Millisecond)
	return n, err
}

// brittle is a connection that breaks after so many bytes.
type brittle struct {
	net.Conn

	left int
}

func (b *brittle) Read(p []byte) (int, error) {
	if b.left <= 0 {
		b.Close()
		return 0, io.ErrUnexpectedEOF
	}
	n, err := b.Conn.Read(p[:min(len(p), b.left)])
	b.left -= n
	return n, err
}

// TestLongRow has one value that is far larger than what the dump may hold in memory.
func TestLongRow(t *testing.T) {
	d := testpg.Start(t).Database(t)
	size := 100 << 20
	if soaking() {
		size = 900 << 20
	}
	d.Exec(t, fmt.Sprintf(`CREATE TABLE big (id int, body text); INSERT INTO big SELECT 1, repeat('0123456789abcdef', %d)`, size/16))
	o := options(d, 1)
	taking, err := dump.Begin(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	defer taking.Close(t.Context())
	if _, err := taking.Freeze(t.Context()); err != nil {
		t.Fatal(err)
	}
	runtime.GC()
	watch := &watcher{}
	c, err := taking.Rows(t.Context(), watch)
	if err != nil {
		t.Fatal(err)
	}
	if c.Tables[0].Bytes != int64(size)+3 {
		t.Errorf("%d bytes came", c.Tables[0].Bytes)
	}
	if limit := uint64(16 << 20); watch.most-watch.least > limit {
		t.Errorf("the heap grew by %d bytes", watch.most-watch.least)
	}
	restoresLongRow(t, d, size)
}

// restoresLongRow has the value go into a store, encrypted, and into another database.
func restoresLongRow(t *testing.T, d *testpg.Database, size int) {
	t.Helper()
	into := d.Server.Database(t)
	dir := filepath.Join(t.TempDir(), "schema")
	grown := heapDuring(func() {
		from, c := saved(t, d, programs(t, d.Server))
		if err := from.Unpack(t.Context(), dir); err != nil {
			t.Fatal(err)
		}
		r := dump.Restoring{Programs: programs(t, into.Server), Version: c.Server, Server: reach(t, into), Options: options(into, 1), Contents: c, Source: from, Dir: dir, NoOwner: true}
		if err := r.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
	})
	if limit := uint64(72 << 20); grown > limit {
		t.Errorf("the heap grew by %d bytes while it went through a store", grown)
	}
	var length int
	var ends string
	err := into.Connect(t).QueryRow(t.Context(), "SELECT octet_length(body), left(body, 18) || right(body, 4) FROM big").Scan(&length, &ends)
	if err != nil || length != size || ends != "0123456789abcdef01cdef" {
		t.Errorf("restored: %d bytes, %s, %v", length, ends, err)
	}
}

// heapDuring is by how much the heap grows while something runs.
func heapDuring(do func()) uint64 {
	var least, m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&least)
	stop, most := make(chan struct{}), make(chan uint64)
	go func() {
		var highest uint64
		for {
			select {
			case <-stop:
				most <- highest
				return
			case <-time.After(5 * time.Millisecond):
				runtime.ReadMemStats(&m)
				highest = max(highest, m.HeapAlloc)
			}
		}
	}()
	do()
	close(stop)
	return max(<-most, least.HeapAlloc) - least.HeapAlloc
}

// watcher watches the heap while a dump runs.
type watcher struct {
	least, most uint64
	writes      int
	sum         stored.RowSum
}

func (w *watcher) Part(context.Context, dump.Table, int) (dump.Part, error) { return w, nil }

func (w *watcher) Write(p []byte) (int, error) {
	if w.writes++; w.writes%50 == 1 {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		if w.most = max(w.most, m.HeapAlloc); w.least == 0 {
			w.least = m.HeapAlloc
		}
	}
	return w.sum.Write(p)
}

func (w *watcher) Rows() *stored.RowSum { return &w.sum }
func (w *watcher) Commit() error        { return nil }
func (w *watcher) Abort()               {}
