package dsn

import (
	"net/url"
	"slices"
	"strings"
)

// mask stands where a password is.
const mask = "xxxxx"

// shownParams are the parameters that a redacted URL shows. Others may hold a
// secret under a name that nobody here knows.
var shownParams = []string{
	"host", "hostaddr", "port", "dbname", "database", "user", "service", "sslmode", "target_session_attrs",
	"connect_timeout", "application_name", "search_path", "x-migrations-table", "x-migrations-table-quoted",
}

// Redact returns url for people to read: without password, and without
// anything that might be a piece of one where url cannot be read with certainty.
func Redact(url string) string {
	url = strings.TrimSpace(url)
	scheme, rest := splitScheme(url)
	if _, err := Parse(url); err != nil {
		return unreadable(scheme)
	}
	if isMySQL(scheme, rest) {
		return redactMySQL(scheme, rest)
	}
	switch scheme {
	case "sqlite", "sqlite3":
		path, _, _ := strings.Cut(rest, "?")
		return scheme + "://" + path
	case "":
		c, err := parseKeywords(url)
		if err != nil {
			return unreadable(scheme)
		}
		return c.redactKeywords()
	}
	c, err := parseServer(rest)
	if err != nil {
		return unreadable(scheme)
	}
	return scheme + "://" + c.redact()
}

// HasPassword reports whether url holds a password, or cannot be read and may.
func HasPassword(url string) bool {
	url = strings.TrimSpace(url)
	scheme, rest := splitScheme(url)
	if _, err := Parse(url); err != nil {
		return strings.Contains(url, "@") || strings.Contains(strings.ToLower(url), "pass")
	}
	if isMySQL(scheme, rest) {
		u, err := readMySQL(scheme, rest)
		return err != nil || u.hasPassword
	}
	var c connection
	var err error
	switch scheme {
	case "sqlite", "sqlite3":
		return false
	case "":
		c, err = parseKeywords(url)
	default:
		c, err = parseServer(rest)
	}
	return err != nil || c.hasPassword || slices.ContainsFunc(c.params, func(p param) bool {
		return p.value != "" && isSecret(p.name)
	})
}

func redactMySQL(scheme, rest string) string {
	u, err := readMySQL(scheme, rest)
	switch {
	case err != nil:
		return unreadable(scheme)
	case scheme == "":
		return u.redact()
	}
	return scheme + "://" + u.redact()
}

func isSecret(name string) bool { return name == "password" || name == "sslpassword" }

func unreadable(scheme string) string {
	switch scheme {
	case "postgres", "postgresql", "pgx", "pgx5", "sqlite", "sqlite3", "mysql", "mariadb":
		return scheme + "://…"
	}
	return "…"
}

func (c *connection) redact() string {
	var b strings.Builder
	if c.hasUser {
		b.WriteString(url.User(c.user).String())
		if c.hasPassword {
			b.WriteString(":" + mask)
		}
		b.WriteByte('@')
	}
	b.WriteString(c.hosts + c.path)
	separator := "?"
	for _, p := range c.params {
		if value, ok := shown(p); ok {
			b.WriteString(separator + p.name + "=" + url.QueryEscape(value))
			separator = "&"
		}
	}
	return b.String()
}

func (c *connection) redactKeywords() string {
	var parts []string
	for _, p := range c.params {
		if value, ok := shown(p); ok {
			parts = append(parts, p.name+"="+url.QueryEscape(value))
		}
	}
	return strings.Join(parts, " ")
}

// shown returns what to print of a parameter, if it is to be printed.
func shown(p param) (string, bool) {
	if isSecret(p.name) {
		return mask, true
	}
	return p.value, slices.Contains(shownParams, p.name)
}
