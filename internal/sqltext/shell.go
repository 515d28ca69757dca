package sqltext

import "strings"

// psqlCommand returns the fault of a backslash outside quotes, which is a
// command for psql and never SQL. The name ends before any argument: those can
// hold a password.
func psqlCommand(text string, offset int) *fault {
	name := shellName(text, offset)
	switch {
	case len(name) == 1 && offset+1 < len(text) && text[offset+1] == '.':
		return &fault{offset, `\. ends the data of COPY … FROM stdin, and there is none before it`}
	case len(name) == 1 && offset+1 < len(text) && (text[offset+1] == '!' || text[offset+1] == '?' || text[offset+1] == ';'):
		name = text[offset : offset+2]
	case len(name) == 1:
		return &fault{offset, "a backslash outside quotes is not SQL"}
	}
	return &fault{offset, name + " is a command of psql, not SQL; the server cannot run it"}
}

// dotCommand returns the fault of a statement that begins with a dot and a
// name, which is a command of the sqlite3 shell, or nil.
func dotCommand(text string, offset int) *fault {
	name := shellName(text, offset)
	if len(name) == 1 {
		return nil
	}
	return &fault{offset, name + " is a command of the sqlite3 shell, not SQL"}
}

// shellName returns the sign at offset and the letters after it, at most 20.
func shellName(text string, offset int) string {
	last := offset + 1
	for last < len(text) && last-offset <= 20 && (text[last] == '_' || isLetter(text[last])) {
		last++
	}
	return text[offset:last]
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

// mysqlCommand returns the fault of a backslash outside quotes, which is a
// command for the mysql client and never SQL.
func mysqlCommand(text string, offset int) *fault {
	if offset+1 < len(text) && text[offset+1] > ' ' && text[offset+1] < 0x7f {
		return &fault{offset, text[offset:offset+2] + " is a command of the mysql client, not SQL; the server cannot run it"}
	}
	return &fault{offset, "a backslash outside quotes is not SQL"}
}

// clientWords begin commands of the mysql client that no server understands,
// and no statement begins with them. USE is SQL as well.
var clientWords = []string{
	"SOURCE", "TEE", "NOTEE", "PAGER", "NOPAGER", "SYSTEM", "EDIT", "CONNECT", "CHARSET", "PROMPT", "STATUS",
	"WARNINGS", "NOWARNING", "REHASH", "CLEAR", "EXIT", "QUIT", "GO", "EGO", "PRINT", "RESETCONNECTION",
}

// clientWord returns the fault of a statement that begins with such a command,
// or nil. A label of a compound statement can have the same name.
func clientWord(text string, offset int) *fault {
	name := shellName(text, offset)
	if !isKeyword(name, clientWords...) {
		return nil
	}
	rest := strings.TrimLeft(text[offset+len(name):], " \t\r\n")
	if strings.HasPrefix(rest, ":") || rest != "" && isWordPart(text[offset+len(name):][0]) {
		return nil
	}
	return &fault{offset, upper(name) + " is a command of the mysql client, not SQL; the server cannot run it"}
}
