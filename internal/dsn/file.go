package dsn

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// parseFile reads what follows sqlite://. The path is taken to the letter:
// golang-migrate's drivers decode no escapes in it either.
func parseFile(rest string) (Target, error) {
	t := Target{Engine: SQLite}
	path, query, _ := strings.Cut(rest, "?")
	path = strings.TrimPrefix(path, "file:")
	switch {
	case strings.ContainsFunc(path, func(r rune) bool { return r < ' ' || r == 0x7f }):
		return t, errors.New("the file's name holds a control character")
	case looksLikeServer(rest):
		return t, errors.New("this is the form of a server's URL, not of a file's")
	case path == "":
		return t, errors.New("it names no file; write sqlite://file.db, or sqlite:///absolute/file.db")
	case strings.Contains(path, ":memory:"):
		return t, errors.New("a database in memory is gone when safemigrate ends; name a file")
	}
	t.Path = path
	if !escapesValid(query) {
		return t, errEscape
	}
	params, err := parseQuery(query)
	if err != nil {
		return t, err
	}
	if t.Options, params, err = takeOptions(params); err != nil {
		return t, err
	}
	if err := t.Options.notMySQL(); err != nil {
		return t, err
	}
	for _, p := range params {
		if err := t.setParam(p); err != nil {
			return t, err
		}
	}
	return t, nil
}

// looksLikeServer finds user:password@, also where the password has slashes or
// question marks in it. The colon of a drive letter does not count.
func looksLikeServer(rest string) bool {
	if len(rest) > 2 && rest[1] == ':' && (rest[2] == '\\' || rest[2] == '/') {
		rest = rest[2:]
	}
	rest = strings.TrimPrefix(rest, "file:")
	colon := strings.IndexByte(rest, ':')
	return colon >= 0 && strings.Contains(rest[colon:], "@")
}

var pragmaPattern = regexp.MustCompile(`^\s*([a-z_]+)\s*(?:\(\s*'?([A-Za-z0-9_.+-]+)'?\s*\)|=\s*'?([A-Za-z0-9_.+-]+)'?)\s*$`)

// driverParams set what Go drivers do with a connection, not what the database does.
var driverParams = []string{"cache", "_mutex", "_txlock", "_loc", "_time_format", "_time_integer_format", "_timezone",
	"_texttotime", "_inttotime", "_stmt_cache_size"}

// pragmaParams are the short forms of the widely used cgo driver.
var pragmaParams = map[string]string{
	"_auto_vacuum": "auto_vacuum", "_vacuum": "auto_vacuum",
	"_busy_timeout": "busy_timeout", "_timeout": "busy_timeout",
	"_case_sensitive_like": "case_sensitive_like", "_cslike": "case_sensitive_like",
	"_cache_size":         "cache_size",
	"_defer_foreign_keys": "defer_foreign_keys", "_defer_fk": "defer_foreign_keys",
	"_foreign_keys": "foreign_keys", "_fk": "foreign_keys",
	"_ignore_check_constraints": "ignore_check_constraints",
	"_journal_mode":             "journal_mode", "_journal": "journal_mode",
	"_locking_mode": "locking_mode", "_locking": "locking_mode",
	"_recursive_triggers": "recursive_triggers", "_rt": "recursive_triggers",
	"_secure_delete": "secure_delete",
	"_synchronous":   "synchronous", "_sync": "synchronous",
}

func (t *Target) setParam(p param) error {
	if pragma, ok := pragmaParams[p.name]; ok {
		return t.addPragma(p.name, pragma+"="+p.value)
	}
	if slices.Contains(driverParams, p.name) {
		return nil
	}
	switch p.name {
	case "_pragma":
		return t.addPragma(p.name, p.value)
	case "mode":
		return t.setMode(p.value)
	}
	return unknownParam(p.name)
}

func (t *Target) addPragma(name, text string) error {
	m := pragmaPattern.FindStringSubmatch(strings.ToLower(text))
	if m == nil {
		return fmt.Errorf("option %s of the database URL is not name(value)", name)
	}
	t.Pragmas = append(t.Pragmas, m[1]+"="+m[2]+m[3])
	return nil
}

func (t *Target) setMode(mode string) error {
	switch mode {
	case "rwc":
	case "rw":
		t.MustExist = true
	case "ro":
		t.ReadOnly, t.MustExist = true, true
	case "memory":
		return errors.New("a database in memory is gone when safemigrate ends; name a file")
	default:
		return errors.New("option mode of the database URL is none of ro, rw and rwc")
	}
	return nil
}

var paramPattern = regexp.MustCompile(`^_?[a-z]{1,16}(_[a-z]{1,16}){0,3}$`)

func unknownParam(name string) error {
	if !paramPattern.MatchString(name) {
		return errors.New("an option of the database URL is unknown")
	}
	return fmt.Errorf("option %s of the database URL is not supported", name)
}
