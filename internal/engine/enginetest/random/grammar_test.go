//go:build unix

package random

// stage is a part of a setup: how many statements of which kinds. The world is
// looked at again after each.
type stage struct {
	least, most int
	ops         []op
}

// setupStages build a schema from the ground.
var setupStages = []stage{
	{0, 2, []op{{1, newSchema}}},
	{0, 4, []op{{3, newEnum}, {2, newDomain}, {1, newComposite}, {1, newRange}}},
	{0, 4, []op{{1, newEnum}, {1, newDomain}, {1, newComposite}, {2, newSequence}, {4, newFunction}}},
	{1, 3, []op{{1, newTable}}},
	{1, 2, []op{{1, newTable}}},
	{2, 8, []op{{1, insert}}},
	{1, 8, []op{{3, newForeignKey}, {3, newIndex}, {2, newConstraint}, {1, addColumn}, {1, dropColumn}, {2, alterColumn}, {1, alterTable}}},
	{0, 3, []op{{3, newView}, {1, newFunction}}},
	{0, 3, []op{{3, newView}, {1, newFunction}, {1, triggerFunction}}},
	{0, 8, []op{{2, newView}, {3, newTrigger}, {1, newRule}, {1, newPolicy}, {1, newStatistics}, {3, comment}, {3, grant}, {1, alterTrigger}, {1, newIndex}, {1, changeOwner}}},
	{0, 4, []op{{3, insert}, {1, addColumn}, {1, dropColumn}, {1, alterSequence}}},
}

// batchOps are what a migration does.
var batchOps = []op{
	{6, newTable}, {8, addColumn}, {8, dropColumn}, {5, renameColumn}, {10, alterColumn}, {4, alterTable},
	{5, newForeignKey}, {4, newConstraint}, {6, alterConstraint}, {5, newIndex}, {4, alterIndex},
	{1, newSchema}, {2, newEnum}, {5, alterEnum}, {1, newSequence}, {4, alterSequence},
	{1, newDomain}, {3, alterDomain}, {1, newComposite}, {3, alterComposite}, {1, newRange},
	{5, newView}, {2, alterView}, {2, alterMatview}, {4, newFunction}, {3, alterFunction}, {1, triggerFunction},
	{3, newTrigger}, {3, alterTrigger}, {2, newRule}, {1, alterRule}, {2, newPolicy}, {1, alterPolicy}, {1, newStatistics}, {1, alterStatistics},
	{4, comment}, {5, grant}, {12, drop}, {9, rename}, {3, changeOwner},
	{5, insert}, {5, update}, {4, remove}, {2, truncate},
}
