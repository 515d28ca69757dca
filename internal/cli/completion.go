package cli

import (
	"bytes"
	"fmt"

	"github.com/spf13/cobra"
)

func newCompletion(p *program) *cobra.Command {
	cmd := &cobra.Command{
		Use:       "completion bash|zsh|fish|powershell",
		Short:     "Print a script that completes commands and flags",
		Long:      `Print a script that makes a shell complete the commands and flags of safemigrate.`,
		Args:      exactArg("the name of a shell"),
		ValidArgs: []string{"bash", "zsh", "fish", "powershell"},
		RunE:      func(cmd *cobra.Command, args []string) error { return runCompletion(p, cmd.Root(), args[0]) },
	}
	describe(cmd, `safemigrate completion bash > /etc/bash_completion.d/safemigrate
source <(safemigrate completion zsh)
safemigrate completion fish > ~/.config/fish/completions/safemigrate.fish`, exits(0, 1, 2)...)
	return cmd
}

func runCompletion(p *program, root *cobra.Command, shell string) error {
	var script bytes.Buffer
	var err error
	switch shell {
	case "bash":
		err = root.GenBashCompletionV2(&script, true)
	case "zsh":
		err = root.GenZshCompletion(&script)
	case "fish":
		err = root.GenFishCompletion(&script, true)
	case "powershell":
		err = root.GenPowerShellCompletionWithDesc(&script)
	default:
		return usage("the shells are bash, zsh, fish and powershell", "there is no completion for %q", shell)
	}
	if err != nil {
		return fmt.Errorf("writing the completion script: %w", err)
	}
	_, err = script.WriteTo(p.env.Stdout)
	return p.written(err)
}
