package view

import (
	"regexp"
	"strconv"
	"strings"
)

// What looks like a number of a person and is none. It is kept as it stands, and nothing is found across it.
var spared = regexp.MustCompile(`(?i)` +
	`\b\d{1,2}[/.-]\d{1,2}[/.-](?:19|20)\d\d\b` + // 3.11.2026
	`|\b(?:19|20)\d\d-\d\d-\d\d(?:[ t]\d\d:\d\d(?::\d\d)?)?\b` + // 2024-09-20 09:59
	`|\b\d{1,2}\.\d{3,8}\s?[,;]\s?\d{3}\.\d{3,8}\b` + // 12.0042, 107.6907
	`|\b[1-9]\d{5,11}\s?(?:đồng|đ|vnđ|vnd)(?:[^\p{L}]|$)` + // 496000000 đồng
	`|\bIB\d{8,12}\b`) // a tender

// besides applies redact to what lies between the spared.
func besides(text string, redact func(string) string) string {
	var out strings.Builder
	from := 0
	for _, m := range spared.FindAllStringIndex(text, -1) {
		if !isSpared(text, m) {
			continue
		}
		out.WriteString(redact(text[from:m[0]]))
		out.WriteString(text[m[0]:m[1]])
		from = m[1]
	}
	out.WriteString(redact(text[from:]))
	return out.String()
}

// isSpared looks at what a pattern cannot: whether it is part of a longer number, and whether a place is one.
func isSpared(text string, m []int) bool {
	if before := strings.TrimRight(text[:m[0]], " .,-+("); digitBefore(before) || digitAfter(strings.TrimLeft(text[m[1]:], ".-/")) {
		return false
	}
	found := text[m[0]:m[1]]
	lat, lon, isPlace := strings.Cut(strings.ReplaceAll(found, ";", ","), ",")
	if !isPlace {
		return true
	}
	y, errY := strconv.ParseFloat(strings.TrimSpace(lat), 64)
	x, errX := strconv.ParseFloat(strings.TrimSpace(lon), 64)
	// Vietnam and the sea around it, in degrees.
	return errY == nil && errX == nil && y >= 6 && y <= 24 && x >= 100 && x <= 120
}
