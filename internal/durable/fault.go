package durable

// Fault names a call of this package that a disk can make fail.
type Fault string

// The calls, for tests that make each of them fail.
const (
	FaultAccess  Fault = "access"
	FaultMakeDir Fault = "make directory"
	FaultCreate  Fault = "create"
	FaultWrite   Fault = "write"
	FaultSync    Fault = "sync"
	FaultRename  Fault = "rename"
	FaultSyncDir Fault = "sync directory"
	FaultRemove  Fault = "remove"
)
