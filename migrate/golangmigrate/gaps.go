package golangmigrate

import (
	"fmt"
	"strconv"

	"github.com/safemigrate/safemigrate/migrate"
)

// largestSerial is where serial numbers end and dates and times begin.
const largestSerial = 999_999

// gaps warns of numbers left out in a row that is numbered one by one. Sorted
// input; rows of timestamps, or in steps of ten, have no gaps.
func gaps(ups []migrate.Migration) []migrate.Problem {
	if !serial(ups) {
		return nil
	}
	var found []migrate.Problem
	for i := 1; i < len(ups); i++ {
		before, after := number(ups[i-1].Version), number(ups[i].Version)
		if after == before+1 {
			continue
		}
		missing := strconv.FormatInt(before+1, 10)
		if after > before+2 {
			missing += " to " + strconv.FormatInt(after-1, 10)
		}
		found = append(found, migrate.Problem{
			Kind: migrate.Gap, Version: strconv.FormatInt(before+1, 10), Warning: true,
			Detail: fmt.Sprintf("no file has version %s: %q is followed by %q", missing, ups[i-1].File, ups[i].File),
			Choice: "add the file if it was forgotten",
		})
	}
	return found
}

func serial(ups []migrate.Migration) bool {
	if len(ups) < 2 || number(ups[len(ups)-1].Version) > largestSerial {
		return false
	}
	first := number(ups[1].Version) - number(ups[0].Version)
	smallest, constant := first, len(ups) > 2
	for i := 2; i < len(ups); i++ {
		step := number(ups[i].Version) - number(ups[i-1].Version)
		smallest = min(smallest, step)
		constant = constant && step == first
	}
	if constant {
		return first == 1
	}
	return smallest == 1 || number(ups[0].Version) <= 1
}
