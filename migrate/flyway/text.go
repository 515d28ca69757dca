package flyway

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
)

const byteOrderMark = "\ufeff"

// readFile reads a whole file of about size bytes, undecoded.
func readFile(src fs.FS, file string, size int64) (text string, err error) {
	f, err := src.Open(file)
	if err != nil {
		return "", fmt.Errorf("opening: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	var b strings.Builder
	b.Grow(int(size) + 1)
	n, err := io.Copy(&b, io.LimitReader(f, maxFileBytes+1))
	if err != nil {
		return "", fmt.Errorf("reading: %w", err)
	}
	if n > maxFileBytes {
		return "", errors.New("it is larger than 256 MiB")
	}
	return b.String(), nil
}

// readText reads a file in that encoding, without its byte order mark. Line ends
// stay as they are: they can be part of a value.
func readText(src fs.FS, file string, size int64, encoding string) (string, error) {
	raw, err := readFile(src, file, size)
	if err != nil {
		return "", err
	}
	text, err := decode(raw, encoding)
	if err != nil {
		return "", err
	}
	if i := strings.IndexByte(text, 0); i >= 0 {
		return "", fmt.Errorf("line %d contains a zero byte", line(text, i))
	}
	return strings.TrimPrefix(text, byteOrderMark), nil
}

// line numbers the line of byte i, from 1.
func line(text string, i int) int { return strings.Count(text[:i], "\n") + 1 }

// pieceBytes is how much of a text is copied at a time to be hashed.
const pieceBytes = 64 << 10

func digest(text string) string {
	h := sha256.New()
	for i := 0; i < len(text); i += pieceBytes {
		h.Write([]byte(text[i:min(i+pieceBytes, len(text))]))
	}
	return hex.EncodeToString(h.Sum(nil))
}
