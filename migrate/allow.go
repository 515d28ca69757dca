package migrate

import (
	"regexp"
	"strings"
)

// allowDirective is a comment that lets a hazard pass:
//
//	-- safemigrate: allow table-rewrite the table has 200 rows everywhere
var allowDirective = regexp.MustCompile(`(?m)^[ \t]*--[ \t]*safemigrate:[ \t]*allow[ \t]+([a-z0-9-]+)[ \t]*(.*?)[ \t]*\r?$`)

// Allowances are the directives that let hazards pass of one file: those at its head that a blank line
// parts from the first statement hold for all of it, others for the statement
// that follows.
type Allowances struct {
	whole map[string]string
	at    map[int]map[string]string // by the statement's offset
}

var blankLine = regexp.MustCompile(`(?m)^[ \t]*\r?\n`)

// unexplained stands where a directive gives no reason.
const unexplained = "no reason given"

// AllowancesOf reads the directives of a file.
func AllowancesOf(s Script) Allowances {
	a := Allowances{whole: map[string]string{}, at: map[int]map[string]string{}}
	end := 0
	for i, st := range s.Statements {
		gap := s.Migration.Text[min(end, st.Offset):st.Offset]
		for _, m := range allowDirective.FindAllStringSubmatchIndex(gap, -1) {
			id, why := gap[m[2]:m[3]], gap[m[4]:m[5]]
			if why == "" {
				why = unexplained
			}
			_, rest, _ := strings.Cut(gap[m[1]:], "\n")
			if i == 0 && blankLine.MatchString(rest) {
				a.whole[id] = why
				continue
			}
			if a.at[st.Offset] == nil {
				a.at[st.Offset] = map[string]string{}
			}
			a.at[st.Offset][id] = why
		}
		end = st.Offset + len(st.Text)
		end += len(st.Data)
	}
	return a
}

// Reason is why a hazard of the statement at offset is let pass, or "".
func (a Allowances) Reason(id string, offset int) string {
	if why := a.at[offset][id]; why != "" {
		return why
	}
	return a.whole[id]
}
