// Package dump keeps snapshots in a store: it cuts what an engine gives it into
// chunks, compresses, encrypts and checksums them, stores each chunk once, and
// writes the manifest last. It reads them back with every byte checked, and
// removes what no manifest refers to. docs/format.md describes the form.
//
// An object of a store is a chunk, named by the SHA-256 of what is stored, or a
// manifest, named by the snapshot and the SHA-256 of its bytes; so what has a
// name can be checked without anything else, and the same name can only ever be
// given to the same bytes. A snapshot is there when its manifest is.
package dump
