// Package soak has what tests with random cases have in common: the seeds that
// cases grow from, the dice, the case itself, the count of how cases ended, and
// the search for the shortest case that still fails.
//
// A case is its seed. SAFEMIGRATE_SEED runs one alone, SAFEMIGRATE_CASES says how
// many there are, and SAFEMIGRATE_SOAK, a duration, goes on with new ones for that
// long.
package soak
