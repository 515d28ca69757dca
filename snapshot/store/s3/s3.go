// Package s3 is a store in a bucket of an S3-compatible object store.
//
// It asks for little: objects, listings, conditional puts (If-None-Match: *)
// and multipart uploads. Checksums beyond the signed SHA-256 of a request are
// sent only where the store requires them, because many stores refuse them.
package s3

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"

	"github.com/safemigrate/safemigrate/snapshot/store"
)

// Limits of one conversation with a store.
const (
	partSize   = 16 << 20         // bytes; what is larger goes up in parts
	putTimeout = 10 * time.Minute // for one object
	stall      = time.Minute      // for an answer, and for the next bytes of it
	tries      = 4
)

// Store keeps objects below a prefix of a bucket.
type Store struct {
	client *minio.Client
	bucket string
	prefix string // "" or ends with a slash
	url    string
	stall  time.Duration
}

// Put implements store.Store. What is larger than a part is not held in memory.
func (s *Store) Put(ctx context.Context, name string, content io.Reader) error {
	var head bytes.Buffer
	n, err := io.CopyN(&head, content, partSize)
	switch {
	case errors.Is(err, io.EOF):
		return s.send(ctx, name, bytes.NewReader(head.Bytes()), n, minio.PutObjectOptions{})
	case err != nil:
		return fmt.Errorf("write %s: %w", name, err)
	}
	return s.send(ctx, name, io.MultiReader(&head, content), -1, minio.PutObjectOptions{})
}

// PutNew implements store.Store. The content goes up in one request whatever its size, for
// stores overlook the condition where an upload in parts is completed. It is held in memory
// for that: what has to be new, a manifest or a lock, is there already.
func (s *Store) PutNew(ctx context.Context, name string, content io.Reader) error {
	whole, err := io.ReadAll(content)
	if err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	o := minio.PutObjectOptions{DisableMultipart: true}
	o.SetMatchETagExcept("*")
	return s.send(ctx, name, bytes.NewReader(whole), int64(len(whole)), o)
}

// send sends content of a size, -1 where it is not known.
func (s *Store) send(ctx context.Context, name string, content io.Reader, size int64, o minio.PutObjectOptions) error {
	if err := store.CheckName(name); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, putTimeout)
	defer cancel()
	o.ContentType, o.PartSize, o.NumThreads = "application/octet-stream", partSize, 1
	info, err := s.client.PutObject(ctx, s.bucket, s.prefix+name, content, size, o)
	if err != nil {
		return explain("write "+name, err)
	}
	if size >= 0 && info.Size != size {
		return fmt.Errorf("write %s: %d bytes went, %d were sent", name, info.Size, size)
	}
	return nil
}

// Get implements store.Store.
func (s *Store) Get(ctx context.Context, name string) (io.ReadCloser, error) {
	if err := store.CheckName(name); err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	d := &download{store: s, ctx: ctx, name: name}
	if err := d.open(); err != nil { //nolint:contextcheck // it has it
		return nil, explain("read "+name, err)
	}
	return d, nil
}

// download reads one object. A connection that breaks is taken up where it broke,
// as long as the object is the same.
type download struct {
	store  *Store
	ctx    context.Context //nolint:containedctx // an io.Reader is given no context; this one ends with the reading
	name   string
	body   io.ReadCloser
	cancel context.CancelFunc
	watch  *time.Timer
	at     int64
	etag   string
	failed int
}

func (d *download) open() error {
	var o minio.GetObjectOptions
	if d.at > 0 {
		if err := errors.Join(o.SetRange(d.at, 0), o.SetMatchETag(d.etag)); err != nil {
			return err
		}
	}
	ctx, cancel := context.WithCancel(d.ctx)
	d.cancel, d.watch = cancel, time.AfterFunc(d.store.stall, cancel)
	core := minio.Core{Client: d.store.client}
	body, info, _, err := core.GetObject(ctx, d.store.bucket, d.store.prefix+d.name, o)
	if err != nil {
		d.watch.Stop()
		cancel()
		return err //nolint:wrapcheck // explain does
	}
	d.body = body
	if d.etag == "" {
		d.etag = info.ETag
	}
	return nil
}

func (d *download) Read(p []byte) (int, error) {
	for {
		d.watch.Reset(d.store.stall)
		n, err := d.body.Read(p)
		d.watch.Stop() // what the caller does with the bytes may take its time
		d.at += int64(n)
		if n > 0 || err == nil || errors.Is(err, io.EOF) {
			if errors.Is(err, io.EOF) {
				return n, io.EOF
			}
			return n, nil // an error comes again
		}
		if d.failed++; d.failed >= tries || d.ctx.Err() != nil {
			return 0, explain("read "+d.name, errors.Join(err, d.ctx.Err()))
		}
		if err := errors.Join(d.Close(), d.open()); err != nil {
			return 0, explain("read "+d.name, err)
		}
	}
}

func (d *download) Close() error {
	d.watch.Stop()
	_ = d.body.Close() // of an answer that was read, or is given up
	d.cancel()
	return nil
}

// List implements store.Store.
func (s *Store) List(ctx context.Context, prefix string) iter.Seq2[store.Entry, error] {
	return func(yield func(store.Entry, error) bool) {
		if err := ctx.Err(); err != nil {
			yield(store.Entry{}, err)
			return
		}
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		for o := range s.client.ListObjectsIter(ctx, s.bucket, minio.ListObjectsOptions{Prefix: s.prefix + prefix, Recursive: true}) {
			if o.Err != nil {
				yield(store.Entry{}, explain("list the store", o.Err))
				return
			}
			name := strings.TrimPrefix(o.Key, s.prefix)
			if store.CheckName(name) != nil {
				continue // not ours
			}
			if !yield(store.Entry{Name: name, Size: o.Size, Time: o.LastModified}, nil) {
				return
			}
		}
	}
}

// Remove implements store.Store.
func (s *Store) Remove(ctx context.Context, name string) error {
	if err := store.CheckName(name); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	err := explain("remove "+name, s.client.RemoveObject(ctx, s.bucket, s.prefix+name, minio.RemoveObjectOptions{}))
	if errors.Is(err, store.ErrMissing) {
		return nil
	}
	return err
}

func (s *Store) String() string { return s.url }

// explain gives the errors of an object store the words of a store.
func explain(what string, err error) error {
	if err == nil {
		return nil
	}
	answer := minio.ToErrorResponse(err)
	kind := kinds[answer.Code]
	if kind == nil {
		kind = statuses[answer.StatusCode]
	}
	if kind == nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return fmt.Errorf("%s: %w: %w", what, kind, err)
}

var kinds = map[string]error{
	minio.NoSuchKey:              store.ErrMissing,
	minio.NoSuchBucket:           store.ErrNoStore,
	minio.AccessDenied:           store.ErrDenied,
	"InvalidAccessKeyId":         store.ErrDenied,
	"XAdminUserNotFound":         store.ErrDenied, // versitygw's word for the same
	"SignatureDoesNotMatch":      store.ErrDenied,
	"ExpiredToken":               store.ErrDenied,
	"InvalidToken":               store.ErrDenied,
	minio.PreconditionFailed:     store.ErrExists,
	"ConditionalRequestConflict": store.ErrExists,
	"QuotaExceeded":              store.ErrFull,
	"XMinioStorageFull":          store.ErrFull,
}

var statuses = map[int]error{
	http.StatusUnauthorized:        store.ErrDenied,
	http.StatusForbidden:           store.ErrDenied,
	http.StatusPreconditionFailed:  store.ErrExists,
	http.StatusInsufficientStorage: store.ErrFull,
}
