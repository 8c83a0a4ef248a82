//go:build e2e

package e2e_test

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"mime/quotedprintable"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"unicode"
	"unicode/utf16"

	"github.com/andybalholm/brotli"
	"golang.org/x/text/unicode/norm"
)

// scanner looks for planted words in whatever a program says, in every way they might be written: composed or decomposed,
// with or without their diacritics, with signs between their letters, escaped, percent-encoded, as entities, in base64,
// quoted-printable, hexadecimal, UTF-16, and inside what is compressed.
type scanner struct {
	words map[string]planted // by what the word is
}

// planted is a word as it is searched for.
type planted struct {
	folded string   // its letters and digits; empty for signs alone
	exact  [][]byte // forms to be found as they stand
}

// leastFolded keeps words too short to be told from chance out of the folded search.
const leastFolded = 8

func newScanner(words map[string]string) *scanner {
	s := &scanner{words: map[string]planted{}}
	for name, word := range words {
		p := planted{folded: fold(word)}
		if len(p.folded) < leastFolded {
			p.folded = ""
		}
		for _, form := range []string{norm.NFC.String(word), norm.NFD.String(word)} {
			p.exact = append(p.exact, []byte(form), utf16Of(form, false), utf16Of(form, true))
		}
		s.words[name] = p
	}
	return s
}

// fold leaves letters and digits without their diacritics, in small ones.
func fold(text string) string {
	var out strings.Builder
	for _, r := range norm.NFKD.String(text) {
		switch r = unicode.ToLower(r); {
		case r == 'đ':
			out.WriteRune('d')
		case unicode.IsLetter(r), unicode.IsDigit(r):
			out.WriteRune(r)
		}
	}
	return out.String()
}

func utf16Of(text string, bigEndian bool) []byte {
	var out []byte
	for _, unit := range utf16.Encode([]rune(text)) {
		low, high := byte(unit), byte(unit>>8) //nolint:gosec // its two halves
		if bigEndian {
			low, high = high, low
		}
		out = append(out, low, high)
	}
	return out
}

// find names the planted words that stand in a text.
func (s *scanner) find(text []byte) []string {
	found := map[string]bool{}
	for _, view := range views(text, 3) {
		folded := fold(string(view))
		for name, p := range s.words {
			if p.folded != "" && strings.Contains(folded, p.folded) {
				found[name] = true
			}
			for _, form := range p.exact {
				found[name] = found[name] || bytes.Contains(view, form)
			}
		}
	}
	var names []string
	for name, ok := range found {
		if ok {
			names = append(names, name)
		}
	}
	return names
}

var (
	escaped  = regexp.MustCompile(`(?:\\u[0-9a-fA-F]{4})+`)
	slashes  = regexp.MustCompile(`\\x[0-9a-fA-F]{2}`)
	base64s  = regexp.MustCompile(`[A-Za-z0-9+/_-]{12,}`)
	hexes    = regexp.MustCompile(`(?:[0-9a-fA-F]{2}){8,}`)
	entities = regexp.MustCompile(`&#?[0-9A-Za-z]+;`)
	quoted   = regexp.MustCompile(`=[0-9A-F]{2}`)
	percents = regexp.MustCompile(`%[0-9A-Fa-f]{2}`)
)

// views are a text and everything it might be once it is read; each of these is read again, so deep.
func views(text []byte, deep int) [][]byte {
	all := [][]byte{text}
	if deep == 0 {
		return all
	}
	for _, read := range []func([]byte) []byte{
		gunzipped, unbrotlied, unescaped, unentitled, unpercented, unquoted, fromBase64, fromHex,
	} {
		if more := read(text); len(more) > 0 && !bytes.Equal(more, text) {
			all = append(all, views(more, deep-1)...)
		}
	}
	return all
}

// mostInflated bounds what a scan takes out of something compressed.
const mostInflated = 32 << 20

func gunzipped(text []byte) []byte {
	if !bytes.HasPrefix(text, []byte("\x1f\x8b")) {
		return nil
	}
	r, err := gzip.NewReader(bytes.NewReader(text))
	if err != nil {
		return nil
	}
	out, _ := io.ReadAll(io.LimitReader(r, mostInflated))
	return out
}

// unbrotlied tries what is no text: brotli has no mark of its own.
func unbrotlied(text []byte) []byte {
	if len(text) == 0 || bytes.ContainsRune([]byte("{[<\"#: \n"), rune(text[0])) {
		return nil
	}
	out, err := io.ReadAll(io.LimitReader(brotli.NewReader(bytes.NewReader(text)), mostInflated))
	if err != nil {
		return nil
	}
	return out
}

func unescaped(text []byte) []byte {
	text = escaped.ReplaceAllFunc(text, func(run []byte) []byte {
		var out string
		if json.Unmarshal(append(append([]byte{'"'}, run...), '"'), &out) != nil {
			return run
		}
		return []byte(out)
	})
	return slashes.ReplaceAllFunc(text, func(run []byte) []byte {
		out, _ := hex.DecodeString(string(run[2:]))
		return out
	})
}

func unentitled(text []byte) []byte {
	if !entities.Match(text) {
		return nil
	}
	return []byte(html.UnescapeString(string(text)))
}

