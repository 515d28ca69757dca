// Package snapshot says what a snapshot is: which database and schema version
// it belongs to, what it holds, and how its completeness is proved. Engines
// take snapshots and load them; this package keeps their manifests honest. It
// knows no database driver and no terminal.
package snapshot
