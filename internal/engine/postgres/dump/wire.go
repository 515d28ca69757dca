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

// session is one connection, which copies rows out without holding one.
type session struct {
	conn *pgconn.PgConn
	buf  []byte
	out  *bufio.Writer
}

// copyOut runs a COPY … TO STDOUT and writes the rows to w as they come: the driver
// would hold each row whole. After an error the session is of no more use.
func (s *session) copyOut(ctx context.Context, sql string, w io.Writer) (rows int64, err error) {
	raw, err := s.conn.Hijack()
	if err != nil {
		return 0, fmt.Errorf("use the connection: %w", err)
	}
	stop := context.AfterFunc(ctx, func() { _ = raw.Conn.SetDeadline(time.Unix(1, 0)) })
	if s.buf == nil {
		s.buf, s.out = make([]byte, readSize), bufio.NewWriterSize(nil, writeSize)
	}
	s.out.Reset(w)
	r := &wire{conn: raw.Conn, out: s.out, buf: s.buf}
	rows, err = r.run(sql)
	if err == nil {
		err = s.out.Flush()
	}
	if !stop() || err != nil {
		err = errors.Join(ctx.Err(), err)
		if r.ready == 0 || ctx.Err() != nil {
			return rows, errors.Join(err, raw.Conn.Close())
		}
	}
	raw.TxStatus = r.ready
	conn, built := pgconn.Construct(raw)
	if built != nil {
		return rows, errors.Join(err, built, raw.Conn.Close())
	}
	s.conn = conn
	return rows, err
}

// wire speaks the simple query protocol for one COPY.
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
		n, err := strconv.ParseInt(strings.TrimPrefix(strings.TrimRight(string(body), "\x00"), "COPY "), 10, 64)
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
