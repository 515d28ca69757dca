package dump

import "sync"

// boxes keep buffers of one size, or larger, for use again. One made for each chunk would have the heap grow to
// several times what is under way before it is collected.
type boxes struct{ pool sync.Pool }

// take gives an empty buffer for so many bytes.
func (b *boxes) take(size int) []byte {
	if old, ok := b.pool.Get().(*[]byte); ok && cap(*old) >= size {
		return (*old)[:0]
	}
	return make([]byte, 0, size)
}

// give takes back a buffer that nobody reads any more.
func (b *boxes) give(old []byte) { b.pool.Put(&old) }
