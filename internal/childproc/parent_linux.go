package childproc

import "syscall"

// withParent has the program end when this one dies, however it does: what goes on
// loading rows would be in the way of the next command. The kernel means the thread
// that started it, which Run keeps for itself.
func withParent() *syscall.SysProcAttr { return &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM} }
