package s3

import (
	"errors"
	"io"
	"net/http"
	"sync"
)

// uploads lets nobody read what was to be sent once its answer has been read. The transport
// may still be reading it for a request that was answered before all of it was sent, while
// the library goes back to its beginning to send it again: neither would have all of it.
type uploads struct{ http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (u uploads) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body == nil || r.Body == http.NoBody {
		return u.RoundTripper.RoundTrip(r) //nolint:wrapcheck // the library judges it
	}
	body := &sending{body: r.Body}
	guarded := r.WithContext(r.Context())
	guarded.Body, guarded.GetBody = body, nil
	answer, err := u.RoundTripper.RoundTrip(guarded)
	if err != nil {
		body.end()
		return nil, err //nolint:wrapcheck // the library judges it
	}
	answer.Body = answered{answer.Body, body}
	return answer, nil
}

// sending is what a request sends, until it is over.
type sending struct {
	mu   sync.Mutex
	body io.ReadCloser
	over bool
}

var errOver = errors.New("the request is over")

func (s *sending) Read(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.over {
		return 0, errOver
	}
	return s.body.Read(p) //nolint:wrapcheck // it is passed on
}

func (s *sending) Close() error { return s.body.Close() }

func (s *sending) end() {
	s.mu.Lock()
	s.over = true
	s.mu.Unlock()
}

// answered is the answer to a request, which is over when it is closed.
type answered struct {
	io.ReadCloser

	sent *sending
}

func (a answered) Close() error {
	err := a.ReadCloser.Close()
	a.sent.end()
	return err
}
