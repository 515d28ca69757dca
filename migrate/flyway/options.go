package flyway

import (
	"cmp"
	"fmt"
	"strings"
)

// Options are Flyway's own settings, under Flyway's names. The zero value has
// Flyway's defaults.
type Options struct {
	// Schema of the history on PostgreSQL (defaultSchema); "" means the current schema.
	Schema string
	// Table is the history's table; "" means flyway_schema_history.
	Table string
	// InstalledBy is written to each row; "" means the current user.
	InstalledBy string
	// OutOfOrder makes files due that lie below the newest applied version.
	OutOfOrder bool

	// Encoding of the files; "" means UTF-8.
	Encoding string
	// PlaceholderReplacement is on unless it points to false.
	PlaceholderReplacement *bool
	// Placeholders are the values of ${name}; the case of a name does not matter.
	Placeholders map[string]string
	// PlaceholderPrefix and PlaceholderSuffix enclose a name; "" means ${ and }.
	PlaceholderPrefix, PlaceholderSuffix string
	// Builtin are the values of ${flyway:…}.
	Builtin Builtin

	// The parts of file names; "" means V, R, B, U, __ and .sql.
	Prefix, RepeatablePrefix, BaselinePrefix, UndoPrefix, Separator, Suffix string
}

// Builtin are the placeholders that Flyway fills by itself. One that is empty is
// unknown, and a file that uses it is refused.
type Builtin struct {
	DefaultSchema    string // "" means Options.Schema
	User             string
	Database         string
	Timestamp        string // of this run, as 2006-01-02 15:04:05
	WorkingDirectory string
	Environment      string // "" means default
}

const (
	defaultTable   = "flyway_schema_history"
	maxVersion     = 50 // the history's column
	maxDescription = 200
	maxScript      = 1000
	maxInstalledBy = 100
)

func (o Options) withDefaults() Options {
	o.Table = cmp.Or(o.Table, defaultTable)
	o.Encoding = cmp.Or(o.Encoding, "UTF-8")
	o.Prefix = cmp.Or(o.Prefix, "V")
	o.RepeatablePrefix = cmp.Or(o.RepeatablePrefix, "R")
	o.BaselinePrefix = cmp.Or(o.BaselinePrefix, "B")
	o.UndoPrefix = cmp.Or(o.UndoPrefix, "U")
	o.Separator = cmp.Or(o.Separator, "__")
	o.Suffix = cmp.Or(o.Suffix, ".sql")
	o.PlaceholderPrefix = cmp.Or(o.PlaceholderPrefix, "${")
	o.PlaceholderSuffix = cmp.Or(o.PlaceholderSuffix, "}")
	o.Builtin.DefaultSchema = cmp.Or(o.Builtin.DefaultSchema, o.Schema)
	o.Builtin.Environment = cmp.Or(o.Builtin.Environment, "default")
	return o
}

func (o Options) replaces() bool {
	return o.PlaceholderReplacement == nil || *o.PlaceholderReplacement
}

// placeholders are all that a file of that base name may use, in lower case.
func (o Options) placeholders(base string) map[string]string {
	values := map[string]string{}
	for name, value := range o.Placeholders {
		values[strings.ToLower(name)] = value
	}
	for name, value := range map[string]string{
		"defaultschema":    o.Builtin.DefaultSchema,
		"user":             o.Builtin.User,
		"database":         o.Builtin.Database,
		"timestamp":        o.Builtin.Timestamp,
		"filename":         base,
		"workingdirectory": o.Builtin.WorkingDirectory,
		"table":            o.Table,
		"environment":      o.Builtin.Environment,
	} {
		if value != "" {
			values["flyway:"+name] = value
		}
	}
	return values
}

// expectedForm shows how a name should look.
func (o Options) expectedForm() string {
	return fmt.Sprintf("Flyway's names look like %s1.2%sadd_phone%s or %s%sviews%s",
		o.Prefix, o.Separator, o.Suffix, o.RepeatablePrefix, o.Separator, o.Suffix)
}
