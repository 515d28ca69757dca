package s3

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"
)

// listings lets no answer pass for a listing that is none, such as the page of a proxy
// that says that all is well: it would be read as one without any object, and whoever
// sweeps would take everything for what nobody needs. One that does not go on is given up.
// The library tries again.
type listings struct {
	http.RoundTripper

	stall time.Duration
}

// mostListing bounds a page of a listing, which has up to a thousand names.
const mostListing = 16 << 20

var errNoListing = errors.New("the answer is not the listing that was asked for")

// RoundTrip implements http.RoundTripper.
func (l listings) RoundTrip(r *http.Request) (*http.Response, error) {
	asked := r.URL.Query()
	if r.Method != http.MethodGet || asked.Get("list-type") != "2" {
		return l.RoundTripper.RoundTrip(r) //nolint:wrapcheck // the library judges it
	}
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	answer, err := l.RoundTripper.RoundTrip(r.WithContext(ctx))
	if err != nil {
		return nil, err //nolint:wrapcheck // the library judges it
	}
	watch := time.AfterFunc(l.stall, cancel)
	defer watch.Stop()
	body, err := io.ReadAll(io.LimitReader(&watched{answer.Body, watch, l.stall}, mostListing))
	_ = answer.Body.Close() // it was read, or is given up
	if err == nil && answer.StatusCode == http.StatusOK {
		err = checkListing(body, asked.Get("prefix"))
	}
	if err != nil {
		return nil, fmt.Errorf("list: %w", err)
	}
	answer.Body = io.NopCloser(bytes.NewReader(body))
	return answer, nil
}

// watched is read from until nothing has come for so long.
type watched struct {
	io.Reader

	watch *time.Timer
	stall time.Duration
}

func (w *watched) Read(p []byte) (int, error) {
	w.watch.Reset(w.stall)
	return w.Reader.Read(p) //nolint:wrapcheck // it is passed on
}

// checkListing compares what a listing says of itself with what was asked, and what it
// has. Stores leave one or the other out.
func checkListing(body []byte, prefix string) error {
	var page struct {
		XMLName        xml.Name   `xml:"ListBucketResult"`
		Prefix         *string    `xml:"Prefix"`
		EncodingType   string     `xml:"EncodingType"`
		KeyCount       *int       `xml:"KeyCount"`
		Contents       []struct{} `xml:"Contents"`
		CommonPrefixes []struct{} `xml:"CommonPrefixes"`
	}
	if err := xml.Unmarshal(body, &page); err != nil {
		return fmt.Errorf("%w: %w", errNoListing, err)
	}
	if page.Prefix != nil {
		is := *page.Prefix
		if page.EncodingType == "url" {
			is, _ = url.QueryUnescape(is) // what cannot be read is another one
		}
		if is != prefix {
			return fmt.Errorf("%w: it is of %.80q", errNoListing, is)
		}
	}
	if n := len(page.Contents) + len(page.CommonPrefixes); page.KeyCount != nil && *page.KeyCount != n {
		return fmt.Errorf("%w: it announces %d names and has %d", errNoListing, *page.KeyCount, n)
	}
	return nil
}
