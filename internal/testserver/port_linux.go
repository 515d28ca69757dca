package testserver

import (
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"
)

// holdPort finds a free port of 127.0.0.1 and keeps it from being handed out to anybody
// who asks for any port, also while the server is stopped. The server can listen on it
// all the same: like it, this socket allows the address to be used again, and does not
// listen.
func holdPort() (port int, hold io.Closer, err error) {
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return 0, nil, fmt.Errorf("finding a free port: %w", err)
	}
	file := os.NewFile(uintptr(fd), "port")
	err = syscall.SetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_REUSEADDR, 1)
	if err == nil {
		err = syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}})
	}
	var name syscall.Sockaddr
	if err == nil {
		name, err = syscall.Getsockname(fd)
	}
	address, ok := name.(*syscall.SockaddrInet4)
	if err == nil && !ok {
		err = fmt.Errorf("%T is no TCP address", name)
	}
	if err != nil {
		return 0, nil, errors.Join(fmt.Errorf("finding a free port: %w", err), file.Close())
	}
	return address.Port, file, nil
}
