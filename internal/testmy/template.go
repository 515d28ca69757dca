//go:build unix

package testmy

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"syscall"

	"github.com/safemigrate/safemigrate/internal/testserver"
)

// templateSet are data directories in which no server has run yet, by how they were made.
// A server starts on a copy: making one takes MySQL many times as long as copying it.
type templateSet struct {
	mu   sync.Mutex
	made map[string]*testserver.Supervisor
}

var templates templateSet

// get makes a template when the first server asks for it.
func (x *templateSet) get(how, program string, account *syscall.Credential) (*testserver.Supervisor, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if keeper := x.made[how]; keeper != nil {
		return keeper, nil
	}
	keeper, err := keep(program, account)
	if err != nil {
		return nil, err
	}
	if err := keeper.Do(how); err != nil {
		return nil, errors.Join(err, keeper.Finish())
	}
	if x.made == nil {
		x.made = map[string]*testserver.Supervisor{}
	}
	x.made[how] = keeper
	return keeper, nil
}

// conclude removes all templates. It gets the exit code and returns the one to use.
func (x *templateSet) conclude(code int) int {
	x.mu.Lock()
	defer x.mu.Unlock()
	for how, keeper := range x.made {
		if err := keeper.Finish(); err != nil {
			fmt.Fprintf(os.Stderr, "removing what servers start from (%s): %v\n", how, err)
			code = max(code, 1)
		}
	}
	x.made = nil
	return code
}
