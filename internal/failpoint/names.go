//go:build failpoint

package failpoint

// Names lists every point, so that the kill tests can prove that they cover all.
func Names() []string {
	return []string{}
}
