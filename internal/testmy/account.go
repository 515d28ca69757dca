//go:build unix

package testmy

import (
	"errors"
	"fmt"
	"os"
	"os/user"
	"strconv"
	"syscall"
)

// serverAccount says who runs the server. MariaDB should not run as root, so a root
// caller lends it another account; everyone else runs it as themselves (nil).
func serverAccount() (*syscall.Credential, error) {
	if os.Geteuid() != 0 {
		return nil, nil //nolint:nilnil // no credential is os/exec's word for "unchanged"
	}
	for _, name := range []string{"mysql", "nobody"} {
		account, err := user.Lookup(name)
		if err != nil {
			continue
		}
		return credentialOf(account)
	}
	return nil, errors.New("no account to run MariaDB as: neither mysql nor nobody exists")
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

// privateDir makes a directory that only the server's account can enter.
func privateDir(account *syscall.Credential) (string, error) {
	dir, err := os.MkdirTemp("", "safemigrate-my-")
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
