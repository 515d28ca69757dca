//go:build unix

package testserver

import (
	"errors"
	"fmt"
	"os"
	"os/user"
	"strconv"
	"syscall"
)

// Account says who runs a server that should not run as root: a root caller lends it
// its own account, or else nobody's; everyone else runs it as themselves (nil).
func Account(own string) (*syscall.Credential, error) {
	if os.Geteuid() != 0 {
		return nil, nil //nolint:nilnil // no credential is os/exec's word for "unchanged"
	}
	for _, name := range []string{own, "nobody"} {
		account, err := user.Lookup(name)
		if err != nil {
			continue
		}
		return credentialOf(account)
	}
	return nil, fmt.Errorf("no account to run the server as: neither %s nor nobody exists", own)
}

func credentialOf(account *user.User) (*syscall.Credential, error) {
	uid, err := strconv.ParseUint(account.Uid, 10, 32)
	if err != nil {
		return nil, fmt.Errorf("reading the user id of %s: %w", account.Username, err)
	}
	gid, err := strconv.ParseUint(account.Gid, 10, 32)
	if err != nil {
		return nil, fmt.Errorf("reading the group id of %s: %w", account.Username, err)
	}
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
}

// serversDir names the directory in which the directories of servers are made; unset,
// temporary files' own. scripts/memory-dir finds one.
const serversDir = "SAFEMIGRATE_TEST_SERVERS"

// PrivateDir makes a directory that only the server's account can enter.
func PrivateDir(prefix string, account *syscall.Credential) (string, error) {
	dir, err := os.MkdirTemp(os.Getenv(serversDir), prefix)
	if err != nil {
		return "", fmt.Errorf("making the server's directory: %w", err)
	}
	if account == nil {
		return dir, nil
	}
	if err := os.Chown(dir, int(account.Uid), int(account.Gid)); err != nil {
		return "", errors.Join(fmt.Errorf("handing over %s: %w", dir, err), os.Remove(dir))
	}
	return dir, nil
}
