package cli

import (
	"fmt"
	"strconv"
	"time"
)

// count is a number for people: 9999, 40 k, 1.2 M.
func count(n int64) string {
	if n < 0 {
		return "?"
	}
	if n < 10_000 {
		return strconv.FormatInt(n, 10)
	}
	return scaled(float64(n), "", "k", "M", "G", "T")
}

// size is a number of bytes for people: 512 B, 61 MB.
func size(n int64) string {
	if n < 0 {
		return "?"
	}
	return scaled(float64(n), "B", "kB", "MB", "GB", "TB", "PB")
}

// scaled writes n with the largest unit, thousands apart, that leaves it at
// least 1, and one decimal below 10.
func scaled(n float64, units ...string) string {
	i := 0
	// 999.5 would be written as 1000.
	for ; n >= 999.5 && i < len(units)-1; i++ {
		n /= 1000
	}
	if i > 0 && n < 9.95 {
		return fmt.Sprintf("%.1f %s", n, units[i])
	}
	return fmt.Sprintf("%.0f %s", n, units[i])
}

// counted is a count with its noun: 1 row, 40 k rows.
func counted(n int64, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return count(n) + " " + noun + "s"
}

// took is a duration for people: 12 ms, 0.9 s, 2 min 5 s.
func took(d time.Duration) string {
	switch {
	case d < 100*time.Millisecond:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	case d < 59950*time.Millisecond:
		return fmt.Sprintf("%.1f s", d.Seconds())
	case d < time.Hour:
		d = d.Round(time.Second)
		return fmt.Sprintf("%d min %d s", int(d.Minutes()), int(d.Seconds())%60)
	}
	d = d.Round(time.Minute)
	return fmt.Sprintf("%d h %d min", int(d.Hours()), int(d.Minutes())%60)
}

// moment is a point in time for people and for sorting.
func moment(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.UTC().Format("2006-01-02 15:04:05Z")
}
