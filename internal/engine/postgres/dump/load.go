package dump

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5"

	"github.com/safemigrate/safemigrate/internal/pgarchive"
	stored "github.com/safemigrate/safemigrate/snapshot/dump"
)

// ErrDamaged is returned when rows are not those that were dumped.
var ErrDamaged = errors.New("the rows are not those that were dumped")

// Load brings the rows of all tables into a database that has the tables, without rows.
func Load(ctx context.Context, o Options, c *Contents, source Source) error {
	var tasks []task
	for i, t := range c.Tables {
		for k := range t.Parts {
			tasks = append(tasks, task{table: i, index: k, size: t.Bytes / int64(max(t.Parts, 1))})
		}
	}
	largestFirst(tasks)
	work := newWork(tasks, c.Tables, o.Progress)
	err := each(ctx, min(o.Jobs, len(tasks)), func(ctx context.Context) error { return o.loader(ctx, work, source) })
	if err != nil {
		return err
	}
	for i, t := range c.Tables {
		if err := same(t, &work.sums[i]); err != nil {
			return err
		}
	}
	return nil
}

func (o *Options) loader(ctx context.Context, work *work, source Source) error {
	conn, err := o.session(ctx)
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	for {
		k, ok := work.next()
		if !ok {
			return nil
		}
		t := work.tables[k.table]
		sum, err := loadPart(ctx, conn, t, k.index, t.target(), t.Columns, source)
		if err != nil {
			return err
		}
		work.finish(k, sum)
	}
}

// LoadTable brings the rows of one table into another one (quoted and qualified) of the
// caller's transaction; columns are those of the other table, in the order of the
// dump's.
func LoadTable(ctx context.Context, conn *pgx.Conn, t Table, into string, columns []string, source Source) error {
	var all stored.RowSum
	for k := range t.Parts {
		sum, err := loadPart(ctx, conn, t, k, into, columns, source)
		if err != nil {
			return err
		}
		all.Add(sum)
	}
	return same(t, &all)
}

// ReadTable reads the rows of one table without loading them.
func ReadTable(ctx context.Context, t Table, source Source) error {
	var all stored.RowSum
	for k := range t.Parts {
		part, err := source.Part(ctx, t, k)
		if err != nil {
			return err
		}
		_, err = io.Copy(io.Discard, part)
		if err := errors.Join(err, part.Close()); err != nil {
			return fmt.Errorf("read the rows of %s: %w", t.Label(), err)
		}
		sum := part.Rows()
		if sum.Unfinished() {
			return fmt.Errorf("%w: the last row of %s is cut off", ErrDamaged, t.Label())
		}
		all.Add(sum)
	}
	return same(t, &all)
}

func same(t Table, sum *stored.RowSum) error {
	if sum.Rows() != t.Rows || sum.Bytes() != t.Bytes || sum.Sum() != t.Sum {
		return fmt.Errorf("%w: table %s, %d rows, %d were dumped", ErrDamaged, t.Label(), sum.Rows(), t.Rows)
	}
	return nil
}

func loadPart(ctx context.Context, conn *pgx.Conn, t Table, index int, into string, columns []string, source Source) (*stored.RowSum, error) {
	part, err := source.Part(ctx, t, index)
	if err != nil {
		return nil, err
	}
	from := &remembering{r: part}
	tag, err := conn.PgConn().CopyFrom(ctx, from, copyIn(into, columns))
	if unread := from.end(); unread != nil {
		err = unread // the server only repeats its text
	}
	if err := errors.Join(err, part.Close()); err != nil {
		return nil, fmt.Errorf("load the rows of %s: %w", t.Label(), err)
	}
	sum := part.Rows()
	if tag.RowsAffected() != sum.Rows() || sum.Unfinished() {
		return nil, fmt.Errorf("%w: %d rows of %s were loaded, %d were read", ErrDamaged, tag.RowsAffected(), t.Label(), sum.Rows())
	}
	return sum, nil
}

// remembering is a reader that remembers why it ended. The driver reads in a goroutine of
// its own, which may still do so once the connection is lost and the copy is over.
type remembering struct {
	mu   sync.Mutex
	r    io.Reader
	err  error
	over bool
}

func (r *remembering) Read(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.over {
		return 0, io.ErrClosedPipe
	}
	n, err := r.r.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		r.err = err
	}
	return n, err //nolint:wrapcheck // it hands on what it is given
}

// end waits for a reading under way, has no other one begin, and returns what went wrong.
func (r *remembering) end() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.over = true
	return r.err
}

