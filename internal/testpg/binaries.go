//go:build unix

package testpg

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// binDirVariable names the directory of server programs to use instead of the
// newest installed ones.
const binDirVariable = "SAFEMIGRATE_TEST_PG_BIN"

// clientsVariable names the directory of client programs to use instead of those beside
// the server and the newest installed ones.
const clientsVariable = "SAFEMIGRATE_TEST_PG_CLIENTS"

const debianBinDirs = "/usr/lib/postgresql/*/bin"

// errNoServer names the commands, since whoever sees it wants to go on at once.
var errNoServer = errors.New("no PostgreSQL server programs (initdb, pg_ctl, postgres) found: run `make setup`, or " +
	"`apt-get install postgresql` as root, or set " + binDirVariable + " to their directory")

// findBinDir returns the directory of the server programs to test with.
func findBinDir() (string, error) {
	if dir := os.Getenv(binDirVariable); dir != "" {
		if !hasServer(dir) {
			return "", fmt.Errorf("%s=%s: %w", binDirVariable, dir, errNoServer)
		}
		return dir, nil
	}
	for _, dir := range installedBinDirs() {
		if hasServer(dir) {
			return dir, nil
		}
	}
	return "", errNoServer
}

// installedBinDirs lists the candidates, best first.
var installedBinDirs = sync.OnceValue(func() []string {
	dirs, err := filepath.Glob(debianBinDirs)
	if err != nil {
		dirs = nil
	}
	slices.SortFunc(dirs, func(a, b string) int { return majorOf(b) - majorOf(a) })
	if out, err := exec.Command("pg_config", "--bindir").Output(); err == nil {
		dirs = append(dirs, strings.TrimSpace(string(out)))
	}
	if initdb, err := exec.LookPath("initdb"); err == nil {
		dirs = append(dirs, filepath.Dir(initdb))
	}
	return dirs
})

// majorOf reads the version out of a Debian path; 0 where there is none.
func majorOf(binDir string) int {
	major, err := strconv.Atoi(filepath.Base(filepath.Dir(binDir)))
	if err != nil {
		return 0
	}
	return major
}

func hasServer(dir string) bool {
	return isProgram(dir, "initdb") && isProgram(dir, "pg_ctl") && isProgram(dir, "postgres")
}

func isProgram(dir, name string) bool {
	info, err := os.Stat(filepath.Join(dir, name))
	return err == nil && info.Mode().IsRegular() && info.Mode().Perm()&0o111 != 0
}

// Clients returns the directory of client programs that this run was given; "" where
// they are to be found where packages put them.
func Clients() string { return os.Getenv(clientsVariable) }

// findProgram prefers what this run was given, then the server's own copy: an older
// pg_dump refuses the server. Some server packages come without clients, so the newest
// installed one is next.
func findProgram(binDir, name string) (string, error) {
	for _, dir := range slices.Concat([]string{Clients(), binDir}, installedBinDirs()) {
		if dir != "" && isProgram(dir, name) {
			return filepath.Join(dir, name), nil
		}
	}
	return "", fmt.Errorf("no %s found: run `make setup`, or `apt-get install postgresql` as root", name)
}
