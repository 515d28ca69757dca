package sqltext

import "strings"

// cursor reads the tokens of one statement that has been cut already, so a
// lexical fault cannot occur. It is a value: a copy looks ahead.
type cursor struct {
	scan scanner
	tok  token
}

func newCursor(r Rules, text string) cursor {
	c := cursor{scan: scanner{rules: r, text: text}}
	c.advance()
	return c
}

func (c *cursor) advance() {
	t, f := c.scan.next()
	for f == nil && t.kind == marker {
		t, f = c.scan.next()
	}
	if f != nil {
		t = token{kind: end}
	}
	c.tok = t
}

func (c *cursor) atEnd() bool { return c.tok.kind == end }

// raw returns the token as written.
func (c *cursor) raw() string { return c.scan.text[c.tok.start:c.tok.end] }

// is reports whether the token is one of the keywords.
func (c *cursor) is(keywords ...string) bool {
	return c.tok.kind == word && isKeyword(c.raw(), keywords...)
}

// accept moves over the token if it is one of the keywords.
func (c *cursor) accept(keywords ...string) bool {
	if !c.is(keywords...) {
		return false
	}
	c.advance()
	return true
}

// skip moves over all tokens from here on that are one of the keywords.
func (c *cursor) skip(keywords ...string) {
	for c.is(keywords...) {
		c.advance()
	}
}

// isSymbol reports whether the token is this single character.
func (c *cursor) isSymbol(sign string) bool { return c.tok.kind == symbol && c.raw() == sign }

// acceptSymbol moves over the token if it is this single character.
func (c *cursor) acceptSymbol(sign string) bool {
	if !c.isSymbol(sign) {
		return false
	}
	c.advance()
	return true
}

// take moves over a word and returns it in upper case; for any other token it
// stays and returns the empty string.
func (c *cursor) take() string {
	if c.tok.kind != word {
		return ""
	}
	w := upper(c.raw())
	c.advance()
	return w
}

// name returns the token without the quotes around it.
func (c *cursor) name() string {
	raw := c.raw()
	if c.tok.kind != quoted && c.tok.kind != literal {
		return raw
	}
	first := strings.IndexAny(raw, "'\"`[")
	if first < 0 || first+1 >= len(raw) {
		return raw
	}
	return raw[first+1 : len(raw)-1]
}

// skipName moves over a name with its qualifiers.
func (c *cursor) skipName() {
	c.advance()
	for c.acceptSymbol(".") {
		c.advance()
	}
}

// find moves to the first of the keywords outside parentheses.
func (c *cursor) find(keywords ...string) bool {
	for depth := 0; !c.atEnd(); c.advance() {
		switch {
		case c.tok.kind == opening:
			depth++
		case c.tok.kind == closing:
			depth--
		case depth == 0 && c.is(keywords...):
			return true
		}
	}
	return false
}

// options moves over a list (name [=] [value], …), if one is here, and shows
// each pair; a missing value is empty.
func (c *cursor) options(show func(name, value string)) {
	if c.tok.kind != opening {
		return
	}
	c.advance()
	for !c.atEnd() && c.tok.kind != closing {
		name, value := c.name(), ""
		c.advance()
		c.acceptSymbol("=")
		for !c.atEnd() && c.tok.kind != closing && !c.acceptSymbol(",") {
			value = c.name()
			c.advance()
		}
		show(name, value)
	}
	c.advance()
}

// isFalse reports whether an option's value turns it off.
func isFalse(value string) bool { return isKeyword(value, "FALSE", "OFF", "NO", "0") }
