package sheet

import "strings"

// Harmless keeps a spreadsheet from taking a cell for a formula: what begins like one gets an apostrophe before it.
func Harmless(cell string) string {
	trimmed := strings.TrimLeft(cell, " \u00a0\u3000")
	if trimmed != "" && strings.ContainsRune("=+-@\t\r\n|%＝＋－＠", []rune(trimmed)[0]) {
		return "'" + cell
	}
	return cell
}
