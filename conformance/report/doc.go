// Package report writes what came of a run of package conformance for people
// (text, HTML) and for programs (JSON, JUnit XML, the folder of the Autobahn
// TestSuite), reads it back, joins reports, and compares them.
//
// What a peer has sent is shown escaped in all of them.
package report
