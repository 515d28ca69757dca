// Package layering holds the tests of the tree as a whole: that what documents name is there, and that
// imports go one way:
//
//	cmd → internal/cli → safemigrate → internal/engine/*, migrate/<convention>, stores → migrate → snapshot → standard library
//
// A package may skip layers downwards, but only the root package knows engines and
// conventions, an engine never knows another one, and migrate and snapshot know no
// database driver and no terminal, not even through somebody else. The remaining
// packages below internal are leaves: they import nothing of ours but leaves.
package layering
