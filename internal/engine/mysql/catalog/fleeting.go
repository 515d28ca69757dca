package catalog

import "strings"

// Fleeting are the clauses that say again what MariaDB lets an ALTER TABLE lose that does not
// name it: that a unique key of an InnoDB table is USING HASH, and the option PAGE_CHECKSUM,
// which the table has of its time in another engine.
func Fleeting(create string) (clauses []string) {
	t, _ := parse(create)
	for _, k := range t.keys {
		if drop, ok := dropOf(k); ok && strings.HasPrefix(k.name, "UNIQUE KEY ") && strings.Contains(unquoted(k), " USING HASH") {
			clauses = append(clauses, drop, "ADD "+k.text)
		}
	}
	for _, m := range optionPattern.FindAllString(t.options, -1) {
		if option := strings.TrimSpace(m); strings.HasPrefix(option, "PAGE_CHECKSUM=") {
			clauses = append(clauses, option)
		}
	}
	return clauses
}
