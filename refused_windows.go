package websockets

import "syscall"

// errRefused is what connecting fails with where nobody listens.
const errRefused = syscall.Errno(10061) // WSAECONNREFUSED
