// Package servers has the candidates of the comparison: servers that echo, and
// that pass on what one client says to all others, written with this library and
// with others, as their documentation recommends it and tuned.
//
// All of them do the same with a request by its path: on [PathEcho] every message
// goes back, on [PathHear] nothing does, and what comes in on [PathSay] goes to all
// connections on PathHear.
package servers
