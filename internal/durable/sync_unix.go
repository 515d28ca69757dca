//go:build unix

package durable

import (
	"errors"
	"fmt"
	"os"
)

// SyncDir has the names in a directory brought to the disk.
func SyncDir(path string) (err error) {
	if err := fault(FaultSyncDir, path); err != nil {
		return fmt.Errorf("sync directory %s: %w", path, err)
	}
	d, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("sync directory: %w", err)
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	if err := d.Sync(); err != nil {
		return fmt.Errorf("sync directory %s: %w", path, err)
	}
	return nil
}
