//go:build unix

package soak

import (
	"hash/fnv"
	"slices"
	"strings"
)

// Script is a case: what is there before, and what the batch does. Statements
// that the server refuses are left out.
type Script struct{ Setup, Batch []string }

func (c Script) String() string {
	return "-- SETUP\n" + strings.Join(c.Setup, ";\n") + ";\n-- BATCH\n" + strings.Join(c.Batch, ";\n") + ";"
}

// Middle is a place among the statements of the batch, the same one each time.
func (c Script) Middle() int {
	h := fnv.New32a()
	_, _ = h.Write([]byte(c.String())) // a hash takes everything
	return int(h.Sum32()) % (len(c.Batch) + 1)
}

// Shrink leaves statements out one by one, as long as the same thing stays wrong.
func Shrink(c Script, o Outcome, run func(Script) (Outcome, error)) (Script, Outcome, error) {
	what, _, _ := strings.Cut(o.Wrong, ":")
	for shorter := true; shorter; {
		shorter = false
		for _, part := range []*[]string{&c.Batch, &c.Setup} {
			for i := range slices.Backward(*part) {
				if len(c.Batch) == 1 && part == &c.Batch {
					break // a case without a batch is none
				}
				whole := *part
				*part = append(append([]string{}, whole[:i]...), whole[i+1:]...)
				found, err := run(c)
				if err != nil {
					return c, o, err
				}
				if !strings.HasPrefix(found.Wrong, what) || found.Wrong == "" {
					*part = whole
					continue
				}
				o, shorter = found, true
			}
		}
	}
	return c, o, nil
}
