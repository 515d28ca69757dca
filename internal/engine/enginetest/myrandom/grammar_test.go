//go:build unix

package myrandom

// setupStages build a schema from the ground.
var setupStages = []stage{
	{0, 2, []op{onlyMariaDB(1, newSequence), {1, newRoutine}}},
	{1, 3, []op{{1, newTable}}},
	{1, 3, []op{{1, newTable}, {1, newChild}}},
	{2, 8, []op{{9, insert}, {3, childRows}}},
	{1, 7, []op{{4, alterTable}, {1, newIndex}}},
	{0, 4, []op{{3, newView}, {2, newRoutine}, {1, newEvent}}},
	{0, 5, []op{{2, newView}, {3, newTrigger}, {1, newRoutine}, {1, newEvent}, onlyMariaDB(1, newSequence)}},
	{1, 5, []op{{6, insert}, {4, childRows}, {1, insertSelect}, {1, alterTable}, {1, update}, {1, remove}}},
}

// batchOps are what a migration does.
var batchOps = []op{
	{30, alterTable}, {5, newTable}, {2, newChild}, {4, newIndex}, {4, dropIndex}, {5, dropTable}, {4, again}, {6, renameTable}, {3, rebuild}, {2, truncate},
	{6, insert}, {3, insertSelect}, {6, update}, {3, updateJoin}, {4, remove},
	{5, newView}, {2, dropView}, {4, newTrigger}, {2, dropTrigger}, {3, newRoutine}, {3, alterRoutine}, {3, newEvent}, onlyMariaDB(3, newSequence), {3, settings},
}
