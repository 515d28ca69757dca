package cli

import (
	"io"
	"os"
	"os/signal"
	"syscall"

	"golang.org/x/term"
)

// Env is what a run of the program has from its surroundings.
type Env struct {
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	// LookupEnv returns an environment variable, and whether it is set.
	LookupEnv func(name string) (string, bool)
	// Terminals tells which of the three streams a person looks at.
	Terminals Terminals
	// Signals delivers SIGINT, SIGTERM and SIGHUP; nil means never.
	Signals <-chan os.Signal
}

// Terminals tells which streams are terminals.
type Terminals struct{ Stdin, Stdout, Stderr bool }

// OS returns the surroundings of this process, and starts to catch its signals.
func OS() Env {
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM)
	if !signal.Ignored(syscall.SIGHUP) { // nohup means that it goes on without its terminal
		signal.Notify(signals, syscall.SIGHUP)
	}
	// Caught and dropped, so that a reader of our output that goes away makes
	// a write fail, and does not kill us in the middle of a batch.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
	return Env{
		Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr,
		LookupEnv: os.LookupEnv,
		Terminals: Terminals{isTerminal(os.Stdin), isTerminal(os.Stdout), isTerminal(os.Stderr)},
		Signals:   signals,
	}
}

func isTerminal(f *os.File) bool { return term.IsTerminal(int(f.Fd())) }

// colour reports whether a stream that is a terminal gets colours.
func (e *Env) colour(terminal bool) bool {
	if v, _ := e.LookupEnv("NO_COLOR"); v != "" {
		return false
	}
	name, _ := e.LookupEnv("TERM")
	return terminal && name != "dumb"
}
