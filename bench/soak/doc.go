// Package soak runs a server and its clients for long, each in a process of its own,
// and keeps the books: every message is numbered and has a checksum, and at the end
// both sides must have counted the same. Meanwhile clients come and go, and some are
// hostile; memory, goroutines and files must not grow.
//
// Command soak runs it: see the README of this module.
package soak
