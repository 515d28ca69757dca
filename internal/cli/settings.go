package cli

import (
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/safemigrate/safemigrate"
)

// settings are what stays the same from run to run. Each comes from its flag,
// else from its environment variable, else from the file, else it has a default.
type settings struct {
	database, source, convention string
	tables, exclude              []string
	scope                        string
	maxSnapshot                  sizeFlag
	maxLock                      time.Duration
	lockTimeout, lockTry         time.Duration
	allow, failOn                []string
	onFailure                    string
	store, passphraseFile        string
	recipients, identities       []string
	strategy, programs           string
	jobs                         int
	flyway                       safemigrate.FlywayConfig
	config                       string
	json, quiet, verbose         bool
	// from tells where a setting came from; settings with their default are not in it.
	from map[string]origin
}

// origin is where a setting came from.
type origin string

const (
	fromFlag        origin = "flag"
	fromEnvironment origin = "environment"
	fromFile        origin = "file"
)

const defaultLockTry = 2 * time.Second

// defaultFile is read where it exists and --config names no other.
const defaultFile = "safemigrate.yaml"

// commonFlags are the flags of every command.
func (s *settings) commonFlags(f *pflag.FlagSet) {
	f.StringVar(&s.config, "config", "", "read settings from this `file` (default: safemigrate.yaml, where it exists)")
	f.BoolVar(&s.json, "json", s.json, "answer with one JSON document on stdout")
	f.BoolVarP(&s.quiet, "quiet", "q", false, "no progress on stderr, only warnings and errors")
	f.BoolVarP(&s.verbose, "verbose", "v", false, "leave nothing out")
}

// databaseFlags are the flags of the commands that open a database.
func (s *settings) databaseFlags(f *pflag.FlagSet) {
	f.StringVar(&s.database, "database", "", "`URL` of the database: postgres://…, sqlite://file.db (or SAFEMIGRATE_DATABASE, or DATABASE_URL)")
	s.sourceFlags(f)
	f.DurationVar(&s.lockTimeout, "lock-timeout", safemigrate.DefaultLockTimeout, "wait so long for a lock that somebody else holds")
	f.DurationVar(&s.lockTry, "lock-try", defaultLockTry, "let one try for a table's lock, behind which the application queues, last no longer")
}

// storeFlags are the flags of the commands that write or read snapshots.
func (s *settings) storeFlags(f *pflag.FlagSet) {
	f.StringVar(&s.store, "store", "", "keep snapshots in this `store`: a directory, or s3://bucket/prefix?endpoint=https://…&region=…")
	f.StringSliceVar(&s.recipients, "recipient", nil, "encrypt snapshots to these age public `keys`, or files of them")
	f.StringSliceVar(&s.identities, "identity", nil, "read encrypted snapshots with these `files` of age identities")
	f.StringVar(&s.passphraseFile, "passphrase-file", "", "encrypt and read snapshots with the passphrase in this `file`")
}

// dumpFlags are the flags of the commands that dump or load rows.
func (s *settings) dumpFlags(f *pflag.FlagSet) {
	f.IntVar(&s.jobs, "jobs", 0, "let so many `connections` dump or load rows at the same time (default: the processors, up to 4)")
	f.StringVar(&s.programs, "pg-bin", "", "`directory` of pg_dump and pg_restore (default: where packages put them)")
}

// storeConfig puts the flags into the terms of the API.
func (s *settings) storeConfig() safemigrate.StoreConfig {
	return safemigrate.StoreConfig{URL: s.store, Recipients: s.recipients, Identities: s.identities, PassphraseFile: s.passphraseFile}
}

// sourceFlags are the flags of the commands that read the migrations.
func (s *settings) sourceFlags(f *pflag.FlagSet) {
	f.StringVar(&s.source, "source", "migrations", "`directory` of the migrations, or its file:// URL")
	f.StringVar(&s.convention, "convention", "", "golang-migrate or flyway (default: detected)")
}

// scopeFlags are the flags of the commands that take a snapshot.
func (s *settings) scopeFlags(f *pflag.FlagSet) {
	f.StringVar(&s.scope, "scope", "auto", "rows that the snapshot keeps: auto (what the batch can destroy), all or none")
	s.dumpFlags(f)
	f.StringVar(&s.strategy, "strategy", "auto", "how rows are kept: copy (in tables inside the database), dump (in the store), clone (of the whole database, for development and CI), or auto (the cheaper one of the first two that will do)")
	f.Var(&s.maxSnapshot, "max-snapshot", "refuse a snapshot that takes more than this `size`, like 500MB or 10GB")
	f.DurationVar(&s.maxLock, "max-lock", 0, "refuse a snapshot that keeps writers waiting for longer, like 5s")
	f.StringSliceVar(&s.tables, "tables", nil, "keep only these tables in the snapshot (`patterns`: orders, public.log_*)")
	f.StringSliceVar(&s.exclude, "exclude", nil, "leave these tables out of the snapshot (`patterns`)")
}

