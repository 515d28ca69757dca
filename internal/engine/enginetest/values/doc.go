// Package values holds the values that a rollback has to bring back on PostgreSQL:
// types times values, shapes of tables, and what stands in the way of a naive copy.
// Each is damaged by a batch in several ways, taken back, and compared: the text of
// every column in physical order, and the bytes that the server sends for it.
package values
