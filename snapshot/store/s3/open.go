package s3

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"github.com/safemigrate/safemigrate/snapshot/store"
)

// Where AWS has its buckets, and the region that its clients take when none is named.
const (
	awsEndpoint   = "https://s3.amazonaws.com"
	defaultRegion = "us-east-1"
)

// ErrURL is returned for a URL that is none of a store in S3.
var ErrURL = errors.New("write s3://bucket/prefix?endpoint=https://host:port&region=name")

// Open opens the store that a URL names: s3://bucket/prefix, with the endpoint
// and the region of a store that is not at AWS as parameters (or as
// AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL, AWS_REGION, AWS_DEFAULT_REGION).
// Credentials come from the environment, from AWS's files, or from the machine
// that this runs on, in this order; a URL that holds some is refused.
func Open(ctx context.Context, text string) (*Store, error) {
	return open(ctx, text, stall)
}

// open opens a store that is given up when nothing comes from it for so long.
func open(ctx context.Context, text string, stall time.Duration) (*Store, error) {
	s, err := prepare(text, stall)
	if err != nil {
		return nil, err
	}
	for _, err := range s.List(ctx, "manifests/") {
		if err != nil {
			return nil, fmt.Errorf("open the store %s: %w", s.url, s.anonymous(err))
		}
		break
	}
	return s, nil
}

// anonymous says of a refusal that nobody was named to the store. Why there are no
// credentials, as in a file of theirs that cannot be read, would quote them.
func (s *Store) anonymous(err error) error {
	if !errors.Is(err, store.ErrDenied) {
		return err
	}
	if c, failed := s.client.GetCreds(); failed == nil && c.AccessKeyID != "" && c.SecretAccessKey != "" {
		return err
	}
	profile := first(os.Getenv("AWS_PROFILE"), "default")
	return fmt.Errorf("no credentials are in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, nor in AWS's files for profile %q: %w", profile, err)
}

// prepare makes all ready for a store, which is not asked for anything yet.
func prepare(text string, stall time.Duration) (*Store, error) {
	place, err := parse(text)
	if err != nil {
		return nil, err
	}
	client, err := minio.New(place.host, &minio.Options{
		Creds: secrets(place.aws, stall), Secure: place.secure, Region: place.region, Transport: listings{uploads{transport(stall)}, stall}, MaxRetries: tries,
	})
	if err != nil {
		return nil, fmt.Errorf("open the store %s: %w", place.url, err)
	}
	return &Store{client: client, bucket: place.bucket, prefix: place.prefix, url: place.url, stall: stall}, nil
}

// CheckURL refuses a URL that is none of a store in S3. Nobody is asked for anything.
func CheckURL(text string) error {
	_, err := parse(text)
	return err
}

// place is what a URL says.
type place struct {
	host, region, bucket, prefix, url string
	secure, aws                       bool
}

func parse(text string) (place, error) {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "s3" || u.Host == "" || u.Fragment != "" {
		return place{}, fmt.Errorf("the URL of the store cannot be read: %w", ErrURL)
	}
	if u.User != nil {
		return place{}, fmt.Errorf("the URL of the store holds credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY instead: %w", ErrURL)
	}
	q := u.Query()
	for name := range q {
		if name != "endpoint" && name != "region" {
			return place{}, fmt.Errorf("the URL of the store has the parameter %.40q: %w", name, ErrURL)
		}
	}
	p := place{bucket: u.Host, prefix: strings.Trim(u.Path, "/"), url: u.String(),
		region: first(q.Get("region"), os.Getenv("AWS_REGION"), os.Getenv("AWS_DEFAULT_REGION"))}
	if p.prefix != "" {
		if err := store.CheckName(p.prefix); err != nil {
			return place{}, fmt.Errorf("the prefix in the URL of the store: %w", err)
		}
		p.prefix += "/"
	}
	err = p.reach(first(q.Get("endpoint"), os.Getenv("AWS_ENDPOINT_URL_S3"), os.Getenv("AWS_ENDPOINT_URL"), awsEndpoint))
	return p, err
}

// reach reads the endpoint. At AWS the library finds out a bucket's region.
func (p *place) reach(endpoint string) error {
	e, err := url.Parse(endpoint)
	if err != nil || e.Host == "" || e.User != nil || (e.Scheme != "http" && e.Scheme != "https") || strings.Trim(e.Path, "/") != "" {
		return fmt.Errorf("the endpoint of the store is no https://host:port: %w", ErrURL)
	}
	p.host, p.secure = e.Host, e.Scheme == "https"
	p.aws = strings.HasSuffix(e.Hostname(), ".amazonaws.com")
	if p.region == "" && !p.aws {
		p.region = defaultRegion
	}
	return nil
}

func first(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}

// secrets are looked for where AWS's own tools do. What gives machines theirs
// is asked at AWS only: elsewhere nobody answers, and the wait is long.
func secrets(aws bool, stall time.Duration) *credentials.Credentials {
	chain := []credentials.Provider{&credentials.EnvAWS{}, &credentials.FileAWSCredentials{}}
	if aws {
		chain = append(chain, &credentials.IAM{Client: &http.Client{Transport: transport(stall)}})
	}
	return credentials.NewChainCredentials(chain)
}

// transport gives up on a store that does not answer.
func transport(stall time.Duration) http.RoundTripper {
	dial := &net.Dialer{Timeout: 15 * time.Second, KeepAlive: 30 * time.Second}
	return &http.Transport{
		Proxy: http.ProxyFromEnvironment, DialContext: dial.DialContext, ForceAttemptHTTP2: true,
		MaxIdleConnsPerHost: 16, IdleConnTimeout: stall, TLSHandshakeTimeout: 15 * time.Second,
		ResponseHeaderTimeout: stall, ExpectContinueTimeout: 10 * time.Second,
		DisableCompression: true, // what is stored is what is read
	}
}
