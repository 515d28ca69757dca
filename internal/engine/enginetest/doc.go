// Package enginetest holds the conformance suite that every engine passes: it
// drives the public interface of safemigrate against real databases and judges
// by what is in them, never by what safemigrate says of itself.
//
// An engine joins with a Database: how to get an empty one, how an application
// talks to it, and its fingerprint, the text of its whole schema and of all its
// rows without safemigrate's own. Equal fingerprints mean equal databases.
package enginetest
