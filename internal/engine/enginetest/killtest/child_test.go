//go:build failpoint && unix

package killtest

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// longest is how long any command of these tests may take, on a busy machine.
const longest = 5 * time.Minute

// ending is how a command ended and what it said.
type ending struct {
	signal         syscall.Signal // 0: it ended by itself
	code           int
	stdout, stderr string
	took           time.Duration
}

// lastLines gives the two lines that tell people where the database stands.
func (e ending) lastLines() string {
	said := e.stderr
	if e.code == 0 {
		said = e.stdout
	}
	lines := strings.Split(strings.TrimSpace(said), "\n")
	return strings.Join(lines[max(0, len(lines)-2):], "\n")
}

func (e ending) String() string {
	return "stdout:\n" + e.stdout + "stderr:\n" + e.stderr
}

// output is a buffer that can be read while the child writes.
type output struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.String()
}

// child is safemigrate in a process of its own.
type child struct {
	command        *exec.Cmd
	stdout, stderr output
	started        time.Time
	limit          *time.Timer
}

// start runs this test binary as safemigrate, in a process group of its own.
func start(t *testing.T, args, environment []string) *child {
	t.Helper()
	c := &child{command: exec.Command(os.Args[0], args...), started: time.Now()}
	c.command.Env = append([]string{asProgram + "=1", "PATH=/usr/bin:/bin"}, environment...)
	c.command.Stdout, c.command.Stderr = &c.stdout, &c.stderr
	c.command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := c.command.Start(); err != nil {
		t.Fatalf("starting safemigrate: %v", err)
	}
	c.limit = time.AfterFunc(longest, func() { _ = c.command.Process.Kill() })
	return c
}

func (c *child) signal(t *testing.T, s syscall.Signal) {
	t.Helper()
	if err := c.command.Process.Signal(s); err != nil && !errors.Is(err, os.ErrProcessDone) {
		t.Fatalf("signalling safemigrate: %v", err)
	}
}

// wait reaps the child and makes sure that no process of its group is left.
func (c *child) wait(t *testing.T) ending {
	t.Helper()
	err := c.command.Wait()
	if !c.limit.Stop() {
		t.Fatalf("safemigrate did not end within %s\n%s%s", longest, c.stdout.String(), c.stderr.String())
	}
	var exited *exec.ExitError
	if err != nil && !errors.As(err, &exited) {
		t.Fatalf("awaiting safemigrate: %v", err)
	}
	e := ending{code: c.command.ProcessState.ExitCode(), stdout: c.stdout.String(), stderr: c.stderr.String(), took: time.Since(c.started)}
	if status, ok := c.command.ProcessState.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		e.signal = status.Signal()
	}
	if err := syscall.Kill(-c.command.Process.Pid, 0); !errors.Is(err, syscall.ESRCH) {
		t.Errorf("I8: processes of the command are left after its end (%v)", err)
	}
	return e
}

// awaitOutput waits until the child has written text to stderr.
func (c *child) awaitOutput(t *testing.T, text string) {
	t.Helper()
	eventually(t, "safemigrate writes "+text, func() bool { return strings.Contains(c.stderr.String(), text) })
}

// eventually polls for something that has to come true.
func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(longest); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if is() {
			return
		}
	}
	t.Fatalf("waited in vain: %s", what)
}

// environment gives a fail point, and a file for the trace, to a child.
func environment(point, trace string) []string {
	all := []string{"SAFEMIGRATE_FAILPOINT=" + point, "SAFEMIGRATE_FAILPOINT_TRACE=" + trace}
	return slices.DeleteFunc(all, func(v string) bool { return strings.HasSuffix(v, "=") })
}
