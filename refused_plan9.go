package websockets

import "syscall"

// errRefused is what connecting fails with where nobody listens.
const errRefused = syscall.ErrorString("connection refused")
