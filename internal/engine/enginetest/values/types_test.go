//go:build unix

package values_test

// kind is a type with values of it, spelled in SQL.
type kind struct {
	of     string   // the type
	values []string // expressions of it; NULL comes along
}

// typesSetup makes the types of the user that kinds has.
const typesSetup = `
CREATE TYPE "odd ""enum" AS ENUM ('', ' ', 'b', 'a', 'it''s', '"', '\', 'ü😀', 'NULL');
CREATE TYPE pair AS (n numeric, t text);
CREATE TYPE nested AS (p pair, a pair[], f float8, b bytea, s timestamptz, m interval);
CREATE DOMAIN positive AS int CHECK (VALUE > 0);
CREATE DOMAIN list AS int[] CHECK (cardinality(VALUE) < 5);
CREATE TYPE floats AS RANGE (subtype = float8, subtype_diff = float8mi);
CREATE TYPE texts AS RANGE (subtype = text, collation = "C");
`

var kinds = []kind{
	{"boolean", []string{"true", "false"}},
	{"smallint", []string{"'-32768'", "32767", "0"}},
	{"integer", []string{"'-2147483648'", "2147483647"}},
	{"bigint", []string{"'-9223372036854775808'", "9223372036854775807"}},
	{"numeric", []string{"'NaN'", "'Infinity'", "'-Infinity'", "0", "0.000", "'-0'", "1e1000", "1e-1000", "repeat('9', 1000)::numeric", "('0.' || repeat('7', 1000))::numeric", "1.10"}},
	{"numeric(10,3)", []string{"1.1", "'NaN'"}},
	{"real", []string{"'NaN'", "'Infinity'", "'-Infinity'", "'-0'", "'1e-45'", "3.4028235e38", "0.1", "1.17549435e-38"}},
	{"double precision", []string{"'NaN'", "'Infinity'", "'-Infinity'", "'-0'", "'4.9e-324'", "1.7976931348623157e308", "0.1::float8 + 0.2::float8", "2.2250738585072014e-308", "1/3::float8"}},
	{"money", []string{"'-92233720368547758.08'", "'92233720368547758.07'", "'0.01'"}},
	{"text", []string{"''", "' '", "'NULL'", `'\N'`, `'\.'`, "E'tab\\tnewline\\nreturn\\rback\\b\\f\\v'", "'quote '' and \" and \\'", "'$$ %s ? :a'", "'ü ß ı İ ﬀ'", "'数据库 한글 עברית العربية ไทย'", "'😀👩‍👩‍👧🇨🇭𝔘'", "E'e\\u0301\\u200b\\u202e\\u2028\\ufeff\\ufffd\\ue000\\U0010FFFF'",
		"(SELECT string_agg(chr(i), '') FROM generate_series(1, 55295) i)", "(SELECT string_agg(chr(i), '') FROM generate_series(65533, 200000, 7) i)", "repeat('long ', 100000)"}},
	{"varchar(5)", []string{"'abcde'", "'  a  '", "'üüüüü'"}},
	{"char(5)", []string{"'a'", "'abcde'", "''"}},
	{`"char"`, []string{"'a'", "''", `'\377'`}},
	{"name", []string{"'a'", "repeat('n', 63)"}},
	{"bytea", []string{"''", `'\x00'`, `(SELECT string_agg(decode(lpad(to_hex(i), 2, '0'), 'hex'), '' ORDER BY i) FROM generate_series(0, 255) i)`, `decode(repeat('00ff5c27', 5000), 'hex')`}},
	{"bit(9)", []string{"B'000000001'", "B'111111111'"}},
	{"bit varying", []string{"B''", "B'1'", "B'0000000000000000000000000000000000001'"}},
	{"date", []string{"'infinity'", "'-infinity'", "'4713-01-01 BC'", "'5874897-12-31'", "'0001-12-31 BC'", "'2000-02-29'"}},
	{"timestamp", []string{"'infinity'", "'-infinity'", "'4713-01-01 00:00:00 BC'", "'294276-12-31 23:59:59.999999'", "'2016-12-31 23:59:60'", "'2000-01-01 00:00:00.000001'"}},
	{"timestamptz", []string{"'infinity'", "'-infinity'", "'294276-12-31 23:59:59.999999+00'", "'2024-03-31 02:30:00 Europe/Zurich'", "'1883-11-18 12:03:57 America/New_York'"}},
	{"timestamp(0)", []string{"'2000-01-01 00:00:00.5'"}},
	{"time", []string{"'00:00:00'", "'24:00:00'", "'23:59:59.999999'"}},
	{"timetz", []string{"'00:00:00+15:59'", "'24:00:00-15:59'", "'12:00:00.000001+05:30:15'"}},
	{"interval", []string{"'0'", "'1 mon -1 day'", "'30 days'", "'720 hours'", "'-178000000 years'", "'178000000 years'", "'1 year 2 mons -3 days +04:05:06.000007'", "'-00:00:00.000001'"}},
	{"interval day to second(2)", []string{"'1 12:59:10.12'"}},
	{"uuid", []string{"'00000000-0000-0000-0000-000000000000'", "'ffffffff-ffff-ffff-ffff-ffffffffffff'"}},
	{"inet", []string{"'0.0.0.0/0'", "'192.168.1.5/24'", "'::1'", "'fe80::1/64'"}},
	{"cidr", []string{"'10.0.0.0/8'", "'2001:db8::/32'"}},
	{"macaddr", []string{"'08:00:2b:01:02:03'"}},
	{"macaddr8", []string{"'08:00:2b:01:02:03:04:05'"}},
	{"json", []string{`'{"a":1,"a":2}'`, `'  [1,  2]  '`, `'"\u0000"'`, `'1.10'`, `'null'`, `(repeat('[', 1000) || repeat(']', 1000))::json`}},
	{"jsonb", []string{`'{"b":1,"a":2,"b":3}'`, `'1.10'`, `'"ü\n\\"'`, `'null'`, `'{}'`, `(repeat('[', 1000) || repeat(']', 1000))::jsonb`, `(repeat('{"a":', 1000) || '1e400' || repeat('}', 1000))::jsonb`}},
	{"jsonpath", []string{`'$.a[*] ? (@.b > 1)'`, `'strict $'`}},
	{"xml", []string{`'<a>&lt;&amp;"ü"</a>'`, `'text only'`, `'<!-- c --><a b="1"/>'`}},
	{"tsvector", []string{`''`, `'''it''''s'':1A,2B ''a b'':3'`, `to_tsvector('simple', repeat('word other ', 200))`}},
	{"tsquery", []string{`'a & !(b | c) <-> d:*AB'`, `''`}},
	{"point", []string{"'(NaN,-0)'", "'(Infinity,-Infinity)'", "'(0.1,1e-300)'"}},
	{"line", []string{"'{1,-1,0.30000000000000004}'"}},
	{"lseg", []string{"'[(0,0),(1,NaN)]'"}},
	{"box", []string{"'(1,1),(0,0)'"}},
	{"path", []string{"'[(0,0),(1,1)]'", "'((0,0),(1,1),(2,0))'"}},
	{"polygon", []string{"'((0,0),(1,1),(NaN,0))'"}},
	{"circle", []string{"'<(0,0),0.1>'"}},
	{"oid", []string{"4294967295", "0"}},
	{"regclass", []string{"'pg_class'", "'pg_catalog.pg_type'", "4000000000"}},
	{"regtype", []string{"'integer'", "'text[]'"}},
	{"regproc", []string{"'now'"}},
	{"regprocedure", []string{"'abs(integer)'"}},
	{"regoperator", []string{"'+(integer,integer)'"}},
	{"regnamespace", []string{"'pg_catalog'"}},
	{"regconfig", []string{"'simple'"}},
	{"regcollation", []string{`'"C"'`}},
	{"tid", []string{"'(0,1)'", "'(4294967295,65535)'"}},
	{"xid", []string{"'4294967295'"}},
	{"xid8", []string{"'18446744073709551615'"}},
	{"cid", []string{"'7'"}},
	{"pg_lsn", []string{"'0/0'", "'FFFFFFFF/FFFFFFFF'"}},
	{"pg_snapshot", []string{"'10:20:10,14,15'"}},
	{"int2vector", []string{"'1 2 3'", "''"}},
	{"oidvector", []string{"'1 2'"}},
	{"integer[]", []string{"'{}'", "'{NULL}'", "'{1,NULL,3}'", "'[0:2]={1,2,3}'", "'[-5:-4]={1,2}'", "'{{1,2},{3,4}}'", "'[2:3][-1:0]={{1,2},{3,4}}'", "'{{{1}}}'"}},
	{"text[]", []string{`'{"",NULL,"NULL","a,b","{}","\"","\\"," "}'`, `ARRAY[E'\n', '😀']`}},
	{"float8[]", []string{"'{NaN,-0,Infinity,0.1}'"}},
	{"bytea[]", []string{`ARRAY['\x00'::bytea, '\x5c27']`}},
	{"jsonb[]", []string{`ARRAY['{"a":[1]}'::jsonb, NULL]`}},
	{"int4range", []string{"'empty'", "'(,)'", "'[1,5)'", "'[,5)'", "'[1,)'"}},
	{"numrange", []string{"'(1.10,2]'", "'[NaN,NaN]'", "'(,0.1)'"}},
	{"tsrange", []string{"'[-infinity,infinity]'", "'[2000-01-01,)'"}},
	{"tstzrange", []string{"'(2000-01-01 00:00+05,2000-01-02 00:00-05]'"}},
	{"daterange", []string{"'[2000-01-01,infinity]'"}},
	{"int8multirange", []string{"'{}'", "'{[1,2),[5,7)}'", "'{(,1),[9,)}'"}},
	{"nummultirange", []string{"'{[1.0,2.00],(3,4)}'"}},
	{"int4range[]", []string{`'{"[1,2)",empty,NULL}'`}},
	{`"odd ""enum"`, []string{"''", "' '", "'a'", "'it''s'", `'"'`, `'\'`, "'ü😀'", "'NULL'"}},
	{`"odd ""enum"[]`, []string{`ARRAY['', 'NULL', NULL, '"', '\']::"odd ""enum"[]`}},
	{"pair", []string{"ROW(NULL, NULL)", "ROW('NaN', '')", `ROW(1.10, '(","\")')`, "ROW(1e500, E'\\n😀')"}},
	{"pair[]", []string{`ARRAY[ROW(1, 'a,b'), NULL]::pair[]`}},
	{"nested", []string{`ROW(ROW(1, '"'), ARRAY[ROW(2, '{}')]::pair[], 0.1::float8 + 0.2::float8, '\x5c00', 'infinity', '1 mon -1 day')`, `ROW(NULL, '{}', '-0', '', '2024-03-31 02:30:00.000001+02', '-00:00:01')`}},
	{"positive", []string{"1", "2147483647"}},
	{"list", []string{"'{1,2}'", "'[5:6]={1,NULL}'"}},
	{"floats", []string{"'[0.1,0.30000000000000004]'", "'(-Infinity,NaN]'", "'empty'"}},
	{"texts", []string{`'["a,b","c""d"]'`, `'(,)'`}},
}
