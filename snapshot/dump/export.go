package dump

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/safemigrate/safemigrate/internal/durable"
	"github.com/safemigrate/safemigrate/snapshot/store"
)

// Export writes the parts of a snapshot as files of their own, every byte
// checked, into a directory that is new or empty, and returns their paths.
func Export(ctx context.Context, s *Snapshot, to string) ([]string, error) {
	if err := emptyDir(to); err != nil {
		return nil, err
	}
	for _, e := range s.Contents.Parts {
		// A part is named by whoever wrote the snapshot: it is to stay inside.
		if e.Kind != Bytes || e.Index != 0 || strings.Contains(e.Name, "/") || store.CheckName(e.Name) != nil {
			return nil, fmt.Errorf("part %d of %.100q cannot be a file", e.Index, e.Name)
		}
	}
	var paths []string
	for _, e := range s.Contents.Parts {
		path := filepath.Join(to, e.Name)
		if err := durable.WriteNew(path, func(w io.Writer) error { return s.CopyFile(ctx, w, e.Name) }); err != nil {
			return paths, err
		}
		paths = append(paths, path)
	}
	return paths, nil
}

func emptyDir(path string) error {
	if err := durable.MakeDir(path); err != nil {
		return err
	}
	entries, err := os.ReadDir(path)
	if err != nil {
		return fmt.Errorf("look into %s: %w", path, err)
	}
	if len(entries) > 0 {
		return fmt.Errorf("%s: %w", path, syscall.ENOTEMPTY)
	}
	return nil
}
