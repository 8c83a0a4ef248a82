package view_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Labelled is one sentence with what is personal in it, what only looks so and must stay, and what counts neither
// way. Its rules stand in testdata/redaction/README.md.
type labelled struct {
	Style    string `json:"style"`
	Text     string `json:"text"`
	Form     string `json:"form"` // nfd: text and quotes are decomposed before use
	Personal []mark `json:"personal"`
	Stays    []mark `json:"stays"`
	Either   []mark `json:"either"`
}

// Mark is the nth place (from 1, 0 means 1) at which the quote begins.
type mark struct {
	Kind  string `json:"kind"`
	Quote string `json:"quote"`
	Nth   int    `json:"nth"`
}

// Span is a mark found in the plain text, in runes.
type span struct {
	kind     string
	from, to int
}

var (
	personalKinds = []string{"phone", "id", "plate", "email", "account"}

	// likeness says for which personal kind a look-alike is most easily taken.
	likeness = map[string]string{
		"road": "plate", "code": "plate", "product": "plate", "line": "plate",
		"decree": "id", "parcel": "id", "standard": "id",
		"sum": "account", "meter": "account", "at": "email",
		"place": "phone", "time": "phone", "public": "phone", "house": "phone", "sensor": "phone", "list": "phone", "count": "phone",
	}

	// numberWords are the digits as they are said, without their diacritics.
	numberWords = strings.Fields("khong ko mot hai ba bon tu nam lam sau bay tam chin zero oh one two three four five six seven eight nine")

	atSign = regexp.MustCompile(`(?i)@|\((?:at|a)\)|\[at\]|a[ -]còng|a cong| at `)
)

// Plain is the text as it is read: compatibility forms folded, invisible signs gone.
func plain(text string) string {
	return norm.NFC.String(strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Cf, r) {
			return -1
		}
		return r
	}, norm.NFKC.String(text)))
}

func bare(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return unicode.ToLower(r)
	}, norm.NFD.String(text))
}

func (l labelled) find(m mark) (span, error) {
	at := -1
	for range max(m.Nth, 1) {
		next := strings.Index(l.Text[at+1:], m.Quote)
		if m.Quote == "" || next < 0 {
			return span{}, fmt.Errorf("%q: no place %d of %q", l.Text, max(m.Nth, 1), m.Quote)
		}
		at += 1 + next
	}
	before, quote, after := plain(l.Text[:at]), plain(m.Quote), plain(l.Text[at+len(m.Quote):])
	if before+quote+after != plain(l.Text) {
		return span{}, fmt.Errorf("%q: %q is not cut between characters", l.Text, m.Quote)
	}
	from := utf8.RuneCountInString(before)
	return span{m.Kind, from, from + utf8.RuneCountInString(quote)}, nil
}

func (l labelled) spans(tb testing.TB, marks []mark) []span {
	tb.Helper()
	out := make([]span, 0, len(marks))
	for _, m := range marks {
		s, err := l.find(m)
		if err != nil {
			tb.Fatal(err)
		}
		out = append(out, s)
	}
	return out
}

// Digits are where the digits of a text lie, in order: figures, number words, and letters o that stand for a nought.
func digits(text []rune) []span {
	var out []span
	for i := 0; i < len(text); {
		end := i + 1
		switch {
		case unicode.IsDigit(text[i]):
			out = append(out, span{"", i, end})
		case unicode.IsLetter(text[i]):
			for end < len(text) && unicode.IsLetter(text[end]) {
				end++
			}
			word := bare(string(text[i:end]))
			if slices.Contains(numberWords, word) {
				out = append(out, span{"", i, end})
			} else if strings.Trim(word, "o") == "" {
				for at := i; at < end; at++ {
					out = append(out, span{"", at, at + 1})
				}
			}
		}
		i = end
	}
	return out
}

