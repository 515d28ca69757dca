//go:build !failpoint

package durable

import "io"

// fault does nothing in a build without the tag failpoint.
func fault(Fault, string) error { return nil }

func faultyWriter(w io.Writer, _ string) io.Writer { return w }
