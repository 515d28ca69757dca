//go:build unix

package testserver

import (
	"errors"
	"fmt"
	"net"
	"strings"
)

// portAttempts is how often another port is tried.
const portAttempts = 5

// Boot makes the server's files, by a command of its supervisor, and starts it. configure writes its settings for a port
// of 127.0.0.1. Between finding a free port and using it another process may have taken
// it, hence several attempts.
func (s *Supervisor) Boot(first string, configure func(port int) error) error {
	if err := s.Do(first); err != nil {
		return err
	}
	var failures []error
	for range portAttempts {
		port, err := freePort()
		if err != nil {
			return err
		}
		if err := configure(port); err != nil {
			return err
		}
		if err = s.Do("start"); err == nil {
			return nil
		}
		failures = append(failures, err)
		if !strings.Contains(s.Logs(), "Address already in use") {
			break
		}
	}
	return errors.Join(failures...)
}

func freePort() (int, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, fmt.Errorf("finding a free port: %w", err)
	}
	address, ok := listener.Addr().(*net.TCPAddr)
	if err := listener.Close(); err != nil {
		return 0, fmt.Errorf("releasing the port: %w", err)
	}
	if !ok {
		return 0, fmt.Errorf("finding a free port: %s is no TCP address", listener.Addr())
	}
	return address.Port, nil
}
