package dsn

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// mysqlURL is the URL of a MySQL or MariaDB database in its parts, decoded.
type mysqlURL struct {
	user, password       string
	hasUser, hasPassword bool
	network, address     string // tcp and host:port, or unix and a path
	shown                string // what stands between @ and the database's name
	database             string
	params               []param
}

// driverForm is go-sql-driver's DSN, which golang-migrate puts behind mysql://.
// The address is the last one: a password may hold anything.
var driverForm = regexp.MustCompile(`(?s)^(?:(.*)@)?(tcp|tcp6|unix)\(([^()@]*)\)/([^/?#@()]*)(?:\?([^@#?]*))?$`)

// What a MySQL URL can have wrong, besides errors of every server's URL.
var (
	errNoDatabase = errors.New("it names no database; write it after the address: /name")
	errUserColon  = errors.New("a user name with a colon cannot be written for MySQL")
	errOneHost    = errors.New("it names several hosts; a MySQL database has one address")
	errAddress    = errors.New("the address in parentheses is neither host:port nor the absolute path of a socket")
)

const mysqlPort = "3306"

// parseMySQL reads what follows mysql:// or mariadb://: golang-migrate's form
// user:password@tcp(host:port)/database, whose user and password are decoded
// as it decodes them, or the usual user:password@host:port/database.
func parseMySQL(rest string) (mysqlURL, error) {
	if strings.ContainsFunc(rest, func(r rune) bool { return r <= ' ' || r == 0x7f }) {
		return mysqlURL{}, errSpace
	}
	if driverForm.MatchString(rest) {
		return parseDriverForm(rest, url.QueryUnescape)
	}
	c, err := parseServer(rest)
	if err != nil {
		return mysqlURL{}, err
	}
	u := mysqlURL{user: c.user, password: c.password, hasUser: c.hasUser, hasPassword: c.hasPassword, shown: c.hosts, params: c.params}
	if strings.Contains(c.hosts, ",") {
		return u, errOneHost
	}
	u.network, u.address = "tcp", hostAndPort(c.hosts)
	u.database = unescape(strings.TrimPrefix(c.path, "/"))
	u.takeSocket()
	err = u.check()
	return u, err
}

// parseDriverForm reads the driver's DSN. decode is for user and password.
func parseDriverForm(text string, decode func(string) (string, error)) (mysqlURL, error) {
	m := driverForm.FindStringSubmatch(text)
	if m == nil {
		return mysqlURL{}, errHost
	}
	u := mysqlURL{network: m[2], address: m[3], shown: m[2] + "(" + m[3] + ")", hasUser: m[1] != ""}
	user, password, found := strings.Cut(m[1], ":")
	u.hasPassword = found && password != ""
	var errs [3]error
	u.user, errs[0] = decode(user)
	u.password, errs[1] = decode(password)
	u.database, errs[2] = url.PathUnescape(m[4])
	if errors.Join(errs[:]...) != nil || !escapesValid(m[5]) {
		return u, errEscape
	}
	var err error
	if u.params, err = parseQuery(m[5]); err != nil {
		return u, err
	}
	switch {
	case u.network == "unix" && !strings.HasPrefix(u.address, "/"):
		return u, errAddress
	case u.network != "unix":
		if err := checkHosts(u.address); err != nil {
			return u, err
		}
		u.address = hostAndPort(u.address)
	}
	err = u.check()
	return u, err
}

func hostAndPort(authority string) string {
	host, port := authority, mysqlPort
	if i := strings.LastIndexByte(authority, ':'); i > strings.LastIndexByte(authority, ']') {
		host, port = authority[:i], authority[i+1:]
	}
	if host == "" {
		host = "127.0.0.1"
	}
	if port == "" {
		port = mysqlPort
	}
	return net.JoinHostPort(strings.Trim(host, "[]"), port)
}

