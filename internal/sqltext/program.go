package sqltext

// program follows one statement of MySQL or MariaDB and knows while a compound
// statement is open: the body of a procedure, function, trigger or event, or
// MariaDB's BEGIN NOT ATOMIC, IF, CASE, LOOP, WHILE, REPEAT and FOR outside of
// one. Every opening keyword is counted where a statement can begin, and
// nowhere else: BEGIN and END are also names, IF and REPEAT also functions.
type program struct {
	header  header
	openers []opener
	// boundary: a statement could begin with the next token.
	boundary bool
	// label: the token before stood at a boundary, a colon makes it a label.
	label   bool
	handler handler
	dotted  bool // the token before was a dot: a name follows
	ended   bool // the token before was the END of a statement: END CASE
}

// opener is an open compound statement, or an open CASE of an expression.
type opener struct {
	word  string
	depth int  // of parentheses
	value bool // CASE … END of an expression
	// until: REPEAT has come to its UNTIL; started: WHILE or FOR to its DO.
	until, started bool
}

func (p *program) isOpen() bool { return len(p.openers) > 0 }

func (p *program) see(t token, text string, depth int) *fault {
	if t.kind == marker {
		return nil
	}
	name := ""
	if t.kind == word && !p.dotted {
		name = upper(text[t.start:t.end])
	}
	p.dotted = t.kind == symbol && text[t.start] == '.'
	if !p.isOpen() {
		return p.outside(t, name, text, depth)
	}
	p.inside(t, name, text, depth)
	return nil
}

// outside follows the header up to where the body may begin.
func (p *program) outside(t token, name, text string, depth int) *fault {
	if p.header.see(t, name, text, depth) {
		p.open(p.header.word, depth)
	}
	if p.header.oracle {
		return &fault{t.start, "a package, or a body after AS or IS, is of MariaDB's Oracle mode, which safemigrate does not read"}
	}
	return nil
}

// open begins a compound statement, if name does.
func (p *program) open(name string, depth int) bool {
	switch name {
	case "BEGIN", "IF", "CASE", "LOOP", "WHILE", "REPEAT", "FOR":
		p.openers = append(p.openers, opener{word: name, depth: depth})
		p.boundary = name == "BEGIN" || name == "LOOP" || name == "REPEAT"
		p.label = false
		return true
	}
	return false
}

func (p *program) top() *opener { return &p.openers[len(p.openers)-1] }

func (p *program) close() {
	p.openers = p.openers[:len(p.openers)-1]
	p.boundary, p.label, p.ended = false, false, true
	if !p.isOpen() {
		p.header.stage = headerDone
	}
}

func (p *program) inside(t token, name, text string, depth int) {
	top, was, ended := p.top(), p.boundary, p.ended
	p.ended = false
	isLabel := p.label && t.kind == symbol && text[t.start] == ':'
	p.boundary, p.label = false, false
	switch {
	case t.kind == semicolon:
		p.boundary, p.handler = depth == top.depth, handler{}
	case isLabel:
		p.boundary = true
	case p.handler.see(t, name):
		if p.handler.over {
			p.handler = handler{}
			p.begin(t, name, depth)
		}
	case name == "END" && p.ends(was, depth):
		p.close()
	case name == "CASE" && ended:
	case name == "CASE" && !was:
		p.openers = append(p.openers, opener{word: name, depth: depth, value: true})
	case was:
		p.begin(t, name, depth)
	default:
		p.within(top, name)
	}
}

// ends tells the END of the innermost opener from a name.
func (p *program) ends(boundary bool, depth int) bool {
	top := p.top()
	return depth == top.depth && (boundary || top.value || top.until)
}

// begin takes the first token of a statement of the body.
func (p *program) begin(t token, name string, depth int) {
	if p.open(name, depth) {
		return
	}
	switch name {
	case "ELSE", "NOT", "ATOMIC": // BEGIN NOT ATOMIC
		p.boundary = true
	case "UNTIL":
		p.top().until = p.top().word == "REPEAT"
	case "DECLARE":
		p.handler.declared = true
	default:
		p.label = t.kind == word || t.kind == quoted
	}
}

// within takes a keyword in the middle of a statement.
func (p *program) within(top *opener, name string) {
	switch {
	case top.value:
	case name == "THEN" && (top.word == "IF" || top.word == "CASE"):
		p.boundary = true
	case name == "DO" && (top.word == "WHILE" || top.word == "FOR") && !top.started:
		top.started, p.boundary = true, true
	}
}

// handler follows DECLARE … HANDLER FOR condition, … to the statement behind
// the conditions.
type handler struct {
	declared, isHandler, listing bool
	// complete: a condition is complete; a comma brings another one.
	complete, over bool
}

// see reports whether the token belongs to such a declaration; over is set at
// the first token that does not.
func (h *handler) see(t token, name string) bool {
	switch {
	case !h.declared:
		return false
	case name == "HANDLER":
		h.isHandler = true
	case h.isHandler && !h.listing:
		h.listing = name == "FOR"
	case !h.listing:
		// A variable, a condition or a cursor: nothing more to follow.
		if name != "CONTINUE" && name != "EXIT" && name != "UNDO" {
			*h = handler{}
		}
		return h.declared
	case h.complete && t.kind == symbol:
		h.complete = false
	case h.complete:
		h.over = true
	case name != "SQLSTATE" && name != "VALUE" && name != "NOT":
		h.complete = true
	}
	return true
}
