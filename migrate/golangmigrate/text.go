package golangmigrate

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

const byteOrderMark = "\ufeff"

// readText reads a file of about size bytes as UTF-8, without its byte order
// mark. Line ends stay as they are: they can be part of a value.
func readText(r io.Reader, size int64) (string, error) {
	var b strings.Builder
	b.Grow(int(size) + 1)
	n, err := io.Copy(&b, io.LimitReader(r, maxFileBytes+1))
	if err != nil {
		return "", fmt.Errorf("reading: %w", err)
	}
	if n > maxFileBytes {
		return "", errors.New("it is larger than 256 MiB")
	}
	text := b.String()
	if err := checkText(text); err != nil {
		return "", err
	}
	return strings.TrimPrefix(text, byteOrderMark), nil
}

func checkText(text string) error {
	if strings.HasPrefix(text, "\xff\xfe") || strings.HasPrefix(text, "\xfe\xff") {
		return errors.New("it is UTF-16 and not UTF-8")
	}
	if i := strings.IndexByte(text, 0); i >= 0 {
		return fmt.Errorf("line %d contains a zero byte", line(text, i))
	}
	if utf8.ValidString(text) {
		return nil
	}
	for i, r := range text {
		if r != utf8.RuneError {
			continue
		}
		if _, width := utf8.DecodeRuneInString(text[i:]); width == 1 {
			return fmt.Errorf("line %d is not UTF-8 (byte %#x)", line(text, i), text[i])
		}
	}
	return nil
}

// line numbers the line of byte i, from 1.
func line(text string, i int) int { return strings.Count(text[:i], "\n") + 1 }

// digest hashes in pieces, so that a large file is not copied whole.
func digest(text string) string {
	const piece = 64 << 10
	h := sha256.New()
	for i := 0; i < len(text); i += piece {
		h.Write([]byte(text[i:min(i+piece, len(text))]))
	}
	return hex.EncodeToString(h.Sum(nil))
}
