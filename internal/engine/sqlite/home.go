package sqlite

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/safemigrate/safemigrate/internal/durable"
)

// home is the directory beside a database that holds its lock and snapshots.
type home string

// The names in a home and in a snapshot's directory.
const (
	lockName     = "lock"
	cloneName    = "database"
	manifestName = "manifest.json"
	afterPrefix  = "after-"
)

var idPattern = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$`)

func checkID(id string) error {
	if !idPattern.MatchString(id) || id == lockName {
		return fmt.Errorf("%q cannot be the name of a snapshot", id)
	}
	return nil
}

// dir is where a complete snapshot lies.
func (h home) dir(id string) string { return filepath.Join(string(h), id) }

// temp is where a snapshot lies until it is complete.
func (h home) temp(id string) string { return h.dir(id) + durable.TempSuffix }

// image is where a revert prepares what it will write into the live file.
func (h home) image(id string) string { return h.dir(id) + ".image" + durable.TempSuffix }

// make makes the directory, and refuses one that somebody else could change.
func (h home) make() error {
	if err := durable.MakeDir(string(h)); err != nil {
		return err
	}
	return h.check()
}

func (h home) check() error {
	info, err := os.Lstat(string(h))
	if err != nil {
		return fmt.Errorf("look at the snapshots: %w", err)
	}
	if !info.IsDir() {
		return fmt.Errorf("%s is not a directory", h)
	}
	if mode := info.Mode().Perm(); mode&0o022 != 0 && modesMean {
		return fmt.Errorf("%s can be written to by others (mode %04o): make it 0700", h, mode)
	}
	if !ownedByMe(info) {
		return fmt.Errorf("%s belongs to another user: run safemigrate as that user", h)
	}
	return nil
}

// fresh makes an empty directory for something that is under way. What has its
// name is a dead run's: whoever makes one holds the lock.
func (h home) fresh(path string) error {
	if err := os.RemoveAll(path); err != nil {
		return fmt.Errorf("remove leftovers: %w", err)
	}
	return durable.MakeDir(path)
}

// ids lists the snapshots, complete by their name.
func (h home) ids() ([]string, error) {
	entries, err := os.ReadDir(string(h))
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("list the snapshots: %w", err)
	}
	if err := h.check(); err != nil {
		return nil, err
	}
	var ids []string
	for _, e := range entries {
		if e.IsDir() && !strings.HasSuffix(e.Name(), durable.TempSuffix) {
			ids = append(ids, e.Name())
		}
	}
	return ids, nil
}

// sweep removes what dead runs left half-made; the caller holds the lock.
func (h home) sweep() error {
	entries, err := os.ReadDir(string(h))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("list the snapshots: %w", err)
	}
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), durable.TempSuffix) {
			continue
		}
		if err := os.RemoveAll(filepath.Join(string(h), e.Name())); err != nil {
			return fmt.Errorf("remove leftovers: %w", err)
		}
	}
	return nil
}
