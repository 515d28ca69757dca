//go:build unix

package random

import (
	"fmt"

	"github.com/safemigrate/safemigrate/internal/engine/enginetest/soak"
)

// script is a case.
type script struct{ soak.Script }

// maxStatements bounds a batch.
const maxStatements = 12

// grow makes a random script on a session whose transaction is open. In the end
// the batch has run on it; between calls begun with the setup done.
func (g *gen) grow(s *session, between func() error) (script, error) {
	var c script
	for _, stage := range g.setup {
		if err := g.look(s); err != nil {
			return c, err
		}
		for range g.Between(stage.least, stage.most) {
			if err := g.add(s, stage.ops, &c.Setup); err != nil {
				return c, err
			}
		}
	}
	if err := g.refresh(s, &c.Setup); err != nil {
		return c, err
	}
	if err := between(); err != nil {
		return c, err
	}
	n := g.Between(1, maxStatements)
	for tries := 0; len(c.Batch) < n && tries < 4*n; tries++ {
		if err := g.look(s); err != nil {
			return c, err
		}
		if err := g.add(s, g.batch, &c.Batch); err != nil {
			return c, err
		}
	}
	return c, nil
}

// refresh brings all materialized views up to date, twice where they are made
// from each other: what has to be made anew is refreshed, not restored.
func (g *gen) refresh(s *session, to *[]string) error {
	if err := g.look(s); err != nil {
		return err
	}
	views := g.w.of("m")
	for _, m := range append(views, views...) {
		sql := "REFRESH MATERIALIZED VIEW " + m.sql()
		done, err := s.try(sql)
		if err != nil {
			return err
		}
		if done {
			*to = append(*to, sql)
		}
	}
	return nil
}

func (g *gen) look(s *session) (err error) {
	g.w, err = readWorld(s.ctx, s.Conn)
	return err
}

// add runs one statement, and keeps it if the server does not refuse it.
func (g *gen) add(s *session, ops []op, to *[]string) error {
	sql := g.draw(ops)
	if sql == "" {
		return nil
	}
	done, err := s.try(sql)
	if done {
		*to = append(*to, sql)
	}
	return err
}

// play runs statements again, and counts those that are not refused now.
func (s *session) play(statements []string, taken *int) error {
	for _, sql := range statements {
		done, err := s.try(sql)
		if err != nil {
			return fmt.Errorf("play: %w", err)
		}
		if done {
			*taken++
		}
	}
	return nil
}
