//go:build unix

package testserver

import (
	"errors"
	"strings"
)

// portAttempts is how often another port is tried.
const portAttempts = 5

// Boot makes the server's files, by a command of its supervisor, and starts it. configure writes its settings for a port
// of 127.0.0.1, which is its own until Finish, also while it is stopped. Another process may
// name the port all the same, hence several attempts.
func (s *Supervisor) Boot(first string, configure func(port int) error) error {
	if err := s.Do(first); err != nil {
		return err
	}
	var failures []error
	for range portAttempts {
		port, hold, err := holdPort()
		if err != nil {
			return err
		}
		if err := configure(port); err != nil {
			return errors.Join(err, hold.Close())
		}
		if err = s.Do("start"); err == nil {
			s.port = hold
			return nil
		}
		failures = append(failures, err, hold.Close())
		if !strings.Contains(s.Logs(), "Address already in use") {
			break
		}
	}
	return errors.Join(failures...)
}
