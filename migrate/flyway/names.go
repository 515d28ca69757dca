package flyway

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/safemigrate/safemigrate/migrate"
)

// name is what a file's base name says. A callback has an event and no kind; a
// file that has nothing to do with Flyway has neither.
type name struct {
	kind        migrate.Kind
	event       string
	version     string
	description string
}

// nameFault is a name that Flyway would not take. It stops nothing where the file
// may just as well be something else.
type nameFault struct {
	detail  string
	warning bool
}

// prefix is one way in which a name can begin.
type prefix struct {
	text  string
	kind  migrate.Kind
	event string
}

// namer reads names under the settings' prefixes, the longest first, as the
// longest that fits is the one that counts.
type namer struct {
	options  Options
	prefixes []prefix
}

func newNamer(o Options) namer {
	list := []prefix{
		{text: o.Prefix, kind: migrate.Versioned},
		{text: o.RepeatablePrefix, kind: migrate.Repeatable},
		{text: o.BaselinePrefix, kind: migrate.Baseline},
		{text: o.UndoPrefix, kind: migrate.Undo},
	}
	for _, event := range events() {
		list = append(list, prefix{text: event, event: event})
	}
	slices.SortStableFunc(list, func(a, b prefix) int { return cmp.Compare(len(b.text), len(a.text)) })
	return namer{options: o, prefixes: list}
}

// read takes a base name apart.
func (r namer) read(base string) (name, *nameFault) {
	if !r.looksLikeMigration(base) {
		return name{}, nil
	}
	if fault := spellingFault(base); fault != "" {
		return name{}, &nameFault{detail: fault}
	}
	stem, matches := cutSuffixFold(base, r.options.Suffix)
	if !matches {
		return name{}, &nameFault{detail: "is not run: it does not end in " + r.options.Suffix, warning: true}
	}
	for _, p := range r.prefixes {
		if rest, ok := strings.CutPrefix(stem, p.text); ok {
			return r.readRest(p, rest)
		}
	}
	return name{}, &nameFault{detail: "is not run: it does not begin with a prefix of Flyway", warning: true}
}

// readRest reads what follows the prefix: version, separator, description.
func (r namer) readRest(p prefix, rest string) (name, *nameFault) {
	version, description, separated := strings.Cut(rest, r.options.Separator)
	n := name{kind: p.kind, event: p.event, description: strings.ReplaceAll(description, "_", " ")}
	if p.kind == migrate.Repeatable || p.event != "" {
		if version == "" {
			return n, nil
		}
		return name{}, &nameFault{
			detail:  fmt.Sprintf("begins with %s, whose files have no version, but has %q", p.text, version),
			warning: !separated || p.event != "",
		}
	}
	stored, err := readVersion(version)
	if err == nil {
		n.version = stored
		return n, nil
	}
	// "View.sql" only happens to begin with the prefix; "V1_x.sql" is a slip.
	slip := separated || version == "" || unicode.IsDigit(rune(version[0]))
	if version == "" {
		return name{}, &nameFault{detail: fmt.Sprintf("begins with %s, whose files have a version, but has none", p.text), warning: p.kind == migrate.Undo}
	}
	return name{}, &nameFault{detail: fmt.Sprintf("has no valid version: %q: %v", version, err), warning: !slip || p.kind == migrate.Undo}
}

// looksLikeMigration tells whether someone may have meant the file to run.
// Hidden files are an editor's or a file manager's, not a person's.
func (r namer) looksLikeMigration(base string) bool {
	if strings.HasPrefix(base, ".") {
		return false
	}
	plain := strings.Map(func(c rune) rune {
		if hidden(c) {
			return -1
		}
		return c
	}, base)
	if _, ok := cutSuffixFold(plain, r.options.Suffix); ok {
		return true
	}
	version, _, separated := strings.Cut(plain, r.options.Separator)
	number, ok := strings.CutPrefix(version, r.options.Prefix)
	return ok && separated && dotted.MatchString(strings.ReplaceAll(number, "_", ".")) &&
		!strings.HasSuffix(plain, configSuffix)
}

func cutSuffixFold(s, suffix string) (string, bool) {
	at := len(s) - len(suffix)
	if at < 0 || !strings.EqualFold(s[at:], suffix) {
		return s, false
	}
	return s[:at], true
}

// spellingFault says what makes a name unfit to be shown or opened, or "".
func spellingFault(base string) string {
	switch {
	case !utf8.ValidString(base):
		return "is not valid UTF-8"
	case strings.ContainsFunc(base, hidden):
		return "contains a control or invisible character"
	case strings.Contains(base, ".."), strings.ContainsAny(base, `/\`):
		return `contains "..", a slash or a backslash`
	}
	return ""
}

// hidden reports characters that a terminal does not show as they are: controls,
// line separators and the format characters that turn the writing direction.
func hidden(r rune) bool {
	return unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp) || r == utf8.RuneError
}

// events are the callbacks' names in Flyway 13.
func events() []string {
	list := []string{"beforeRepeatables", "afterVersioned", "afterMigrateApplied",
		"createSchema", "beforeCreateSchema", "beforeConnect", "afterConnect"}
	for _, command := range []string{"Clean", "Migrate", "Undo", "Validate", "Baseline", "Repair", "Info"} {
		list = append(list, "before"+command, "after"+command, "after"+command+"Error", "after"+command+"OperationFinish")
	}
	for _, command := range []string{"Migrate", "Undo"} {
		list = append(list, "beforeEach"+command, "afterEach"+command, "afterEach"+command+"Error",
			"beforeEach"+command+"Statement", "afterEach"+command+"Statement", "afterEach"+command+"StatementError")
	}
	return list
}
