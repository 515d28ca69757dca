//go:build unix && !linux

package testserver

import (
	"fmt"
	"io"
	"net"
)

// holdPort finds a free port of 127.0.0.1. Here nobody can listen on one that another
// process holds, so it is let go.
func holdPort() (port int, hold io.Closer, err error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, nil, fmt.Errorf("finding a free port: %w", err)
	}
	address, ok := listener.Addr().(*net.TCPAddr)
	if err := listener.Close(); err != nil {
		return 0, nil, fmt.Errorf("releasing the port: %w", err)
	}
	if !ok {
		return 0, nil, fmt.Errorf("finding a free port: %s is no TCP address", listener.Addr())
	}
	return address.Port, io.NopCloser(nil), nil
}
