// Package testshare says which of many like cases a run of the tests has, where it is not to
// have all of them. Only tests import it.
package testshare

import (
	"hash/fnv"
	"os"
	"strconv"
)

// Has says whether a run has a case: SAFEMIGRATE_TEST_SHARE=N has one of N run, always the
// same ones, or those whose turn it is by the number SAFEMIGRATE_TEST_TURN, so that N turns
// have all. Unset, every run has every case.
func Has(name string) bool {
	n := number("SAFEMIGRATE_TEST_SHARE")
	if n == 0 {
		return true
	}
	h := fnv.New32a()
	_, _ = h.Write([]byte(name)) // a hash takes everything
	return uint64(h.Sum32())%n == number("SAFEMIGRATE_TEST_TURN")%n
}

func number(variable string) uint64 {
	n, err := strconv.ParseUint(os.Getenv(variable), 10, 32)
	if err != nil {
		return 0
	}
	return n
}
