package cli

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/spf13/cobra"
)

// newOptions are the flags of new.
type newOptions struct {
	dir  string
	down bool
}

func newNew(p *program) *cobra.Command {
	var o newOptions
	cmd := &cobra.Command{
		Use:   "new NAME",
		Short: "Create the next migration file",
		Long: `Create the next migration file in the convention of the directory: NNNNNN_name.up.sql
for golang-migrate, V<next>__name.sql for Flyway. A directory without migrations
gets golang-migrate's names. A file that exists is never overwritten.`,
		RunE: func(_ *cobra.Command, args []string) error { return o.run(p, args) },
	}
	f := cmd.Flags()
	p.settings.sourceFlags(f)
	f.StringVar(&o.dir, "dir", "", "create it in this `directory` (default: the one of --source)")
	f.BoolVar(&o.down, "down", false, "with golang-migrate's names: create the down file, too")
	describe(cmd, `safemigrate new add_phone
safemigrate new "split name" --down`, exits(0, 1, 2)...)
	return cmd
}

func (o *newOptions) run(p *program, args []string) error {
	name := cleanName(strings.Join(args, "_"))
	if name == "" {
		return usage("safemigrate new add_phone", "a name is needed, with letters or digits in it")
	}
	dir := o.dir
	if dir == "" {
		dir = strings.TrimPrefix(p.settings.source, "file://")
	}
	names, err := fileNames(dir)
	if err != nil {
		return usage("name the directory with --dir", "read the migrations: %w", err)
	}
	files, err := nextFiles(names, p.settings.convention, name, o.down)
	if err != nil {
		return err
	}
	for i, f := range files {
		files[i] = filepath.Join(dir, f)
	}
	if err := create(dir, files); err != nil {
		return err
	}
	return p.told(p.answer(newDocument{"safemigrate/new/1", files}, func(t *text) { t.list("created", files) }))
}

// newDocument is the answer of new with --json.
type newDocument struct {
	Schema string   `json:"schema"`
	Files  []string `json:"files"`
}

var notInName = regexp.MustCompile(`[^a-z0-9]+`)

// cleanName makes a name that every file system and both conventions take.
func cleanName(name string) string {
	const longest = 100
	name = strings.Trim(notInName.ReplaceAllString(strings.ToLower(name), "_"), "_")
	if len(name) > longest {
		name = strings.Trim(name[:longest], "_")
	}
	return name
}

// fileNames lists a directory; one that does not exist yet is empty.
func fileNames(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("list %s: %w", dir, err)
	}
	names := make([]string, 0, len(entries))
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names, nil
}

// create makes all the files, or none.
func create(dir string, files []string) error {
	// Migrations are source files: whoever may read the repository may read them.
	if err := os.MkdirAll(dir, 0o755); err != nil { //nolint:gosec // see above
		return fmt.Errorf("create the directory of the migrations: %w", err)
	}
	for i, path := range files {
		// Exclusively: somebody else's file of this name stays as it is.
		f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644) //nolint:gosec // see above
		if err == nil {
			err = f.Close()
		}
		if err != nil {
			for _, made := range files[:i] {
				err = errors.Join(err, os.Remove(made))
			}
			return fmt.Errorf("create the migration: %w", err)
		}
	}
	return nil
}
