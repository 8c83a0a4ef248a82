package simulation

import (
	"bufio"
	_ "embed"
	"fmt"
	"math/rand/v2"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

//go:embed sentences.txt
var sentenceFile string

// phrases are lists of sentences by name, as in sentences.txt. A sentence may
// name another list in braces and then holds one of its lines.
type phrases map[string][]string

func readPhrases(text string) (phrases, error) {
	p := make(phrases)
	section := ""
	lines := bufio.NewScanner(strings.NewReader(text))
	for n := 1; lines.Scan(); n++ {
		line := norm.NFC.String(strings.TrimSpace(lines.Text()))
		switch {
		case line == "", strings.HasPrefix(line, "#"):
		case strings.HasPrefix(line, "[") && strings.HasSuffix(line, "]"):
			section = line[1 : len(line)-1]
		case section == "":
			return nil, fmt.Errorf("sentences line %d stands before every section", n)
		default:
			p[section] = append(p[section], line)
		}
	}
	return p, p.check()
}

// check refuses a brace that names no list.
func (p phrases) check() error {
	for section, lines := range p {
		for _, line := range lines {
			for rest := line; ; {
				_, after, found := strings.Cut(rest, "{")
				if !found {
					break
				}
				name, tail, closed := strings.Cut(after, "}")
				if !closed || len(p[name]) == 0 {
					return fmt.Errorf("sentences section %s: {%s} names no section", section, name)
				}
				rest = tail
			}
		}
	}
	return nil
}

// say draws a sentence of a section, filled in and capitalised; empty if there
// is no such section.
func (p phrases) say(r *rand.Rand, section string) string {
	lines := p[section]
	if len(lines) == 0 {
		return ""
	}
	return capital(p.fill(r, pick(r, lines)))
}

func (p phrases) fill(r *rand.Rand, line string) string {
	var out strings.Builder
	for {
		before, after, found := strings.Cut(line, "{")
		out.WriteString(before)
		if !found {
			return out.String()
		}
		name, tail, _ := strings.Cut(after, "}")
		out.WriteString(p.fill(r, pick(r, p[name])))
		line = tail
	}
}

func capital(s string) string {
	first, size := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(first)) + s[size:]
}
