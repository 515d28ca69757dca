//go:build failpoint

package failpoint

// Names lists every point, so that the kill tests can prove that they cover all.
func Names() []string {
	return []string{
		"up.locked",
		"up.snapshot.before",
		"up.snapshot.after",
		"up.statement.before",
		"up.statement.after",
		"up.segment.after",
		"up.split",
		"up.outside.journalled",
		"up.outside.ran",
		"up.guard.after",
		"up.commit.before",
		"up.commit.after",
		"up.fail.aborted",
		"restore.seal",
		"rollback.locked",
		"rollback.seal",
		"recover.orphan.ended",
		"recover.locked",
		"recover.restored",
		"prune.locked",
		"prune.marked",
		"prune.dropped",
		"postgres.take.locked",
		"postgres.take.table",
		"postgres.take.manifest",
		"postgres.revert.locked",
		"postgres.revert.quarantined",
		"postgres.revert.prepared",
		"postgres.revert.applied",
		"postgres.revert.sealed",
		"postgres.revert.committed",
		"sqlite.clone.middle",
		"sqlite.clone.written",
		"sqlite.manifest.written",
		"sqlite.manifest.renamed",
		"sqlite.after.written",
		"sqlite.image.sealed",
		"sqlite.restore.locked",
		"sqlite.restore.middle",
		"sqlite.restore.done",
	}
}
