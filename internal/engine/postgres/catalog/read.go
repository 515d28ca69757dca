package catalog

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"
)

// Conn is what reading needs; *pgx.Conn and pgx.Tx satisfy it.
type Conn interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
	SendBatch(ctx context.Context, b *pgx.Batch) pgx.BatchResults
}

// Options says what is no part of the schema that is read. safemigrate's own schemas,
// pg_… and information_schema never are.
type Options struct {
	// ExcludeTables names tables ("schema.table", bare) that are left out with
	// all that hangs on them: the history tables of migration tools.
	ExcludeTables []string
	// Like is an earlier state: what is as it was there shares its memory.
	Like *State
}

// Read reads definitions and census. It must run in a transaction, whose
// search_path it sets to pg_catalog, so that the server spells every name with
// its schema; the caller sets back what it needs. What another session drops
// meanwhile may be left out already.
func Read(ctx context.Context, conn Conn, opts Options) (*State, error) {
	return read(ctx, conn, opts, true)
}

// ReadDefinitions reads the definitions without the census, which takes half
// the time, under the same conditions as Read.
func ReadDefinitions(ctx context.Context, conn Conn, opts Options) (*State, error) {
	return read(ctx, conn, opts, false)
}

func read(ctx context.Context, conn Conn, opts Options, census bool) (*State, error) {
	var state *State
	err := again(ctx, conn, func() (err error) {
		r, err := newReader(ctx, conn, opts)
		if err != nil {
			return err
		}
		// What follows an error is the next command's.
		defer func() { err = errors.Join(err, r.hush()) }()
		if err := r.readObjects(ctx); err != nil {
			return err
		}
		state = &State{Server: r.server, Objects: r.objects}
		state.Share(opts.Like)
		if census {
			state.Census, err = r.readCensus(ctx)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return state, nil
}

// reader is one reading of the catalogs: what all its parts share.
type reader struct {
	conn   Conn
	opts   Options
	server int // server_version_num
	ahead  ahead
	// onlyAsks: nothing is read, and what would be asked is noted.
	onlyAsks bool

	catalogs map[uint32]string    // names of the system catalogs by OID
	columns  map[string][]string  // and their columns on this server, with a cast where one is needed to hash them
	parts    map[Address]Address  // what belongs to which greater thing
	hidden   map[Address]struct{} // what is left out
	texts    map[string]string    // one copy of each text that repeats
	idle     map[string]bool      // rare catalogs that hold nothing of the user's

	rows  map[Address]Address   // the relation that holds a composite type's attributes, the row type of a table
	under map[Address]structure // what a domain cannot be without

	objects []Object
	at      map[Address]int // position in objects
	owners  []ownership     // parallel to objects
}

// ownership is what finding an object's owner and privileges takes.
type ownership struct {
	role  uint32 // OID of the owner
	class byte   // object class of acldefault, 0 where there are no privileges
	index uint32 // OID of a constraint's index, which has a comment of its own
}

func emptyReader(conn Conn, opts Options) *reader {
	return &reader{
		conn: conn, opts: opts,
		catalogs: map[uint32]string{},
		columns:  map[string][]string{},
		parts:    map[Address]Address{},
		hidden:   map[Address]struct{}{},
		texts:    map[string]string{},
		idle:     map[string]bool{},
		rows:     map[Address]Address{},
		under:    map[Address]structure{},
		at:       map[Address]int{},
	}
}

func newReader(ctx context.Context, conn Conn, opts Options) (*reader, error) {
	r := emptyReader(conn, opts)
	const settings = `SELECT pg_catalog.set_config('search_path', 'pg_catalog', true),
		pg_catalog.current_setting('server_version_num')::int4`
	var path string
	if err := conn.QueryRow(ctx, settings).Scan(&path, &r.server); err != nil {
		return nil, fmt.Errorf("preparing to read the catalogs: %w", err)
	}
	for _, step := range []func(context.Context) error{r.readCatalogs, r.readIdle, r.readParts, r.readHidden, r.makeRoom} {
		if err := step(ctx); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// makeRoom counts the rows of the kinds that there are most of: a list that grows
// as it is read takes several times its size.
func (r *reader) makeRoom(ctx context.Context) error {
	const sql = `SELECT (SELECT count(*) FROM pg_class WHERE oid >= 16384 AND relkind IN ('r', 'p', 'v', 'm', 'f', 'S'))
		+ (SELECT count(*) FROM pg_constraint WHERE oid >= 16384) + (SELECT count(*) FROM pg_attrdef WHERE oid >= 16384)
		+ (SELECT count(*) FROM pg_proc WHERE oid >= 16384)`
	var n int
	if err := r.conn.QueryRow(ctx, sql).Scan(&n); err != nil {
		return fmt.Errorf("counting what there is: %w", err)
	}
	n = max(n-len(r.hidden), 0)
	n += n/16 + 64 // of the other kinds
	r.objects, r.owners, r.at = make([]Object, 0, n), make([]ownership, 0, n), make(map[Address]int, n)
	return nil
}

// readObjects reads the definitions, one kind after the other. Tables come
// before what completes their definitions.
func (r *reader) readObjects(ctx context.Context) error {
	if err := r.ask(ctx, (*reader).kinds); err != nil {
		return err
	}
	for _, step := range append(r.kinds(), r.readExtras, r.readDependencies) {
		if err := step(ctx); err != nil {
			return err
		}
	}
	for i := range r.objects {
		trim(&r.objects[i])
	}
	r.sort()
	return nil
}

// kinds lists what reads the definitions of each kind. What they ask hardly depends
// on what there is.
func (r *reader) kinds() []func(context.Context) error {
	return []func(context.Context) error{
		r.readSchemas, r.readExtensions, r.readEnums, r.readDomains, r.readComposites, r.unless("pg_range", r.readRanges),
		r.readRelations, r.readSequences, r.readDefaults,
		r.readConstraints, r.readIndexes,
		r.readTriggers, r.readRules, r.unless("pg_policy", r.readPolicies),
		r.readFunctions, r.unless("pg_statistic_ext", r.readStatistics),
		r.unless("pg_operator", r.readOperators), r.readAssembled,
		r.readDatabase, r.readSettings, r.unless("pg_default_acl", r.readDefaultPrivileges),
		r.unless("pg_publication", r.readPublications), r.unless("pg_publication_rel", r.readPublishedTables),
		r.unless("pg_publication", r.readPublishedSchemas),
		r.unless("pg_foreign_data_wrapper", r.readWrappers), r.unless("pg_foreign_server", r.readServers),
		r.unless("pg_foreign_server", r.readUserMappings), r.unless("pg_foreign_table", r.readForeignTables),
		r.unless("pg_event_trigger", r.readEventTriggers), r.readArrays,
	}
}

// sort orders the objects by address. Each is moved once, for they are large.
func (r *reader) sort() {
	order := make([]int, len(r.objects))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return r.objects[a].Address.compare(r.objects[b].Address) })
	for start := range order {
		if order[start] == start {
			continue
		}
		first := r.objects[start]
		at := start
		for order[at] != start {
			from := order[at]
			r.objects[at], order[at], at = r.objects[from], at, from
		}
		r.objects[at], order[at] = first, at
	}
	r.at, r.owners = nil, nil
}

// add keeps an object; class is that of acldefault or 0.
func (r *reader) add(o Object, role uint32, class byte) {
	r.at[o.Address] = len(r.objects)
	r.objects = append(r.objects, o)
	r.owners = append(r.owners, ownership{role: role, class: class})
}

// object returns the object read under an address, valid until the next add.
func (r *reader) object(a Address) *Object {
	i, ok := r.at[a]
	if !ok {
		return nil
	}
	return &r.objects[i]
}

// text returns the one kept copy of a text that many rows repeat.
func (r *reader) text(s string) string {
	if kept, ok := r.texts[s]; ok {
		return kept
	}
	r.texts[s] = s
	return s
}

// row is one row of a query's result.
type row interface {
	Scan(dest ...any) error
}

// each runs a query and calls scan for each of its rows. what names the
// reading in errors.
func (r *reader) each(ctx context.Context, what, sql string, scan func(row) error, args ...any) error {
	if r.onlyAsks {
		r.ahead.asked = append(r.ahead.asked, question{sql, args})
		return nil
	}
	rows, err := r.rowsOf(ctx, question{sql, args})
	if err != nil {
		return fmt.Errorf("reading %s: %w", what, err)
	}
	defer rows.Close()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return fmt.Errorf("reading %s: %w", what, err)
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("reading %s: %w", what, err)
	}
	return nil
}
