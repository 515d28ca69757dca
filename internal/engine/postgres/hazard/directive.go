package hazard

import (
	"regexp"

	"github.com/safemigrate/safemigrate/migrate"
)

// directive is a comment that lets a hazard pass:
//
//	-- safemigrate: allow table-rewrite the table has 200 rows everywhere
var directive = regexp.MustCompile(`(?m)^[ \t]*--[ \t]*safemigrate:[ \t]*allow[ \t]+([a-z0-9-]+)[ \t]*(.*?)[ \t]*\r?$`)

// allowances are the directives of one file: those before its first statement
// hold for all of it, others for the statement that follows.
type allowances struct {
	whole map[string]string
	at    map[int]map[string]string // by the statement's offset
}

// unexplained stands where a directive gives no reason.
const unexplained = "no reason given"

func allowancesOf(s migrate.Script) allowances {
	a := allowances{at: map[int]map[string]string{}}
	end := 0
	for i, st := range s.Statements {
		found := map[string]string{}
		for _, m := range directive.FindAllStringSubmatch(s.Migration.Text[end:st.Offset], -1) {
			found[m[1]] = m[2]
			if m[2] == "" {
				found[m[1]] = unexplained
			}
		}
		if i == 0 {
			a.whole = found
		} else {
			a.at[st.Offset] = found
		}
		end = st.Offset + len(st.Text)
		end += len(st.Data)
	}
	return a
}

// reason is why a hazard of the statement at offset is let pass, or "".
func (a allowances) reason(id string, offset int) string {
	if why := a.at[offset][id]; why != "" {
		return why
	}
	return a.whole[id]
}
