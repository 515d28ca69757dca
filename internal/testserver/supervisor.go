//go:build unix

package testserver

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
)

// Supervisor is the process that outlives a killed test just long enough to clean up.
type Supervisor struct {
	Dir string // of the server, which only its account can enter

	mu      sync.Mutex // one command at a time
	command *exec.Cmd
	input   io.WriteCloser
	answers *bufio.Reader
	port    io.Closer // holds the server's port, once it has one
}

// Start starts the supervisor: a shell that runs script with the programs' place and
// the server's directory. It finds the usual programs, those of administrators as well.
func Start(script, programs, dir string, account *syscall.Credential) (*Supervisor, error) {
	command := exec.Command("/bin/sh", "-c", script, "supervisor", programs, dir)
	command.Dir = "/"
	command.Env = []string{"PATH=/usr/bin:/bin:/usr/sbin:/sbin", "LC_ALL=C", "HOME=" + dir, "TZ=UTC"}
	// Its own session, so that Ctrl-C on a terminal reaches the tests and not the server.
	command.SysProcAttr = &syscall.SysProcAttr{Credential: account, Setsid: true}
	input, err := command.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("opening the supervisor's input: %w", err)
	}
	output, err := command.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("opening the supervisor's output: %w", err)
	}
	if err := command.Start(); err != nil {
		return nil, fmt.Errorf("starting the supervisor: %w", err)
	}
	return &Supervisor{Dir: dir, command: command, input: input, answers: bufio.NewReader(output)}, nil
}

// Do runs one command and waits for its end.
func (s *Supervisor) Do(command string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, err := io.WriteString(s.input, command+"\n"); err != nil {
		return fmt.Errorf("asking for %q: %w", command, err)
	}
	answer, err := s.answers.ReadString('\n')
	if err != nil {
		return fmt.Errorf("awaiting %q: %w", command, err)
	}
	if code := strings.TrimSpace(answer); code != "0" {
		return fmt.Errorf("%q ended with exit code %s\n%s", command, code, s.Logs())
	}
	return nil
}

// Finish ends the server and waits until its directory is gone.
func (s *Supervisor) Finish() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.input.Close(); err != nil {
		return fmt.Errorf("closing the supervisor's input: %w", err)
	}
	if err := s.command.Wait(); err != nil {
		return fmt.Errorf("stopping the server in %s: %w", s.Dir, err)
	}
	if s.port == nil {
		return nil
	}
	if err := s.port.Close(); err != nil {
		return fmt.Errorf("releasing the port: %w", err)
	}
	return nil
}

// Logs returns the end of what the server and its tools said.
func (s *Supervisor) Logs() string {
	const keep = 4096
	var all strings.Builder
	for _, name := range []string{"supervisor.log", "server.log"} {
		text, err := os.ReadFile(filepath.Join(s.Dir, name))
		if err != nil {
			continue
		}
		fmt.Fprintf(&all, "%s:\n%s\n", name, text[max(0, len(text)-keep):])
	}
	return all.String()
}
