package dump

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	stored "github.com/safemigrate/safemigrate/snapshot/dump"
)

// ErrUnreadable is returned when this role cannot read all rows of a table.
var ErrUnreadable = errors.New("not every row can be read")

// Options say how to take or load a dump.
type Options struct {
	// Connect opens a session on the database; it is called once for each job and once
	// more for the one that holds the locks.
	Connect func(ctx context.Context) (*pgx.Conn, error)
	// Jobs is how many connections copy at the same time.
	Jobs int
	// PartSize is about how many bytes, on the server's disk, one part of a table holds
	// that is cut; 0: 32 to 64 MiB, by the size of the database.
	PartSize int64
	// LockWait bounds the wait for the locks.
	LockWait time.Duration
	// Progress, when set, is told of every part that is done.
	Progress func(Progress)
}

// Progress is how far the rows have come.
type Progress struct {
	// Done and Total are bytes of the tables on the server's disk.
	Done, Total int64
	Took        time.Duration
	// Table is one that is complete, with its rows and the bytes of their text; "": none.
	Table       string
	Rows, Bytes int64
}

// Rate is how many bytes a second were done so far, and how long the rest is going to
// take at that.
func (p Progress) Rate() (perSecond int64, left time.Duration) {
	if p.Done <= 0 || p.Took <= 0 {
		return 0, 0
	}
	rate := float64(p.Done) / p.Took.Seconds()
	return int64(rate), time.Duration(float64(max(p.Total-p.Done, 0)) / rate * float64(time.Second))
}

// Taking is a dump under way: a session that keeps the tables from being changed in
// their form, and, after Freeze, one state of the rows.
type Taking struct {
	opts     Options
	leader   *pgx.Conn
	tables   []Table
	snapshot string
}

// sessionScript has values written in one form, and all of them: it is what pg_dump
// sets. Nothing of the role's own settings can cut a copy short.
const sessionScript = `SET search_path = ''; SET row_security = off; SET extra_float_digits = 3; SET DateStyle = ISO;
SET IntervalStyle = postgres; SET TimeZone = 'UTC'; SET bytea_output = hex; SET xmlbinary = base64; SET lc_monetary = 'C';
SET client_encoding = 'UTF8'; SET standard_conforming_strings = on; SET synchronize_seqscans = off; SET jit = off;
SET max_parallel_workers_per_gather = 0; SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0;
SET check_function_bodies = off; SET client_min_messages = warning`

// hasTransactionTimeout is the first server with a limit on whole transactions.
const hasTransactionTimeout = 170000

func (o *Options) session(ctx context.Context) (*pgx.Conn, error) {
	conn, err := o.Connect(ctx)
	if err != nil {
		return nil, err
	}
	var version int
	_, err = conn.PgConn().Exec(ctx, sessionScript+fmt.Sprintf("; SET lock_timeout = %d", o.LockWait.Milliseconds())).ReadAll()
	if err == nil {
		err = conn.QueryRow(ctx, `SELECT pg_catalog.current_setting('server_version_num')::int`).Scan(&version)
	}
	if err == nil && version >= hasTransactionTimeout {
		_, err = conn.Exec(ctx, "SET transaction_timeout = 0")
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("set the session up: %w", err), conn.Close(context.WithoutCancel(ctx)))
	}
	return conn, nil
}

// lockAttempts bounds how often a table may go between being listed and being locked.
const lockAttempts = 5

// Begin opens a session and locks every table against changes of its form. The locks
// come before the snapshot: what a TRUNCATE or a rewrite did later would make a table
// look empty in it.
func Begin(ctx context.Context, o Options) (*Taking, error) {
	conn, err := o.session(ctx)
	if err != nil {
		return nil, err
	}
	t := &Taking{opts: o, leader: conn}
	for range lockAttempts {
		if t.tables, err = listTables(ctx, conn); err == nil {
			err = t.lock(ctx)
		}
		if answer, ok := errors.AsType[*pgconn.PgError](err); !ok || answer.Code != "42P01" {
			break // locked, or it never will be
		}
		if _, away := conn.Exec(ctx, "ROLLBACK"); away != nil {
			break
		}
	}
	if err != nil {
		return nil, errors.Join(err, conn.Close(context.WithoutCancel(ctx)))
	}
	return t, nil
}

// lock begins the transaction that is going to hold the snapshot. It must not read
// before the tables are locked: what it reads first is its snapshot.
func (t *Taking) lock(ctx context.Context) error {
	statement := "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
	if len(t.tables) > 0 {
		names := make([]string, len(t.tables))
		for i, table := range t.tables {
			names[i] = qualified(table.Schema, table.Name)
		}
		statement += "; LOCK TABLE ONLY " + strings.Join(names, ", ONLY ") + " IN ACCESS SHARE MODE"
	}
	if _, err := t.leader.PgConn().Exec(ctx, statement).ReadAll(); err != nil {
		return fmt.Errorf("lock the tables against changes of their form: %w", err)
	}
	return nil
}

// errNewTables is returned when a table was made after the others were locked.
var errNewTables = errors.New("a table was made while the others were being locked; try again")

