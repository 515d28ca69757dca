package flyway

import (
	"fmt"
	"strings"
)

// configSuffix marks the file beside a script that configures it.
const configSuffix = ".conf"

// scriptConfig is what a script's own configuration says; nil and "" say nothing.
type scriptConfig struct {
	executeInTransaction   *bool
	placeholderReplacement *bool
	encoding               string
}

// readScriptConfig reads key=value lines. A key that Flyway does not know is an
// error, as it is to Flyway.
func readScriptConfig(text string) (scriptConfig, error) {
	var c scriptConfig
	for number, written := range strings.Split(text, "\n") {
		entry := strings.TrimSpace(written)
		if entry == "" || strings.HasPrefix(entry, "#") || strings.HasPrefix(entry, "!") {
			continue
		}
		name, value, found := strings.Cut(entry, "=")
		if !found {
			return c, fmt.Errorf("line %d: %.100q is not key=value", number+1, entry)
		}
		if err := c.set(strings.TrimSpace(name), strings.TrimSpace(value)); err != nil {
			return c, fmt.Errorf("line %d: %w", number+1, err)
		}
	}
	return c, nil
}

func (c *scriptConfig) set(name, value string) error {
	switch name {
	case "executeInTransaction":
		return setBool(&c.executeInTransaction, name, value)
	case "placeholderReplacement":
		return setBool(&c.placeholderReplacement, name, value)
	case "encoding":
		c.encoding = value
		return checkEncoding(value)
	case "shouldExecute":
		// An expression would decide whether the file counts at all.
		if value != "true" {
			return fmt.Errorf("shouldExecute=%.100q is not evaluated here: it belongs to Flyway Teams", value)
		}
		return nil
	}
	return fmt.Errorf("the key %.100q is unknown; known are executeInTransaction, encoding and placeholderReplacement", name)
}

func setBool(target **bool, name, value string) error {
	b := strings.EqualFold(value, "true")
	if !b && !strings.EqualFold(value, "false") {
		return fmt.Errorf("%s must be true or false, and is %.100q", name, value)
	}
	*target = &b
	return nil
}
