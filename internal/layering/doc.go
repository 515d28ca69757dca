// Package layering holds the test that keeps imports going one way:
//
//	cmd → internal/cli → safemigrate → internal/engine/*, migrate/<convention>, stores → migrate → snapshot → standard library
//
// A package may skip layers downwards, but only the root package knows engines and
// conventions, an engine never knows another one, and migrate and snapshot know no
// database driver and no terminal, not even through somebody else. The remaining
// packages below internal are leaves: they import nothing of ours but leaves.
package layering
