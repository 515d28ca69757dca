package sqltext

// Body returns the body of the stored program that a statement of MySQL or
// MariaDB creates, with its label; "" where it creates none.
func (s Statement) Body() string {
	switch s.Verb {
	case "CREATE PROCEDURE", "CREATE FUNCTION", "CREATE TRIGGER", "CREATE EVENT", "ALTER EVENT":
	default:
		return ""
	}
	p := program{header: header{mariadb: s.rules.Dialect == MariaDB}}
	start, before, skip := -1, 0, 0
	depth := 0
	for c := newCursor(s.rules, s.Text); !c.atEnd(); c.advance() {
		stage := p.header.stage
		switch c.tok.kind {
		case opening:
			depth++
		case closing:
			depth--
		}
		if p.see(c.tok, s.Text, depth) != nil {
			return ""
		}
		switch stage {
		case headerOrder, headerBody:
			if c.is("FOLLOWS", "PRECEDES") && start < 0 {
				skip = 2
			}
			if skip--; skip < 0 && start < 0 {
				start = c.tok.start
			}
		case headerTraits:
			if p.header.stage == headerBody {
				start = before // a label
			} else if p.header.stage != headerTraits || p.isOpen() {
				start = c.tok.start
			}
		}
		if start >= 0 {
			return s.Text[start:]
		}
		before = c.tok.start
	}
	return ""
}

// Inner cuts the body of a stored program, or a compound statement of MariaDB,
// into the statements in it. What opens, divides or ends a compound statement,
// such as IF … THEN, is a statement of its own here.
func (r Rules) Inner(body string) []Statement {
	p := program{header: header{mariadb: r.Dialect == MariaDB, stage: headerBody}}
	var out []Statement
	from, stop, depth := -1, 0, 0
	cut := func() {
		if from >= 0 {
			s := Statement{Text: body[from:stop], Offset: from, rules: r}
			s.Verb, s.Traits = classify(r, s.Text)
			out = append(out, s)
		}
		from = -1
	}
	for c := newCursor(r, body); !c.atEnd(); c.advance() {
		switch c.tok.kind {
		case opening:
			depth++
		case closing:
			depth--
		}
		if p.boundary {
			cut()
		}
		over := p.handler.complete
		if p.see(c.tok, body, depth) != nil {
			break
		}
		if over && !p.handler.declared {
			cut() // the statement behind the conditions of a handler
		}
		if c.tok.kind == semicolon {
			cut()
			continue
		}
		if from < 0 {
			from = c.tok.start
		}
		stop = c.tok.end
	}
	cut()
	return out
}
