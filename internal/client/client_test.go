package client

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// dead is the number of a process that has ended.
func dead(t *testing.T) int {
	t.Helper()
	c := exec.Command("/bin/true")
	if err := c.Run(); err != nil {
		t.Fatal(err)
	}
	return c.Process.Pid
}

// TestDead: only a run of this very host, whose process is gone, is dead. A host whose
// name begins like this one's is another.
func TestDead(t *testing.T) {
	t.Parallel()
	gone, here := dead(t), Host()
	for name, want := range map[string]bool{
		Name("up"):                                              false,
		fmt.Sprintf(Form, "up", gone, here):                     true,
		fmt.Sprintf(Form, "up", os.Getpid(), here):              false,
		fmt.Sprintf(Form, "up", gone, here+"0"):                 false,
		fmt.Sprintf(Form, "up", gone, here[:len(here)-1]):       false,
		fmt.Sprintf(Form, "up", gone, ""):                       false,
		fmt.Sprintf("safemigrate up pid %d", gone):              false,
		fmt.Sprintf("psql up pid %d on %s", gone, here):         false,
		fmt.Sprintf("safemigrate up pid x%d on %s", gone, here): false,
		"": false,
	} {
		if Dead(name) != want {
			t.Errorf("%q is dead: %t", name, !want)
		}
	}
}

// TestLongHosts are told apart also where they begin alike, and fit into a name.
func TestLongHosts(t *testing.T) {
	t.Parallel()
	begin := strings.Repeat("migrations-of-the-shop-", 3)
	one, other := short(begin+"a"), short(begin+"b")
	if one == other || len(one) > longestHost || len(other) > longestHost {
		t.Errorf("%q and %q", one, other)
	}
	if got := short("web-1"); got != "web-1" {
		t.Errorf("web-1 became %q", got)
	}
	for _, operation := range []string{"up", "rollback", "recover", "prepare"} {
		if name := fmt.Sprintf(Form, operation, 4194304, one); len(name) > longest {
			t.Errorf("%q has %d bytes", name, len(name))
		}
	}
}
