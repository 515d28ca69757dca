package catalog

// The census, catalog by catalog. OIDs below 16384 are the server's own
// objects, whose rows nobody but the server makes: of those only what a
// superuser could still change is read (privileges, comments).
var sources = []source{
	{
		catalog: "pg_class", hasRest: true,
		where: `t.oid >= 16384 AND t.relkind <> 't' AND t.relnamespace <> 'pg_toast'::regnamespace`,
		acl:   "relacl", aclClass: `CASE t.relkind WHEN 'S' THEN 's' ELSE 'r' END`, owner: "relowner",
		volatile: `relpages reltuples relallvisible relallfrozen relfilenode relfrozenxid relminmxid relhasindex
			relhastriggers relhasrules relhassubclass reltoastrelid relchecks relrewrite relnatts`,
		covered: `oid relname relnamespace reltype relowner relam reltablespace relpersistence reloptions
			relrowsecurity relforcerowsecurity relispopulated relreplident reloftype relispartition relpartbound relacl`,
	},
	{
		catalog: "pg_attribute", key: "t.attrelid", of: "'pg_class', t.attrelid", grouped: true, hasRest: true,
		from: `pg_attribute t JOIN pg_class c ON c.oid = t.attrelid`,
		where: `t.attnum > 0 AND NOT t.attisdropped AND t.attrelid >= 16384
			AND c.relkind IN ('r', 'p', 'f', 'v', 'm', 'c')`,
		volatile: `atthasmissing attmissingval attcacheoff attndims`,
		covered: `attrelid attname atttypid attlen attnum atttypmod attbyval attalign attstorage attcompression
			attnotnull atthasdef attidentity attgenerated attisdropped attcollation attacl attoptions attstattarget attfdwoptions
			attislocal attinhcount`,
	},
	{catalog: "pg_attrdef", where: `t.oid >= 16384`, hasRest: true, covered: `oid adrelid adnum adbin`},
	{
		catalog: "pg_constraint", where: `t.oid >= 16384`, hasRest: true,
		covered: `oid conname connamespace contype condeferrable condeferred convalidated conenforced conrelid contypid conislocal coninhcount conparentid
			conindid confrelid confupdtype confdeltype confmatchtype connoinherit conperiod conkey confkey conpfeqop
			conppeqop conffeqop confdelsetcols conexclop conbin`,
	},
	{
		catalog: "pg_index", key: "t.indexrelid", hasRest: true, volatile: `indcheckxmin`,
		from:  `pg_index t JOIN pg_class c ON c.oid = t.indexrelid`,
		where: `t.indexrelid >= 16384 AND c.relnamespace <> 'pg_toast'::regnamespace`, of: "'pg_class', t.indexrelid",
		covered: `indexrelid indrelid indnatts indnkeyatts indisunique indnullsnotdistinct indisprimary indisexclusion
			indimmediate indisclustered indisreplident indisvalid indkey indcollation indclass indoption indexprs indpred`,
	},
	{
		catalog: "pg_proc", where: `t.oid >= 16384`, hasRest: true,
		acl: "proacl", aclClass: `'f'`, owner: "proowner",
		covered: `oid proname pronamespace proowner prolang procost prorows provariadic prosupport prokind prosecdef
			proleakproof proisstrict proretset provolatile proparallel pronargs pronargdefaults prorettype proargtypes
			proallargtypes proargmodes proargnames proargdefaults protrftypes prosrc probin prosqlbody proconfig proacl`,
	},
	{
		catalog: "pg_type", where: `t.oid >= 16384 AND NOT (t.typelem <> 0 AND t.typcategory = 'A')
			AND t.typnamespace <> 'pg_toast'::regnamespace`, hasRest: true,
		acl: "typacl", aclClass: `'T'`, owner: "typowner", named: `t.typtype IN ('b', 'p')`, volatile: `typndims`,
		covered: `oid typname typnamespace typowner typrelid typarray typacl typnotnull typbasetype typtypmod typcollation
			typdefaultbin typdefault`,
	},
	{catalog: "pg_enum", key: "t.enumtypid", of: "'pg_type', t.enumtypid", where: `t.oid >= 16384`, grouped: true,
		hasRest: true, covered: `oid enumtypid enumsortorder enumlabel`},
	{
		catalog: "pg_range", key: "t.rngtypid", of: "'pg_type', t.rngtypid", where: `t.rngtypid >= 16384`, hasRest: true,
		covered: `rngtypid rngmultitypid rngsubtype rngcollation rngsubopc rngcanonical rngsubdiff`,
	},
	{
		catalog: "pg_trigger", where: `t.oid >= 16384 AND NOT t.tgisinternal`, hasRest: true,
		covered: coveredOfTrigger + ` tgenabled tgparentid`,
	},
	{catalog: "pg_trigger", where: `t.oid >= 16384 AND t.tgisinternal`, hasRest: true, covered: coveredOfTrigger + ` tgparentid`},
	{
		catalog: "pg_rewrite", where: `t.oid >= 16384 AND t.rulename <> '_RETURN'`, hasRest: true,
		covered: `oid rulename ev_class ev_type ev_enabled is_instead ev_qual ev_action`,
	},
	{
		catalog: "pg_rewrite", where: `t.oid >= 16384 AND t.rulename = '_RETURN'`, hasRest: true,
		covered: `oid rulename ev_class ev_type is_instead ev_qual ev_action`,
	},
	{
		catalog: "pg_policy", where: `t.oid >= 16384`, hasRest: true,
		covered: `oid polname polrelid polcmd polpermissive polroles polqual polwithcheck`,
	},
	{
		catalog: "pg_sequence", key: "t.seqrelid", of: "'pg_class', t.seqrelid", hasRest: true, where: `t.seqrelid >= 16384`,
		covered: `seqrelid seqtypid seqstart seqincrement seqmax seqmin seqcache seqcycle`,
	},
	{
		catalog: "pg_namespace", hasRest: true, acl: "nspacl", aclClass: `'n'`, owner: "nspowner",
		covered: `oid nspname nspowner nspacl`,
	},
	{catalog: "pg_extension", hasRest: true, covered: `oid extname extowner extnamespace extversion`},
	{
		catalog: "pg_statistic_ext", where: `t.oid >= 16384`, hasRest: true,
		covered: `oid stxrelid stxname stxnamespace stxowner stxstattarget stxkeys stxkind stxexprs`,
	},
	{
		catalog: "pg_description", key: "t.objoid", column: "t.objsubid", of: "t.classoid::regclass, t.objoid",
		where:   `t.objoid >= 16384 OR t.classoid IN ('pg_namespace'::regclass, 'pg_extension'::regclass)`,
		hasRest: true, covered: `objoid classoid objsubid description`,
	},
	{catalog: "pg_publication", named: "true", hasRest: true, covered: `oid pubname pubowner puballtables pubinsert pubupdate
		pubdelete pubtruncate pubviaroot pubgencols`},
	{catalog: "pg_publication_rel", named: "true", hasRest: true, covered: `oid prpubid prrelid prqual prattrs`},
	{catalog: "pg_publication_namespace", named: "true", since: 150000, hasRest: true, covered: `oid pnpubid pnnspid`},
	{catalog: "pg_default_acl", named: "true", hasRest: true, covered: `oid defaclrole defaclnamespace defaclobjtype defaclacl`},
	{catalog: "pg_foreign_data_wrapper", named: "true", acl: "fdwacl", aclClass: `'F'`, owner: "fdwowner", hasRest: true,
		covered: `oid fdwname fdwowner fdwhandler fdwvalidator fdwacl fdwoptions`},
	{catalog: "pg_foreign_server", named: "true", acl: "srvacl", aclClass: `'S'`, owner: "srvowner", hasRest: true,
		covered: `oid srvname srvowner srvfdw srvtype srvversion srvacl srvoptions`},
	{catalog: "pg_user_mapping", named: "true", view: "pg_user_mappings", from: `pg_user_mappings t`, key: "t.umid", hasRest: true,
		volatile: `srvname usename`, covered: `umid srvid umuser umoptions`},
	{catalog: "pg_foreign_table", key: "t.ftrelid", of: "'pg_class', t.ftrelid", hasRest: true, covered: `ftrelid ftserver ftoptions`},
	{catalog: "pg_event_trigger", named: "true", hasRest: true, covered: `oid evtname evtevent evtowner evtfoid evtenabled evttags`},
	{
		catalog: "pg_database", acl: "datacl", aclClass: `'d'`, owner: "datdba", hasRest: true, where: `t.oid = ` + thisDatabase,
		volatile: `datname datfrozenxid datminmxid datlastsysoid datcollversion dathasloginevt`, covered: `oid datdba datacl`,
	},
	{
		catalog: "pg_shdescription", key: "t.objoid", of: "'pg_database', t.objoid", hasRest: true,
		where: `t.classoid = 'pg_database'::regclass AND t.objoid = ` + thisDatabase, covered: `objoid classoid description`,
	},
	{
		catalog: "pg_db_role_setting", key: "t.setrole", hasRest: true,
		where: `t.setdatabase = ` + thisDatabase, covered: `setdatabase setrole setconfig`,
	},
	{
		catalog: "pg_inherits", key: "t.inhrelid", of: "'pg_class', t.inhrelid", where: `t.inhrelid >= 16384`, grouped: true,
		hasRest: true, covered: `inhrelid inhparent inhseqno`,
	},
	{
		catalog: "pg_partitioned_table", key: "t.partrelid", of: "'pg_class', t.partrelid", hasRest: true,
		covered: `partrelid partstrat partnatts partdefid partattrs partclass partcollation partexprs`,
	},
	{
		catalog: "pg_language", where: `t.oid >= 16384`, hasRest: true, acl: "lanacl", aclClass: `'l'`, owner: "lanowner",
		covered: `oid lanname lanowner lanispl lanpltrusted lanplcallfoid laninline lanvalidator lanacl`,
	},
	{catalog: "pg_am", where: `t.oid >= 16384`, hasRest: true, covered: `oid amname amhandler amtype`},
	{
		catalog: "pg_aggregate", key: "t.aggfnoid", of: "'pg_proc', t.aggfnoid", where: `t.aggfnoid >= 16384`, hasRest: true,
		covered: `aggfnoid aggkind aggnumdirectargs aggtransfn aggfinalfn aggcombinefn aggserialfn aggdeserialfn aggmtransfn
			aggminvtransfn aggmfinalfn aggfinalextra aggmfinalextra aggfinalmodify aggmfinalmodify aggsortop aggtranstype
			aggtransspace aggmtranstype aggmtransspace agginitval aggminitval`,
	},
	{
		catalog: "pg_operator", where: `t.oid >= 16384`, hasRest: true,
		covered: `oid oprname oprnamespace oprowner oprkind oprcanmerge oprcanhash oprleft oprright oprresult oprcom
			oprnegate oprcode oprrest oprjoin`,
	},
	{catalog: "pg_opfamily", where: `t.oid >= 16384`, hasRest: true, covered: `oid opfmethod opfname opfnamespace opfowner`},
	{
		catalog: "pg_opclass", where: `t.oid >= 16384`, hasRest: true,
		covered: `oid opcmethod opcname opcnamespace opcowner opcfamily opcintype opcdefault opckeytype`,
	},
	{
		catalog: "pg_amop", where: `t.oid >= 16384`, hasRest: true,
		covered: `oid amopfamily amoplefttype amoprighttype amopstrategy amoppurpose amopopr amopmethod amopsortfamily`,
	},
	{
		catalog: "pg_amproc", where: `t.oid >= 16384`, hasRest: true,
		covered: `oid amprocfamily amproclefttype amprocrighttype amprocnum amproc`,
	},
	{
		catalog: "pg_cast", where: `t.oid >= 16384`, hasRest: true,
		covered: `oid castsource casttarget castfunc castcontext castmethod`,
	},
	{catalog: "pg_transform", where: `t.oid >= 16384`, hasRest: true, covered: `oid trftype trflang trffromsql trftosql`},
	{
		catalog: "pg_conversion", where: `t.oid >= 16384`, hasRest: true,
		covered: `oid conname connamespace conowner conforencoding contoencoding conproc condefault`,
	},
	{
		catalog: "pg_collation", where: `t.oid >= 16384`, hasRest: true, volatile: `collversion`,
		covered: `oid collname collnamespace collowner collprovider collisdeterministic collencoding collcollate collctype
			colliculocale colllocale collicurules`,
	},
	{
		catalog: "pg_ts_parser", where: `t.oid >= 16384`, hasRest: true,
		covered: `oid prsname prsnamespace prsstart prstoken prsend prsheadline prslextype`,
	},
	{catalog: "pg_ts_template", where: `t.oid >= 16384`, hasRest: true, covered: `oid tmplname tmplnamespace tmplinit tmpllexize`},
	{
		catalog: "pg_ts_dict", where: `t.oid >= 16384`, hasRest: true,
		covered: `oid dictname dictnamespace dictowner dicttemplate dictinitoption`,
	},
	{catalog: "pg_ts_config", where: `t.oid >= 16384`, hasRest: true, covered: `oid cfgname cfgnamespace cfgowner cfgparser`},
	{
		catalog: "pg_ts_config_map", key: "t.mapcfg", of: "'pg_ts_config', t.mapcfg", where: `t.mapcfg >= 16384`, grouped: true,
		hasRest: true, covered: `mapcfg maptokentype mapseqno mapdict`,
	},

	// What has no definition.
	{catalog: "pg_language", named: "true", where: `t.oid < 16384`, acl: "lanacl", aclClass: `'l'`, owner: "lanowner"},
	{
		catalog: "pg_subscription", named: "true",
		only:  `t.subname, t.subowner, t.subenabled, t.subslotname, t.subpublications`,
		where: `t.subdbid = ` + thisDatabase,
	},
	{catalog: "pg_largeobject_metadata", key: "0", grouped: true},
	{
		catalog: "pg_shseclabel", key: "t.objoid", of: "'pg_database', t.objoid", grouped: true,
		where: `t.classoid = 'pg_database'::regclass AND t.objoid = ` + thisDatabase,
	},
	{catalog: "pg_seclabel", key: "t.objoid", column: "t.objsubid", of: "t.classoid::regclass, t.objoid", grouped: true},

	// The server's own objects: their privileges and comments.
	{catalog: "pg_class", where: `t.oid < 16384 AND t.relacl IS NOT NULL`, only: `t.relacl`},
	{catalog: "pg_proc", where: `t.oid < 16384 AND t.proacl IS NOT NULL`, only: `t.proacl`},
	{catalog: "pg_type", where: `t.oid < 16384 AND t.typacl IS NOT NULL`, only: `t.typacl`},
	{
		catalog: "pg_attribute", key: "t.attrelid", where: `t.attrelid < 16384 AND t.attacl IS NOT NULL`, grouped: true,
		only: `t.attname, t.attacl`, of: "'pg_class', t.attrelid",
	},
	{
		catalog: "pg_description", key: "t.classoid", grouped: true,
		where: `t.objoid < 16384 AND t.classoid NOT IN ('pg_namespace'::regclass, 'pg_extension'::regclass)`,
	},
}

const (
	thisDatabase     = `(SELECT oid FROM pg_database WHERE datname = current_database())`
	coveredOfTrigger = `oid tgrelid tgname tgfoid tgtype tgisinternal tgconstrrelid tgconstrindid tgconstraint
		tgdeferrable tginitdeferred tgnargs tgattr tgargs tgqual tgoldtable tgnewtable`
)
