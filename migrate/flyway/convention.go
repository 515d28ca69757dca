package flyway

import (
	"io/fs"
	"path"
	"sync"

	"github.com/safemigrate/safemigrate/migrate"
)

// Convention reads Flyway's directories and keeps its history.
type Convention struct {
	options Options
	table   *historyTable
	names   namer
	// raw remembers, for each repeatable that was loaded, the checksum of its text
	// before placeholders were replaced: Flyway takes either as unchanged.
	mu  sync.Mutex
	raw map[rawKey]int32
}

type rawKey struct{ file, digest string }

// New returns the convention.
func New(o Options) *Convention {
	o = o.withDefaults()
	return &Convention{options: o, table: &historyTable{options: o}, names: newNamer(o), raw: map[rawKey]int32{}}
}

// Name is the word for --convention.
func (*Convention) Name() string { return "flyway" }

// History gives access to flyway_schema_history.
func (c *Convention) History() migrate.HistoryTable { return c.table }

// Claims counts the versioned, repeatable, baseline and undo files.
func (c *Convention) Claims(src fs.FS) (int, error) {
	tree, err := walk(src)
	if err != nil {
		return 0, err
	}
	count := 0
	for _, file := range tree.files {
		if n, fault := c.names.read(path.Base(file)); fault == nil && n.kind != "" {
			count++
		}
	}
	return count, nil
}

// Compare orders two versions part by part, as numbers of any size.
func (*Convention) Compare(a, b string) int { return compareVersions(a, b) }

func (c *Convention) remember(m migrate.Migration, raw int32) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.raw[rawKey{m.File, m.Digest}] = raw
}

// unchanged reports whether a repeatable is what a row says was run.
func (c *Convention) unchanged(m migrate.Migration, applied *int32) bool {
	if equalChecksums(m.Checksum, applied) {
		return true
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	raw, known := c.raw[rawKey{m.File, m.Digest}]
	return known && equalChecksums(&raw, applied)
}
