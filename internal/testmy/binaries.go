//go:build unix

package testmy

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// serverVariable names the server program to use instead of the installed one.
const serverVariable = "SAFEMIGRATE_TEST_MARIADB"

// errNoServer names the commands, since whoever sees it wants to go on at once.
var errNoServer = errors.New("no MariaDB server (mariadbd, mariadb-install-db) found: run `make setup`, or " +
	"`apt-get install mariadb-server-core mariadb-client` as root, or set " + serverVariable + " to the path of mariadbd")

// findServer returns the path of the server to test with.
func findServer() (string, error) {
	if path := os.Getenv(serverVariable); path != "" {
		if !isProgram(path) {
			return "", fmt.Errorf("%s=%s: %w", serverVariable, path, errNoServer)
		}
		return path, nil
	}
	// Debian keeps servers where a user's PATH does not look.
	for _, dir := range []string{"/usr/sbin", "/usr/local/sbin", "/usr/bin", "/usr/local/bin"} {
		if path := filepath.Join(dir, "mariadbd"); isProgram(path) {
			return path, nil
		}
	}
	if path, err := exec.LookPath("mariadbd"); err == nil {
		return path, nil
	}
	return "", errNoServer
}

func isProgram(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular() && info.Mode().Perm()&0o111 != 0
}