// Sums reads all tables of a database, and returns what a dump of it would hold. of,
// where it is set, says which columns of a table count, and in which order.
func Sums(ctx context.Context, o Options, of func(Table) []string) (c *Contents, err error) {
	t, err := Begin(ctx, o)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, t.Close(context.WithoutCancel(ctx))) }()
	if _, err := t.Freeze(ctx); err != nil {
		return nil, err
	}
	for i := range t.tables {
		if of != nil {
			t.tables[i].Columns = of(t.tables[i])
		}
	}
	return t.Rows(ctx, nowhere{})
}

// Compare reads all tables of a database and compares them with what was dumped.
func Compare(ctx context.Context, o Options, c *Contents) error {
	now, err := Sums(ctx, o, nil)
	if err != nil {
		return err
	}
	if err := compareTables(c.Tables, now.Tables); err != nil {
		return err
	}
	return comparePositions(c.Sequences, now.Sequences)
}

func compareTables(dumped, present []Table) error {
	have := map[string]bool{}
	for _, t := range present {
		have[t.Label()] = true
	}
	for _, t := range dumped {
		if !have[t.Label()] {
			return fmt.Errorf("%w: table %s is missing", ErrDamaged, t.Label())
		}
		delete(have, t.Label())
	}
	for name := range have {
		return fmt.Errorf("%w: table %s was not dumped", ErrDamaged, name)
	}
	was, err := asWholes(dumped, dumped)
	if err != nil {
		return err
	}
	is, err := asWholes(present, dumped)
	if err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(was)) {
		if is, was := is[name], was[name]; is.Rows != was.Rows || is.Bytes != was.Bytes || is.Sum != was.Sum {
			return fmt.Errorf("%w: table %s, %d rows, %d were dumped", ErrDamaged, name, is.Rows, was.Rows)
		}
	}
	return nil
}

func comparePositions(was, is []Sequence) error {
	now := map[string]Sequence{}
	for _, s := range is {
		s.OID = 0
		now[s.Schema+"."+s.Name] = s
	}
	for _, s := range was {
		s.OID = 0
		if now[s.Schema+"."+s.Name] != s {
			return fmt.Errorf("%w: sequence %s.%s stands elsewhere", ErrDamaged, s.Schema, s.Name)
		}
	}
	return nil
}

// nowhere takes parts and keeps nothing.
type nowhere struct{}

func (nowhere) Part(context.Context, Table, int) (Part, error) { return &nothing{}, nil }

type nothing struct{ sum stored.RowSum }

func (n *nothing) Write(p []byte) (int, error) { return n.sum.Write(p) }
func (n *nothing) Rows() *stored.RowSum        { return &n.sum }
func (n *nothing) Commit() error               { return nil }
func (n *nothing) Abort()                      {}

// Archive adds what was dumped to pg_dump's table of contents of the schema. It
// returns the new one and, by table and part, the names of the files that pg_restore
// looks for. Without rows only the sequences and the materialized views are added.
func (c *Contents) Archive(toc []byte, rows bool, how pgarchive.Compression) ([]byte, [][]string, error) {
	a, err := pgarchive.Read(toc)
	if err != nil {
		return nil, nil, fmt.Errorf("read the schema's table of contents: %w", err)
	}
	var add pgarchive.Contents
	if rows {
		for _, t := range c.Tables {
			add.Rows = append(add.Rows, pgarchive.Rows{OID: t.OID, Extension: t.Extension, Schema: t.Schema, Name: t.Name, Files: t.Parts,
				Root:   t.Root != "",
				Target: strings.TrimSpace(t.target() + " " + columnList(t.Columns))})
		}
	}
	for _, s := range c.Sequences {
		add.Positions = append(add.Positions, pgarchive.Position{OID: s.OID, Target: qualified(s.Schema, s.Name), Last: s.Last, Called: s.Called})
	}
	for _, v := range c.Views {
		add.Refreshes = append(add.Refreshes, pgarchive.Refresh{OID: v.OID, Target: qualified(v.Schema, v.Name)})
	}
	files, err := a.Add(add)
	if err != nil {
		return nil, nil, fmt.Errorf("add the rows to the table of contents: %w", err)
	}
	if !rows {
		a.RestrictObjectsLate()
		a.BuildKeysAhead() // the stock pg_restore gets what pg_dump wrote
	}
	a.Compression, a.Level = how, -1
	return a.Bytes(), files, nil
}
