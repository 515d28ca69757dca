package durable

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// MakeDir makes one directory for its owner alone, and has its name brought to
// the disk. An existing directory is no error; what else has the name is.
func MakeDir(path string) error {
	if err := fault(FaultMakeDir, path); err != nil {
		return fmt.Errorf("make directory: %w", err)
	}
	err := os.Mkdir(path, 0o700)
	if errors.Is(err, os.ErrExist) {
		info, err := os.Lstat(path)
		if err != nil {
			return fmt.Errorf("look at %s: %w", path, err)
		}
		if !info.IsDir() {
			return fmt.Errorf("make directory %s: %w", path, os.ErrExist)
		}
		return nil
	}
	if err != nil {
		return fmt.Errorf("make directory: %w", err)
	}
	return SyncDir(filepath.Dir(path))
}

// RemoveDir removes a directory with all that is in it. It loses its final
// name first, so that a crash leaves no half of it under that name.
func RemoveDir(path string) error {
	doomed := path
	if filepath.Ext(path) != TempSuffix {
		doomed = path + TempSuffix
		if err := os.RemoveAll(doomed); err != nil {
			return fmt.Errorf("remove: %w", err)
		}
		err := Rename(path, doomed)
		if errors.Is(err, os.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
	}
	if err := os.RemoveAll(doomed); err != nil {
		return fmt.Errorf("remove: %w", err)
	}
	return SyncDir(filepath.Dir(path))
}
