package s3

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"
)

// guarded has an end, behind which nobody may read it.
type guarded struct {
	io.Reader

	over *atomic.Bool
	late *atomic.Int64
}

func (g guarded) Read(p []byte) (int, error) {
	if g.over.Load() {
		g.late.Add(1)
	}
	return g.Reader.Read(p)
}

// TestAnsweredEarly has a server answer before it has read what is sent, and reads what
// is sent from its beginning as soon as the answer is there, as who sends it again does.
func TestAnsweredEarly(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusInternalServerError)
	}))
	t.Cleanup(server.Close)
	client := &http.Client{Transport: uploads{transport(time.Minute)}}
	content := bytes.NewReader(make([]byte, 8<<20))
	var late atomic.Int64
	for range 100 {
		var over atomic.Bool
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPut, server.URL, guarded{content, &over, &late})
		if err != nil {
			t.Fatal(err)
		}
		if answer, err := client.Do(r); err == nil { // else the connection was reset first
			if answer.StatusCode != http.StatusInternalServerError {
				t.Fatalf("the answer is %s", answer.Status)
			}
			if err := answer.Body.Close(); err != nil {
				t.Fatal(err)
			}
		}
		over.Store(true)
		if _, err := content.Seek(0, io.SeekStart); err != nil {
			t.Fatal(err)
		}
	}
	if n := late.Load(); n > 0 {
		t.Errorf("it was read %d times after the answer", n)
	}
}
