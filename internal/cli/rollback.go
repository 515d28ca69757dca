package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/safemigrate/safemigrate"
	"github.com/safemigrate/safemigrate/migrate"
)

// rollbackOptions are the flags of rollback.
type rollbackOptions struct {
	to                  string
	toSet               bool
	undo, discard, keep bool
	plan, whole, end    bool
}

func newRollback(p *program) *cobra.Command {
	var o rollbackOptions
	cmd := &cobra.Command{
		Use:   "rollback",
		Short: "Take the newest batch back, or every batch down to a tag",
		Long: `Take the newest batch back, or with --to every batch down to a tag: schema, rows
and version. No migration file and no down script is needed. Tables that the
batch did not touch keep every row written since. Rows that have to be taken out
are counted and shown first, and then kept in a quarantine; a rollback can itself
be undone with --undo until snapshots are pruned. With --whole-database, from a
snapshot of strategy dump, everything goes back: the dump is restored beside the
database and takes its place, and the present database becomes the quarantine.
That, and a snapshot of strategy clone, needs that nobody else is connected:
--end-sessions ends the others at that moment, and names them.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			o.toSet = cmd.Flags().Changed("to")
			return o.run(cmd.Context(), p)
		},
	}
	f := cmd.Flags()
	p.settings.databaseFlags(f)
	p.settings.storeFlags(f)
	f.StringVar(&o.to, "to", "", "go back to this `tag`; none is the version before the first migration")
	f.BoolVar(&o.undo, "undo", false, "undo the newest rollback")
	f.BoolVar(&o.discard, "discard-writes", false, "take rows written since out, into the quarantine")
	f.BoolVar(&o.keep, "keep-writes", false, "leave rows written since, and stop where that is impossible")
	f.BoolVar(&o.whole, "whole-database", false, "bring the whole database back from its dump, restored beside it and exchanged for it")
	f.BoolVar(&o.end, "end-sessions", false, "where databases are exchanged, end the sessions of others at that moment")
	f.BoolVar(&o.plan, "plan", false, "show what would be done, and change nothing")
	describe(cmd, `safemigrate rollback --plan
safemigrate rollback
safemigrate rollback --to 12 --discard-writes
safemigrate rollback --whole-database --plan
safemigrate rollback --undo`, exits(0, 1, 2, 4, 5, 6, 7, 8)...)
	return cmd
}

// options checks the flags and puts them into the terms of the API.
func (o *rollbackOptions) options() (safemigrate.RollbackOptions, error) {
	r := safemigrate.RollbackOptions{Undo: o.undo, Whole: o.whole, EndSessions: o.end, Plan: o.plan}
	const hint = "leave one of them out"
	switch {
	case o.toSet && o.undo:
		return r, usage(hint, "--to and --undo contradict each other")
	case o.discard && o.keep:
		return r, usage(hint, "--discard-writes and --keep-writes contradict each other")
	case o.discard:
		r.Decide = migrate.Discard
	case o.keep:
		r.Decide = migrate.Keep
	}
	if o.toSet {
		tag := o.to
		if tag == "none" {
			tag = ""
		}
		r.To = &tag
	}
	return r, nil
}

func (o *rollbackOptions) run(ctx context.Context, p *program) error {
	options, err := o.options()
	if err != nil {
		return err
	}
	return p.withDatabase(ctx, func(db *safemigrate.DB) error {
		report, err := p.rollback(ctx, db, options)
		if o.undecided(err) && report != nil && p.asks() && p.askForRows(ctx, report) {
			options.Decide = migrate.Discard
			report, err = p.rollback(ctx, db, options)
		}
		if err != nil {
			return o.explain(p, report, err)
		}
		answered := p.answer(newRollbackDocument(report), func(t *text) { o.text(p, t, report) })
		if options.Plan {
			return answered
		}
		return p.told(answered)
	})
}

func (p *program) rollback(ctx context.Context, db *safemigrate.DB, o safemigrate.RollbackOptions) (report *safemigrate.RollbackReport, err error) {
	err = p.change(func() error {
		report, err = db.Rollback(ctx, o)
		return err
	})
	return report, err
}

// undecided reports whether err is a question that a person may answer.
func (o *rollbackOptions) undecided(err error) bool {
	f := failureOf(err)
	return f != nil && f.Outcome == migrate.Undecided && !o.keep && !o.discard && !o.plan
}

// askForRows shows what would be taken out and asks.
func (p *program) askForRows(ctx context.Context, r *safemigrate.RollbackReport) bool {
	p.progress.clear()
	t := &text{colour: p.env.colour(p.env.Terminals.Stderr)}
	p.revertText(t, r.RevertReport)
	fmt.Fprint(p.env.Stderr, t.b.String())
	if r.Losses() == 1 {
		return p.ask(ctx, "take this row out (it is kept in the quarantine)?")
	}
	return p.ask(ctx, fmt.Sprintf("take these %s out (they are kept in the quarantine)?", counted(r.Losses(), "row")))
}

// explain adds to a failure what was found, and the two commands that decide.
func (o *rollbackOptions) explain(p *program, report *safemigrate.RollbackReport, err error) error {
	if o.undecided(err) {
		filled := *failureOf(err)
		again := "safemigrate rollback " + o.again()
		filled.Hint = again + "--discard-writes takes them out and keeps them in the quarantine\n" +
			again + "--keep-writes leaves them, where no table has to be refilled or rebuilt"
		err = &filled
	} else if f := failureOf(err); f != nil && f.Outcome == migrate.Undecided && o.keep {
		filled := *f
		filled.Hint = "safemigrate rollback " + o.again() + "--discard-writes keeps those rows in the quarantine"
		err = &filled
	}
	if report == nil {
		return err
	}
	if !p.settings.json {
		t := &text{colour: p.env.colour(p.env.Terminals.Stderr)}
		p.revertText(t, report.RevertReport)
		p.progress.clear()
		fmt.Fprint(p.env.Stderr, t.b.String())
	}
	return withReport(newRollbackDocument(report), err)
}

// again repeats the flags that say what to take back.
func (o *rollbackOptions) again() string {
	flags := ""
	switch {
	case o.undo:
		flags = "--undo "
	case o.toSet && o.to == "":
		flags = "--to none "
	case o.toSet:
		flags = "--to " + o.to + " "
	}
	if o.whole {
		flags += "--whole-database "
	}
	if o.end {
		flags += "--end-sessions "
	}
	return flags
}

// rollbackDocument is the answer of rollback with --json.
type rollbackDocument struct {
	Schema string `json:"schema"`
	*safemigrate.RollbackReport
}

func newRollbackDocument(r *safemigrate.RollbackReport) rollbackDocument {
	filled := *r
	filled.Undone = emptyForNil(r.Undone)
	return rollbackDocument{"safemigrate/rollback/1", &filled}
}

func (o *rollbackOptions) text(p *program, t *text, r *safemigrate.RollbackReport) {
	t.linef("database", "%s, %s", databaseName(r.Database), versions(r.From, r.To))
	if len(r.Undone) == 0 {
		t.donef("nothing to do: the database is at version %s", migrate.VersionName(r.To))
		return
	}
	t.list("batches", r.Undone)
	p.revertText(t, r.RevertReport)
	if r.Planned {
		t.linef("next", "nothing was changed; carry it out with: safemigrate rollback %s", o.again())
		return
	}
	undo := "undo with: safemigrate rollback --undo"
	if r.Undo {
		undo = "take it back again with: safemigrate rollback"
	}
	t.donef("version %s, %s; %s", migrate.VersionName(r.To), took(r.Took), undo)
}

func suffixed(list []string, suffix string) []string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = s + suffix
	}
	return out
}

// revertText tells what was written since, which way each table goes back, and
// what stays.
func (p *program) revertText(t *text, r migrate.RevertReport) {
	var since, ways [][]string
	var kept int64
	for _, table := range r.Tables {
		if table.Written != 0 || table.Gone != 0 {
			since = append(since, []string{table.Name, sinceWords(table)})
		}
		ways = append(ways, []string{table.Name, wayWords(table)})
		kept += table.Kept
	}
	t.table("since", since)
	if r.Whole != "" {
		t.linef("whole", "%s: every table goes back, with what was written to it since", r.Whole)
	}
	t.list("ended", r.Ended)
	t.list("way", p.shorten(align(ways)))
	t.list("objects", p.shorten(r.Objects))
	t.list("drift", suffixed(r.Drift, "; left alone"))
	if r.Quarantine != "" && kept > 0 {
		t.linef("kept", "%s of replaced tables in the quarantine %s, until safemigrate snapshot prune", counted(kept, "row"), r.Quarantine)
	}
}

// wayWords tells how a table goes back, why, and what that costs.
func wayWords(r migrate.TableReport) string {
	words := r.Way
	if r.Why != "" {
		words += ": " + r.Why
	}
	switch {
	case r.Prepared == "ready":
		words += "; prepared, nothing is written"
	case r.Prepared == "catches up":
		words += "; prepared, catches up with " + counted(r.Rows, "later row")
	case r.Prepared != "":
		words += "; prepared, but " + r.Prepared
	}
	if r.Bytes > 0 {
		words += fmt.Sprintf("; about %s, %s", counted(r.Rows, "row"), size(r.Bytes))
	}
	if r.Readers != "" {
		words += "; readers " + r.Readers
	}
	return words
}

// sinceWords counts what happened to a table since the batch.
func sinceWords(r migrate.TableReport) string {
	if r.Written < 0 || r.Gone < 0 {
		return "changed since; how many rows is not known"
	}
	var words []string
	if r.Written > 0 {
		words = append(words, counted(r.Written, "row")+" written")
	}
	if r.Gone > 0 {
		words = append(words, counted(r.Gone, "row")+" changed or deleted")
	}
	return strings.Join(words, ", ")
}
