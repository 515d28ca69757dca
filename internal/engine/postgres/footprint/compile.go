package footprint

import (
	"encoding/json"
	"regexp"
	"strings"

	"github.com/safemigrate/safemigrate/internal/engine/postgres/parse"
)

// mostRetries bounds how many variables of a composite type are found one by one.
const mostRetries = 50

// code parses PL/pgSQL within its CREATE FUNCTION or DO. The parser knows no
// types, and so takes a variable of a composite type for one that has no
// fields; such a variable is declared as a record instead, which has any.
func code(text string) (tree any, broken string) {
	found, err := parse.Routine(text)
	if err != nil {
		text = rowType.ReplaceAllString(text, "record")
		found, err = parse.Routine(text)
	}
	for range mostRetries {
		if err == nil {
			break
		}
		changed, ok := asRecord(text, err.Error())
		if !ok {
			return nil, "its body cannot be parsed"
		}
		text = changed
		found, err = parse.Routine(text)
	}
	if err != nil {
		return nil, "its body cannot be parsed"
	}
	if err := json.Unmarshal([]byte(found), &tree); err != nil {
		return nil, "the tree of its body cannot be read"
	}
	return tree, ""
}

var (
	rowType    = regexp.MustCompile(`(?i)(?:"[^"]+"|[\w$]+)(?:\s*\.\s*(?:"[^"]+"|[\w$]+))*\s*%\s*ROWTYPE`)
	notKnown   = regexp.MustCompile(`"([^".]+)\.[^"]*" is not a known variable`)
	endsOfType = `\s*(?:;|:=|=|,|\)|\bDEFAULT\b|\bNOT\s+NULL\b)`
)

// asRecord declares the variable that an error names as a record.
func asRecord(text, message string) (string, bool) {
	m := notKnown.FindStringSubmatch(message)
	if m == nil {
		return "", false
	}
	declaration, err := regexp.Compile(`(?is)(\b` + regexp.QuoteMeta(m[1]) + `"?\s+(?:CONSTANT\s+)?)((?:"[^"]+"|[\w$]+)(?:\s*\.\s*(?:"[^"]+"|[\w$]+))*)(` + endsOfType + `)`)
	if err != nil {
		return "", false
	}
	for _, at := range declaration.FindAllStringSubmatchIndex(text, -1) {
		if !strings.EqualFold(text[at[4]:at[5]], "record") {
			return text[:at[4]] + "record" + text[at[5]:], true
		}
	}
	return "", false
}
