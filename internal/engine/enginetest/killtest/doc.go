// Package killtest proves by killing: safemigrate runs as a child process and
// dies at each fail point, at random times, with its server, with its session,
// or by a signal. Afterwards every invariant is checked, recover runs, and they
// are checked again.
//
// The tests stand under the build tag failpoint. SAFEMIGRATE_SOAK, a duration,
// lengthens the random part; SAFEMIGRATE_SEED repeats one.
package killtest
