package sqlite

import (
	"context"
	"errors"
	"fmt"
	"io"
)

// loss counts the rows of a table that differ from a known state. -1: unknown.
type loss struct {
	Written int64 `json:"written"` // only here: inserted or updated since
	Gone    int64 `json:"gone"`    // only there: updated or deleted since
}

var unknownLoss = loss{Written: -1, Gone: -1}

// plus adds what happened in another stretch of time.
func (l loss) plus(m loss) loss {
	if l.Written < 0 || m.Written < 0 {
		return unknownLoss
	}
	return loss{Written: l.Written + m.Written, Gone: l.Gone + m.Gone}
}

// since compares the rows that l sees with the state after a batch, whose file
// lies in dir, and adds what had been written between the batch's steps. now is
// the census of l. Tables that are equal are left out.
func (l *link) since(ctx context.Context, a *after, dir string, now census) (map[string]loss, error) {
	losses := map[string]loss{}
	for _, was := range a.Tables {
		is, ok := now.find(was.Name)
		if ok && is.Rows == was.Rows && is.Sum == was.Sum {
			continue
		}
		if !ok {
			losses[was.Name] = loss{Gone: was.Rows}
			continue
		}
		found, err := l.tableSince(ctx, a, dir, was.Name)
		if err != nil {
			return nil, err
		}
		losses[was.Name] = found
	}
	for _, is := range now {
		if _, ok := a.Tables.find(is.Name); !ok {
			losses[is.Name] = loss{Written: is.Rows}
		}
	}
	for name, carried := range a.Carried {
		losses[name] = losses[name].plus(carried)
	}
	return losses, nil
}

// tableSince counts exactly, or says unknown where the file of hashes is not
// what was Written: the sums then still prove that something changed.
func (l *link) tableSince(ctx context.Context, a *after, dir, table string) (found loss, err error) {
	f, err := a.open(dir)
	if err != nil {
		return unknownLoss, nil
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	hashes := newHashSort(dir)
	defer func() { err = errors.Join(err, hashes.reset()) }()
	if _, err := l.scan(ctx, table, hashes.add); err != nil {
		return loss{}, err
	}
	now, err := hashes.sorted()
	if err != nil {
		return loss{}, err
	}
	then := a.section(f, table)
	found, err = differ(func() (uint64, error) { return getHash(then) }, now.next)
	if err != nil {
		return loss{}, fmt.Errorf("compare table %s: %w", table, err)
	}
	return found, nil
}

// differ walks two sorted rows of hashes and counts what only one has.
func differ(then, now func() (uint64, error)) (l loss, err error) {
	was, wasEnd, err := ended(then())
	if err != nil {
		return l, err
	}
	is, isEnd, err := ended(now())
	for err == nil && (!wasEnd || !isEnd) {
		switch {
		case wasEnd || !isEnd && is < was:
			l.Written++
			is, isEnd, err = ended(now())
		case isEnd || was < is:
			l.Gone++
			was, wasEnd, err = ended(then())
		default:
			if was, wasEnd, err = ended(then()); err == nil {
				is, isEnd, err = ended(now())
			}
		}
	}
	return l, err
}

// ended tells the end of a row of hashes from an error.
func ended(h uint64, err error) (uint64, bool, error) {
	if errors.Is(err, io.EOF) {
		return 0, true, nil
	}
	return h, false, err
}