// takeSocket reads the parameter by which other tools name a socket.
func (u *mysqlURL) takeSocket() {
	u.params = slices.DeleteFunc(u.params, func(p param) bool {
		socket := p.name == "socket" || p.name == "unix_socket"
		if socket {
			u.network, u.address, u.shown = "unix", p.value, "unix("+p.value+")"
		}
		return socket
	})
}

func (u *mysqlURL) check() error {
	switch {
	case u.database == "":
		return errNoDatabase
	case strings.Contains(u.user, ":"):
		return errUserColon
	case strings.ContainsRune(u.user+u.password+u.database+u.address, 0):
		return errNul
	case strings.ContainsFunc(u.address+u.database, func(r rune) bool { return r < ' ' || r == 0x7f || r == '@' || r == '(' || r == ')' || r == '?' }),
		strings.Contains(u.database, "/"), u.network == "unix" && !strings.HasPrefix(u.address, "/"):
		return errAddress
	}
	return nil
}

// target takes the options that are no concern of the driver out, and writes
// the rest in the driver's form.
func (u *mysqlURL) target() (Target, error) {
	options, params, err := takeOptions(u.params)
	if err != nil {
		return Target{}, err
	}
	if options.TableQuoted {
		return Target{}, errors.New("option x-migrations-table-quoted of the database URL is for PostgreSQL")
	}
	t := Target{Engine: MySQL, Options: options, TLS: options.tls}
	t.Options.tls = TLS{}
	var b strings.Builder
	b.WriteString(u.user)
	if u.hasPassword {
		b.WriteString(":" + u.password)
	}
	b.WriteString("@" + u.network + "(" + u.address + ")/" + url.PathEscape(u.database))
	separator := "?"
	for _, p := range params {
		pass, err := t.setMySQLParam(p)
		if err != nil {
			return Target{}, err
		}
		if pass {
			b.WriteString(separator + p.name + "=" + url.QueryEscape(p.value))
			separator = "&"
		}
	}
	t.MySQL = b.String()
	return t, t.TLS.check()
}

// redact writes the parts for people to read.
func (u *mysqlURL) redact() string {
	var b strings.Builder
	if u.hasUser {
		b.WriteString(url.User(u.user).String())
		if u.hasPassword {
			b.WriteString(":" + mask)
		}
		b.WriteByte('@')
	}
	b.WriteString(u.shown + "/" + url.PathEscape(u.database))
	separator := "?"
	for _, p := range u.params {
		if slices.Contains(shownMySQLParams, p.name) {
			b.WriteString(separator + p.name + "=" + url.QueryEscape(p.value))
			separator = "&"
		}
	}
	return b.String()
}

// shownMySQLParams are the parameters that a redacted URL shows.
var shownMySQLParams = []string{"charset", "collation", "sql_mode", "timeout", "tls", "x-migrations-table", "x-no-lock"}

var errNoScheme = errors.New("it has no scheme; write postgres://user@host/database, mysql://user@host/database or sqlite://file.db")

// readMySQL reads a URL or a DSN in the driver's own form, which has no scheme.
func readMySQL(scheme, rest string) (mysqlURL, error) {
	if scheme == "" {
		if strings.ContainsFunc(rest, func(r rune) bool { return r < ' ' || r == 0x7f }) {
			return mysqlURL{}, errSpace
		}
		return parseDriverForm(rest, func(s string) (string, error) { return s, nil })
	}
	return parseMySQL(rest)
}

// isMySQL reports whether the scheme, or the driver's form without one, is of
// MySQL.
func isMySQL(scheme, rest string) bool {
	return scheme == "mysql" || scheme == "mariadb" || scheme == "" && !keywordPattern.MatchString(rest) && driverForm.MatchString(rest)
}

func parseMySQLTarget(scheme, rest string) (Target, error) {
	u, err := readMySQL(scheme, rest)
	var t Target
	if err == nil {
		t, err = u.target()
	}
	if err != nil {
		form := scheme + "://…"
		if scheme == "" {
			form = "the form of MySQL's driver"
		}
		return Target{}, fmt.Errorf("%s: %w", form, err)
	}
	return t, nil
}
