//go:build unix

package enginetest_test

import (
	"os"
	"syscall"
)

// owner tells whose a file is.
func owner(info os.FileInfo) (uid, gid int, ok bool) {
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, 0, false
	}
	return int(stat.Uid), int(stat.Gid), true
}
