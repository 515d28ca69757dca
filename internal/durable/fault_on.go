//go:build failpoint

package durable

import (
	"io"
	"strings"
	"sync"
)

var faults = struct {
	sync.Mutex

	below map[string]func(Fault, string) error
}{below: map[string]func(Fault, string) error{}}

// SetFault has judge asked before each call on a path below dir; the error that
// it returns is that of the call. A write that fails so has written the half of
// what it was given. Nil takes the judge away.
func SetFault(dir string, judge func(call Fault, path string) error) {
	faults.Lock()
	defer faults.Unlock()
	if judge == nil {
		delete(faults.below, dir)
		return
	}
	faults.below[dir] = judge
}

func fault(call Fault, path string) error {
	if judge := judgeOf(path); judge != nil {
		return judge(call, path)
	}
	return nil
}

func judgeOf(path string) func(Fault, string) error {
	faults.Lock()
	defer faults.Unlock()
	for dir, judge := range faults.below {
		if path == dir || strings.HasPrefix(path, dir+"/") {
			return judge
		}
	}
	return nil
}

func faultyWriter(w io.Writer, path string) io.Writer { return faulty{w, path} }

// faulty writes half of what it is given where the judge says so.
type faulty struct {
	io.Writer

	path string
}

func (f faulty) Write(p []byte) (int, error) {
	if err := fault(FaultWrite, f.path); err != nil {
		n, _ := f.Writer.Write(p[:len(p)/2]) // the fault is the error
		return n, err
	}
	return f.Writer.Write(p) //nolint:wrapcheck // it stands in the place of the file
}
