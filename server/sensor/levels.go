package sensor

import (
	"fmt"
	"strconv"
	"strings"
)

// ParseLevels reads thresholds as tables write them: "588,5:attention:BĐ1:05/2020/QĐ-TTg|589,5:warning:BĐ2:…". A label
// may hold a colon: the first two and the last part the fields.
func ParseLevels(text string) ([]Level, error) {
	if strings.TrimSpace(text) == "" {
		return nil, nil
	}
	var levels []Level
	for part := range strings.SplitSeq(text, "|") {
		at, rest, _ := strings.Cut(part, ":")
		state, rest, _ := strings.Cut(rest, ":")
		cut := strings.LastIndex(rest, ":")
		value, err := strconv.ParseFloat(strings.Replace(strings.TrimSpace(at), ",", ".", 1), 64)
		if err != nil || cut < 0 {
			return nil, fmt.Errorf("%q is not at:state:label:source", part)
		}
		levels = append(levels, Level{At: value, State: State(strings.TrimSpace(state)), Label: rest[:cut], Source: strings.TrimSpace(rest[cut+1:])})
	}
	return levels, nil
}

// FormatLevels writes thresholds as ParseLevels reads them. What would part the fields is written as a comma.
func FormatLevels(levels []Level) string {
	parts := make([]string, len(levels))
	for i, l := range levels {
		label, source := strings.ReplaceAll(l.Label, "|", ","), strings.NewReplacer("|", ",", ":", ",").Replace(l.Source)
		parts[i] = strconv.FormatFloat(l.At, 'f', -1, 64) + ":" + string(l.State) + ":" + label + ":" + source
	}
	return strings.Join(parts, "|")
}
