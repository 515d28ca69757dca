package sqltext

import "strings"

// postgresTraits classifies a statement of PostgreSQL; c stands behind the
// verb.
func postgresTraits(verb string, c cursor) Traits {
	if t := transactionTraits(verb, c); t != 0 {
		return t
	}
	if t := clusterTraits(verb); t != 0 {
		return t | moveTraits(verb, c)
	}
	if verb == "SET" || strings.HasPrefix(verb, "SET ") {
		return SessionSetting
	}
	switch verb {
	case "CREATE INDEX", "DROP INDEX":
		return when(c.is("CONCURRENTLY"), Outside)
	case "REINDEX":
		return reindexTraits(c)
	case "VACUUM":
		return Outside
	case "CLUSTER":
		return clusteringTraits(c)
	case "ALTER TABLE":
		return detachTraits(c)
	case "ALTER TYPE":
		c.skipName()
		return when(c.accept("ADD") && c.is("VALUE"), CommitAfter)
	case "CREATE SUBSCRIPTION", "ALTER SUBSCRIPTION", "DROP SUBSCRIPTION":
		return NoWayBack | subscriptionTraits(verb, c)
	case "COPY":
		return copyTraits(c)
	case "GRANT", "REVOKE":
		return grantTraits(c)
	case "LOAD":
		return NoWayBack
	case "RESET", "DISCARD PLANS", "DISCARD SEQUENCES", "DISCARD TEMP", "DISCARD TEMPORARY":
		return SessionSetting
	case "DISCARD ALL":
		return SessionSetting | Outside
	case "SHOW":
		return Harmless
	case "EXPLAIN":
		return explainTraits(c)
	}
	return 0
}

func when(yes bool, t Traits) Traits {
	if yes {
		return t
	}
	return 0
}

// transactionTraits classifies what begins, ends or divides a transaction.
func transactionTraits(verb string, c cursor) Traits {
	switch verb {
	case "BEGIN", "START TRANSACTION":
		return Begin
	case "COMMIT", "END":
		return Commit | chainTraits(c)
	case "ROLLBACK", "ABORT":
		return Rollback | chainTraits(c)
	case "SAVEPOINT", "RELEASE", "ROLLBACK TO":
		return Savepoint
	case "PREPARE TRANSACTION":
		return TwoPhase
	case "COMMIT PREPARED", "ROLLBACK PREPARED":
		return TwoPhase | Outside
	}
	return 0
}

func chainTraits(c cursor) Traits {
	c.accept("WORK", "TRANSACTION")
	return when(c.accept("AND") && c.is("CHAIN"), Chain)
}

// clusterTraits classifies what belongs to the whole server: its databases,
// tablespaces, roles and settings.
func clusterTraits(verb string) Traits {
	switch verb {
	case "ALTER SYSTEM", "CREATE DATABASE", "DROP DATABASE", "CREATE TABLESPACE", "DROP TABLESPACE":
		return Outside | NoWayBack
	case "ALTER DATABASE", "COMMENT ON DATABASE", "SECURITY LABEL ON DATABASE",
		"ALTER TABLESPACE", "COMMENT ON TABLESPACE", "SECURITY LABEL ON TABLESPACE",
		"CREATE ROLE", "ALTER ROLE", "DROP ROLE", "COMMENT ON ROLE", "SECURITY LABEL ON ROLE",
		"CREATE USER", "ALTER USER", "DROP USER", "CREATE GROUP", "ALTER GROUP", "DROP GROUP",
		"SECURITY LABEL ON SUBSCRIPTION":
		return NoWayBack
	}
	return 0
}

// moveTraits finds ALTER DATABASE … SET TABLESPACE, the one form of ALTER
// DATABASE that refuses a transaction block.
func moveTraits(verb string, c cursor) Traits {
	if verb != "ALTER DATABASE" {
		return 0
	}
	c.skipName()
	return when(c.accept("SET") && c.is("TABLESPACE"), Outside)
}

func explainTraits(c cursor) Traits {
	runs := c.is("ANALYZE", "ANALYSE")
	if c.tok.kind == opening {
		c.options(func(name, _ string) {
			// A quoted name can hide the option behind Unicode escapes, and an
			// option that is switched off again is not worth reading.
			runs = runs || !isKeyword(name, "VERBOSE", "COSTS", "SETTINGS", "GENERIC_PLAN", "BUFFERS",
				"SERIALIZE", "WAL", "TIMING", "SUMMARY", "MEMORY", "FORMAT")
		})
	} else if c.accept("VERBOSE") {
		runs = c.is("ANALYZE", "ANALYSE")
	}
	return when(!runs, Harmless)
}
