package dump

// OnlyTimeout is for the tests of this package.
var OnlyTimeout = onlyTimeout
