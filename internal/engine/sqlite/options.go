package sqlite

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/safemigrate/safemigrate/snapshot/dump"
)

// Options says which database to open, and how.
type Options struct {
	// Path is the database file, taken to the letter.
	Path string
	// Pragmas are settings of the connection, each "name=value". Those that the
	// file itself keeps (journal_mode, page_size, …) are used for a new file
	// only: an existing file stays as it is.
	Pragmas []string
	// Create makes the file where it is missing.
	Create bool
	// ReadOnly opens a file that is never written to.
	ReadOnly bool
	// Depot tells of stores outside the machine.
	Depot dump.Depot
}

// ErrMissing is returned by Open for a file that does not exist and is not to be created.
var ErrMissing = errors.New("there is no such database file")

// missing tells where the file was looked for: a relative name depends on the
// directory that the command runs in.
func missing(full, given string) error {
	at := given
	if !filepath.IsAbs(given) {
		at += ", taken relative to the working directory, is " + full
	}
	return fmt.Errorf("%w: %s; only the command up creates one", ErrMissing, at)
}

// pragma is one setting of a connection.
type pragma struct{ name, value string }

var pragmaPattern = regexp.MustCompile(`^([a-z_]+)=([A-Za-z0-9_.+-]+)$`)

// fileSettings are the pragmas that are a property of the file.
var fileSettings = []string{"journal_mode", "page_size", "auto_vacuum", "encoding", "application_id", "user_version"}

func (o Options) pragmas() ([]pragma, error) {
	var all []pragma
	for _, text := range o.Pragmas {
		m := pragmaPattern.FindStringSubmatch(text)
		if m == nil {
			return nil, errors.New("a pragma is not name=value")
		}
		all = append(all, pragma{name: m[1], value: m[2]})
	}
	return all, nil
}

// resolve finds the one true path of a file, so that every spelling of it
// leads to the same lock; exists tells whether the file is there.
func resolve(path string) (full string, exists bool, err error) {
	switch {
	case path == "":
		return "", false, errors.New("no database file is named")
	case strings.Contains(path, ":memory:"):
		return "", false, errors.New("a database in memory is gone when safemigrate ends; name a file")
	case strings.ContainsRune(path, 0):
		return "", false, errors.New("the file's name holds a control character")
	}
	abs, err := filepath.Abs(path)
	if err != nil {
		return "", false, fmt.Errorf("find %s: %w", path, err)
	}
	if _, err := os.Lstat(abs); errors.Is(err, os.ErrNotExist) {
		dir, err := filepath.EvalSymlinks(filepath.Dir(abs))
		if err != nil {
			return "", false, fmt.Errorf("find the directory of %s: %w", path, err)
		}
		return filepath.Join(dir, filepath.Base(abs)), false, nil
	}
	full, err = filepath.EvalSymlinks(abs)
	if err != nil {
		return "", false, fmt.Errorf("find %s: %w", path, err)
	}
	info, err := os.Stat(full)
	if err != nil {
		return "", false, fmt.Errorf("find %s: %w", path, err)
	}
	if !info.Mode().IsRegular() {
		return "", false, fmt.Errorf("%s is not a file", path)
	}
	return full, true, nil
}
