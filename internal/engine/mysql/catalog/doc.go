// Package catalog is the state of a MySQL or MariaDB schema: the server's own
// text of every definition, and what can be done to turn one definition of a
// table into another.
package catalog
