// Package trust has the tests of what others got wrong: recorded vulnerabilities of
// WebSocket libraries, by the names under which they are known, and spaces of input
// that are small enough to be tried out as a whole.
//
// The table in SECURITY.md says for each vulnerability which test shows that it is
// not here; mutations.txt has for each a change of the code that brings it here, and
// which tests notice. "make mutate-trust" makes these changes, one after the other.
package trust
