package bench_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/safemigrate/safemigrate/internal/testpg"
	"github.com/safemigrate/safemigrate/internal/testtools"
)

// BenchmarkUpAdditive applies one additive migration after the other to 20 tables
// with rows; aim, at most 1.2 times golang-migrate's command plus 150 ms.
func BenchmarkUpAdditive(b *testing.B) {
	sm, gm := safemigrate(b), testtools.GolangMigrate(b)
	s := testpg.Start(b)
	files := map[string]string{}
	round := func() (*testpg.Database, func() string) {
		d, n := s.Database(b), 0
		for i := range 20 {
			rows(b, d, fmt.Sprintf("t%d", i), 2000)
		}
		return d, func() string {
			n++
			files[fmt.Sprintf("%06d_add.up.sql", n)] = fmt.Sprintf(
				"ALTER TABLE t%d ADD COLUMN added_%d text;\nCREATE TABLE made_%d (id integer PRIMARY KEY);\nCREATE VIEW seen_%d AS SELECT id, name FROM t%d;", n%20, n, n, n, n%20)
			return directory(b, files)
		}
	}
	ours, next := round()
	theirs, nextOfTheirs := round()
	compare(b,
		func() time.Duration { t, _ := run(b, url(ours), sm, "up", "--source", next()); return t },
		func() time.Duration {
			t, _ := run(b, nil, gm, "-path", nextOfTheirs(), "-database", pgx5(theirs), "up")
			return t
		})
}
