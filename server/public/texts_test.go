package public_test

import (
	"encoding/json"
	"os"
	"path/filepath"
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
	sources, err := filepath.Glob("*.go")
	must(t, err)
	for _, name := range sources {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		source, err := os.ReadFile(name)
		must(t, err)
		for _, m := range regexp.MustCompile(`\bsay\((?:[\w.]+, )?"([^"]+)"(\+)?`).FindAllStringSubmatch(string(source), -1) {
			if m[2] == "" {
				used[m[1]] = true
				if len(texts[m[1]]) != 2 {
					t.Errorf("%s: text %q is not there in both languages", name, m[1])
				}
				continue
			}
			for key := range texts { // one of several, by a word of the data
				used[key] = used[key] || strings.HasPrefix(key, m[1])
			}
		}
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