func unpercented(text []byte) []byte {
	return percents.ReplaceAllFunc(text, func(run []byte) []byte {
		out, err := url.PathUnescape(string(run))
		if err != nil {
			return run
		}
		return []byte(out)
	})
}

func unquoted(text []byte) []byte {
	if !quoted.Match(text) {
		return nil
	}
	out, _ := io.ReadAll(quotedprintable.NewReader(bytes.NewReader(text)))
	return out
}

// fromBase64 reads every run that might be base64 of either alphabet.
func fromBase64(text []byte) []byte {
	var out bytes.Buffer
	for _, run := range base64s.FindAll(text, -1) {
		whole := strings.NewReplacer("-", "+", "_", "/").Replace(string(run))
		if len(whole)%4 == 1 { // no length of base64
			whole = whole[:len(whole)-1]
		}
		raw, err := base64.RawStdEncoding.DecodeString(whole)
		if err == nil && printable(raw) {
			out.Write(raw)
			out.WriteByte('\n')
		}
	}
	return out.Bytes()
}

func fromHex(text []byte) []byte {
	var out bytes.Buffer
	for _, run := range hexes.FindAll(text, -1) {
		if raw, err := hex.DecodeString(string(run)); err == nil && printable(raw) {
			out.Write(raw)
			out.WriteByte('\n')
		}
	}
	return out.Bytes()
}

// printable keeps chance out: what decodes to mostly control signs was no text.
func printable(raw []byte) bool {
	odd := 0
	for _, b := range raw {
		if b < ' ' && b != '\n' && b != '\t' && b != '\r' && b != 0 {
			odd++
		}
	}
	return odd*4 <= len(raw)
}

// TestTheScannerSeesEveryEncoding plants one name in every way it could come out, and one that is not there.
func TestTheScannerSeesEveryEncoding(t *testing.T) {
	t.Parallel()
	const name, phone, signs = "Nguyễn Thị Đoan Trang Qxzvk", "0987 654 329", "🦜🪶🧿🦤"
	s := newScanner(map[string]string{"name": name, "phone": phone, "signs": signs})
	zip := func(text string) []byte {
		var b bytes.Buffer
		w := gzip.NewWriter(&b)
		_, _ = io.WriteString(w, text)
		_ = w.Close()
		return b.Bytes()
	}
	brot := func(text string) []byte {
		var b bytes.Buffer
		w := brotli.NewWriter(&b)
		_, _ = io.WriteString(w, text)
		_ = w.Close()
		return b.Bytes()
	}
	numbered := func(text string) (out string) {
		for _, r := range text {
			out += fmt.Sprintf("&#%d;", r)
		}
		return out
	}
	percent := func(text string) (out string) {
		for _, b := range []byte(text) {
			out += fmt.Sprintf("%%%02X", b)
		}
		return out
	}
	for _, tc := range []struct {
		as   string
		text []byte
		want string
	}{
		{"NFC", []byte("…" + norm.NFC.String(name) + "…"), "name"},
		{"NFD", []byte(norm.NFD.String(name)), "name"},
		{"without diacritics", []byte("nguyen thi doan trang qxzvk"), "name"},
		{"in a path", []byte("/nguyen-thi-doan-trang-qxzvk/"), "name"},
		{"JSON escapes", []byte(`{"a":"` + escapes(name) + `"}`), "name"},
		{"JSON escapes of decomposed", []byte(escapes(norm.NFD.String(name))), "name"},
		{"surrogates", []byte(escapes(signs)), "signs"},
		{"entities", []byte("<p>" + numbered(name)), "name"},
		{"entities of signs", []byte(numbered(signs)), "signs"},
		{"percent", []byte("q=" + percent(name)), "name"},
		{"a query", []byte(url.Values{"q": {name}}.Encode()), "name"},
		{"base64", []byte("token " + base64.StdEncoding.EncodeToString([]byte(name))), "name"},
		{"base64 for addresses", []byte(base64.RawURLEncoding.EncodeToString([]byte(norm.NFD.String(name)))), "name"},
		{"base64 of JSON", []byte(base64.StdEncoding.EncodeToString([]byte(`{"a":"` + escapes(name) + `"}`))), "name"},
		{"hexadecimal", []byte(hex.EncodeToString([]byte(name))), "name"},
		{"bytes of a log", []byte(strings.ReplaceAll(percent(name), "%", `\x`)), "name"},
		{"UTF-16 little", utf16Of(name, false), "name"},
		{"UTF-16 big", utf16Of(name, true), "name"},
		{"gzip", zip(name), "name"},
		{"brotli", brot("<html>" + name), "name"},
		{"gzip in base64", []byte(base64.StdEncoding.EncodeToString(zip(name))), "name"},
		{"digits with stops", []byte("gọi 0987.654.329 nhé"), "phone"},
		{"digits apart", []byte("0 9 8 7 6 5 4 3 2 9"), "phone"},
		{"digits in brackets", []byte("(0987)-654-329"), "phone"},
		{"signs", []byte("a" + signs), "signs"},
	} {
		if got := s.find(tc.text); len(got) != 1 || got[0] != tc.want {
			t.Errorf("%s: found %q, want %s", tc.as, got, tc.want)
		}
	}
	if got := s.find([]byte(`{"name":"Nguyễn Thị Đoan","phone":"0987 654 320"}`)); len(got) != 0 {
		t.Errorf("found %q where nothing was planted", got)
	}
}
