package sqltext

import "strings"

// header follows the words before the body of a stored program.
type header struct {
	stage headerStage
	// definer counts the tokens of DEFINER = user@host.
	definer definer
	// returns: the word RETURNS came just before, a type follows.
	returns bool
	// label: the token before may be the label of the body.
	label   bool
	word    string // the keyword before
	mariadb bool
	oracle  bool // what follows is of MariaDB's Oracle mode
}

type headerStage uint8

const (
	headerStart      headerStage = iota
	headerBegin                  // BEGIN, and NOT ATOMIC may follow
	headerCreate                 // after CREATE or ALTER
	headerParameters             // of a procedure or function, until its list is closed
	headerTraits                 // between the parameters and the body
	headerTrigger                // until FOR EACH ROW
	headerOrder                  // after it: FOLLOWS other
	headerEvent                  // until DO
	headerBody                   // the body begins with the next token
	headerDone                   // a statement without a body, or behind it
)

// definer is how far DEFINER = user@host has come.
type definer uint8

const (
	definerNone definer = iota
	definerSign         // = follows
	definerUser         // the user follows
	definerAt           // @ may follow
)

// see takes the next token and reports whether a compound statement begins
// with it.
func (h *header) see(t token, name, text string, depth int) bool {
	before := h.word
	h.word = name
	isColon := t.kind == symbol && text[t.start] == ':'
	switch h.stage {
	case headerStart:
		return h.start(t, name)
	case headerBegin:
		return h.notAtomic(name)
	case headerCreate:
		h.kind(t, name, text)
	case headerParameters:
		if t.kind == closing && depth == 0 {
			h.stage = headerTraits
		}
	case headerTraits:
		return h.traits(t, name, before, isColon, depth)
	case headerTrigger:
		if name == "ROW" && before == "EACH" {
			h.stage = headerOrder
		}
	case headerOrder:
		if name == "FOLLOWS" || name == "PRECEDES" || before == "FOLLOWS" || before == "PRECEDES" {
			return false
		}
		return h.body(t, name, isColon)
	case headerEvent:
		if name == "DO" && depth == 0 {
			h.stage = headerBody
		}
	case headerBody:
		return h.body(t, name, isColon)
	}
	return false
}

// start takes the first token. A label may stand before MariaDB's compound
// statements, and shows only when its colon comes.
func (h *header) start(t token, name string) bool {
	switch name {
	case "CREATE", "ALTER":
		h.stage = headerCreate
	case "BEGIN":
		h.stage = headerBegin
	case "IF", "CASE", "LOOP", "WHILE", "REPEAT", "FOR":
		return true
	default:
		h.stage, h.label = headerBody, t.kind == word || t.kind == quoted
		if !h.label {
			h.stage = headerDone
		}
	}
	return false
}

// notAtomic: BEGIN alone opens a transaction. The body counts from NOT on.
func (h *header) notAtomic(name string) bool {
	switch name {
	case "NOT":
		return false
	case "ATOMIC":
		h.word = "BEGIN"
		return true
	}
	h.stage = headerDone
	return false
}

// kind finds what is created. A definer can have any name.
func (h *header) kind(t token, name, text string) {
	switch {
	case h.definer == definerSign:
		h.definer = definerUser
		return
	case h.definer == definerUser:
		h.definer = definerAt
		return
	case h.definer == definerAt && t.kind == symbol && text[t.start] == '@':
		h.definer = definerUser
		return
	}
	h.definer = definerNone
	switch name {
	case "DEFINER":
		h.definer = definerSign
	case "PROCEDURE", "FUNCTION":
		h.stage = headerParameters
	case "TRIGGER":
		h.stage = headerTrigger
	case "EVENT":
		h.stage = headerEvent
	case "PACKAGE":
		h.oracle, h.stage = h.mariadb, headerDone
	case "OR", "REPLACE", "AGGREGATE", "":
	default:
		h.stage = headerDone
	}
}

// routineTraits are the words that can stand between the parameters of a
// routine and its body.
const routineTraits = " COMMENT LANGUAGE SQL NOT DETERMINISTIC CONTAINS NO READS MODIFIES DATA SECURITY DEFINER INVOKER RETURNS "

// bodyStarts begin the body of a routine that is one simple statement.
const bodyStarts = " RETURN SELECT INSERT UPDATE DELETE REPLACE SET CALL WITH CREATE ALTER DROP RENAME TRUNCATE DO SIGNAL RESIGNAL" +
	" GET EXECUTE PREPARE DEALLOCATE LOAD LOCK UNLOCK START COMMIT ROLLBACK SAVEPOINT SHOW GRANT REVOKE ANALYZE OPTIMIZE" +
	" CHECK REPAIR FLUSH KILL USE TABLE VALUES EXPLAIN DESCRIBE "

// traits passes over the type that a function returns and over the routine's
// traits. Words of a type, such as UNSIGNED or a character set, can be any
// but those that begin a body.
func (h *header) traits(t token, name, before string, isColon bool, depth int) bool {
	switch {
	case depth > 0 || t.kind == closing:
		return false
	case h.returns:
		h.returns = false
	case isColon && h.label:
		h.stage, h.label = headerBody, false
	case name == "RETURNS":
		h.returns = true
	case name == "AS" || name == "IS":
		h.oracle, h.stage = h.mariadb, headerDone
	case name == "SET" && (before == "CHARACTER" || before == "CHAR"):
	case name != "" && strings.Contains(routineTraits, " "+name+" "):
		h.label = false
	case name != "" && strings.Contains(bodyStarts, " "+name+" "):
		h.stage = headerDone
	case opensBody(name):
		return true
	default:
		h.label = t.kind == word || t.kind == quoted
	}
	return false
}

// body takes the first tokens of a body.
func (h *header) body(t token, name string, isColon bool) bool {
	switch {
	case h.label && isColon:
		h.label = false
		h.stage = headerBody
		return false
	case opensBody(name) && !h.label:
		return true
	case !h.label && (t.kind == word || t.kind == quoted):
		h.label = true
		return false
	}
	h.stage = headerDone
	return false
}

func opensBody(name string) bool {
	switch name {
	case "BEGIN", "IF", "CASE", "LOOP", "WHILE", "REPEAT", "FOR":
		return true
	}
	return false
}
