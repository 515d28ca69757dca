package footprint

import (
	"slices"
	"strings"

	"github.com/safemigrate/safemigrate/internal/sqltext"
)

// texts tells every text that an expression can have, or false. NULL is none.
func (p *speller) texts(e []sqltext.Token) ([]string, bool) {
	if len(e) == 0 {
		return nil, false
	}
	if name, end, ok := variable(e, 0); ok && end == len(e) {
		texts, known := p.variables[name]
		return texts, known
	}
	first := e[0]
	switch {
	case len(e) == 1 && first.Kind == sqltext.Literal && strings.ContainsRune(`'"`, rune(first.Text[0])):
		return []string{first.Value()}, true
	case len(e) == 1:
		return nil, first.Is("NULL")
	case first.Is("(") && closing(e, 0) == len(e)-1:
		return p.scalar(e[1 : len(e)-1])
	case first.Kind == sqltext.Word && e[1].Is("(") && closing(e, 1) == len(e)-1:
		return p.called(first, sqltext.Divide(e[2:len(e)-1]))
	}
	return nil, false
}

// closing finds the parenthesis that closes the one at a token.
func closing(tokens []sqltext.Token, i int) int {
	depth := 0
	for ; i < len(tokens); i++ {
		switch {
		case tokens[i].Is("("):
			depth++
		case tokens[i].Is(")"):
			depth--
		}
		if depth == 0 {
			return i
		}
	}
	return -1
}

// scalar reads what stands in parentheses: an expression, or a query of one value.
// Whatever rows the query reads, its value is one of the expression's.
func (p *speller) scalar(e []sqltext.Token) ([]string, bool) {
	if len(e) == 0 || !e[0].Is("SELECT") {
		return p.texts(e)
	}
	e = e[1:]
	depth, end := 0, len(e)
	for i, t := range e {
		switch {
		case t.Is("("):
			depth++
		case t.Is(")"):
			depth--
		case depth == 0 && t.Is("UNION", "INTERSECT", "EXCEPT"):
			return nil, false
		case depth == 0 && t.Is("FROM", "AS") && end == len(e):
			end = i
		}
	}
	return p.texts(e[:end])
}

// called reads the functions that choose among texts, or put them together.
func (p *speller) called(function sqltext.Token, args [][]sqltext.Token) ([]string, bool) {
	switch {
	case function.Is("IF") && len(args) == 3:
		return p.union(args[1:])
	case function.Is("IFNULL", "COALESCE"):
		return p.union(args)
	case function.Is("CONCAT"):
		return p.joined(args)
	}
	return nil, false
}

func (p *speller) union(choices [][]sqltext.Token) ([]string, bool) {
	all := []string{}
	for _, choice := range choices {
		texts, known := p.texts(choice)
		if !known {
			return nil, false
		}
		for _, text := range texts {
			if !slices.Contains(all, text) {
				all = append(all, text)
			}
		}
	}
	return all, len(all) <= mostTexts
}

func (p *speller) joined(parts [][]sqltext.Token) ([]string, bool) {
	all := []string{""}
	for _, part := range parts {
		texts, known := p.texts(part)
		if !known || len(all)*len(texts) > mostTexts {
			return nil, false
		}
		longer := make([]string, 0, len(all)*len(texts))
		for _, begin := range all {
			for _, text := range texts {
				longer = append(longer, begin+text)
			}
		}
		all = longer
	}
	return all, true
}
