package catalog

import (
	"encoding/hex"
	"regexp"
	"strings"
	"unicode/utf8"
)

// quotedText is a name, whose quotes are others, or a text of a definition.
var quotedText = regexp.MustCompile("(?s)`(?:[^`]|``)*`|'(?:[^'\\\\]|''|\\\\.)*'")

// escapes are what MariaDB writes in a text for bytes that it does not show as they are.
var escapes = strings.NewReplacer("''", "'", `\\`, `\`, `\0`, "\x00", `\n`, "\n", `\r`, "\r")

// inDigits writes the texts of a definition that are no characters in hexadecimal digits.
// MariaDB shows a binary default as the bytes that it is, which no document of ours can
// hold, and which the server takes in no statement either.
func inDigits(create string) string {
	if utf8.ValidString(create) {
		return create
	}
	return quotedText.ReplaceAllStringFunc(create, func(text string) string {
		if text[0] == '`' || utf8.ValidString(text) {
			return text
		}
		return "x'" + hex.EncodeToString([]byte(escapes.Replace(text[1:len(text)-1]))) + "'"
	})
}
