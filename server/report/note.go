package report

// Bounds of what officers write beside a report, in characters.
const (
	maxNote   = 2000
	maxTitle  = 80
	maxHeader = 160
)

// CleanNote makes an internal note or the text of a template fit to keep: NFC, trimmed, not empty, nothing hidden in it.
func CleanNote(field, text string) (string, error) {
	return cleanText(field, text, bounds{least: 1, most: maxNote, lines: true})
}

// CleanName is the same of the name that officers give a thing of theirs, in one line.
func CleanName(field, text string) (string, error) {
	return cleanText(field, text, bounds{least: 1, most: maxTitle})
}

// CleanTitle is the same of what a happening is called, in one line.
func CleanTitle(field, text string) (string, error) {
	return cleanText(field, text, bounds{least: 1, most: maxHeader})
}

// CleanAccount is the same of the account somebody gives when a happening is over.
func CleanAccount(field, text string) (string, error) {
	return cleanText(field, text, bounds{least: 1, most: maxResult, lines: true})
}

// CleanText is the same of a text that may be empty, at most so many characters long; with lines, of several.
func CleanText(field, text string, most int, lines bool) (string, error) {
	return cleanText(field, text, bounds{most: most, lines: lines})
}
