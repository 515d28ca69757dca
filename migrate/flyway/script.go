package flyway

import (
	"fmt"
	"path"

	"github.com/safemigrate/safemigrate/migrate"
)

// read makes a migration of a file that has the right name.
func (l *loading) read(file string, n name) migrate.Migration {
	m := migrate.Migration{Version: n.version, Name: n.description, Kind: n.kind, File: file}
	p := migrate.Problem{Kind: migrate.BadText, Version: n.version, File: file, Warning: n.kind == migrate.Undo}
	config, err := l.config(file)
	if err != nil {
		p.Choice = "correct " + file + configSuffix
		l.reportf(p, "%q is not a script configuration: %v", file+configSuffix, err)
		return m
	}
	m.OutsideTransaction = config.executeInTransaction != nil && !*config.executeInTransaction
	encoding := l.convention.options.Encoding
	if config.encoding != "" {
		encoding = config.encoding
	}
	written, err := readText(l.src, file, l.tree.sizes[file], encoding)
	if err != nil {
		p.Choice = fmt.Sprintf("save the file as %s, or name its encoding in %s", encoding, file+configSuffix)
		l.reportf(p, "%q cannot be read: %v", file, err)
		return m
	}
	m.Checksum = checksum(written)
	if m.Text, err = l.fill(written, file, config); err != nil {
		p.Choice = "give it a value among the placeholders, or set placeholderReplacement=false in " + file + configSuffix
		l.reportf(p, "%q: %v", file, err)
		return m
	}
	m.Digest = digest(m.Text)
	if m.Kind == migrate.Repeatable {
		l.convention.remember(m, *m.Checksum)
		m.Checksum = checksum(m.Text)
	}
	return m
}

func (l *loading) config(file string) (scriptConfig, error) {
	name := file + configSuffix
	if !l.tree.has(name) {
		return scriptConfig{}, nil
	}
	if fault, bad := l.tree.faults[name]; bad {
		return scriptConfig{}, fmt.Errorf("it cannot be read: %s", fault)
	}
	text, err := readText(l.src, name, l.tree.sizes[name], l.convention.options.Encoding)
	if err != nil {
		return scriptConfig{}, err
	}
	return readScriptConfig(text)
}

func (l *loading) fill(text, file string, config scriptConfig) (string, error) {
	o := l.convention.options
	replaces := o.replaces()
	if config.placeholderReplacement != nil {
		replaces = *config.placeholderReplacement
	}
	if !replaces {
		return text, nil
	}
	r := replacer{prefix: o.PlaceholderPrefix, suffix: o.PlaceholderSuffix, values: o.placeholders(path.Base(file))}
	return r.replace(text)
}
