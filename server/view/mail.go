package view

import "regexp"

// An address as people write it to be read by people: with an at sign between signs, or the words for it and for the
// dot. A name before the at sign and two names with a dot behind it are an address; a well-known provider is one alone.
var (
	mail = regexp.MustCompile(`(?i)` + mailName + `(?:` + dotSign + mailName + `)*` +
		`\s{0,2}` + atSign + `\s{0,2}` +
		`(?:` + provider + `|` + mailName + `)(?:` + dotSign + mailName + `)+`)

	// Such as an.nguyen@gmail.
	mailBrief = regexp.MustCompile(`(?i)` + mailName + `(?:` + dotSign + mailName + `)*\s{0,2}` + atSign + `\s{0,2}` + provider + `\b`)

	// In English the word at is no sign of an address unless the dot is a word too.
	mailEnglish = regexp.MustCompile(`(?i)` + mailName + `(?:(?:\sdot\s|\.)` + mailName + `)*\sat\s` + mailName + `(?:\.` + mailName + `)*` +
		`(?:\s?(?:\bdot\b|\(dot\)|\[dot\])\s?` + mailName + `)+`)
)

const (
	mailName = `[\p{L}\p{N}_%+-]+`
	dotSign  = `(?:\s?\.\s?|\s?(?:\(dot\)|\[dot\]|\(\.\)|\(chấm\)|\[chấm\])\s?|\s(?:dot|chấm|cham)\s)`
	atSign   = `(?:@|\(@\)|\[@\]|\(at\)|\[at\]|\(a\)|\[a\]|[(\[]a còng[)\]]|a[ -]?còng|a[ -]?cong)`
	provider = `(?:gmail|yahoo|ymail|outlook|hotmail|icloud|live|zoho|proton|protonmail|mail)`
)

// redactMail hides e-mail addresses.
func redactMail(text string) string {
	for _, pattern := range []*regexp.Regexp{mail, mailEnglish, mailBrief} {
		text = pattern.ReplaceAllString(text, hiddenMail)
	}
	return text
}
