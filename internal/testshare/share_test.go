package testshare_test

import (
	"strconv"
	"testing"

	"github.com/safemigrate/safemigrate/internal/testshare"
)

// TestTurns: every case has its turn, and one alone; without a share it has every one.
func TestTurns(t *testing.T) {
	const share, cases = 4, 100
	for _, c := range []struct {
		share string
		want  int // turns that each case has
	}{{"", share}, {"1", share}, {"no number", share}, {strconv.Itoa(share), 1}} {
		t.Setenv("SAFEMIGRATE_TEST_SHARE", c.share)
		for i := range cases {
			had := 0
			for turn := range share {
				t.Setenv("SAFEMIGRATE_TEST_TURN", strconv.Itoa(17+turn))
				if testshare.Has("case " + strconv.Itoa(i)) {
					had++
				}
			}
			if had != c.want {
				t.Errorf("share %q: case %d has %d turns, want %d", c.share, i, had, c.want)
			}
		}
	}
}
