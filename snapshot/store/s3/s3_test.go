package s3_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/safemigrate/safemigrate/internal/testtools"
	"github.com/safemigrate/safemigrate/snapshot/store"
	"github.com/safemigrate/safemigrate/snapshot/store/s3"
	"github.com/safemigrate/safemigrate/snapshot/store/storetest"
)

func TestMain(m *testing.M) {
	testtools.S3Environment()
	os.Exit(m.Run())
}

func TestSuite(t *testing.T) {
	t.Parallel()
	address, buckets := testtools.S3(t)
	var n atomic.Int64
	storetest.Run(t, func(t *testing.T) store.Store {
		t.Helper()
		return open(t, address, bucket(t, buckets, "suite"+string(rune('a'+n.Add(1))))+"/a/prefix")
	})
}

// bucket makes one and returns its name.
func bucket(t *testing.T, buckets, name string) string {
	t.Helper()
	if err := os.Mkdir(filepath.Join(buckets, name), 0o700); err != nil {
		t.Fatal(err)
	}
	return name
}

func open(t *testing.T, address, place string) store.Store {
	t.Helper()
	s, err := s3.Open(t.Context(), "s3://"+place+"?endpoint=http://"+address)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestOpen(t *testing.T) {
	t.Parallel()
	address, buckets := testtools.S3(t)
	name := bucket(t, buckets, "there")
	const at = "?endpoint=http://"
	for what, c := range map[string]struct {
		url  string
		want error
	}{
		"a bucket":                {"s3://" + name + at + address, nil},
		"a prefix":                {"s3://" + name + "/x/y/" + at + address + "&region=us-east-1", nil},
		"no such bucket":          {"s3://nowhere" + at + address, store.ErrNoStore},
		"credentials in the URL":  {"s3://user:secret@" + name + at + address, s3.ErrURL},
		"another scheme":          {"gs://" + name, s3.ErrURL},
		"no bucket":               {"s3:///x", s3.ErrURL},
		"an unknown parameter":    {"s3://" + name + at + address + "&secret=x", s3.ErrURL},
		"an endpoint with a path": {"s3://" + name + at + address + "/x", s3.ErrURL},
	} {
		_, err := s3.Open(t.Context(), c.url)
		if !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", what, err, c.want)
		}
		if err != nil && strings.Contains(err.Error(), "secret@") {
			t.Errorf("%s: the error holds the password: %v", what, err)
		}
	}
}

func TestNothingListens(t *testing.T) {
	t.Parallel()
	nobody := httptest.NewServer(http.NotFoundHandler())
	address := strings.TrimPrefix(nobody.URL, "http://")
	nobody.Close()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if _, err := s3.Open(ctx, "s3://bucket?endpoint=http://"+address); err == nil || ctx.Err() != nil {
		t.Fatalf("got %v", err)
	}
}

// openURL opens a store that may not be there.
func openURL(t *testing.T, url string) (store.Store, error) {
	t.Helper()
	s, err := s3.Open(t.Context(), url)
	if err != nil {
		return nil, err
	}
	return s, nil
}
