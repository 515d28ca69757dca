package golangmigrate

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strconv"

	"github.com/golang-migrate/migrate/v4/source"
	"github.com/golang-migrate/migrate/v4/source/iofs"

	"github.com/safemigrate/safemigrate/migrate"
)

// Load reads every up file once, in the order of its version. Down files are
// listed after them as Undo, unread: the way back needs none. A file that cannot
// be read stays in the list without text or digest, beside its problem.
func (*Convention) Load(src fs.FS) ([]migrate.Migration, []migrate.Problem, error) {
	s, err := look(src)
	if err != nil {
		return nil, nil, err
	}
	driver, err := iofs.New(s, ".")
	if err != nil {
		return nil, nil, fmt.Errorf("reading the migrations directory: %w", err)
	}
	ups, err := s.readAll(driver)
	if err != nil {
		return nil, nil, err
	}
	return append(ups, s.listDown()...), append(s.problems, gaps(ups)...), nil
}

// readAll walks the versions as golang-migrate would.
func (s *survey) readAll(driver source.Driver) ([]migrate.Migration, error) {
	var found []migrate.Migration
	version, err := driver.First()
	for ; err == nil; version, err = driver.Next(version) {
		if _, exists := s.files[slot{version, source.Up}]; !exists {
			s.problems = append(s.problems, s.lonely(version))
			continue
		}
		found = append(found, s.read(driver, version))
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("listing the migrations: %w", err)
	}
	return found, nil
}

func (s *survey) read(driver source.Driver, version uint) migrate.Migration {
	m := migrate.Migration{
		Version: strconv.FormatUint(uint64(version), 10),
		Kind:    migrate.Versioned,
		File:    s.files[slot{version, source.Up}],
	}
	body, name, err := driver.ReadUp(version)
	m.Name = name
	if err == nil {
		m.Text, err = readText(body, s.sizes[m.File])
		err = errors.Join(err, body.Close())
	}
	if err != nil {
		m.Text = ""
		s.problems = append(s.problems, migrate.Problem{
			Kind: migrate.BadText, Version: m.Version, File: m.File,
			Detail: fmt.Sprintf("%q cannot be read: %v", m.File, err),
			Choice: "save the file as UTF-8 text",
		})
		return m
	}
	m.Digest = digest(m.Text)
	return m
}

// lonely describes a version that golang-migrate would count, and run as an
// empty migration.
func (s *survey) lonely(version uint) migrate.Problem {
	file := s.files[slot{version, source.Down}]
	return migrate.Problem{
		Kind: migrate.BadName, Version: strconv.FormatUint(uint64(version), 10), File: file, Warning: true,
		Detail: fmt.Sprintf("%q has no up file beside it, and is left out", file),
		Choice: "add the up file, or delete the down file",
	}
}

func (s *survey) listDown() []migrate.Migration {
	slices.SortStableFunc(s.down, func(a, b *source.Migration) int { return cmp.Compare(a.Version, b.Version) })
	var listed []migrate.Migration
	for _, d := range s.down {
		listed = append(listed, migrate.Migration{
			Version: strconv.FormatUint(uint64(d.Version), 10),
			Name:    d.Identifier,
			Kind:    migrate.Undo,
			File:    d.Raw,
		})
	}
	return listed
}
