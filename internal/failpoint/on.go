//go:build failpoint

package failpoint

import (
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
)

// hits counts how often the chosen point was passed.
var hits atomic.Int64

// Hit ends the process by SIGKILL when SAFEMIGRATE_FAILPOINT names this point:
// "name" at the first passing, "name#3" at the third, "name@sleep" sleeps
// there for an hour instead, so that a test can do the killing, and
// "name@pause" waits there until the file SAFEMIGRATE_FAILPOINT_GATE exists,
// and goes on. The name is added to the file SAFEMIGRATE_FAILPOINT_TRACE, where
// that is set.
func Hit(name string) {
	trace(name)
	want, mode, _ := strings.Cut(os.Getenv("SAFEMIGRATE_FAILPOINT"), "@")
	want, nth, counted := strings.Cut(want, "#")
	if want != name {
		return
	}
	passing := hits.Add(1)
	if counted {
		if n, err := strconv.ParseInt(nth, 10, 64); err == nil && n != passing {
			return
		}
	}
	switch mode {
	case "pause":
		pause()
		return
	case "sleep":
		time.Sleep(time.Hour)
	}
	if err := syscall.Kill(os.Getpid(), syscall.SIGKILL); err != nil {
		os.Exit(137)
	}
	select {} // the signal is on its way
}

// pause waits for the gate.
func pause() {
	for {
		if _, err := os.Stat(os.Getenv("SAFEMIGRATE_FAILPOINT_GATE")); err == nil { //nolint:gosec // a test names it
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// trace tells a test which points a command passes. A trace that cannot be
// written ends the process: a test must not take silence for "not passed".
func trace(name string) {
	path := os.Getenv("SAFEMIGRATE_FAILPOINT_TRACE")
	if path == "" {
		return
	}
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600) //nolint:gosec // a test names it
	if err != nil {
		os.Exit(138)
	}
	_, err = f.WriteString(name + "\n")
	if f.Close() != nil || err != nil {
		os.Exit(138)
	}
}
