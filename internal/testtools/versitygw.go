package testtools

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// The key pair of every S3 server that S3 starts. Whoever opens a store in one
// finds it in the environment: TestMain calls S3Environment.
const (
	S3AccessKey = "safemigrate-test"
	S3SecretKey = "a-secret-of-the-tests"
)

// S3Environment sets the key pair for this process, as a user of a store would.
func S3Environment() {
	for name, value := range map[string]string{
		"AWS_ACCESS_KEY_ID": S3AccessKey, "AWS_SECRET_ACCESS_KEY": S3SecretKey, "AWS_SESSION_TOKEN": "",
		"AWS_REGION": "", "AWS_DEFAULT_REGION": "", "AWS_ENDPOINT_URL": "", "AWS_ENDPOINT_URL_S3": "",
	} {
		if err := os.Setenv(name, value); err != nil {
			panic(err)
		}
	}
}

// S3 starts versitygw, a real S3 server, for one test, and returns its address
// (host:port) and the directory in which a directory is a bucket. It ends with
// the test, or with the process of the test.
func S3(tb testing.TB) (address, buckets string) {
	tb.Helper()
	program := versitygw(tb)
	buckets = filepath.Join(tb.TempDir(), "buckets")
	versions := filepath.Join(tb.TempDir(), "versions")
	for _, dir := range []string{buckets, versions} {
		if err := os.Mkdir(dir, 0o700); err != nil {
			tb.Fatal(err)
		}
	}
	var said bytes.Buffer
	for range 5 {
		address = freeAddress(tb)
		said.Reset()
		if startS3(tb, program, address, buckets, versions, &said) {
			return address, buckets
		}
	}
	tb.Fatalf("versitygw did not start:\n%s", said.String())
	return "", ""
}

// versitygw finds the program, or has it built.
func versitygw(tb testing.TB) string {
	tb.Helper()
	module, err := moduleDir(".")
	for err == nil && !isFile(filepath.Join(module, "scripts", "ensure-versitygw")) && module != filepath.Dir(module) {
		module = filepath.Dir(module)
	}
	if err != nil {
		tb.Fatal(err)
	}
	out, err := exec.Command(filepath.Join(module, "scripts", "ensure-versitygw")).Output()
	if failed, ok := errors.AsType[*exec.ExitError](err); ok {
		tb.Fatalf("scripts/ensure-versitygw: %v\n%s", err, failed.Stderr)
	}
	if err != nil {
		tb.Fatalf("scripts/ensure-versitygw: %v", err)
	}
	return strings.TrimSpace(string(out))
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}

func freeAddress(tb testing.TB) string {
	tb.Helper()
	l, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// startS3 starts the server below a shell that ends it when its own input ends,
// which happens with this process, however that ends. The shell ends with the server, so
// that one that cannot have its port is not waited for.
func startS3(tb testing.TB, program, address, buckets, versions string, said *bytes.Buffer) bool {
	tb.Helper()
	const (
		shell = `exec 3<&0
"$1" --quiet --port "$2" posix --versioning-dir "$3" "$4" </dev/null 3<&- &
server=$!
{ cat <&3; kill -KILL "$server"; } >/dev/null 2>&1 &
wait "$server"`
		longest = 2 * time.Minute // on a busy machine
	)
	c := exec.Command("sh", "-c", shell, "sh", program, address, versions, buckets)
	c.Env = append(os.Environ(), "ROOT_ACCESS_KEY="+S3AccessKey, "ROOT_SECRET_KEY="+S3SecretKey)
	c.Stdout, c.Stderr = said, said
	input, err := c.StdinPipe()
	if err != nil {
		tb.Fatal(err)
	}
	if err := c.Start(); err != nil {
		tb.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = c.Wait() // it is told to end, or tells why it did by what it said
	}()
	end := func() {
		_ = input.Close()
		<-ended
	}
	for deadline := time.Now().Add(longest); time.Now().Before(deadline); {
		select {
		case <-ended:
			end()
			return false
		case <-time.After(50 * time.Millisecond):
		}
		if answers(address) {
			tb.Cleanup(end)
			return true
		}
	}
	end()
	return false
}

func answers(address string) bool {
	r, err := http.Get(fmt.Sprintf("http://%s/", address))
	if err != nil {
		return false
	}
	return r.Body.Close() == nil
}
