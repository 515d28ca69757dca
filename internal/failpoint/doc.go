// Package failpoint lets tests kill the process at named places, to prove that
// what is left behind is what the state machine says. Without the build tag
// failpoint a Hit compiles to nothing.
package failpoint