func handwritten(tb testing.TB) []labelled {
	tb.Helper()
	f, err := os.Open("testdata/redaction/sentences.jsonl")
	if err != nil {
		tb.Fatal(err)
	}
	defer f.Close()
	lines := json.NewDecoder(f)
	lines.DisallowUnknownFields()
	var out []labelled
	for {
		var l labelled
		if err := lines.Decode(&l); errors.Is(err, io.EOF) {
			return out
		} else if err != nil {
			tb.Fatalf("sentence %d: %v", len(out)+1, err)
		}
		if l.Form == "nfd" {
			l.Text = norm.NFD.String(l.Text)
			for _, marks := range [][]mark{l.Personal, l.Stays, l.Either} {
				for i := range marks {
					marks[i].Quote = norm.NFD.String(marks[i].Quote)
				}
			}
		}
		out = append(out, l)
	}
}

// longNumber is what no sentence may hold without a mark: seven figures and more in one row.
var longNumber = regexp.MustCompile(`\d(?:[ .,/-]?\d){6,}`)

func checkLabels(t *testing.T, l labelled) {
	t.Helper()
	text := []rune(plain(l.Text))
	taken := make([]bool, len(text))
	for _, s := range slices.Concat(l.spans(t, l.Personal), l.spans(t, l.Stays), l.spans(t, l.Either)) {
		if slices.Contains(taken[s.from:s.to], true) {
			t.Errorf("%q: the mark %q meets another", l.Text, string(text[s.from:s.to]))
		}
		for i := s.from; i < s.to; i++ {
			taken[i] = true
		}
	}
	for _, s := range l.spans(t, l.Personal) {
		quote := string(text[s.from:s.to])
		switch {
		case !slices.Contains(personalKinds, s.kind):
			t.Errorf("%q: no personal kind %q", l.Text, s.kind)
		case s.kind == "email" && !atSign.MatchString(quote):
			t.Errorf("%q: no @ in %q", l.Text, quote)
		case s.kind != "email" && len(digits(text[s.from:s.to])) < 4:
			t.Errorf("%q: fewer than four digits in %q", l.Text, quote)
		}
	}
	for _, m := range l.Stays {
		if likeness[m.Kind] == "" {
			t.Errorf("%q: no look-alike of kind %q", l.Text, m.Kind)
		}
	}
	for i := range text {
		if taken[i] {
			text[i] = '|'
		}
	}
	if found := longNumber.FindString(string(text)); found != "" {
		t.Errorf("%q: %q has no mark", l.Text, found)
	}
}

// Census counts what a set holds: marks by kind, and under "" the sentences in which nothing is personal.
func census(t *testing.T, set []labelled) map[string]int {
	t.Helper()
	seen, held := map[string]bool{}, map[string]int{}
	for _, l := range set {
		checkLabels(t, l)
		if seen[l.Text] {
			t.Errorf("%q stands twice", l.Text)
		}
		seen[l.Text] = true
		for _, m := range slices.Concat(l.Personal, l.Stays) {
			held[m.Kind]++
		}
		if len(l.Personal) == 0 {
			held[""]++
		}
	}
	return held
}

func TestTheHandwrittenSetIsWhole(t *testing.T) {
	t.Parallel()
	set := handwritten(t)
	held := census(t, set)
	if len(set) < 360 || held[""] < 140 {
		t.Errorf("%d sentences, %d without anything personal, want 360 and 140", len(set), held[""])
	}
	for kind, least := range map[string]int{"phone": 100, "id": 45, "plate": 50, "email": 35, "account": 30} {
		if held[kind] < least {
			t.Errorf("%d marks of kind %s, want %d", held[kind], kind, least)
		}
	}
	for kind := range likeness {
		if held[kind] < 5 {
			t.Errorf("%d look-alikes of kind %s, want 5", held[kind], kind)
		}
	}
	styles := map[string]int{}
	for _, l := range set {
		styles[l.Style]++
		styles[l.Form]++
	}
	for _, style := range []string{"plain", "bare", "teencode", "typo", "upper", "officer", "english", "nfd"} {
		if styles[style] < 15 {
			t.Errorf("%d sentences of style %s, want 15", styles[style], style)
		}
	}
}
