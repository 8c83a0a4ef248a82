package opendata

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Licence says what everybody may do with open data.
type Licence struct {
	ID   string `json:"id"` // of SPDX
	Name string `json:"name"`
	URL  string `json:"url"`
}

// licences are those that data are open under (opendefinition.org).
func licences() []Licence {
	return []Licence{
		{"CC-BY-4.0", "Creative Commons Attribution 4.0", "https://creativecommons.org/licenses/by/4.0/"},
		{"CC-BY-SA-4.0", "Creative Commons Attribution-ShareAlike 4.0", "https://creativecommons.org/licenses/by-sa/4.0/"},
		{"CC0-1.0", "Creative Commons Zero 1.0", "https://creativecommons.org/publicdomain/zero/1.0/"},
		{"ODC-By-1.0", "Open Data Commons Attribution 1.0", "https://opendatacommons.org/licenses/by/1-0/"},
		{"ODbL-1.0", "Open Database License 1.0", "https://opendatacommons.org/licenses/odbl/1-0/"},
		{"PDDL-1.0", "Open Data Commons Public Domain Dedication 1.0", "https://opendatacommons.org/licenses/pddl/1-0/"},
	}
}

// ParseLicence finds a licence by its SPDX identifier; nothing is the first of them.
func ParseLicence(id string) (Licence, error) {
	all := licences()
	if id == "" {
		return all[0], nil
	}
	i := slices.IndexFunc(all, func(l Licence) bool { return strings.EqualFold(l.ID, id) })
	if i < 0 {
		var known []string
		for _, l := range all {
			known = append(known, l.ID)
		}
		return Licence{}, fmt.Errorf("%q is none of %s", id, strings.Join(known, ", "))
	}
	return all[i], nil
}

// openMap reports whether the terms somebody brought boundaries under let everybody have them: only the words of open licences,
// none with conditions of their own such as NC or ND.
//
//nolint:gochecknoglobals // a pattern
var openMap = regexp.MustCompile(`(?i)^(cc0|cc[- ]by([- ]sa)?([- ]\d|$)|odbl|odc-by|pddl|public domain)`).MatchString
