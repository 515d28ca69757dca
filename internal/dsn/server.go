package dsn

import (
	"errors"
	"net/url"
	"regexp"
	"strconv"
	"strings"
)

// connection is a PostgreSQL URL in its parts, each decoded except hosts and path.
type connection struct {
	user, password       string
	hasUser, hasPassword bool
	hosts                string // host[:port], several with commas between, as written
	path                 string // with its slash, as written
	params               []param
}

// param is one name=value of a query, or of the keyword form.
type param struct{ name, value string }

// What a URL can have wrong. None of them quotes it.
var (
	errSpace    = errors.New("it holds a space or a control character; write it as % and two hex digits")
	errEscape   = errors.New("a % is not followed by two hex digits; write a plain % as %25")
	errMisplace = errors.New("an @, # or ? stands where it cannot; in a user name or password write %40, %23, %3F, and / as %2F")
	errHost     = errors.New("the host is not valid; in a user name or password write @ : / ? # as %40 %3A %2F %3F %23")
	errPort     = errors.New("the port is not a number from 1 to 65535; in a user name or password write @ : / ? # as %40 %3A %2F %3F %23")
	errQuery    = errors.New("the part after ? is not name=value pairs with & between")
	errNul      = errors.New("it holds an escaped NUL character")
)

// parseServer reads what follows postgres://. The user name and password end at
// the last @ before the first slash, as golang-migrate has it.
func parseServer(rest string) (connection, error) {
	var c connection
	if strings.ContainsFunc(rest, func(r rune) bool { return r <= ' ' || r == 0x7f }) {
		return c, errSpace
	}
	if !escapesValid(rest) {
		return c, errEscape
	}
	end := strings.IndexAny(rest, "/?#")
	if end < 0 {
		end = len(rest)
	}
	authority, tail := rest[:end], rest[end:]
	if strings.ContainsAny(tail, "@#") || strings.Count(tail, "?") > 1 {
		return c, errMisplace
	}
	if at := strings.LastIndexByte(authority, '@'); at >= 0 {
		c.setUser(authority[:at])
		authority = authority[at+1:]
	}
	if err := checkHosts(authority); err != nil {
		return c, err
	}
	c.hosts = authority
	path, query, _ := strings.Cut(tail, "?")
	c.path = path
	var err error
	if c.params, err = parseQuery(query); err != nil {
		return c, err
	}
	if strings.ContainsRune(c.user+c.password, 0) || strings.Contains(path, "%00") {
		return c, errNul
	}
	return c, nil
}

// setUser takes user:password, whose escapes were checked before.
func (c *connection) setUser(text string) {
	user, password, found := strings.Cut(text, ":")
	c.user, c.password = unescape(user), unescape(password)
	c.hasUser, c.hasPassword = true, found && password != ""
}

func unescape(text string) string {
	plain, err := url.PathUnescape(text)
	if err != nil {
		return text
	}
	return plain
}

func escapesValid(text string) bool {
	_, err := url.PathUnescape(text)
	return err == nil
}

var (
	hostPattern = regexp.MustCompile(`^[A-Za-z0-9._~%\x{80}-\x{10FFFF}-]*$`)
	ip6Pattern  = regexp.MustCompile(`^\[[0-9A-Fa-f:.]+(%[A-Za-z0-9%._~-]+)?\]$`)
	namePattern = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_.-]*$`)
)

// checkHosts judges host[:port], several of them with commas between.
func checkHosts(authority string) error {
	for one := range strings.SplitSeq(authority, ",") {
		host, port := one, ""
		if i := strings.LastIndexByte(one, ':'); i > strings.LastIndexByte(one, ']') {
			host, port = one[:i], one[i+1:]
		}
		if !hostPattern.MatchString(host) && !ip6Pattern.MatchString(host) {
			return errHost
		}
		if n, err := strconv.ParseUint(port, 10, 16); port != "" && (err != nil || n == 0) {
			return errPort
		}
	}
	return nil
}

func parseQuery(query string) ([]param, error) {
	var params []param
	for pair := range strings.SplitSeq(query, "&") {
		if pair == "" {
			continue
		}
		name, value, found := strings.Cut(pair, "=")
		if !found || !namePattern.MatchString(name) {
			return nil, errQuery
		}
		value = unescape(value)
		if strings.ContainsRune(value, 0) {
			return nil, errNul
		}
		params = append(params, param{name, value})
	}
	return params, nil
}

// target takes golang-migrate's options out and writes the rest anew, with
// every reserved character escaped, so that pgx cannot read it differently.
func (c *connection) target() (Target, error) {
	options, params, err := takeOptions(c.params)
	if err == nil {
		err = options.notMySQL()
	}
	if err != nil {
		return Target{}, err
	}
	var b strings.Builder
	b.WriteString("postgres://")
	if c.hasUser {
		info := url.User(c.user)
		if c.hasPassword {
			info = url.UserPassword(c.user, c.password)
		}
		b.WriteString(info.String() + "@")
	}
	b.WriteString(c.hosts + c.path)
	for i, p := range params {
		separator := "&"
		if i == 0 {
			separator = "?"
		}
		// PostgreSQL's own URLs know no plus sign for a space.
		value := strings.ReplaceAll(url.QueryEscape(p.value), "+", "%20")
		b.WriteString(separator + p.name + "=" + value)
	}
	return Target{Engine: PostgreSQL, PostgreSQL: b.String(), Options: options}, nil
}
