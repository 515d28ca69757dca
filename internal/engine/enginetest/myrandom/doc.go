// Package myrandom tries batches on MariaDB and MySQL that nobody thought of:
// random schemas with rows, and random batches on them, with the properties
//
//   - up and rollback leave exactly what was there before;
//   - up that fails anywhere in it leaves exactly what was there before;
//   - up makes exactly what a plain client makes of the same files;
//   - where an application puts rows in behind the batch, a rollback that takes them out
//     brings back the definitions, and every row from before.
//
// Whether a statement is valid is decided by the server: one that it refuses is
// forgotten. What there is to alter, the generator reads from the server as well.
// There is no transaction to try in: a case grows in a database of its own, its
// files are run by hand in a second, and through the public interface in a third.
// The server's own dump and all rows are the judge. A batch may be refused by name
// before anything was changed; how many are is counted and bounded.
//
// Package soak says how cases are chosen. What was found once is a case of package
// mychanges.
package myrandom
