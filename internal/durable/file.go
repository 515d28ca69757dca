package durable

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// TempSuffix ends the name of everything that is not complete yet.
const TempSuffix = ".tmp"

// WriteFile puts data under path, in place of what was there: after a crash
// there is the old content or the new one, never a part.
func WriteFile(path string, data []byte) error {
	return Write(path, func(w io.Writer) error {
		if _, err := w.Write(data); err != nil {
			return fmt.Errorf("write: %w", err)
		}
		return nil
	})
}

// Write is WriteFile for content that is written piece by piece. Where fill
// fails, path stays as it was.
func Write(path string, fill func(w io.Writer) error) error {
	return write(path, fill, Rename)
}

// WriteNew is Write for a name that must be free: where something has it, that
// stays as it is, and the error is os.ErrExist. Of several at once one succeeds.
func WriteNew(path string, fill func(w io.Writer) error) error {
	return write(path, fill, link)
}

func write(path string, fill func(w io.Writer) error, place func(from, to string) error) (err error) {
	if err := fault(FaultCreate, path); err != nil {
		return fmt.Errorf("create %s: %w", path, err)
	}
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*"+TempSuffix) // mode 0600
	if err != nil {
		return fmt.Errorf("create %s: %w", path, err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("write %s: %w", path, err), remove(f.Name()))
		}
	}()
	if err := fillAndClose(f, path, fill); err != nil {
		return err
	}
	return place(f.Name(), path)
}

// link gives a complete file a second name, which must be free, and takes the
// first one away. A crash in between leaves both names: the file is complete.
func link(from, to string) error {
	if err := fault(FaultRename, to); err != nil {
		return err
	}
	if err := os.Link(from, to); err != nil {
		return fmt.Errorf("link: %w", err)
	}
	if err := remove(from); err != nil {
		return err
	}
	return SyncDir(filepath.Dir(to))
}

// Remove removes a file and has that brought to the disk. A file that is not
// there is no error.
func Remove(path string) error {
	if err := fault(FaultRemove, path); err != nil {
		return fmt.Errorf("remove: %w", err)
	}
	err := os.Remove(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("remove: %w", err)
	}
	return SyncDir(filepath.Dir(path))
}

func fillAndClose(f *os.File, path string, fill func(w io.Writer) error) (err error) {
	defer func() { err = errors.Join(err, f.Close()) }()
	if err := fill(faultyWriter(f, path)); err != nil {
		return err
	}
	if err := errors.Join(fault(FaultSync, path), f.Sync()); err != nil {
		return fmt.Errorf("sync: %w", err)
	}
	return nil
}

// SyncFile has the content of a file that somebody else wrote brought to the
// disk, and takes the file away from everybody but its owner.
func SyncFile(path string) (err error) {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return fmt.Errorf("sync %s: %w", path, err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if err := f.Chmod(0o600); err != nil {
		return fmt.Errorf("sync %s: %w", path, err)
	}
	if err := f.Sync(); err != nil {
		return fmt.Errorf("sync %s: %w", path, err)
	}
	return nil
}

// Rename gives a complete file or directory its final name and has that name
// brought to the disk.
func Rename(from, to string) error {
	if err := fault(FaultRename, to); err != nil {
		return fmt.Errorf("rename: %w", err)
	}
	if err := os.Rename(from, to); err != nil {
		return fmt.Errorf("rename: %w", err)
	}
	return SyncDir(filepath.Dir(to))
}

func remove(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("remove: %w", err)
	}
	return nil
}
