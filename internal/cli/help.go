package cli

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/safemigrate/safemigrate/migrate"
)

// exitAnnotation holds the exit codes of a command, for its help.
const exitAnnotation = "exit status"

// describe gives a command the end of its help: an example and the exit codes.
func describe(cmd *cobra.Command, example string, outcomes ...migrate.Outcome) {
	cmd.Example = "  " + strings.ReplaceAll(example, "\n", "\n  ")
	codes := make([]string, len(outcomes))
	for i, o := range outcomes {
		codes[i] = strconv.Itoa(int(o))
	}
	cmd.Annotations = map[string]string{exitAnnotation: strings.Join(codes, ",")}
}

// exits is short for a list of outcomes.
func exits(codes ...migrate.Outcome) []migrate.Outcome { return codes }

// help writes the help of a command to stdout.
func (p *program) help(cmd *cobra.Command) {
	var b strings.Builder
	b.WriteString(strings.TrimSpace(cmd.Long) + "\n\nUsage:\n")
	if cmd.HasAvailableSubCommands() {
		fmt.Fprintf(&b, "  %s COMMAND [flags]\n\nCommands:\n", cmd.CommandPath())
		for _, sub := range cmd.Commands() {
			if sub.IsAvailableCommand() {
				fmt.Fprintf(&b, "  %-11s %s\n", sub.Name(), sub.Short)
			}
		}
	} else {
		fmt.Fprintf(&b, "  %s\n", cmd.UseLine())
	}
	writeFlags(&b, "Flags", cmd.LocalNonPersistentFlags())
	common := cmd.InheritedFlags()
	if !cmd.HasParent() {
		common = cmd.PersistentFlags()
	}
	writeFlags(&b, "Flags of every command", common)
	if cmd.Example != "" {
		fmt.Fprintf(&b, "\nExample:\n%s\n", cmd.Example)
	}
	if codes := cmd.Annotations[exitAnnotation]; codes != "" {
		b.WriteString("\nExit status:\n")
		for code := range strings.SplitSeq(codes, ",") {
			n, err := strconv.Atoi(code)
			if err == nil {
				fmt.Fprintf(&b, "  %d  %s\n", n, statusOf(migrate.Outcome(n)).meaning)
			}
		}
	}
	_, err := io.WriteString(p.env.Stdout, b.String())
	if err = p.written(err); err != nil {
		p.progress.warn(err.Error())
	}
}

func writeFlags(b *strings.Builder, title string, flags *pflag.FlagSet) {
	if usages := flags.FlagUsages(); usages != "" {
		fmt.Fprintf(b, "\n%s:\n%s", title, usages)
	}
}
