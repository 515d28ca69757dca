package golangmigrate

import (
	"fmt"
	"io/fs"
	"strconv"

	"github.com/golang-migrate/migrate/v4/source"

	"github.com/safemigrate/safemigrate/migrate"
)

// maxFileBytes is the size above which a migration is refused unread.
const maxFileBytes = 256 << 20

// slot is what golang-migrate allows one file for.
type slot struct {
	version   uint
	direction source.Direction
}

// survey is one look at a directory: the files that golang-migrate's source
// driver can be trusted with, and what is wrong with the others.
type survey struct {
	fs.FS    // the source itself
	entries  []fs.DirEntry
	files    map[slot]string
	down     []*source.Migration // in the directory's order
	sizes    map[string]int64
	problems []migrate.Problem
}

// ReadDir shows the source driver only the files that passed.
func (s *survey) ReadDir(string) ([]fs.DirEntry, error) { return s.entries, nil }

func look(src fs.FS) (*survey, error) {
	entries, err := fs.ReadDir(src, ".")
	if err != nil {
		return nil, fmt.Errorf("reading the migrations directory: %w", err)
	}
	s := &survey{FS: src, files: map[slot]string{}, sizes: map[string]int64{}}
	for _, entry := range entries {
		parsed, problem := readName(entry.Name())
		if problem == nil && parsed != nil {
			problem = s.admit(entry, parsed)
		}
		if problem != nil {
			s.problems = append(s.problems, *problem)
		}
	}
	return s, nil
}

// admit takes a well-named file, or says why not. What is wrong with a down file
// stops nothing, because none is ever run.
func (s *survey) admit(entry fs.DirEntry, parsed *source.Migration) *migrate.Problem {
	at := slot{parsed.Version, parsed.Direction}
	problem := &migrate.Problem{
		Version: strconv.FormatUint(uint64(parsed.Version), 10),
		File:    parsed.Raw,
		Warning: parsed.Direction == source.Down,
	}
	if fault := s.fault(parsed.Raw); fault != "" {
		problem.Kind = migrate.BadName
		problem.Detail = fmt.Sprintf("%q cannot be read as a migration: %s", parsed.Raw, fault)
		problem.Choice = "put a regular file of at most 256 MiB in its place, or move it away"
		return problem
	}
	if first, taken := s.files[at]; taken {
		problem.Kind = migrate.Duplicate
		problem.Detail = fmt.Sprintf("%q and %q are both the %s file of version %d", first, parsed.Raw, parsed.Direction, parsed.Version)
		problem.Choice = "give one of them a version of its own, or delete it; golang-migrate refuses such a directory too"
		return problem
	}
	s.files[at] = parsed.Raw
	s.entries = append(s.entries, entry)
	if parsed.Direction == source.Down {
		s.down = append(s.down, parsed)
	}
	return nil
}

// fault looks at the file itself without opening it: opening a pipe would wait
// for a writer that may never come.
func (s *survey) fault(name string) string {
	info, err := fs.Stat(s.FS, name)
	switch {
	case err != nil:
		return err.Error()
	case info.IsDir():
		return "it is a directory"
	case !info.Mode().IsRegular():
		return "it is not a regular file"
	case info.Size() > maxFileBytes:
		return fmt.Sprintf("it has %d MiB", info.Size()>>20)
	}
	s.sizes[name] = info.Size()
	return ""
}
