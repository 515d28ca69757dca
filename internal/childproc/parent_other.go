//go:build !linux

package childproc

import "syscall"

// withParent asks for nothing: only Linux ends a program with the one that started it.
func withParent() *syscall.SysProcAttr { return nil }
