package flyway

import (
	"fmt"
	"strings"
	"unicode"
)

// replacer fills in placeholders. Values are not searched for placeholders again.
type replacer struct {
	prefix, suffix string
	values         map[string]string // names in lower case
}

// replace reads as Flyway's reader does, also in this: a character that looked
// like the beginning of a prefix is passed over together with the one that
// refuted it, so that $${"a": 1}$$ holds no placeholder.
func (r replacer) replace(text string) (string, error) {
	if !strings.Contains(text, r.prefix) {
		return text, nil // without a second copy of a large file
	}
	var out strings.Builder
	out.Grow(len(text))
	for i := 0; i < len(text); {
		plain := strings.IndexByte(text[i:], r.prefix[0])
		if plain < 0 {
			plain = len(text) - i
		}
		out.WriteString(text[i : i+plain])
		if i += plain; i == len(text) {
			break
		}
		n := r.ahead(text[i:])
		if text[i:i+n] != r.prefix {
			out.WriteString(text[i : i+n])
			i += n
			continue
		}
		name, _, closed := strings.Cut(text[i+n:], r.suffix)
		if !closed {
			return "", fmt.Errorf("line %d: the placeholder that begins with %s does not end", line(text, i), r.prefix)
		}
		value, known := r.values[strings.ToLower(name)]
		if !known {
			return "", fmt.Errorf("line %d: there is no value for the placeholder %s", line(text, i), r.show(name))
		}
		out.WriteString(value)
		i += n + len(name) + len(r.suffix)
	}
	return out.String(), nil
}

// show gives a placeholder for an error's text. What does not look like a name may
// be a piece of the script, with a secret in it.
func (r replacer) show(name string) string {
	const longest = 60
	isOther := func(c rune) bool {
		return !unicode.IsLetter(c) && !unicode.IsDigit(c) && !strings.ContainsRune(":._-", c)
	}
	if len(name) > longest || strings.ContainsFunc(name, isOther) {
		return "that begins with " + r.prefix
	}
	return r.prefix + name + r.suffix
}

// ahead is how many bytes are looked at before it is clear whether a prefix
// stands here.
func (r replacer) ahead(text string) int {
	n := 1
	for n < len(r.prefix) && n < len(text) && text[:n] == r.prefix[:n] {
		n++
	}
	return n
}
