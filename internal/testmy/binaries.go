//go:build unix

package testmy

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
)

// Variables that name the server program to use instead of the installed MariaDB.
const (
	mariaVariable = "SAFEMIGRATE_TEST_MARIADB"
	mysqlVariable = "SAFEMIGRATE_TEST_MYSQL"
)

// Product is what a server is.
type Product string

// The products that tests run on, and versions of which each knows what the other does not.
const (
	MariaDB Product = "MariaDB"
	MySQL   Product = "MySQL"
	MySQL8  Product = "MySQL 8"
	MySQL9  Product = "MySQL 9"
)

// Tested is the product that this test process runs on: MariaDB, unless the
// environment names a MySQL server.
func Tested() Product {
	if os.Getenv(mysqlVariable) != "" {
		return MySQL
	}
	return MariaDB
}

// Knows tells whether the server under test is only, where a test is for that one alone.
func Knows(only Product) bool {
	switch only {
	case "", Tested():
		return true
	case MySQL8, MySQL9:
		return Tested() == MySQL && only == mysqlVersion()
	}
	return false
}

// mysqlVersion is which MySQL the environment names; a program that does not start fails
// the tests when a server is started.
var mysqlVersion = sync.OnceValue(func() Product {
	said, err := exec.Command(os.Getenv(mysqlVariable), "--no-defaults", "--version").Output()
	if err == nil && strings.Contains(string(said), "Ver 8.") {
		return MySQL8
	}
	return MySQL9
})

// errNoServer names the commands, since whoever sees it wants to go on at once.
var errNoServer = errors.New("no MariaDB server (mariadbd, mariadb-install-db) found: run `make setup`, or " +
	"`apt-get install mariadb-server-core mariadb-client` as root, or set " + mariaVariable + " to the path of mariadbd")

var errNoMySQL = errors.New("no program is there: `scripts/ensure-mysql` prints the path of one")

// findServer returns the path of the server to test with.
func findServer() (string, error) {
	if path := os.Getenv(mysqlVariable); path != "" {
		if !isProgram(path) {
			return "", fmt.Errorf("%s=%s: %w", mysqlVariable, path, errNoMySQL)
		}
		return path, nil
	}
	if path := os.Getenv(mariaVariable); path != "" {
		if !isProgram(path) {
			return "", fmt.Errorf("%s=%s: %w", mariaVariable, path, errNoServer)
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

// dumper returns the path of the program that dumps from the server: MySQL's lies
// beside it, since another one of that name may be MariaDB's.
func dumper() (string, error) {
	if path := os.Getenv(mysqlVariable); path != "" {
		path = filepath.Join(filepath.Dir(path), "mysqldump")
		if !isProgram(path) {
			return "", fmt.Errorf("no mysqldump beside the server (%s): %w", path, errNoMySQL)
		}
		return path, nil
	}
	if server := os.Getenv(mariaVariable); server != "" {
		if beside := filepath.Join(filepath.Dir(server), "mariadb-dump"); isProgram(beside) {
			return beside, nil
		}
	}
	path, err := exec.LookPath("mariadb-dump")
	if err != nil {
		return "", fmt.Errorf("no mariadb-dump: run `make setup`: %w", err)
	}
	return path, nil
}

func isProgram(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular() && info.Mode().Perm()&0o111 != 0
}
