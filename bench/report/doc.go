// Package report writes the results of a comparison down: as tables in Markdown
// and as a page with plots that needs nothing else.
package report
