package sqltext

import "strings"

// delimiterSigns are what a delimiter can be made of here. The mysql client
// takes any text, and then cuts words and strings apart that hold it.
const delimiterSigns = "$/|;~^!%&@:?="

// setDelimiter reads the rest of the line after DELIMITER, a command of the
// mysql client which migrations have around stored programs. The statement
// after it ends at the delimiter, or at a semicolon outside of its body, as
// the server has it.
func (s *scanner) setDelimiter(command token) *fault {
	line, _, _ := strings.Cut(s.text[s.pos:], "\n")
	line = strings.TrimSuffix(line, "\r")
	s.pos += len(line)
	text := strings.TrimLeft(line, " \t")
	switch {
	case s.executed:
		return &fault{command.start, "DELIMITER stands inside an executable comment"}
	case text == "" || text == line:
		return &fault{command.start, "DELIMITER is a command of the mysql client and wants a delimiter on its line"}
	}
	delimiter, rest := text, ""
	if i := strings.IndexAny(text, " \t"); i >= 0 {
		delimiter, rest = text[:i], strings.TrimLeft(text[i:], " \t")
	}
	if strings.Trim(delimiter, delimiterSigns) != "" {
		return &fault{command.start, "a delimiter can be made of the signs " + delimiterSigns + " here, such as $$ or //"}
	}
	if rest != "" && !strings.HasPrefix(rest, "#") && !strings.HasPrefix(rest, "-- ") {
		return &fault{command.start, "after a delimiter nothing may follow on the line: the mysql client leaves it out"}
	}
	s.delimiter = delimiter
	if delimiter == ";" {
		s.delimiter = ""
	}
	return nil
}
