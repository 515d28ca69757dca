package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/safemigrate/safemigrate"
)

// file is safemigrate.yaml. What is left out of it stays nil.
type file struct {
	Database    *string                  `yaml:"database"`
	Source      *string                  `yaml:"source"`
	Convention  *string                  `yaml:"convention"`
	Tables      []string                 `yaml:"tables"`
	Exclude     []string                 `yaml:"exclude"`
	Strategy    *string                  `yaml:"strategy"`
	Jobs        *string                  `yaml:"jobs"`
	Programs    *string                  `yaml:"pg_bin"`
	Scope       *string                  `yaml:"scope"`
	MaxSnapshot *string                  `yaml:"max_snapshot"`
	MaxLock     *string                  `yaml:"max_lock"`
	LockTimeout *string                  `yaml:"lock_timeout"`
	LockTry     *string                  `yaml:"lock_try"`
	Allow       []string                 `yaml:"allow"`
	FailOn      []string                 `yaml:"fail_on"`
	OnFailure   *string                  `yaml:"on_failure"`
	Store       *string                  `yaml:"store"`
	Recipients  []string                 `yaml:"recipient"`
	Identities  []string                 `yaml:"identity"`
	Passphrase  *string                  `yaml:"passphrase_file"`
	Flyway      safemigrate.FlywayConfig `yaml:"flyway"`
}

// fileValue is one setting of a file, under the names of the file and of its flag.
type fileValue struct {
	key, name string
	texts     []string
	absent    bool
}

func (f *file) values() []fileValue {
	one := func(key string, text *string) fileValue {
		v := fileValue{key: key, name: strings.ReplaceAll(key, "_", "-"), absent: text == nil}
		if text != nil {
			v.texts = []string{*text}
		}
		return v
	}
	many := func(key string, texts []string) fileValue {
		return fileValue{key: key, name: strings.ReplaceAll(key, "_", "-"), texts: texts, absent: texts == nil}
	}
	return []fileValue{
		one("database", f.Database), one("source", f.Source), one("convention", f.Convention),
		one("strategy", f.Strategy), one("jobs", f.Jobs), one("pg_bin", f.Programs),
		one("scope", f.Scope), one("max_snapshot", f.MaxSnapshot), one("max_lock", f.MaxLock),
		many("tables", f.Tables), many("exclude", f.Exclude), one("lock_timeout", f.LockTimeout), one("lock_try", f.LockTry),
		many("allow", f.Allow), many("fail_on", f.FailOn), one("on_failure", f.OnFailure),
		one("store", f.Store), many("recipient", f.Recipients), many("identity", f.Identities), one("passphrase_file", f.Passphrase),
	}
}

// readFile decodes a file strictly: an unknown key is an error, and so is a
// second document. Its errors quote keys and lines, never values: a value may
// be a URL.
func readFile(path string, content []byte) (*file, error) {
	const hint = "the keys are database, source, convention, strategy, jobs, pg_bin, scope, max_snapshot, max_lock, tables, exclude, lock_timeout, lock_try, allow, fail_on, on_failure, store, recipient, identity, passphrase_file and flyway"
	var f file
	d := yaml.NewDecoder(bytes.NewReader(content))
	d.KnownFields(true)
	if err := d.Decode(&f); err != nil {
		if errors.Is(err, io.EOF) {
			return &file{}, nil
		}
		return nil, usage(hint, "%s: %w", path, withoutValues(err))
	}
	if err := d.Decode(&file{}); !errors.Is(err, io.EOF) {
		return nil, usage(hint, "%s: it holds more than one document", path)
	}
	return &f, nil
}

var (
	// Only what looks like a setting is quoted: in a file that went wrong, a
	// piece of a password can stand where a key is expected.
	unknownKey = regexp.MustCompile(`line (\d+): field ([a-z_-]{1,24}) not found`)
	twiceKey   = regexp.MustCompile(`line (\d+): mapping key "([a-z_-]{1,24})" already defined`)
	noKey      = regexp.MustCompile(`line (\d+): field .* not found`)
	otherLine  = regexp.MustCompile(`line (\d+): `)
)

// withoutValues says what is wrong and where, without what the decoder quotes.
func withoutValues(err error) error {
	text := err.Error()
	switch {
	case unknownKey.MatchString(text):
		m := unknownKey.FindStringSubmatch(text)
		return fmt.Errorf("line %s: there is no setting %q", m[1], m[2])
	case twiceKey.MatchString(text):
		m := twiceKey.FindStringSubmatch(text)
		return fmt.Errorf("line %s: %q is set twice", m[1], m[2])
	case noKey.MatchString(text):
		return fmt.Errorf("line %s: there is no such setting", noKey.FindStringSubmatch(text)[1])
	case otherLine.MatchString(text):
		return fmt.Errorf("line %s: not a valid value here", otherLine.FindStringSubmatch(text)[1])
	}
	return errors.New("it is not YAML with one setting a line")
}

var (
	reference  = regexp.MustCompile(`\$\{([A-Za-z_][A-Za-z0-9_]*)\}`)
	references = regexp.MustCompile(`\$\{[^}]*\}?`)
)

// expand replaces ${NAME} by the environment variable NAME, which has to be set.
func expand(text string, lookup func(string) (string, bool)) (string, error) {
	var failed error
	expanded := references.ReplaceAllStringFunc(text, func(match string) string {
		m := reference.FindStringSubmatch(match)
		if m == nil {
			failed = errors.New("${…} holds no name of a variable")
			return ""
		}
		value, _ := lookup(m[1])
		if value == "" {
			failed = fmt.Errorf("the environment variable %s is not set", m[1])
		}
		return value
	})
	return expanded, failed
}

// flywayEnvironment reads the Flyway settings that stand in the environment.
func (s *settings) flywayEnvironment(lookup func(string) (string, bool)) error {
	if v, _ := lookup("SAFEMIGRATE_FLYWAY_SCHEMA"); v != "" {
		s.flyway.Schema = v
	}
	if v, _ := lookup("SAFEMIGRATE_FLYWAY_TABLE"); v != "" {
		s.flyway.Table = v
	}
	if v, _ := lookup("SAFEMIGRATE_FLYWAY_OUT_OF_ORDER"); v != "" {
		b, err := strconv.ParseBool(v)
		if err != nil {
			return usage("write true or false", "SAFEMIGRATE_FLYWAY_OUT_OF_ORDER is neither true nor false")
		}
		s.flyway.OutOfOrder = b
	}
	v, _ := lookup("SAFEMIGRATE_FLYWAY_PLACEHOLDERS")
	if v == "" {
		return nil
	}
	merged := map[string]string{}
	maps.Copy(merged, s.flyway.Placeholders)
	for pair := range strings.SplitSeq(v, ",") {
		name, value, found := strings.Cut(pair, "=")
		if !found || name == "" {
			return usage("write name=value,name=value", "SAFEMIGRATE_FLYWAY_PLACEHOLDERS is not name=value pairs with commas between")
		}
		merged[name] = value
	}
	s.flyway.Placeholders = merged
	return nil
}
