// Package random tries PostgreSQL batches that nobody thought of: random
// schemas with rows, and random batches on them, with the properties
//
//   - up and rollback leave exactly what was there before;
//   - up that fails anywhere in it leaves exactly what was there before;
//   - up makes exactly what the plain statements make;
//   - the definitions of a schema make the same schema in an empty database.
//
// Whether a statement is valid is decided by the server: one that it refuses is
// undone and forgotten. What there is to alter, the generator reads from the
// server as well, so that it knows what a CASCADE took along.
//
// There are two levels. The fast one runs a case in one transaction through the
// engine's catalog, rows and revert packages, and undoes it. The whole one runs
// through the public interface in databases of its own, and pg_dump is the
// judge. Both read the database for themselves; neither believes what
// safemigrate says of it. A batch may be refused by name; how many are is
// counted and bounded, so that the tests cannot go blind.
//
// A case is its seed. SAFEMIGRATE_SEED runs one alone, and SAFEMIGRATE_SOAK, a
// duration, goes on with new ones for that long. Cases that failed once are kept
// in found_test.go.
package random
