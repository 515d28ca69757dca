package dump

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"
)

// The messages of PostgreSQL's protocol that a COPY to the client consists of.
const (
	msgCopyData        = 'd'
	msgCopyDone        = 'c'
	msgCopyOut         = 'H'
	msgCommandComplete = 'C'
	msgError           = 'E'
	msgReady           = 'Z'
	msgNotice          = 'N'
	msgParameter       = 'S'
	msgNotification    = 'A'
)

const (
	// readSize is how much is read at once; it holds one read's messages, whose
	// bodies are handed on as they come.
	readSize = 256 << 10
	// writeSize gathers short rows before they are handed on.
	writeSize = 128 << 10
	// headSize is the type and the length of a message.
	headSize = 5
	// mostAnswer bounds a message that is no row: it is held whole.
	mostAnswer = 1 << 20
)

// errBroken is returned when the server's messages make no sense.
var errBroken = errors.New("the server's answer cannot be understood")

// session is one connection, which copies rows out without holding one. It is taken
// from the driver for good: that would hold each row whole.
type session struct {
	raw    *pgconn.HijackedConn
	broken bool // no answer can be told from another any more
	buf    []byte
	out    *bufio.Writer
}

// takeOver takes a connection from the driver, which may still be reading from it in
// the background after a write that took long, and would have what it reads for
// itself. So it is asked for one more answer, with which that reading ends.
func takeOver(ctx context.Context, conn *pgconn.PgConn) (*session, error) {
	raw, err := conn.Hijack()
	if err != nil {
		return nil, fmt.Errorf("use the connection: %w", err)
	}
	s := &session{raw: raw, buf: make([]byte, readSize), out: bufio.NewWriterSize(nil, writeSize)}
	stop := s.endWith(ctx)
	raw.Frontend.Send(&pgproto3.Query{})
	err = raw.Frontend.Flush()
	for err == nil {
		var m pgproto3.BackendMessage
		if m, err = raw.Frontend.Receive(); err != nil {
			break
		}
		if _, ok := m.(*pgproto3.ReadyForQuery); ok {
			break
		}
	}
	if !stop() {
		err = errors.Join(ctx.Err(), err)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("use the connection: %w", err), raw.Conn.Close())
	}
	return s, nil
}

// endWith has every read and write fail once ctx is done.
func (s *session) endWith(ctx context.Context) (stop func() bool) {
	return context.AfterFunc(ctx, func() { _ = s.raw.Conn.SetDeadline(time.Unix(1, 0)) })
}

// close says goodbye to the server.
func (s *session) close() {
	if bye, err := (&pgproto3.Terminate{}).Encode(nil); err == nil && !s.broken {
		_, _ = s.raw.Conn.Write(bye) // it only read
	}
	_ = s.raw.Conn.Close()
}

// run has the server carry out a statement, and writes the rows that a COPY … TO
// STDOUT gives to w as they come.
func (s *session) run(ctx context.Context, sql string, w io.Writer) (rows int64, err error) {
	stop := s.endWith(ctx)
	s.out.Reset(w)
	r := &wire{conn: s.raw.Conn, out: s.out, buf: s.buf}
	rows, err = r.run(sql)
	if err == nil {
		err = s.out.Flush()
	}
	if !stop() {
		err = errors.Join(ctx.Err(), err)
	}
	s.broken = r.ready == 0 || ctx.Err() != nil
	return rows, err
}

// wire speaks the simple query protocol for one statement.
type wire struct {
	conn  net.Conn
	out   io.Writer
	buf   []byte
	have  []byte // of buf: what was read and not used
	ready byte   // transaction status, once the server is ready again
	rows  int64
	fault error // of the server or of out
}

func (r *wire) run(sql string) (int64, error) {
	query, err := (&pgproto3.Query{String: sql}).Encode(nil)
	if err != nil {
		return 0, fmt.Errorf("ask the server: %w", err)
	}
	if _, err := r.conn.Write(query); err != nil {
		return 0, fmt.Errorf("ask the server: %w", err)
	}
	for r.ready == 0 {
		if err := r.message(); err != nil {
			return r.rows, errors.Join(r.fault, err)
		}
	}
	return r.rows, r.fault
}

func (r *wire) message() error {
	head, err := r.next(headSize)
	if err != nil {
		return err
	}
	kind, size := head[0], int(binary.BigEndian.Uint32(head[1:]))-4
	if size < 0 {
		return errBroken
	}
	if kind == msgCopyData {
		return r.body(size)
	}
	if size > mostAnswer {
		return errBroken
	}
	body := make([]byte, size)
	for n := 0; n < size; {
		piece, err := r.some(size - n)
		if err != nil {
			return err
		}
		n += copy(body[n:], piece)
	}
	return r.answer(kind, body)
}

// answer takes what is not a row.
func (r *wire) answer(kind byte, body []byte) error {
	switch kind {
	case msgCopyOut, msgCopyDone, msgNotice, msgParameter, msgNotification:
	case msgCommandComplete:
		count, copied := strings.CutPrefix(strings.TrimRight(string(body), "\x00"), "COPY ")
		if !copied {
			return nil
		}
		n, err := strconv.ParseInt(count, 10, 64)
		if err != nil {
			return errBroken
		}
		r.rows = n
	case msgError:
		var e pgproto3.ErrorResponse
		if err := e.Decode(body); err != nil {
			return fmt.Errorf("%w: %w", errBroken, err)
		}
		r.fault = errors.Join(r.fault, pgconn.ErrorResponseToPgError(&e))
	case msgReady:
		if len(body) != 1 {
			return errBroken
		}
		r.ready = body[0]
	default:
		return errBroken
	}
	return nil
}

// body hands a row on, or a part of it at a time. When out has failed the rest of the
// rows is useless, and so is the connection.
func (r *wire) body(size int) error {
	for size > 0 {
		piece, err := r.some(size)
		if err != nil {
			return err
		}
		if _, err := r.out.Write(piece); err != nil {
			return err //nolint:wrapcheck // the caller knows what it wrote to
		}
		size -= len(piece)
	}
	return nil
}

// next returns exactly n bytes, which fit into the buffer.
func (r *wire) next(n int) ([]byte, error) {
	for len(r.have) < n {
		if err := r.fill(); err != nil {
			return nil, err
		}
	}
	piece := r.have[:n]
	r.have = r.have[n:]
	return piece, nil
}

// some returns what is there of the next n bytes, at least one.
func (r *wire) some(n int) ([]byte, error) {
	if len(r.have) == 0 {
		if err := r.fill(); err != nil {
			return nil, err
		}
	}
	n = min(n, len(r.have))
	piece := r.have[:n]
	r.have = r.have[n:]
	return piece, nil
}

func (r *wire) fill() error {
	kept := copy(r.buf, r.have)
	n, err := r.conn.Read(r.buf[kept:])
	r.have = r.buf[:kept+n]
	if n == 0 && err != nil {
		return fmt.Errorf("read from the server: %w", err)
	}
	return nil
}
