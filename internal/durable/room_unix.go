//go:build unix

package durable

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

// Writable tells whether files can be made in a directory, and writes nothing.
func Writable(dir string) error {
	if err := errors.Join(fault(FaultAccess, dir), unix.Access(dir, unix.W_OK|unix.X_OK)); err != nil {
		return fmt.Errorf("it cannot be written to: %w", err)
	}
	return nil
}

// Free is the space that this user may fill, in bytes.
func Free(dir string) (int64, error) {
	var st unix.Statfs_t
	if err := unix.Statfs(dir, &st); err != nil {
		return 0, fmt.Errorf("ask for free space: %w", err)
	}
	return int64(st.Bavail) * int64(st.Bsize), nil //nolint:gosec,unconvert // types differ between systems; no disk is that large
}
