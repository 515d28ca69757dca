package catalog

import (
	"regexp"
	"strings"
)

// Given is what the server gives a column in the rows that are there when it is added.
type Given int

// What cannot be told is what is computed for each row, counted, or of the moment.
const (
	GivenUntold  Given = iota
	GivenNull          // no value
	GivenDefault       // the same one to each, which the definition names
	GivenBare          // the one with which the type begins, for there has to be one
)

// constant is a default that is the same at any time.
var constant = regexp.MustCompile(`(?i) DEFAULT (?:NULL|(?:_\w+ ?|[bnx])?''|0x[0-9a-f]+|-?[0-9.]+(?:e[-+]?[0-9]+)?)(?: |$)`)

// GivenTo tells what a column of a definition was given.
func GivenTo(create, column string) Given {
	t, _ := parse(create)
	i := find(t.columns, column)
	if i < 0 || counts(t.columns[i]) {
		return GivenUntold
	}
	text := unquoted(t.columns[i])
	switch said := strings.Contains(text, " DEFAULT "); {
	case said && !constant.MatchString(text):
		return GivenUntold
	case said && !strings.Contains(text, " DEFAULT NULL"):
		return GivenDefault
	case strings.Contains(text, " NOT NULL"):
		return GivenBare
	}
	return GivenNull
}
