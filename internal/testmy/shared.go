//go:build unix

package testmy

import (
	"fmt"
	"os"
	"sync"
	"testing"
)

// shared is the server of this test process, started by the first test that asks.
var shared struct {
	once   sync.Once
	server *Server
	err    error
}

// Start returns the server that all tests of this process share. The first call
// starts it, in two to three seconds.
func Start(tb testing.TB) *Server {
	tb.Helper()
	shared.once.Do(func() { shared.server, shared.err = launch(nil, nil) })
	if shared.err != nil {
		tb.Fatalf("starting %s: %v", Tested(), shared.err)
	}
	return shared.server
}

// Main runs a package's tests, then stops the shared server and waits until
// nothing of it is left. Call it from TestMain; it does not return. A package
// without it is cleaned up too, by the supervisor, a moment after its end.
func Main(m *testing.M) { os.Exit(Conclude(m.Run())) }

// Conclude does what Main does at its end, for packages that use another server,
// too. It gets the exit code and returns the one to use.
func Conclude(code int) int {
	code = templates.conclude(code)
	if shared.server == nil {
		return code
	}
	if err := shared.server.close(); err != nil {
		fmt.Fprintf(os.Stderr, "stopping %s: %v\n", Tested(), err)
		return max(code, 1)
	}
	return code
}
