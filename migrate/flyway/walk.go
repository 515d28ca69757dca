package flyway

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"strings"
)

const (
	// maxFileBytes is the size above which a file is refused unread.
	maxFileBytes = 256 << 20
	// maxDepth ends a circle of links in file systems that cannot tell that two
	// directories are the same.
	maxDepth = 40
)

// tree is what lies in a source: files by path, and those that cannot be read.
type tree struct {
	files  []string // in order of their paths
	sizes  map[string]int64
	faults map[string]string // what is wrong with a file that is in files
}

// walk lists all files of the source, in directories at any depth, as Flyway
// does: hidden directories are left out, links are followed.
func walk(src fs.FS) (*tree, error) {
	t := &tree{sizes: map[string]int64{}, faults: map[string]string{}}
	if err := t.enter(src, ".", nil); err != nil {
		return nil, err
	}
	return t, nil
}

func (t *tree) has(file string) bool {
	_, readable := t.sizes[file]
	_, faulty := t.faults[file]
	return readable || faulty
}

func (t *tree) enter(src fs.FS, dir string, above []fs.FileInfo) error {
	info, err := fs.Stat(src, dir)
	if err != nil {
		return fmt.Errorf("reading the migrations directory: %w", err)
	}
	for _, other := range above {
		if os.SameFile(info, other) {
			return fmt.Errorf("reading the migrations directory: %q leads back to a directory above it", dir)
		}
	}
	if len(above) >= maxDepth {
		return fmt.Errorf("reading the migrations directory: %.200q lies more than %d directories deep", dir, maxDepth)
	}
	entries, err := fs.ReadDir(src, dir)
	if err != nil {
		return fmt.Errorf("reading the migrations directory: %w", err)
	}
	for _, entry := range entries {
		if err := t.take(src, path.Join(dir, entry.Name()), append(above, info)); err != nil {
			return err
		}
	}
	return nil
}

// take looks at one entry without opening it: opening a pipe would wait for a
// writer that may never come.
func (t *tree) take(src fs.FS, file string, above []fs.FileInfo) error {
	isHidden := strings.HasPrefix(path.Base(file), ".")
	info, err := fs.Stat(src, file)
	switch {
	case err == nil && info.IsDir() && isHidden:
		return nil
	case err == nil && info.IsDir():
		return t.enter(src, file, above)
	case err != nil:
		t.faults[file] = err.Error()
	case !info.Mode().IsRegular():
		t.faults[file] = "it is not a regular file"
	case info.Size() > maxFileBytes:
		t.faults[file] = fmt.Sprintf("it has %d MiB, and 256 are allowed", info.Size()>>20)
	default:
		t.sizes[file] = info.Size()
	}
	t.files = append(t.files, file)
	return nil
}
