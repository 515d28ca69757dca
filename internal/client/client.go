// Package client names a run of safemigrate to others, who see its sessions on the
// database server, and tells whether a run that they see is dead.
package client

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"syscall"
)

// Form is the name of a run: its operation, its process and its host.
const Form = "safemigrate %s pid %d on %s"

// longest is what a name may have: an application_name of PostgreSQL holds no more
// (NAMEDATALEN - 1), and SHOW PROCESSLIST of MySQL 100 characters of a statement.
const longest = 63

// longestHost leaves room for every operation and process.
const longestHost = longest - len("safemigrate rollback pid 4194304 on ")

// Name is the name of this run.
func Name(operation string) string {
	name := fmt.Sprintf(Form, operation, os.Getpid(), Host())
	return name[:min(len(name), longest)]
}

// Host names the host of this run and, on Linux, the row of numbers from which its process
// has its own: hosts and containers can share a name. What is too long is cut and told
// apart by a hash: two hosts have not one name because they begin alike.
func Host() string {
	host, err := os.Hostname()
	if err != nil || host == "" {
		host = "unknown"
	}
	return short(host + processes())
}

func short(host string) string {
	if len(host) <= longestHost {
		return host
	}
	const digits = 8
	sum := sha256.Sum256([]byte(host))
	return host[:longestHost-1-digits] + "~" + hex.EncodeToString(sum[:])[:digits]
}

// Dead reports whether the run of that name was on this host and runs no more.
func Dead(name string) bool {
	var operation, host string
	var pid int
	if _, err := fmt.Sscanf(name, Form, &operation, &pid, &host); err != nil || host != Host() {
		return false
	}
	return errors.Is(syscall.Kill(pid, 0), syscall.ESRCH)
}
