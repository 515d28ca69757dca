package sqltext

import (
	"slices"
	"strings"
)

// TokenKind is what a token is, by the look of it.
type TokenKind uint8

// The kinds of tokens.
const (
	Word    TokenKind = iota // a keyword or a plain name
	Name                     // a name in quotes
	Literal                  // a string, with its quotes
	Number                   // what begins with a digit
	Sign                     // a single other character
)

// Token is one token of a statement; comments are none, and what is inside an
// executable comment is as if it stood outside.
type Token struct {
	Kind   TokenKind
	Text   string // as written
	Offset int    // in the text
	plain  bool   // no backslash escapes in it
}

// Tokens cuts the statement into tokens.
func (s Statement) Tokens() []Token { return s.rules.TokensOf(s.Text) }

// Rules are the lexical rules that hold where the statement stands.
func (s Statement) Rules() Rules { return s.rules }

// TokensOf cuts a text into tokens, up to what cannot be one.
func (r Rules) TokensOf(text string) []Token {
	var out []Token
	for c := newCursor(r, text); !c.atEnd(); c.advance() {
		k := Sign
		switch c.tok.kind {
		case word:
			k = Word
		case quoted:
			k = Name
		case literal:
			k = Literal
		case numeral:
			k = Number
		}
		out = append(out, Token{Kind: k, Text: c.raw(), Offset: c.tok.start, plain: r.NoBackslashEscapes || !r.Dialect.mysql()})
	}
	return out
}

// Is reports whether the token is one of the keywords, in upper case, or signs.
func (t Token) Is(words ...string) bool {
	return (t.Kind == Word || t.Kind == Sign) && isKeyword(t.Text, words...)
}

// After moves from a token on over keywords.
func After(tokens []Token, i int, words ...string) int {
	for i < len(tokens) && tokens[i].Is(words...) {
		i++
	}
	return i
}

// Has reports whether one of the tokens is one of the keywords.
func Has(tokens []Token, words ...string) bool { return Position(tokens, words...) >= 0 }

// Position finds the first of the keywords; -1 where there is none.
func Position(tokens []Token, words ...string) int {
	return slices.IndexFunc(tokens, func(t Token) bool { return t.Is(words...) })
}

// Divide cuts at the commas outside of parentheses.
func Divide(tokens []Token) [][]Token {
	var out [][]Token
	depth, from := 0, 0
	for i, t := range tokens {
		switch {
		case t.Is("("):
			depth++
		case t.Is(")"):
			depth--
		case t.Is(",") && depth == 0:
			out, from = append(out, tokens[from:i]), i+1
		}
	}
	return append(out, tokens[from:])
}

// Value is a name without its quotes, or what a string says.
func (t Token) Value() string {
	if t.Kind != Name && t.Kind != Literal || len(t.Text) < 2 {
		return t.Text
	}
	q := t.Text[len(t.Text)-1:]
	i := strings.Index(t.Text, q)
	if i < 0 || i >= len(t.Text)-1 {
		return t.Text
	}
	inner := t.Text[i+1 : len(t.Text)-1]
	if t.Kind == Name || t.plain {
		return strings.ReplaceAll(inner, q+q, q)
	}
	return unescaped(inner, q[0])
}

// unescaped reads a string as MySQL does.
func unescaped(text string, q byte) string {
	escapes := map[byte]string{'0': "\x00", 'b': "\b", 'n': "\n", 'r': "\r", 't': "\t", 'Z': "\x1a", '%': `\%`, '_': `\_`}
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '\\' && i+1 < len(text):
			i++
			if meant, ok := escapes[text[i]]; ok {
				b.WriteString(meant)
			} else {
				b.WriteByte(text[i])
			}
		case c == q && i+1 < len(text) && text[i+1] == q:
			i++
			b.WriteByte(q)
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}
