// Package durable is the only place that makes files which must survive a
// crash. The rule that it keeps: a file stands under its final name only when
// it is complete and on the disk, and is readable by its owner alone.
package durable
