package view

import (
	"regexp"
	"strings"
)

var (
	// 48A-123.45, 48-B1 234.56, 51F12345, 29-MĐ1 123.45, 48A12.345: province, series, four or five figures.
	plate = regexp.MustCompile(`(?i)\d{2}[\s.\-–_]{0,3}([a-zđ]{1,2}\d?)[\s.\-–_]{0,3}\d(?:[\s.\-–]{0,3}\d){3,4}`)

	// 80-NG-123-45 and 80-011-NG-01 of missions, TM-12-34 of the army, T48-012.34 for some days.
	otherPlates = regexp.MustCompile(`\b(?:\d{2}[\s.-]?\d{3}[\s.-]?(?:NG|NN|QT|CV|LS)[\s.-]?\d{2}|` +
		`\d{2}[\s.-]?(?:NG|NN|QT|CV|LS)[\s.-]?\d{3}[\s.-]?\d{2}|` +
		`[A-Z]{2}\s?[\s.-]\s?\d{2}\s?[\s.-]\s?\d{2}|` +
		`T\s?\d{2}\s?[\s.-]\s?\d{3}[\s.]?\d{2})\b`)
)

// redactPlates hides plates that stand by themselves: not within a longer number.
func redactPlates(text string) string {
	text = otherPlates.ReplaceAllStringFunc(text, func(found string) string {
		if isRoad(found[:2]) {
			return found
		}
		return hiddenPlate
	})
	return hideEach(text, hiddenPlate, func(from int) (begin, end int, found bool) {
		m := plate.FindStringSubmatchIndex(text[from:])
		if m == nil {
			return 0, 0, false
		}
		begin, end = from+m[0], from+m[1]
		if digitBefore(text[:begin]) || digitAfter(text[end:]) || isMeasure(text[from+m[2]:from+m[3]], text[begin:end]) {
			end = begin
		}
		return begin, end, true
	})
}

// hideEach puts a sign in place of each stretch that find finds from a place on. A stretch without length is none after all:
// it is looked for again one byte later, for another may begin within.
func hideEach(text, sign string, find func(from int) (begin, end int, found bool)) string {
	var out strings.Builder
	from := 0
	for from < len(text) {
		begin, end, found := find(from)
		switch {
		case !found:
			out.WriteString(text[from:])
			return out.String()
		case end == begin:
			end = begin + 1
			out.WriteString(text[from:end])
		default:
			out.WriteString(text[from:begin])
			out.WriteString(sign)
		}
		from = end
	}
	return out.String()
}

// isMeasure reports letters between two numbers that are a measure or a road's and no series: "28 km 1078", "12 h 1530".
func isMeasure(series, found string) bool {
	// One small letter between spaces is a measure more often than a series.
	if len(series) == 1 && series >= "a" && strings.Contains(found, " "+series) {
		return true
	}
	switch strings.ToLower(series) {
	case "km", "kw", "kv", "kg", "cm", "mm", "ha", "tr", "ty", "đt", "dt", "ql", "tl", "vs", "va", "và":
		return true
	}
	return false
}

// isRoad reports the letters before the number of a road or a document, which look like those of the army.
func isRoad(letters string) bool {
	switch letters {
	case "QL", "TL", "HL", "DT", "KM", "KV", "SN", "QD", "TT", "CV", "CT", "NQ", "TB", "BC", "KH", "IB", "PL", "PA", "PC":
		return true
	}
	return false
}

func digitBefore(text string) bool {
	return text != "" && isDigit(text[len(text)-1])
}

func digitAfter(text string) bool { return text != "" && isDigit(text[0]) }
