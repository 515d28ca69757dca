package golangmigrate

import (
	"errors"
	"fmt"
	"math"
	"path"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/golang-migrate/migrate/v4/source"

	"github.com/safemigrate/safemigrate/migrate"
)

const expectedForm = "golang-migrate's names look like 12_add_phone.up.sql"

// readName parses a file name with golang-migrate's own expression. A file that
// has nothing to do with migrations gives neither a result nor a problem.
func readName(name string) (*source.Migration, *migrate.Problem) {
	if !looksLikeMigration(name) {
		return nil, nil
	}
	if fault := nameFault(name); fault != "" {
		return nil, &migrate.Problem{
			Kind: migrate.BadName, File: name,
			Detail: fmt.Sprintf("the file name %q %s", name, fault),
			Choice: "rename the file; " + expectedForm,
		}
	}
	parsed, err := source.Parse(name)
	switch {
	case errors.Is(err, source.ErrParse):
		return nil, &migrate.Problem{
			Kind: migrate.BadName, File: name, Warning: true,
			Detail: fmt.Sprintf("%q is not run: it does not have the form of a migration's name", name),
			Choice: "rename or move the file; " + expectedForm,
		}
	case err != nil || uint64(parsed.Version) > math.MaxInt64:
		return nil, &migrate.Problem{
			Kind: migrate.BadName, File: name,
			Detail: fmt.Sprintf("the version of %q is above %d, the highest that golang-migrate's table can hold", name, int64(math.MaxInt64)),
			Choice: "give the file a smaller version",
		}
	}
	return parsed, nil
}

// looksLikeMigration tells whether someone may have meant the file to run.
// Hidden files are an editor's or a file manager's, not a person's.
func looksLikeMigration(name string) bool {
	if strings.HasPrefix(name, ".") {
		return false
	}
	plain := strings.ToLower(strings.Map(func(r rune) rune {
		if hidden(r) {
			return -1
		}
		return r
	}, name))
	return path.Ext(plain) == ".sql" || strings.Contains(plain, ".up.") || strings.Contains(plain, ".down.")
}

// nameFault says what makes a name unfit to be shown or opened, or "".
func nameFault(name string) string {
	switch {
	case !utf8.ValidString(name):
		return "is not valid UTF-8"
	case strings.ContainsFunc(name, hidden):
		return "contains a control or invisible character"
	case strings.Contains(name, ".."), strings.ContainsAny(name, `/\`):
		return `contains "..", a slash or a backslash`
	}
	return ""
}

// hidden reports characters that a terminal does not show as they are: controls,
// line separators and the format characters that turn the writing direction.
func hidden(r rune) bool {
	return unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp) || r == utf8.RuneError
}
