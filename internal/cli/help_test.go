package cli

import (
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

func TestHelp(t *testing.T) {
	t.Parallel()
	root := newRoot(newProgram(newTestEnv().Env, nil))
	eachCommand(root, func(cmd *cobra.Command) {
		path := strings.Fields(cmd.CommandPath())[1:]
		env := newTestEnv()
		if code := env.run(append(path, "--help")...); code != 0 {
			t.Errorf("%s --help: exit code %d: %s", path, code, env.err.String())
		}
		help := env.out.String()
		example, exit := strings.Index(help, "\nExample:\n"), strings.Index(help, "\nExit status:\n")
		if example < 0 || exit < example {
			t.Errorf("%s --help does not end with Example and Exit status:\n%s", path, help)
		}
		golden(t, strings.Join(append([]string{"help"}, path...), "_")+".txt", env.out.Bytes())
	})
}

func eachCommand(cmd *cobra.Command, visit func(*cobra.Command)) {
	if cmd.Hidden {
		return
	}
	visit(cmd)
	for _, sub := range cmd.Commands() {
		eachCommand(sub, visit)
	}
}

func TestWrongUsage(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, line, want string }{
		{"nothing", "", "no command is given"},
		{"unknown command", "upp", "did you mean safemigrate up?"},
		{"unknown subcommand", "snapshot lst", "did you mean safemigrate snapshot list?"},
		{"group alone", "snapshot", "no command is given"},
		{"help of nothing", "help nothing", "there is no command"},
		{"unknown flag", "up --databse x", "unknown flag: --databse"},
		{"not a number", "up two", "not a number of migrations"},
		{"zero", "up 0", "not a number of migrations"},
		{"too many", "up 1 2", "takes a number of migrations or nothing"},
		{"number and version", "up 1 --to 3", "contradict"},
		{"on-failure", "up --on-failure maybe", "--on-failure"},
		{"allow", "up --allow dirty", "--allow"},
		{"argument of status", "status now", "takes no argument"},
		{"to and undo", "rollback --to 3 --undo", "--to and --undo"},
		{"both decisions", "rollback --discard-writes --keep-writes", "contradict"},
		{"no snapshot named", "snapshot show", "takes the ID or tag"},
		{"prune without rule", "snapshot prune", "say what may go"},
		{"prune by both", "snapshot prune --keep-last 3 20260101-000000-aabbcc", "contradict"},
		{"negative keep", "snapshot prune --keep-last -1", "at least 0"},
		{"age", "snapshot prune --keep-within soon", "not an age"},
		{"shell", "completion tcsh", "no completion for"},
		{"no shell", "completion", "takes the name of a shell"},
		{"no name", "new", "a name is needed"},
		{"name without letters", "new !!!", "a name is needed"},
		{"no database", "up", "no database is named"},
		{"lock timeout", "up --lock-timeout 0s", "must be more than 0"},
		{"lock timeout without unit", "up --lock-timeout 5", "lock-timeout"},
		{"convention", "up --convention liquibase", "there is no convention"},
		{"quiet and verbose", "status -q -v", "contradict"},
		{"missing file", "up --config nowhere.yaml", "read the configuration"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			env := newTestEnv()
			if code := env.run(strings.Fields(c.line)...); code != 2 {
				t.Errorf("exit code %d, want 2", code)
			}
			if said := env.err.String(); !strings.Contains(said, c.want) || !strings.Contains(said, "hint: ") {
				t.Errorf("%q, want %q and a hint in it", said, c.want)
			}
			if env.out.Len() > 0 {
				t.Errorf("on stdout: %q", env.out.String())
			}
		})
	}
}

func TestUsageErrorsAreJSONToo(t *testing.T) {
	t.Parallel()
	env := newTestEnv()
	if code := env.run("upp", "--json"); code != 2 || !strings.Contains(env.out.String(), `"schema": "safemigrate/error/1"`) {
		t.Errorf("exit code %d, %s", code, env.out.String())
	}
}

func TestCompletion(t *testing.T) {
	t.Parallel()
	for _, shell := range []string{"bash", "zsh", "fish", "powershell"} {
		env := newTestEnv()
		if code := env.run("completion", shell); code != 0 || !strings.Contains(env.out.String(), "safemigrate") {
			t.Errorf("%s: exit code %d, %s", shell, code, env.err.String())
		}
	}
	env := newTestEnv()
	if code := env.run("__complete", "roll"); code != 0 || !strings.HasPrefix(env.out.String(), "rollback\t") {
		t.Errorf("completing roll: exit code %d, %q %q", code, env.out.String(), env.err.String())
	}
}
