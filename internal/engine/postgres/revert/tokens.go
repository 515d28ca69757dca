package revert

import (
	"strings"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/catalog"
)

// renaming holds which names of one state are other names in another, so that
// a definition that only followed a rename can be told from one that changed.
type renaming map[[2]string]bool

// renamed collects what has another name in y than in x. The names in keep are
// the only ones looked at; nil means all.
func renamed(x, y *index) renaming {
	r := renaming{}
	for a, o := range x.objects {
		n := y.objects[a]
		if n == nil {
			continue
		}
		r.add(o.Name, n.Name)
		if o.Kind == n.Kind {
			r.addColumns(o, n)
			r.addMultirange(o, n)
		}
		if schemaMoved(x, y, o, n) {
			r.add(o.Schema, n.Schema)
		}
	}
	return r
}

func (r renaming) addColumns(o, n *object) {
	for _, was := range o.LiveColumns() {
		if c := column(n, was.Num); c != nil {
			r.add(was.Name, c.Name)
		}
	}
}

func (r renaming) addMultirange(o, n *object) {
	if a, b := multirange(o), multirange(n); a != nil && b != nil {
		r.add(a.Name, b.Name)
		r.add(a.Schema, b.Schema)
	}
}

func (r renaming) add(old, now string) {
	if old != now {
		r[[2]string{catalog.Quote(old), catalog.Quote(now)}] = true
	}
}

// schemaMoved says whether an object lies in another schema, and not merely in
// one that was renamed.
func schemaMoved(x, y *index, o, n *object) bool {
	a, inX := x.schemas[o.Schema]
	b, inY := y.schemas[n.Schema]
	if inX && inY {
		return a != b
	}
	return o.Schema != n.Schema
}

// explains says whether two texts differ by nothing but the renamed names.
// PostgreSQL prints "t.new AS old" for a view's column whose source was renamed.
func (r renaming) explains(a, b string) bool {
	if a == b {
		return true
	}
	if len(r) == 0 {
		return false
	}
	x, y := tokens(a), tokens(b)
	i, j := 0, 0
	for i < len(x) && j < len(y) {
		switch {
		case x[i] == y[j] || r[[2]string{x[i], y[j]}]:
			i, j = i+1, j+1
		case y[j] == "AS" && j+1 < len(y):
			j += 2
		case x[i] == "AS" && i+1 < len(x):
			i += 2
		default:
			return false
		}
	}
	return i == len(x) && j == len(y)
}

// tokens splits DDL into words, quoted names and single signs. The inside of a
// plain string is split too, for names in 'public.s'::regclass follow a rename;
// a dollar-quoted body is one token, for it does not.
func tokens(s string) []string {
	var out []string
	for len(s) > 0 {
		n := tokenLength(s)
		if t := s[:n]; strings.TrimSpace(t) != "" {
			out = append(out, t)
		}
		s = s[n:]
	}
	return out
}

func tokenLength(s string) int {
	switch c := s[0]; {
	case c == '"':
		return quotedLength(s)
	case c == '$':
		return dollarLength(s)
	case wordByte(c):
		n := 1
		for n < len(s) && (wordByte(s[n]) || s[n] == '$') {
			n++
		}
		return n
	}
	return 1
}

func quotedLength(s string) int {
	for i := 1; i < len(s); i++ {
		if s[i] != '"' {
			continue
		}
		if i+1 < len(s) && s[i+1] == '"' {
			i++
			continue
		}
		return i + 1
	}
	return len(s)
}

func dollarLength(s string) int {
	end := strings.IndexByte(s[1:], '$')
	if end < 0 {
		return 1
	}
	for i := range end {
		if !wordByte(s[1+i]) {
			return 1
		}
	}
	tag := s[:end+2]
	if i := strings.Index(s[len(tag):], tag); i >= 0 {
		return 2*len(tag) + i
	}
	return 1
}

func wordByte(c byte) bool {
	return c == '_' || c >= 0x80 || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}
