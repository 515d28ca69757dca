package cli

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// sizeFlag is a flag that holds a number of bytes.
type sizeFlag int64

// String writes the size as people read it; "" stands for none.
func (s *sizeFlag) String() string {
	if *s == 0 {
		return ""
	}
	return size(int64(*s))
}

// Set reads a size.
func (s *sizeFlag) Set(text string) error {
	n, err := parseSize(text)
	if err == nil {
		*s = sizeFlag(n)
	}
	return err
}

// Type is the word for the value in messages.
func (*sizeFlag) Type() string { return "size" }

// sizeUnits are the units that parseSize knows. Like those of size, those
// without an i are thousands apart.
var sizeUnits = map[string]float64{
	"": 1, "b": 1,
	"k": 1e3, "kb": 1e3, "m": 1e6, "mb": 1e6, "g": 1e9, "gb": 1e9, "t": 1e12, "tb": 1e12,
	"kib": 1 << 10, "mib": 1 << 20, "gib": 1 << 30, "tib": 1 << 40,
}

// parseSize reads a number of bytes with a unit, in any case and with or without
// a space between: 512, 500MB, 1.5 GiB. It has to be more than 0.
func parseSize(text string) (int64, error) {
	number := strings.TrimRight(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ ")
	unit, known := sizeUnits[strings.ToLower(strings.TrimSpace(text[len(number):]))]
	if !known || strings.Trim(number, "0123456789.") != "" {
		return 0, errors.New("not a size: write a number and a unit, like 500MB or 10GB")
	}
	n, err := strconv.ParseFloat(number, 64)
	switch {
	case err != nil:
		return 0, errors.New("not a size: write a number and a unit, like 500MB or 10GB")
	case n*unit < 1:
		return 0, errors.New("a size must be more than 0")
	case n*unit >= math.MaxInt64:
		return 0, fmt.Errorf("a size of %s is more than there can be", text)
	}
	return int64(math.Round(n * unit)), nil
}
