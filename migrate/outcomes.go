package migrate

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/safemigrate/safemigrate/snapshot"
	"github.com/safemigrate/safemigrate/snapshot/store"
)

// stateUnchanged is the state after everything that failed before the first statement.
const stateUnchanged = "the database was not changed"

// stateUnknown is the state after a commit whose answer was lost.
const stateUnknown = "the connection ended while a commit was under way, so its result is not known"

// hintSessions is the way on from a SessionsError.
const hintSessions = "stop the application and close these sessions (as their role or a superuser: SELECT pg_terminate_backend(PID)), then run the same command again"

// hintRecoverAlone is the way on where they keep a batch half-way.
const hintRecoverAlone = "stop the application and close these sessions, then run safemigrate recover\nsafemigrate recover --end-sessions ends them at the moment of the exchange"

// hintNotEnded is the way on where they were to be ended and may not be.
const hintNotEnded = "run it as a member of their roles or of pg_signal_backend (for those of a superuser: as one), or close them by hand; a prepared transaction needs COMMIT PREPARED or ROLLBACK PREPARED"

// sessionsHint is the way on from a batch that others' sessions keep half-way; "" where it is
// not they who do.
func sessionsHint(err error) string {
	sessions, ok := errors.AsType[*SessionsError](err)
	switch {
	case !ok:
		return ""
	case sessions.Role != "":
		return hintNotEnded
	}
	return hintRecoverAlone
}

// unchanged is a failure before anything was done.
func unchanged(op string, err error) error {
	if _, ok := errors.AsType[*Failure](err); ok {
		return err
	}
	if _, ok := errors.AsType[*LockedError](err); ok {
		return &Failure{Outcome: Locked, Op: op, State: stateUnchanged, Err: err, Hint: hintHeld}
	}
	return &Failure{Outcome: Unchanged, Op: op, State: stateUnchanged, Err: err,
		Hint: "look at the message above; nothing has to be repaired"}
}

const hintHeld = "end the session that holds the table, or give it longer with --lock-timeout"

// lockFailure tells a lock that somebody holds from one that cannot be had.
func lockFailure(err error) error {
	if _, ok := errors.AsType[*LockedError](err); !ok {
		return unchanged("lock the database", err)
	}
	return &Failure{Outcome: Locked, Op: "lock the database", State: stateUnchanged, Err: err,
		Hint: "wait until the other one is done, or give it longer with --lock-timeout"}
}

// snapshotFailure is a failure before any statement ran: no way back, no start.
func snapshotFailure(ctx context.Context, err error) error {
	var held *LockedError
	var sessions *SessionsError
	var over *OverBudgetError
	if f, ok := errors.AsType[*Failure](err); ok {
		return f
	}
	switch {
	case errors.As(err, &sessions):
		return &Failure{Outcome: Locked, Op: "take the snapshot", State: stateUnchanged, Err: err, Hint: hintSessions}
	case errors.As(err, &held):
		return &Failure{Outcome: Locked, Op: "take the snapshot", State: stateUnchanged, Err: err,
			Hint: hintHeld}
	case ctx.Err() != nil:
		return &Failure{Outcome: Unchanged, Op: "take the snapshot", State: stateUnchanged, Err: errors.New("interrupted"),
			Hint: "run the same command again"}
	}
	f := &Failure{Outcome: NoWayBack, Op: "take the snapshot", State: stateUnchanged, Err: err,
		Hint: "no migration runs without a way back; mend the cause, or leave tables out with --exclude"}
	switch {
	case errors.As(err, &over):
		f.Hint = alternatives(Estimate{})
	case errors.Is(err, store.ErrInUse):
		f.Outcome, f.Hint = Locked, "wait until the other one is done"
	case errors.Is(err, store.ErrFull):
		f.Hint = "make room in the store, as with safemigrate snapshot prune, or name another one with --store"
	case errors.Is(err, store.ErrDenied), errors.Is(err, store.ErrNoStore):
		f.Hint = "check the URL of the store, the credentials for it, and the right to write there"
	}
	return f
}

