package cli

import "testing"

func TestParseSize(t *testing.T) {
	t.Parallel()
	cases := []struct {
		text string
		want int64
	}{
		{"1", 1}, {"512", 512}, {"512B", 512}, {"1k", 1000}, {"10kB", 10_000}, {"500MB", 500_000_000}, {"500 mb", 500_000_000},
		{"10GB", 10_000_000_000}, {"1.5G", 1_500_000_000}, {"2 TB", 2_000_000_000_000}, {"1KiB", 1024}, {"1.5 GiB", 1_610_612_736}, {"1TiB", 1 << 40},
	}
	for _, c := range cases {
		t.Run(c.text, func(t *testing.T) {
			t.Parallel()
			if got, err := parseSize(c.text); err != nil || got != c.want {
				t.Errorf("got %d, %v, want %d", got, err, c.want)
			}
		})
	}
}

func TestNoSize(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", " ", "GB", "0", "0GB", "0.1", "-1", "-5GB", "+1", "1e9", "10XB", "10 G B", "1..5GB", "1,5GB", "NaN", "inf", "9999999TB", "10GB/s", "0x10"} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			if got, err := parseSize(text); err == nil {
				t.Errorf("read as %d", got)
			}
		})
	}
}
