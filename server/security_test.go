package server

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// verified are the items of ASVS 5.0, level 2, that can be judged from outside. Each has a line in docs/security.md.
func verified() []string {
	return strings.Fields(`1.2.1 1.2.4 1.3.* 1.5.1 2.1.* 2.2.* 2.3.1 2.3.2 2.3.3 2.3.4 2.4.1 3.2.1 3.3.1 3.3.2 3.3.3 3.3.4
		3.4.1 3.4.2 3.4.3 3.4.4 3.4.6 3.5.1 4.1.1 4.1.2 4.1.3 4.2.1 4.4.1 4.4.2 4.4.3 4.4.4 5.1.1 5.2.1 5.2.2 5.2.3 5.3.1 5.3.2
		5.4.1 5.4.2 5.4.3 6.1.1 6.3.1 6.3.2 6.3.3 6.3.4 7.2.3 7.2.4 7.3.1 7.3.2 7.4.1 8.2.1 8.2.2 8.2.3 13.2.4 13.2.5 13.4.2 13.4.4
		14.2.1 14.2.2 14.2.3 14.2.4 14.3.1 14.3.2 14.3.3 15.2.2 15.3.7 16.2.1 16.2.2 16.2.3 16.2.4 16.2.5 16.3.1 16.3.2 16.3.3 16.3.4
		16.4.1 16.4.2 16.4.3 16.5.1 16.5.2 16.5.3`)
}

var (
	securityLine = regexp.MustCompile(`(?m)^\| ([0-9.*]+) \| [^|]+ \| ([^|]+) \|$`)
	namedTest    = regexp.MustCompile("`([^`]+_test\\.go)` (Test\\w+)")
)

// TestThePageOfSecurityNamesTestsThatExist holds docs/security.md to the tests there are.
func TestThePageOfSecurityNamesTestsThatExist(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../docs/security.md")
	if err != nil {
		t.Fatal(err)
	}
	sources, held := map[string]string{}, map[string]bool{}
	for _, line := range securityLine.FindAllStringSubmatch(string(page), -1) {
		item, by := line[1], line[2]
		tests := namedTest.FindAllStringSubmatch(by, -1)
		why, none := strings.CutPrefix(by, "no test: ")
		if len(tests) == 0 && (!none || len(why) < 10) {
			t.Errorf("%s names neither a test nor why there is none: %s", item, by)
		}
		for _, named := range tests {
			file, name := named[1], named[2]
			if _, read := sources[file]; !read {
				source, err := os.ReadFile(filepath.Join("..", file))
				if err != nil {
					t.Errorf("%s: %v", item, err)
				}
				sources[file] = string(source)
			}
			if !strings.Contains(sources[file], "\nfunc "+name+"(t *testing.T)") {
				t.Errorf("%s: %s has no %s", item, file, name)
			}
		}
		held[item] = true
	}
	for _, item := range verified() {
		if !held[item] {
			t.Errorf("%s has no line", item)
		}
	}
}
