// Package bounds measures what hostile peers cost: for each of a list of scripts, 200
// connections at once play it against a server, and against clients, in a process of
// its own. Of that process are measured the memory that each connection holds, the
// processor time for what was sent, and how long an honest connection waits
// meanwhile.
//
// Command bounds runs it: see the README of this module.
package bounds
