// Package repotest holds the rules of this repository as tests: what imports
// what, what is documented, what the public API is, and that the documents
// agree with the code. It has no code of its own to import.
//
// A rule is a function from the repository to a list of complaints. Each one is
// tried twice: on the repository itself, where it must find nothing, and on a
// small made-up one that breaks it, where it must complain.
package repotest
