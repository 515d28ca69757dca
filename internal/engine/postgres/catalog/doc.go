// Package catalog reads the state of a PostgreSQL schema from the system
// catalogs over one connection: the exact definition of each object of the
// kinds that migrations use, and a census with one hash per catalog row, which
// sees every change of whatever kind. It writes nothing.
package catalog
