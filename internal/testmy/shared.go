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
	shared.once.Do(func() { shared.server, shared.err = launch(nil) })
	if shared.err != nil {
		tb.Fatalf("starting MariaDB: %v", shared.err)
	}
	return shared.server
}

// Main runs a package's tests, then stops the shared server and waits until
// nothing of it is left. Call it from TestMain; it does not return. A package
// without it is cleaned up too, by the supervisor, a moment after its end. What
// concludes the tests gets the exit code and returns the one to use.
func Main(m *testing.M, conclude ...func(code int) int) {
	code := m.Run()
	for _, with := range conclude {
		code = with(code)
	}
	os.Exit(Conclude(code))
}

// Conclude stops the shared server, for the Main of a package that also tests
// with another database.
func Conclude(code int) int {
	if shared.server == nil {
		return code
	}
	if err := shared.server.close(); err != nil {
		fmt.Fprintf(os.Stderr, "stopping MariaDB: %v\n", err)
		return max(code, 1)
	}
	return code
}
