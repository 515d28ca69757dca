package childproc_test

import (
	"bufio"
	"context"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/safemigrate/safemigrate/internal/childproc"
)

// parentOf has the test binary run a program, which writes its ID to that file, and wait for it.
const parentOf = "SAFEMIGRATE_TEST_PARENT"

func TestMain(m *testing.M) {
	if os.Getenv(parentOf) != "" {
		_, _ = childproc.Run(context.Background(), childproc.Command{Path: "/bin/sh", Args: []string{"-c", "echo $$ >" + os.Getenv(parentOf) + "; exec sleep 60"}})
		return
	}
	os.Exit(m.Run())
}

func TestEndsWithItsParent(t *testing.T) {
	t.Parallel()
	fifo := t.TempDir() + "/who"
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	parent := exec.Command(os.Args[0])
	parent.Env = append(os.Environ(), parentOf+"="+fifo)
	if err := parent.Start(); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(fifo)
	if err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(f).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	child, err := strconv.Atoi(strings.TrimSpace(line))
	if err != nil {
		t.Fatal(err)
	}
	if err := parent.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = parent.Wait() // it was killed
	for wait := time.Now().Add(30 * time.Second); running(child); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(wait) {
			_ = syscall.Kill(child, syscall.SIGKILL)
			t.Fatal("the program outlived the one that started it")
		}
	}
}

// running tells whether a process is there and not merely waited for.
func running(pid int) bool {
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	return err == nil && !strings.Contains(string(stat), ") Z ")
}
