package dump

import "context"

// OnlyTimeout is for the tests of this package.
var OnlyTimeout = onlyTimeout

// UnpackFiles is for the tests of this package.
func (f FromStore) UnpackFiles(ctx context.Context, names []string, dir string) error {
	return f.unpack(ctx, names, dir)
}
