package flyway

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
)

// decode turns bytes of a named encoding into UTF-8. Names are Java's, without
// regard to case, dashes and underscores.
func decode(raw, name string) (string, error) {
	decoder := decoderOf(name)
	switch {
	case decoder == nil && isUTF8(name):
		return raw, checkUTF8(raw)
	case decoder == nil && isASCII(name):
		return raw, checkASCII(raw)
	case decoder == nil:
		return "", unknownEncoding(name)
	}
	text, err := decoder.NewDecoder().String(raw)
	if err != nil {
		return "", fmt.Errorf("it is not %s: %w", name, err)
	}
	if i := strings.IndexRune(text, utf8.RuneError); i >= 0 {
		return "", fmt.Errorf("line %d is not %s", line(text, i), name)
	}
	return text, nil
}

// checkEncoding reports a name that decode does not know.
func checkEncoding(name string) error {
	if decoderOf(name) == nil && !isUTF8(name) && !isASCII(name) {
		return unknownEncoding(name)
	}
	return nil
}

func unknownEncoding(name string) error {
	return fmt.Errorf("encoding %q is unknown; known are UTF-8, US-ASCII, ISO-8859-1, ISO-8859-15, windows-1250, windows-1251, windows-1252, UTF-16, UTF-16BE and UTF-16LE", name)
}

func plainName(name string) string {
	return strings.NewReplacer("-", "", "_", "").Replace(strings.ToLower(name))
}

func isUTF8(name string) bool { return plainName(name) == "utf8" }

func isASCII(name string) bool {
	return plainName(name) == "usascii" || plainName(name) == "ascii"
}

func decoderOf(name string) encoding.Encoding {
	switch plainName(name) {
	case "iso88591", "latin1":
		return charmap.ISO8859_1
	case "iso885915", "latin9":
		return charmap.ISO8859_15
	case "windows1250", "cp1250":
		return charmap.Windows1250
	case "windows1251", "cp1251":
		return charmap.Windows1251
	case "windows1252", "cp1252":
		return charmap.Windows1252
	case "utf16":
		return unicode.UTF16(unicode.BigEndian, unicode.UseBOM)
	case "utf16be":
		return unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM)
	case "utf16le":
		return unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM)
	}
	return nil
}

func checkUTF8(text string) error {
	if strings.HasPrefix(text, "\xff\xfe") || strings.HasPrefix(text, "\xfe\xff") {
		return errors.New("it is UTF-16 and not UTF-8")
	}
	if utf8.ValidString(text) {
		return nil
	}
	for i, r := range text {
		if _, width := utf8.DecodeRuneInString(text[i:]); r == utf8.RuneError && width == 1 {
			return fmt.Errorf("line %d is not UTF-8 (byte %#x)", line(text, i), text[i])
		}
	}
	return nil
}

func checkASCII(text string) error {
	for i := range len(text) {
		if text[i] >= utf8.RuneSelf {
			return fmt.Errorf("line %d is not US-ASCII (byte %#x)", line(text, i), text[i])
		}
	}
	return nil
}