// Freeze fixes the state of the rows that is dumped, and returns the snapshot's name
// for other sessions, such as pg_dump's.
func (t *Taking) Freeze(ctx context.Context) (string, error) {
	err := t.leader.QueryRow(ctx, `SELECT pg_catalog.pg_export_snapshot()`).Scan(&t.snapshot)
	if err != nil {
		return "", fmt.Errorf("share the snapshot: %w", err)
	}
	now, err := listTables(ctx, t.leader)
	if err != nil {
		return "", err
	}
	if !within(now, t.tables) {
		return "", errNewTables
	}
	t.tables = now
	return t.snapshot, nil
}

// Watch has what follows told to progress.
func (t *Taking) Watch(progress func(Progress)) { t.opts.Progress = progress }

// Close ends the session and gives the locks back.
func (t *Taking) Close(ctx context.Context) error { return t.leader.Close(ctx) }

// Tables are those that are dumped.
func (t *Taking) Tables() []Table { return t.tables }

// Rows copies the rows of all tables into the sink.
func (t *Taking) Rows(ctx context.Context, sink Sink) (*Contents, error) {
	c := &Contents{Tables: slices.Clone(t.tables)}
	work := newWork(split(c.Tables, t.opts.Jobs, t.opts.PartSize), c.Tables, t.opts.Progress)
	err := each(ctx, min(t.opts.Jobs, work.tasks), func(ctx context.Context) error { return t.worker(ctx, work, sink) })
	if err != nil {
		return nil, err
	}
	for i := range c.Tables {
		c.Tables[i].Rows, c.Tables[i].Bytes, c.Tables[i].Sum = work.sums[i].Rows(), work.sums[i].Bytes(), work.sums[i].Sum()
	}
	if c.Sequences, err = listSequences(ctx, t.leader); err != nil {
		return nil, err
	}
	if c.Views, err = listViews(ctx, t.leader); err != nil {
		return nil, err
	}
	err = t.leader.QueryRow(ctx, `SELECT pg_catalog.current_setting('server_version_num')::int, pg_catalog.current_setting('server_encoding')`).
		Scan(&c.Server, &c.Encoding)
	if err != nil {
		return nil, fmt.Errorf("ask the server what it is: %w", err)
	}
	return c, nil
}

// each runs f in so many goroutines; see together.
func each(ctx context.Context, n int, f func(context.Context) error) error {
	return together(ctx, slices.Repeat([]func(context.Context) error{f}, n)...)
}

// together runs all at the same time and returns the first error, which ends the others.
func together(ctx context.Context, all ...func(context.Context) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var group sync.WaitGroup
	for _, f := range all {
		group.Go(func() {
			if err := f(ctx); err != nil {
				cancel(err)
			}
		})
	}
	group.Wait()
	return context.Cause(ctx) //nolint:wrapcheck // it is what one of them returned, or what the caller said
}

// attempts is how often a part is begun: a connection may break.
const attempts = 3

func (t *Taking) worker(ctx context.Context, work *work, sink Sink) error {
	var s *session
	defer func() {
		if s != nil {
			s.close()
		}
	}()
	for {
		k, ok := work.next()
		if !ok {
			return nil
		}
		table := work.tables[k.table]
		for try := 1; ; try++ {
			var err error
			if s == nil {
				s, err = t.follow(ctx)
			}
			var sum *stored.RowSum
			if err == nil {
				sum, err = s.part(ctx, k, table, sink)
			}
			if err == nil {
				work.finish(k, sum)
				break
			}
			if s == nil || !s.broken || ctx.Err() != nil || try == attempts {
				return fmt.Errorf("copy the rows of %s: %w", table.Label(), err)
			}
			// Nothing of a part that broke off is kept: it is copied again from its
			// beginning, in the same state of the rows, which the leader holds.
			s.close()
			s = nil
		}
	}
}

// follow opens a session that sees what the leader sees.
func (t *Taking) follow(ctx context.Context) (*session, error) {
	conn, err := t.opts.session(ctx)
	if err != nil {
		return nil, err
	}
	_, err = conn.PgConn().Exec(ctx, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET TRANSACTION SNAPSHOT '"+t.snapshot+"'").ReadAll()
	if err != nil {
		return nil, errors.Join(fmt.Errorf("share the snapshot: %w", err), conn.Close(context.WithoutCancel(ctx)))
	}
	return takeOver(ctx, conn.PgConn())
}

// part copies one part.
func (s *session) part(ctx context.Context, k task, table Table, sink Sink) (*stored.RowSum, error) {
	// Somebody who waits to change the table would have the COPY wait behind it, and
	// waits itself for the leader: that is said at once.
	if _, err := s.run(ctx, "LOCK TABLE ONLY "+qualified(table.Schema, table.Name)+" IN ACCESS SHARE MODE NOWAIT", io.Discard); err != nil {
		return nil, fmt.Errorf("somebody waits to change the table: %w", err)
	}
	part, err := sink.Part(ctx, table, k.index)
	if err != nil {
		return nil, err
	}
	n, err := s.run(ctx, k.sql, part)
	sum := part.Rows()
	if err == nil && (n != sum.Rows() || sum.Unfinished()) {
		err = fmt.Errorf("%w: %d rows came, %d were announced", errBroken, sum.Rows(), n)
	}
	if err != nil {
		part.Abort()
		return nil, err
	}
	return sum, part.Commit()
}
