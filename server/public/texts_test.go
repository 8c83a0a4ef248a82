package public_test

import (
	"encoding/json"
	"os"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/text/unicode/norm"
)

func TestTextsAreWholeAndComposed(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("pages/texts.json")
	must(t, err)
	if !norm.NFC.IsNormal(raw) {
		t.Error("texts.json is not NFC")
	}
	var texts map[string][]string
	must(t, json.Unmarshal(raw, &texts))
	used := map[string]bool{}
	files, err := os.ReadDir("pages")
	must(t, err)
	for _, f := range files {
		if !strings.HasSuffix(f.Name(), ".html") {
			continue
		}
		page, err := os.ReadFile("pages/" + f.Name())
		must(t, err)
		for _, m := range regexp.MustCompile(`\bt "([^"]+)"`).FindAllStringSubmatch(string(page), -1) {
			used[m[1]] = true
			if len(texts[m[1]]) != 2 || texts[m[1]][0] == "" || texts[m[1]][1] == "" {
				t.Errorf("%s: text %q is not there in both languages", f.Name(), m[1])
			}
		}
	}
	feed, err := os.ReadFile("feed.go")
	must(t, err)
	for _, m := range regexp.MustCompile(`\.say\([\w.]+, "([^"]+)"[,)]`).FindAllStringSubmatch(string(feed), -1) {
		used[m[1]] = true
	}
	area, err := os.ReadFile("area.go")
	must(t, err)
	for _, m := range regexp.MustCompile(`\bp\.say\("([^"]+)"[,)]`).FindAllStringSubmatch(string(area), -1) {
		used[m[1]] = true
	}
	for key, both := range texts {
		if !used[key] {
			t.Errorf("text %q is used nowhere", key)
		}
		if strings.Count(both[0], "%") != strings.Count(both[1], "%") {
			t.Errorf("text %q wants other arguments in English", key)
		}
	}
}
