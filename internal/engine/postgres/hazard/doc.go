// Package hazard tells, before anything runs, which locks the statements of a
// batch take and what about them may hurt: the application that runs meanwhile,
// the release before, the way back. It knows trees and what the catalogs say;
// it knows no terminal and changes nothing.
package hazard
