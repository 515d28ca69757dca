package flyway

import (
	"cmp"
	"fmt"
	"io/fs"
	"path"
	"slices"

	"github.com/safemigrate/safemigrate/migrate"
)

// Load reads every file once: versioned ones in the order of their versions, then
// baselines, repeatables by description, and undo files, which are listed and
// never run. A file that cannot be read stays in the list without text or digest,
// beside its problem. The error is also for an encoding that is unknown.
func (c *Convention) Load(src fs.FS) ([]migrate.Migration, []migrate.Problem, error) {
	if err := checkEncoding(c.options.Encoding); err != nil {
		return nil, nil, err
	}
	t, err := walk(src)
	if err != nil {
		return nil, nil, err
	}
	l := &loading{convention: c, src: src, tree: t, taken: map[slot]string{}}
	for _, file := range t.files {
		l.consider(file)
	}
	slices.SortStableFunc(l.found, func(a, b migrate.Migration) int {
		return cmp.Or(cmp.Compare(order(a.Kind), order(b.Kind)), compareVersions(a.Version, b.Version), cmp.Compare(a.Name, b.Name))
	})
	return l.found, l.problems, nil
}

func order(k migrate.Kind) int {
	return slices.Index([]migrate.Kind{migrate.Versioned, migrate.Baseline, migrate.Repeatable, migrate.Undo}, k)
}

// slot is what Flyway allows one file for.
type slot struct {
	kind migrate.Kind
	key  string // of the version, or the description
}

// loading is one pass over a source.
type loading struct {
	convention *Convention
	src        fs.FS
	tree       *tree
	taken      map[slot]string
	found      []migrate.Migration
	problems   []migrate.Problem
}

func (l *loading) reportf(p migrate.Problem, format string, args ...any) {
	p.Detail = fmt.Sprintf(format, args...)
	l.problems = append(l.problems, p)
}

// consider takes one file, or says why not.
func (l *loading) consider(file string) {
	n, fault := l.convention.names.read(path.Base(file))
	unseen, bad := l.tree.faults[file]
	switch {
	case bad && path.Ext(file) == "":
		l.reportf(migrate.Problem{Kind: migrate.BadName, File: file,
			Choice: "make it a directory of the source, or delete it"}, "%q may be a directory of migrations, and cannot be entered: %s", file, unseen)
	case fault != nil:
		l.reportf(migrate.Problem{Kind: migrate.BadName, File: file, Warning: fault.warning,
			Choice: "rename or move the file; " + l.convention.options.expectedForm()}, "the file name %q %s", file, fault.detail)
	case n.event != "":
		l.reportf(migrate.Problem{Kind: migrate.BadName, File: file, Warning: true,
			Choice: "put what it does into a migration, or run it beside safemigrate"}, "%q is a callback (%s), and is not run", file, n.event)
	case n.kind == "":
		l.considerConfig(file)
	default:
		l.add(file, n)
	}
}

// considerConfig warns of a script's configuration that has lost its script.
func (l *loading) considerConfig(file string) {
	script, isConfig := cutSuffixFold(file, configSuffix)
	if !isConfig || l.tree.has(script) {
		return
	}
	if n, fault := l.convention.names.read(path.Base(script)); fault == nil && n.kind != "" {
		l.reportf(migrate.Problem{Kind: migrate.BadName, File: file, Warning: true,
			Choice: "bring the script back, or delete the configuration"}, "%q configures a script that does not exist", file)
	}
}

func (l *loading) add(file string, n name) {
	p := migrate.Problem{Kind: migrate.BadName, Version: n.version, File: file, Warning: n.kind == migrate.Undo}
	if fault := spellingFaultOf(path.Dir(file)); fault != "" {
		p.Choice = "rename the directory"
		l.reportf(p, "the directory of %q %s", file, fault)
		return
	}
	if fault, bad := l.tree.faults[file]; bad {
		p.Choice = "put a regular file in its place, or move it away"
		l.reportf(p, "%q cannot be read as a migration: %s", file, fault)
		return
	}
	at := slot{kind: n.kind, key: key(n.version)}
	if n.kind == migrate.Repeatable {
		at.key = n.description
	}
	if first, taken := l.taken[at]; taken {
		p.Kind = migrate.Duplicate
		p.Choice = "rename one of them, or delete it; Flyway refuses such a directory too"
		l.reportf(p, "%q and %q are both %s", first, file, n.label())
		return
	}
	l.taken[at] = file
	l.found = append(l.found, l.read(file, n))
}

// spellingFaultOf judges directories by the same measure, but they may be nested.
func spellingFaultOf(dir string) string {
	for dir != "." {
		if fault := spellingFault(path.Base(dir)); fault != "" {
			return fault
		}
		dir = path.Dir(dir)
	}
	return ""
}

func (n name) label() string {
	if n.kind == migrate.Repeatable {
		return fmt.Sprintf("the repeatable migration %q", n.description)
	}
	return fmt.Sprintf("the %s migration of version %s", n.kind, n.version)
}
