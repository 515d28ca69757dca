package dump

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"github.com/safemigrate/safemigrate/internal/childproc"
	"github.com/safemigrate/safemigrate/internal/failpoint"
	"github.com/safemigrate/safemigrate/internal/pgarchive"
)

// Restoring brings a whole dump into an empty database.
type Restoring struct {
	Programs Programs
	Server   Server // the empty database
	Version  int    // server_version_num of its server
	Options  Options
	Contents *Contents
	Source   Source
	// Dir holds the table of contents of pg_dump's archive, toc.dat, and is used for what
	// pg_restore reads.
	Dir string
	// NoOwner leaves everything to the role that restores.
	NoOwner bool
	// Spell, when set, writes a definition so that the server, which has printed it, reads
	// the same out of it.
	Spell func(sql string) string
	// Tell, when set, is told what begins.
	Tell func(text string)
}

// Run makes the schema, loads the rows, makes what needs them, and proves that the
// rows are those that were dumped. After an error the database holds a part.
func (r *Restoring) Run(ctx context.Context) error {
	path := filepath.Join(r.Dir, tocFile)
	toc, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("read the schema: %w", err)
	}
	// The rows are loaded here: pg_restore is to know of sequences and large objects only.
	toc, _, err = r.Contents.Archive(toc, false, pgarchive.Plain)
	if err != nil {
		return err
	}
	if r.Spell != nil {
		if toc, err = spelled(toc, r.Spell); err != nil {
			return err
		}
	}
	if err := os.WriteFile(path, toc, 0o600); err != nil { //nolint:gosec // the caller made the directory
		return fmt.Errorf("write the schema: %w", err)
	}
	for _, stage := range []struct {
		text string
		run  func(context.Context) error
	}{
		{"tables and types", func(ctx context.Context) error { return r.section(ctx, "pre-data", r.reading(1)) }},
		{"rows, sequences and large objects", r.data},
		{"indexes, keys and triggers", func(ctx context.Context) error { return r.section(ctx, "post-data", r.reading(r.Options.Jobs)) }},
		{"comparing the rows", func(ctx context.Context) error { return Compare(ctx, r.Options, r.Contents) }},
	} {
		if r.Tell != nil {
			r.Tell(stage.text)
		}
		if err := stage.run(ctx); err != nil {
			return fmt.Errorf("%s: %w", stage.text, err)
		}
		failpoint.Hit("dump.postgres.restored")
	}
	return nil
}

// data loads the rows, and has pg_restore do the rest of its section meanwhile.
func (r *Restoring) data(ctx context.Context) error {
	return together(ctx,
		func(ctx context.Context) error { return Load(ctx, r.Options, r.Contents, r.Source) },
		r.objects)
}

// objects has pg_restore set the sequences and load the large objects. These go from the
// source through a pipe and lie in no file meanwhile.
func (r *Restoring) objects(ctx context.Context) error {
	a, err := readTOC(r.Dir)
	if err != nil {
		return err
	}
	return piped(ctx,
		func(ctx context.Context, to io.Writer) error {
			return a.Pack(to, func(name string) (io.ReadCloser, error) { return r.Source.File(ctx, name) })
		},
		func(ctx context.Context, from io.Reader) error {
			return r.section(ctx, "data", childproc.Command{Args: []string{"--format=custom"}, Input: from})
		})
}

// spelled writes the definitions of a table of contents in other words.
func spelled(toc []byte, spell func(string) string) ([]byte, error) {
	a, err := pgarchive.Read(toc)
	if err != nil {
		return nil, fmt.Errorf("read the schema's table of contents: %w", err)
	}
	for i := range a.Entries {
		a.Entries[i].Definition.Value = spell(a.Entries[i].Definition.Value)
	}
	return a.Bytes(), nil
}

// reading is a pg_restore that reads the directory with so many jobs.
func (r *Restoring) reading(jobs int) childproc.Command {
	if r.goesOn() {
		jobs = 1
	}
	return childproc.Command{Args: []string{"--jobs=" + strconv.Itoa(max(jobs, 1)), r.Dir}}
}

// section has pg_restore do one of its sections.
func (r *Restoring) section(ctx context.Context, name string, c childproc.Command) error {
	args := []string{"--section=" + name}
	if r.NoOwner {
		args = append(args, "--no-owner", "--no-acl")
	}
	if !r.goesOn() {
		args = append(args, "--exit-on-error")
	}
	c.Path, c.Args = r.Programs.Restore, append(args, c.Args...)
	err := r.Server.run(ctx, c)
	if r.goesOn() && onlyTimeout(err) {
		return nil
	}
	return err
}

// goesOn tells whether pg_restore has to go on after an error.
func (r *Restoring) goesOn() bool {
	return r.Programs.major >= timeoutSince && r.Version < timeoutSince*10000
}

// timeoutSince is the version whose pg_restore begins every session with setting
// transaction_timeout. An older server refuses that, so there pg_restore has to go on
// after an error, and what it met is looked at in the end; with one job, because several
// write across each other and do not count what they meet.
const timeoutSince = 17

var errorsIgnored = regexp.MustCompile(`errors ignored on restore: (\d+)`)

// onlyTimeout tells whether all the errors of a pg_restore that went on after them were
// about transaction_timeout.
func onlyTimeout(err error) bool {
	if err == nil {
		return false
	}
	m := errorsIgnored.FindStringSubmatch(err.Error())
	return len(m) > 1 && m[1] == strconv.Itoa(strings.Count(err.Error(), "Command was: SET transaction_timeout = 0;"))
}

// libcProvider is what pg_dump of 15 and newer says even of databases whose servers, older
// than postgres15, knew no other provider, nor the word.
const (
	libcProvider = " LOCALE_PROVIDER = libc"
	postgres15   = 150000
)

// DatabaseForm is how the database was made that pg_dump's archive in dir is of: what
// stands behind its name in CREATE DATABASE on a server (server_version_num).
func DatabaseForm(dir string, server int) (string, error) {
	a, err := readTOC(dir)
	if err != nil {
		return "", err
	}
	const marker = " WITH TEMPLATE = "
	for _, e := range a.Entries {
		if e.Kind.Value != "DATABASE" {
			continue
		}
		if at := strings.LastIndex(e.Definition.Value, marker); at >= 0 {
			form := strings.TrimRight(e.Definition.Value[at+1:], "; \n")
			if server < postgres15 {
				form = strings.Replace(form, libcProvider, "", 1)
			}
			return form, nil
		}
	}
	return "TEMPLATE = template0", nil
}
