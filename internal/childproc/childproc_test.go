//go:build unix

package childproc_test

import (
	"context"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/safemigrate/safemigrate/internal/childproc"
)

func TestRun(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, script, out, err string
	}{
		{"says something", "echo hello", "hello\n", ""},
		{"has no environment of ours", "env | grep -c PWD= | grep -v 1; env | grep GOCACHE; env | grep HOME=; true", "", ""},
		{"fails with a reason", "echo why >&2; exit 3", "", "sh: why"},
		{"fails without one", "exit 3", "", "sh: exit status 3"},
		{"says too much", "i=0; while [ $i -lt 3000 ]; do echo a long line of noise; i=$((i + 1)); done; echo end", "end\n", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			out, err := childproc.Run(t.Context(), childproc.Command{Path: "/bin/sh", Args: []string{"-c", c.script}})
			if !strings.HasSuffix(out, c.out) || len(out) > 20<<10 || (err == nil) != (c.err == "") || err != nil && err.Error() != c.err {
				t.Errorf("got %.100q, %v", out, err)
			}
		})
	}
}

// slowly takes its time with what it is given.
type slowly struct{ strings.Builder }

func (s *slowly) Write(p []byte) (int, error) {
	time.Sleep(11 * time.Second) // longer than a program that was asked to end may take
	return s.Builder.Write(p)
}

// TestOutputIsTakenSlowly: that a program has ended hurries nobody who reads what it wrote.
func TestOutputIsTakenSlowly(t *testing.T) {
	t.Parallel()
	var to slowly
	if _, err := childproc.Run(t.Context(), childproc.Command{Path: "/bin/sh", Args: []string{"-c", "echo hello"}, Output: &to}); err != nil || to.String() != "hello\n" {
		t.Errorf("got %q, %v", to.String(), err)
	}
}

// TestMadeToEnd: a program that does not end when it is asked to is made to.
func TestMadeToEnd(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	started := time.Now()
	_, err := childproc.Run(ctx, childproc.Command{Path: "/bin/sh", Args: []string{"-c", `trap "" TERM; exec sleep 60`}, Output: io.Discard})
	if took := time.Since(started); err == nil || took > 40*time.Second {
		t.Errorf("after %s: %v", took, err)
	}
}

func TestRelativePathsAreRefused(t *testing.T) {
	t.Parallel()
	if _, err := childproc.Run(t.Context(), childproc.Command{Path: "sh"}); err == nil || !strings.Contains(err.Error(), "not absolute") {
		t.Errorf("got %v", err)
	}
}

func TestEndsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	started := time.Now()
	_, err := childproc.Run(ctx, childproc.Command{Path: "/bin/sh", Args: []string{"-c", "exec sleep 60"}, Env: []string{"HOME=" + os.TempDir()}})
	if err == nil || time.Since(started) > 20*time.Second {
		t.Errorf("after %s: %v", time.Since(started), err)
	}
}
