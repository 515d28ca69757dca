// Package revert takes a batch's changes to a PostgreSQL schema back.
//
// It compares three states of one database: before the batch, after it, and
// now. What the batch changed is reverted; what someone changed since is drift,
// left alone and named; where both changed one thing there is a conflict, and
// nothing is done. New decides all of that without a database. Apply carries it
// out in the caller's transaction:
//
//  0. event triggers that the batch made or changed are silenced, for they would
//     fire on what follows; those that were there before do fire;
//  1. names: whatever was renamed or moved gets its old name, by OID, so that
//     every definition that PostgreSQL then prints can be compared exactly;
//  2. drops, in reverse dependency order and never with CASCADE: what the batch
//     made or changed, and what hangs on that;
//  3. changes in place: columns, labels, sequences, functions;
//  4. creation in dependency order, tables filled or refilled from the kept rows;
//  5. owners, privileges, comments, until they equal what is expected;
//  6. materialized views over rows that went back are refreshed.
//
// The rule it keeps: the caller commits only when Verify finds no difference.
package revert