// batchFlags are the flags of up and plan that stay from run to run.
func (s *settings) batchFlags(f *pflag.FlagSet) {
	f.StringSliceVar(&s.allow, "allow", nil, "go on in spite of these `kinds` of disagreement: edited, missing, out-of-order, too-new, gap, published")
	f.StringSliceVar(&s.failOn, "fail-on", nil, "refuse these `hazards`: their IDs, or groups (blocking, breaking, destructive, failing, irreversible, stepwise, rights, design, all)")
}

// resolve fills every setting that no flag gave. Settings without a flag of the
// command are not read, so that a wrong one does not stop a command that has
// no use for it.
func (p *program) resolve(cmd *cobra.Command) error {
	s := &p.settings
	s.from = map[string]origin{}
	r := resolver{flags: cmd.Flags(), lookup: p.env.LookupEnv, from: s.from}
	r.flags.Visit(func(f *pflag.Flag) { s.from[f.Name] = fromFlag })
	if err := r.environment(); err != nil {
		return err
	}
	if r.flags.Lookup("database") != nil || r.flags.Lookup("source") != nil {
		if err := r.file(s); err != nil {
			return err
		}
	}
	if err := s.flywayEnvironment(p.env.LookupEnv); err != nil {
		return err
	}
	p.progress.quiet, p.progress.verbose = s.quiet, s.verbose
	return s.check()
}

// check refuses values that no flag type refuses.
func (s *settings) check() error {
	if s.from["lock-timeout"] != "" && s.lockTimeout <= 0 {
		return usage("write a duration such as 30s or 5m", "--lock-timeout must be more than 0")
	}
	if s.from["lock-try"] != "" && s.lockTry <= 0 {
		return usage("write a duration such as 500ms or 2s", "--lock-try must be more than 0")
	}
	if s.from["max-lock"] != "" && s.maxLock <= 0 {
		return usage("write a duration such as 5s or 1m", "--max-lock must be more than 0")
	}
	switch s.scope {
	case "", "auto", "all", "none":
	default:
		return usage("write auto, all or none", "there is no scope %q", s.scope)
	}
	switch s.convention {
	case "", "golang-migrate", "flyway":
	default:
		return usage("write golang-migrate or flyway, or leave it out", "there is no convention %q", s.convention)
	}
	if s.quiet && s.verbose {
		return usage("leave one of them out", "--quiet and --verbose contradict each other")
	}
	return nil
}

// resolver gives flags their values from elsewhere.
type resolver struct {
	flags  *pflag.FlagSet
	lookup func(string) (string, bool)
	from   map[string]origin
}

// environmentSettings are the flags that an environment variable can stand for.
// The others decide about one run, and are not to linger.
var environmentSettings = []string{
	"config", "json", "quiet", "verbose", "database", "source", "convention", "lock-timeout", "lock-try",
	"scope", "max-snapshot", "max-lock", "tables", "exclude", "allow", "fail-on", "on-failure",
	"store", "recipient", "identity", "passphrase-file",
	"strategy", "jobs", "pg-bin",
}

func variable(setting string) string {
	return "SAFEMIGRATE_" + strings.ToUpper(strings.ReplaceAll(setting, "-", "_"))
}

// environment sets what is set there and not by a flag. An empty variable is
// one that is not set.
func (r *resolver) environment() error {
	for _, name := range environmentSettings {
		variables := []string{variable(name)}
		if name == "database" {
			variables = append(variables, "DATABASE_URL")
		}
		for _, v := range variables {
			value, _ := r.lookup(v)
			if value == "" || r.flags.Lookup(name) == nil || r.from[name] != "" {
				continue
			}
			if err := r.flags.Set(name, value); err != nil {
				return usage("correct the environment variable", "%s is not a valid %s", v, name)
			}
			r.from[name] = fromEnvironment
		}
	}
	return nil
}

// file sets what the file says and nothing before it did.
func (r *resolver) file(s *settings) error {
	path := s.config
	if path == "" {
		path = defaultFile
	}
	content, err := os.ReadFile(path)
	switch {
	case os.IsNotExist(err) && s.config == "":
		return nil
	case err != nil:
		return usage("name an existing file with --config", "read the configuration: %w", err)
	}
	c, err := readFile(path, content)
	if err != nil {
		return err
	}
	s.flyway = c.Flyway
	for _, v := range c.values() {
		if v.absent || r.flags.Lookup(v.name) == nil || r.from[v.name] != "" {
			continue
		}
		if v.name == "database" {
			if v.texts[0], err = expand(v.texts[0], r.lookup); err != nil {
				return usage("set the variable, or write the URL itself", "%s: database: %w", path, err)
			}
		}
		if err := r.set(v); err != nil {
			return usage("correct "+path, "%s: %s: %w", path, v.key, err)
		}
		r.from[v.name] = fromFile
	}
	return nil
}

func (r *resolver) set(v fileValue) error {
	flag := r.flags.Lookup(v.name)
	if list, ok := flag.Value.(pflag.SliceValue); ok {
		if err := list.Replace(v.texts); err != nil {
			return fmt.Errorf("not a list of words: %w", err)
		}
		return nil
	}
	if err := flag.Value.Set(v.texts[0]); err != nil {
		return fmt.Errorf("not a valid %s", flag.Value.Type())
	}
	return nil
}
