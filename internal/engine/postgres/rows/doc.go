// Package rows keeps the rows of tables: it copies them inside the database,
// sums them up independently of their order, and counts what was written since
// a moment. Types of the user's own are kept as text, so that a copy depends on
// nothing that a migration may drop or change.
package rows
