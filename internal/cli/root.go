package cli

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/safemigrate/safemigrate/migrate"
)

// newRoot builds the command line.
func newRoot(p *program) *cobra.Command {
	root := &cobra.Command{
		Use:   "safemigrate",
		Short: "Database migrations that can be taken back",
		Long: `safemigrate makes a schema change something that you can take back. It runs a
directory of plain SQL migrations (golang-migrate, Flyway), takes a snapshot
before each batch, and puts schema, rows and version table back when the batch
fails, or when the release fails an hour later.`,
		SilenceUsage:      true,
		SilenceErrors:     true,
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error { return p.resolve(cmd) },
		CompletionOptions: cobra.CompletionOptions{DisableDefaultCmd: true},
	}
	p.settings.commonFlags(root.PersistentFlags())
	root.AddCommand(newUp(p), newPrepare(p), newRollback(p), newPlan(p), newStatus(p), newSnapshot(p), newRecover(p),
		newNew(p), newVersion(p), newCompletion(p))
	describe(root, `safemigrate plan
safemigrate up
safemigrate rollback`, exits(0, 1, 2, 3, 4, 5, 6, 7, 8)...)
	asGroup(root)
	root.SetOut(p.env.Stdout)
	root.SetErr(p.env.Stderr)
	root.SetIn(p.env.Stdin)
	root.SetHelpFunc(func(cmd *cobra.Command, _ []string) { p.help(cmd) })
	root.SetHelpCommand(newHelp(root))
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return usage(cmd.CommandPath()+" --help", "%w", err)
	})
	return root
}

// newHelp builds the command `help`, which differs from cobra's in that an
// unknown topic is an error.
func newHelp(root *cobra.Command) *cobra.Command {
	return &cobra.Command{
		Use:    "help [COMMAND]",
		Short:  "Show the help of a command",
		Hidden: true,
		RunE: func(_ *cobra.Command, args []string) error {
			topic, unknown, err := root.Find(args)
			if err != nil || len(unknown) > 0 {
				return usage("safemigrate --help", "there is no command %q", strings.Join(args, " "))
			}
			return topic.Help()
		},
	}
}

// asGroup makes a command that only holds others refuse to be run itself.
func asGroup(group *cobra.Command) {
	group.Args = cobra.ArbitraryArgs
	group.SuggestionsMinimumDistance = 2
	group.RunE = func(cmd *cobra.Command, args []string) error {
		hint := cmd.CommandPath() + " --help"
		if len(args) == 0 {
			return usage(hint, "no command is given")
		}
		if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
			hint = fmt.Sprintf("did you mean %s %s?", cmd.CommandPath(), near[0])
		}
		return usage(hint, "there is no command %q", args[0])
	}
}

// noArgs refuses arguments.
func noArgs(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	return usage(cmd.CommandPath()+" --help", "%s takes no argument, but got %q", cmd.CommandPath(), args[0])
}

// exactArg demands one argument.
func exactArg(what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) == 1 {
			return nil
		}
		return usage(cmd.CommandPath()+" --help", "%s takes %s, but got %d arguments", cmd.CommandPath(), what, len(args))
	}
}

// upTo demands at most one argument.
func upTo(what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) <= 1 {
			return nil
		}
		return usage(cmd.CommandPath()+" --help", "%s takes %s or nothing, but got %d arguments", cmd.CommandPath(), what, len(args))
	}
}

// failureOf returns the failure that err is, or nil.
func failureOf(err error) *migrate.Failure {
	f, _ := errors.AsType[*migrate.Failure](err)
	return f
}
