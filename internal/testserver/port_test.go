//go:build linux

package testserver

import (
	"net"
	"strconv"
	"testing"
)

// TestPortsAreHeld: each is handed out once, and can be listened on again and again.
func TestPortsAreHeld(t *testing.T) {
	t.Parallel()
	given := map[int]bool{}
	for range 200 {
		port, hold, err := holdPort()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = hold.Close() })
		if given[port] {
			t.Errorf("port %d is handed out twice", port)
		}
		given[port] = true
		for range 2 {
			listener, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
			if err != nil {
				t.Fatal(err)
			}
			if err := listener.Close(); err != nil {
				t.Error(err)
			}
		}
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = listener.Close() })
		if address, ok := listener.Addr().(*net.TCPAddr); !ok || given[address.Port] {
			t.Errorf("%s was held", listener.Addr())
		}
	}
}
