package s3_test

import (
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/safemigrate/safemigrate/internal/testtools"
	"github.com/safemigrate/safemigrate/snapshot/store"
)

// credentials has this process find a shared file of this content, and what is in its
// environment.
func credentials(t *testing.T, file, id, secret, profile string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "credentials")
	if err := os.WriteFile(path, []byte(file), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, value := range map[string]string{
		"AWS_SHARED_CREDENTIALS_FILE": path, "AWS_CONFIG_FILE": filepath.Join(t.TempDir(), "none"),
		"AWS_ACCESS_KEY_ID": id, "AWS_SECRET_ACCESS_KEY": secret, "AWS_PROFILE": profile,
	} {
		t.Setenv(name, value)
	}
}

func section(name, id, secret string) string {
	return "[" + name + "]\naws_access_key_id = " + id + "\naws_secret_access_key = " + secret + "\n"
}

// TestWrongCredentials: that it was the credentials is said, and where none were found,
// but nothing of them.
func TestWrongCredentials(t *testing.T) {
	server, buckets := testtools.S3(t)
	url := "s3://" + bucket(t, buckets, "there") + "?endpoint=http://" + server
	const canary = "canary-of-a-secret"
	for name, c := range map[string]struct {
		file, id, secret, profile string
		none                      bool
	}{
		"another secret":               {id: testtools.S3AccessKey, secret: canary},
		"nobody's key":                 {id: "nobody", secret: canary},
		"another secret in the file":   {file: section("default", testtools.S3AccessKey, canary)},
		"nobody's key in the file":     {file: section("deploy", "nobody", canary), profile: "deploy"},
		"none at all":                  {none: true},
		"of another profile":           {file: section("deploy", testtools.S3AccessKey, canary), profile: "deplyo", none: true},
		"a file that cannot be read":   {file: "[default\naws_secret_access_key = " + canary, none: true},
		"half of one in the file":      {file: "[default]\naws_secret_access_key = " + canary, none: true},
		"half of one in the variables": {secret: canary, none: true},
	} {
		t.Run(name, func(t *testing.T) {
			credentials(t, c.file, c.id, c.secret, c.profile)
			_, err := openURL(t, url)
			if !errors.Is(err, store.ErrDenied) || strings.Contains(err.Error(), canary) || strings.Contains(err.Error(), "no credentials are in") != c.none {
				t.Errorf("got %v", err)
			}
		})
	}
}

// TestSharedCredentials: credentials come from AWS's file too, of the profile that is named,
// with the token of a session.
func TestSharedCredentials(t *testing.T) {
	server, buckets := testtools.S3(t)
	name := bucket(t, buckets, "shared")
	id, secret := os.Getenv("AWS_ACCESS_KEY_ID"), os.Getenv("AWS_SECRET_ACCESS_KEY")
	file := filepath.Join(t.TempDir(), "credentials")
	text := "[default]\naws_access_key_id = nobody\naws_secret_access_key = wrong\n\n[deploy]\naws_access_key_id = " + id + "\naws_secret_access_key = " + secret +
		"\n\n[session]\naws_access_key_id = " + id + "\naws_secret_access_key = " + secret + "\naws_session_token = the-token\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("AWS_ACCESS_KEY_ID", "")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "")
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", file)
	url := "s3://" + name + "?endpoint=http://"
	if _, err := openURL(t, url+server); !errors.Is(err, store.ErrDenied) || strings.Contains(err.Error(), "no credentials") {
		t.Errorf("the default profile: %v", err)
	}
	t.Setenv("AWS_PROFILE", "deploy")
	st, err := openURL(t, url+server)
	if err != nil {
		t.Fatal(err)
	}
	if err := st.Put(t.Context(), "a", strings.NewReader("x")); err != nil {
		t.Error(err)
	}
	t.Setenv("AWS_PROFILE", "session")
	p := newProxy(t, server)
	tokens := make(chan string, 100)
	p.spoil.Store(&spoil{from: 1, to: 1 << 60, how: func(w http.ResponseWriter, r *http.Request, _ http.Handler) {
		select {
		case tokens <- r.Header.Get("X-Amz-Security-Token"):
		default:
		}
		w.WriteHeader(http.StatusForbidden) // the server of the tests knows no sessions
	}})
	if _, err := openURL(t, url+p.address()); err == nil {
		t.Error("no error where all is forbidden")
	}
	if got := <-tokens; got != "the-token" {
		t.Errorf("the token is %q", got)
	}
}