// revertFailure puts an error of Revert, after which nothing was changed, into
// the terms of a rollback.
func revertFailure(op, version string, err error) *Failure {
	f := &Failure{Outcome: Unchanged, Op: op, Err: err,
		State: "the database is still at version " + VersionName(version),
		Hint:  "safemigrate status"}
	var (
		conflict  *ConflictError
		undecided *UndecidedError
		keep      *KeepError
		held      *LockedError
		sessions  *SessionsError
		blocked   *BlockedError
		unfilled  *UnfilledError
	)
	switch {
	case errors.As(err, &unfilled):
		f.Outcome = Disagreement
		f.Hint = "correct the rows on which the query of the materialized view fails, or what it calls, then run the same command again"
	case errors.As(err, &conflict) && conflict.Together:
		f.Outcome = NoWayBack
		f.Hint = "safemigrate rollback takes the newest batch back; run it once for each of them"
	case errors.As(err, &conflict) && conflict.Inherent:
		f.Outcome = NoWayBack
		f.Hint = "nothing that was done since is in the way; change by hand what is named, or go back from a backup"
		if conflict.Dumped {
			f.Hint = "safemigrate rollback --whole-database brings the whole database back from its dump"
		}
	case errors.As(err, &conflict):
		f.Outcome = Disagreement
		f.Hint = "take back by hand what was changed since, then run safemigrate rollback again"
	case errors.As(err, &undecided):
		f.Outcome = Undecided
		f.Hint = "safemigrate rollback --discard-writes keeps those rows in the quarantine; --keep-writes leaves them where that is possible"
	case errors.As(err, &keep):
		f.Outcome = Undecided
		f.Hint = "safemigrate rollback --discard-writes keeps those rows in the quarantine"
	case errors.As(err, &sessions):
		f.Outcome = Locked
		f.Hint = hintSessions
		if sessions.Role != "" {
			f.Hint = hintNotEnded
		}
	case errors.As(err, &blocked):
		f.Outcome = NoWayBack
		f.Hint = "mend what is named, then run the same command again"
	case errors.As(err, &held):
		f.Outcome = Locked
		f.Hint = "end the session that holds the table, or give it longer with --lock-timeout"
	case errors.Is(err, snapshot.ErrVersion):
		f.Outcome = NoWayBack
		f.Hint = "go back on a server of the version that the snapshot was taken on, or from a backup; up takes snapshots that fit this server"
	case errors.Is(err, snapshot.ErrKey):
		f.Outcome = NoWayBack
		f.Hint = "give the key with --identity FILE, or --passphrase-file FILE"
	case errors.Is(err, snapshot.ErrUnreachable):
		f.Outcome = NoWayBack
		f.Hint = "check the store and the credentials for it; where it has moved, name it with --store"
	case errors.Is(err, snapshot.ErrRemoved):
		f.Outcome = NoWayBack
		f.Hint = "where the snapshot lies in another store by now, name that with --store; else go back from a backup"
	case errors.Is(err, snapshot.ErrDamaged), errors.Is(err, snapshot.ErrForeign), errors.Is(err, snapshot.ErrNewer):
		f.Outcome = NoWayBack
		f.Hint = "safemigrate snapshot verify"
	}
	return f
}

// disagreement turns problems into a failure, or nil where none stops.
func disagreement(problems []Problem, allow []ProblemKind) error {
	allowed := map[ProblemKind]bool{}
	for _, k := range allow {
		allowed[k] = true
	}
	var lines, hints []string
	for _, p := range problems {
		if p.Warning || (p.Allowable() && allowed[p.Kind]) {
			continue
		}
		lines = append(lines, p.Line())
		if p.Choice != "" {
			hints = append(hints, p.Choice)
		}
	}
	if len(lines) == 0 {
		return nil
	}
	return &Failure{Outcome: Disagreement, Op: "compare files and history", State: stateUnchanged,
		Err:  errors.New(strings.Join(lines, "; ")),
		Hint: strings.Join(distinct(hints), "\n")}
}

// Line is the problem on one line.
func (p Problem) Line() string {
	where := p.File
	if where == "" && p.Version != "" {
		where = "version " + p.Version
	}
	if where == "" {
		return fmt.Sprintf("%s: %s", p.Kind, p.Detail)
	}
	return fmt.Sprintf("%s: %s: %s", p.Kind, where, p.Detail)
}

func distinct(in []string) []string {
	seen := map[string]bool{}
	var out []string
	for _, s := range in {
		if !seen[s] {
			seen[s] = true
			out = append(out, s)
		}
	}
	return out
}
