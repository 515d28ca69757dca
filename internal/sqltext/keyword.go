package sqltext

// isKeyword reports whether name is one of the given upper-case keywords. Only
// ASCII letters fold, as in the databases: strings.EqualFold would take the
// long s and the Kelvin sign for letters of a keyword.
func isKeyword(name string, keywords ...string) bool {
	for _, k := range keywords {
		if equalASCII(name, k) {
			return true
		}
	}
	return false
}

func equalASCII(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range len(a) {
		if upperASCII(a[i]) != upperASCII(b[i]) {
			return false
		}
	}
	return true
}

func upperASCII(c byte) byte {
	if c >= 'a' && c <= 'z' {
		return c - 'a' + 'A'
	}
	return c
}

// upper returns name with its ASCII letters in upper case.
func upper(name string) string {
	for i := range len(name) {
		if upperASCII(name[i]) != name[i] {
			folded := []byte(name)
			for j := range folded {
				folded[j] = upperASCII(folded[j])
			}
			return string(folded)
		}
	}
	return name
}
