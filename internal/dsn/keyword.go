package dsn

import (
	"errors"
	"strings"
)

var errKeywords = errors.New("it is not a row of keyword=value; put a value with spaces or quotes between ' and ', with \\ before ' and \\")

const blank = " \t\n\r\v\f"

// parseKeywords reads libpq's form: host=db1 user=app password='a b' dbname=shop.
// Everything becomes a parameter.
func parseKeywords(text string) (connection, error) {
	var c connection
	for text = strings.TrimLeft(text, blank); text != ""; text = strings.TrimLeft(text, blank) {
		name, rest, found := strings.Cut(text, "=")
		name = strings.TrimRight(name, blank)
		if !found || !namePattern.MatchString(name) {
			return c, errKeywords
		}
		value, rest, err := keywordValue(strings.TrimLeft(rest, blank))
		if err != nil {
			return c, err
		}
		if strings.ContainsRune(value, 0) {
			return c, errNul
		}
		c.params = append(c.params, param{name, value})
		text = rest
	}
	return c, nil
}

// keywordValue reads one value, quoted or not, and returns what follows it.
func keywordValue(text string) (value, rest string, err error) {
	quoted := strings.HasPrefix(text, "'")
	if quoted {
		text = text[1:]
	}
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		switch ch := text[i]; {
		case ch == '\\':
			if i++; i < len(text) {
				b.WriteByte(text[i])
			}
		case quoted && ch == '\'':
			rest = text[i+1:]
			if rest != "" && !strings.ContainsAny(rest[:1], blank) {
				return "", "", errKeywords
			}
			return b.String(), rest, nil
		case !quoted && strings.IndexByte(blank, ch) >= 0:
			return b.String(), text[i:], nil
		default:
			b.WriteByte(ch)
		}
	}
	if quoted {
		return "", "", errKeywords
	}
	return b.String(), "", nil
}
