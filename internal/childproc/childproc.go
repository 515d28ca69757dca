// Package childproc is the only place that starts other programs. The rules that it
// keeps: a program is named by its absolute path, has no environment but what is
// given, and no secret is among its arguments, which everybody on the machine can read.
package childproc

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"
)

// Command is a program to run.
type Command struct {
	Path string // absolute
	Args []string
	Env  []string // all of it; locale and PATH are set beside
	// Input, when set, is what it reads from its standard input.
	Input io.Reader
	// Output, when set, takes what it writes to its standard output, instead of Run.
	Output io.Writer
}

// grace is how long a program may take to end once it was asked to.
const grace = 10 * time.Second

// mostSaid bounds what is kept of what a program says.
const mostSaid = 16 << 10

// Run runs a program to its end and returns what it wrote to its standard output. An
// error holds the end of what it wrote to its standard error. When ctx ends, the
// program is asked to end, and made to a while later. On Linux it also ends when this
// process is killed.
func Run(ctx context.Context, c Command) (string, error) {
	if !filepath.IsAbs(c.Path) {
		return "", fmt.Errorf("start %s: the path is not absolute", c.Path)
	}
	runtime.LockOSThread() // see withParent
	defer runtime.UnlockOSThread()
	cmd := exec.CommandContext(ctx, c.Path, c.Args...) //nolint:gosec // this is the place; see the package's rules
	cmd.Env = append([]string{"LC_ALL=C", "PATH=/usr/bin:/bin"}, c.Env...)
	cmd.Dir = "/"
	cmd.Cancel = func() error {
		time.AfterFunc(grace, func() { _ = cmd.Process.Kill() }) // of one that has ended it does nothing
		return cmd.Process.Signal(syscall.SIGTERM)
	}
	if c.Output == nil { // else the last of its output would have to be taken within that time
		cmd.WaitDelay = grace
	}
	cmd.SysProcAttr = withParent()
	var stdout, stderr tail
	cmd.Stdin, cmd.Stdout, cmd.Stderr = c.Input, &stdout, &stderr
	if c.Output != nil {
		cmd.Stdout = c.Output
	}
	err := cmd.Run()
	if err == nil {
		return stdout.String(), nil
	}
	name := filepath.Base(c.Path)
	if ctx.Err() != nil {
		return "", fmt.Errorf("%s: %w", name, ctx.Err())
	}
	said := strings.TrimSpace(stderr.String())
	if _, ended := errors.AsType[*exec.ExitError](err); ended && said != "" {
		return "", fmt.Errorf("%s: %s", name, said)
	}
	return "", fmt.Errorf("%s: %w", name, err)
}

// tail keeps the end of what is written. The buffer is not embedded: io.Copy would
// find its ReadFrom, and keep everything.
type tail struct{ kept bytes.Buffer }

// Write keeps p and forgets the oldest.
func (t *tail) Write(p []byte) (int, error) {
	n := len(p)
	t.kept.Write(p)
	if over := t.kept.Len() - mostSaid; over > 0 {
		t.kept.Next(over)
	}
	return n, nil
}

func (t *tail) String() string { return t.kept.String() }
