package testtools

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

const (
	golangMigrateModule  = "internal/testtools/golangmigrate"
	golangMigrateCommand = "github.com/golang-migrate/migrate/v4/cmd/migrate"
	golangMigrateTags    = "pgx5 sqlite mysql"
)

// GolangMigrate returns the path of the plain golang-migrate command, with its
// pgx5://, mysql:// and sqlite:// databases. The first call on a machine builds it, in half
// a minute; later ones find it beside Go's build cache.
func GolangMigrate(tb testing.TB) string {
	tb.Helper()
	path, err := golangMigrate()
	if err != nil {
		tb.Fatalf("building golang-migrate's command: %v", err)
	}
	return path
}

func golangMigrate() (string, error) {
	module, err := moduleDir(golangMigrateModule)
	if err != nil {
		return "", err
	}
	key, err := keyOf(module)
	if err != nil {
		return "", err
	}
	cache, err := cacheDir()
	if err != nil {
		return "", err
	}
	program := filepath.Join(cache, "golang-migrate-"+key)
	if _, err := os.Stat(program); err == nil {
		return program, nil
	}
	return program, build(module, program)
}

// build writes to a name of its own first: several test processes may do the same
// at once, and none may see half a program.
func build(module, program string) error {
	draft, err := os.MkdirTemp(filepath.Dir(program), "build-")
	if err != nil {
		return fmt.Errorf("making a directory: %w", err)
	}
	output := filepath.Join(draft, "migrate")
	command := exec.Command("go", "build", "-tags", golangMigrateTags, "-o", output, golangMigrateCommand)
	command.Dir = module
	command.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=-buildvcs=false", "GOWORK=off")
	if said, err := command.CombinedOutput(); err != nil {
		return errors.Join(fmt.Errorf("go build: %w\n%s", err, said), os.RemoveAll(draft))
	}
	return errors.Join(os.Rename(output, program), os.RemoveAll(draft))
}

// keyOf changes whenever another program would be built.
func keyOf(module string) (string, error) {
	hash := sha256.New()
	for _, name := range []string{"go.mod", "go.sum"} {
		text, err := os.ReadFile(filepath.Join(module, name))
		if err != nil {
			return "", fmt.Errorf("reading the tool's module: %w", err)
		}
		hash.Write(text)
	}
	fmt.Fprint(hash, runtime.Version(), runtime.GOOS, runtime.GOARCH, golangMigrateTags)
	return hex.EncodeToString(hash.Sum(nil))[:16], nil
}

// cacheDir lies in Go's build cache, which exists wherever tests can be built.
func cacheDir() (string, error) {
	out, err := exec.Command("go", "env", "GOCACHE").Output()
	if err != nil {
		return "", fmt.Errorf("go env GOCACHE: %w", err)
	}
	dir := filepath.Join(strings.TrimSpace(string(out)), "safemigrate-testtools")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", fmt.Errorf("making the cache: %w", err)
	}
	return dir, nil
}

// moduleDir finds a directory of the repository from wherever the test runs in it.
func moduleDir(relative string) (string, error) {
	start, err := os.Getwd()
	if err != nil {
		return "", fmt.Errorf("finding the repository: %w", err)
	}
	for dir := start; ; dir = filepath.Dir(dir) {
		candidate := filepath.Join(dir, filepath.FromSlash(relative))
		if _, err := os.Stat(filepath.Join(candidate, "go.mod")); err == nil {
			return candidate, nil
		}
		if dir == filepath.Dir(dir) {
			return "", fmt.Errorf("%s is not above or below %s", relative, start)
		}
	}
}
