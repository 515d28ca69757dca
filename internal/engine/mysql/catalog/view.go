package catalog

import (
	"regexp"
	"strings"
)

// viewText finds texts, names and columns that are written with their database and table.
var viewText = regexp.MustCompile("(?s)'(?:[^'\\\\]|''|\\\\.)*'|`(?:[^`]|``)*`(?:\\.`(?:[^`]|``)*`\\.`(?:[^`]|``)*`)?")

// ViewText is what the server shows of a view of a database. Of a column that is not there
// (any more) it shows the database as well, so that the same view would read otherwise
// as soon as one of its tables is away.
func ViewText(shown, database string) string {
	return viewText.ReplaceAllStringFunc(shown, func(text string) string {
		return strings.TrimPrefix(text, quoted(database)+".")
	})
}
