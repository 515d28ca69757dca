//go:build unix

// Command withpostgres runs another command with SAFEMIGRATE_DATABASE set to an empty
// database on a throw-away PostgreSQL server, and ends with its exit code.
package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"

	"github.com/safemigrate/safemigrate/internal/testpg"
)

func main() {
	err := testpg.Run(func(d *testpg.Database) error { return run(d.URL, os.Args[1:]) })
	if failed, ok := errors.AsType[*exec.ExitError](err); ok {
		os.Exit(failed.ExitCode())
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "withpostgres: %v\n", err)
		os.Exit(1)
	}
}

func run(url string, arguments []string) error {
	if len(arguments) == 0 {
		return errors.New("usage: withpostgres COMMAND [ARGUMENT]…")
	}
	command := exec.Command(arguments[0], arguments[1:]...)
	command.Env = append(os.Environ(), "SAFEMIGRATE_DATABASE="+url)
	command.Stdin, command.Stdout, command.Stderr = os.Stdin, os.Stdout, os.Stderr
	if err := command.Run(); err != nil {
		return fmt.Errorf("running %s: %w", arguments[0], err)
	}
	return nil
}
