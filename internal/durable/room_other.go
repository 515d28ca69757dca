//go:build !unix

package durable

import "math"

// Writable knows nothing beforehand where directories have other rights.
func Writable(string) error { return nil }

// Free knows no limit there.
func Free(string) (int64, error) { return math.MaxInt64, nil }
