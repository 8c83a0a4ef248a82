package warning_test

import (
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"

	"toancanh/server/fault"
	"toancanh/server/warning"
)

// small is a message with one of everything that must be there.
const small = `<?xml version="1.0" encoding="UTF-8"?>
<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2">
 <identifier>VN-1</identifier><sender>tram@example.vn</sender><sent>2026-11-23T15:00:00+07:00</sent>
 <status>Actual</status><msgType>Alert</msgType><scope>Public</scope>
 <info><language>vi-VN</language><category>Met</category><event>Mưa lớn</event>
  <urgency>Expected</urgency><severity>Severe</severity><certainty>Likely</certainty>
  <expires>2026-11-23T21:00:00+07:00</expires><headline>Mưa lớn ở Đắk Nông</headline>
  <area><areaDesc>Huyện Đắk Mil</areaDesc><polygon>12.4,107.6 12.4,107.7 12.5,107.7 12.4,107.6</polygon><circle>12.45,107.65 8.5</circle>
   <geocode><valueName>vn-2022</valueName><value>663</value></geocode></area></info>
</alert>
`

func TestAMessageIsReadWhole(t *testing.T) {
	t.Parallel()
	got, err := warning.Decode([]byte(small))
	if err != nil {
		t.Fatal(err)
	}
	zone := time.FixedZone("", 7*3600)
	want := warning.Alert{
		Version: "1.2", Identifier: "VN-1", Sender: "tram@example.vn", Sent: time.Date(2026, 11, 23, 15, 0, 0, 0, zone),
		Status: warning.Actual, MsgType: warning.New, Scope: "Public",
		Infos: []warning.Info{{
			Language: "vi-VN", Categories: []string{"Met"}, Event: "Mưa lớn", Urgency: "Expected", Severity: "Severe", Certainty: "Likely",
			Expires: time.Date(2026, 11, 23, 21, 0, 0, 0, zone), Headline: "Mưa lớn ở Đắk Nông",
			Areas: []warning.Area{{
				Description: "Huyện Đắk Mil", Circles: []warning.Circle{{Centre: warning.Point{Lat: 12.45, Lon: 107.65}, KM: 8.5}},
				Polygons: [][]warning.Point{{{Lat: 12.4, Lon: 107.6}, {Lat: 12.4, Lon: 107.7}, {Lat: 12.5, Lon: 107.7}, {Lat: 12.4, Lon: 107.6}}},
				Geocodes: []warning.Pair{{Name: "vn-2022", Value: "663"}},
			}},
		}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// elsewhere are real messages that nobody here wrote; they are not ours to ship.
func elsewhere(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("..", "..", "..", "shared", "data", "cap", "*"))
	if err != nil || len(files) == 0 {
		files, err = filepath.Glob(filepath.Join("..", "..", "..", "..", "shared", "data", "cap", "*"))
	}
	if err != nil {
		t.Fatal(err)
	}
	if len(files) == 0 {
		t.Skip("the messages of others are not beside this checkout (../shared/data/cap)")
	}
	return files
}

func TestRealMessagesOfOthersAreRead(t *testing.T) {
	t.Parallel()
	read := 0
	for _, name := range elsewhere(t) {
		raw, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		a, err := warning.Decode(raw)
		if strings.HasSuffix(name, ".xsd") {
			if reason(err) != "root" {
				t.Errorf("%s is no message: %v", name, err)
			}
			continue
		}
		read++
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if a.Identifier == "" || len(a.Infos) == 0 || a.Infos[0].Headline == "" || len(a.Infos[0].Areas) == 0 || a.End().Before(a.Sent) {
			t.Errorf("%s: %+v", name, a)
		}
		body, err := warning.Encode(a)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		valid(t, body)
	}
	if read < 4 {
		t.Errorf("read %d messages, want the four there are", read)
	}
}

func reason(err error) string {
	if items := fault.Items(err); len(items) > 0 {
		return items[0].Reason
	}
	return ""
}

func field(err error) string {
	if items := fault.Items(err); len(items) > 0 {
		return items[0].Field
	}
	return ""
}

// bare is the message without its declaration.
func bare() string {
	_, body, _ := strings.Cut(small, "\n")
	return body
}

// laughs declares entities that stand for each other ten times, nine steps deep.
func laughs() string {
	var b strings.Builder
	b.WriteString("<?xml version=\"1.0\"?>\n<!DOCTYPE alert [\n<!ENTITY l0 \"ha\">\n")
	for i := range 9 {
		fmt.Fprintf(&b, "<!ENTITY l%d \"%s\">\n", i+1, strings.Repeat(fmt.Sprintf("&l%d;", i), 10))
	}
	b.WriteString("]>\n")
	return b.String() + strings.Replace(bare(), "Mưa lớn", "&l9;", 1)
}

func swap(old, next string) string { return strings.Replace(small, old, next, 1) }

// TestHostileFilesAreRefusedByName gives the reader what was made to hurt one. It must name each, quickly and without a panic.
func TestHostileFilesAreRefusedByName(t *testing.T) {
	t.Parallel()
	body := bare()
	deep := func(n int) string {
		return swap("<info>", strings.Repeat("<info>", n)) + strings.Repeat("</info>", n)
	}
	for _, tt := range []struct{ name, file, want string }{
		{"a billion laughs", laughs(), "doctype"},
		{"an external entity", `<?xml version="1.0"?><!DOCTYPE alert [<!ENTITY x SYSTEM "file:///etc/passwd">]>` + strings.Replace(body, "Mưa lớn", "&x;", 1), "doctype"},
		{"an external type", `<!DOCTYPE alert SYSTEM "http://127.0.0.1:9/evil.dtd">` + body, "doctype"},
		{"an entity of parameters", `<!DOCTYPE a [<!ENTITY % p SYSTEM "http://127.0.0.1:9/"> %p;]>` + body, "doctype"},
		{
			"a quadratic blowup",
			`<!DOCTYPE a [<!ENTITY b "` + strings.Repeat("b", 50_000) + `">]>` + strings.Replace(body, "Mưa lớn", strings.Repeat("&b;", 50_000), 1),
			"doctype",
		},
		{"a declaration behind the root", body + `<!DOCTYPE alert []>`, "doctype"},
		{"a declaration within", swap("<info>", "<!ENTITY x 'y'><info>"), "doctype"},
		{"an entity nobody declared", swap("Mưa lớn", "&nbsp;"), "entity"},
		{"10,000 levels of elements", deep(10_000), "too_deep"},
		{"17 levels of elements in a signature", swap("</alert>", `<Signature xmlns="http://www.w3.org/2000/09/xmldsig#">`+strings.Repeat("<a>", 17)), "too_deep"},
		{"50 MB", swap("Mưa lớn", strings.Repeat("a", 50<<20)), "too_large"},
		{"one byte too many", small + strings.Repeat(" ", warning.MostBytes-len(small)+1), "too_large"},
		{"100,000 elements", swap("</alert>", strings.Repeat("<code/>", 100_000)+"</alert>"), "too_many_elements"},
		{"100,000 comments", swap("<info>", strings.Repeat("<!---->", 100_000)+"<info>"), "too_many_elements"},
		{"a text of 65 KiB", swap("Mưa lớn", strings.Repeat("a", 65<<10)), "text_too_long"},
		{"a text in 100,000 pieces", swap("Mưa lớn", strings.Repeat("a<!---->", 100_000)), "too_many_elements"},
		{"an attribute of 900 KB", swap("<info>", `<info x="`+strings.Repeat("a", 900_000)+`">`), "attribute_too_long"},
		{"10,000 attributes", swap("<info>", "<info"+manyAttributes(10_000)+">"), "too_many_attributes"},
		{"the same attribute twice", swap("<info>", `<info a="1" a="2">`), "attribute_twice"},
		{"an attribute CAP does not have", swap("<info>", `<info a="1">`), "attribute"},
		{"bytes that are no UTF-8", swap("Mưa lớn", "M\xff\xfea"), "utf8"},
		{"an overlong slash", swap("Mưa lớn", "\xc0\xaf"), "utf8"},
		{"a character XML forbids", swap("Mưa lớn", "&#0;"), "syntax"},
		{"a bell", swap("Mưa lớn", "\a"), "syntax"},
		{"UTF-16 with a mark", wide(small, true), "encoding"},
		{"UTF-16 without one", wide(small, false), "encoding"},
		{"UTF-7", swap("UTF-8", "UTF-7"), "encoding"},
		{"an encoding declared again and again", strings.Repeat(`<?xml version="1.0" encoding="ISO-8859-1"?>`, 20_000) + body, "declaration"},
		{"a declaration in the middle", swap("<info>", `<?xml version="1.0"?><info>`), "declaration"},
		{"XML 1.1", swap(`version="1.0"`, `version="1.1"`), "syntax"},
		{"the namespace of CAP 1.0", swap("cap:1.2", "cap:1.0"), "namespace"},
		{"a namespace in capitals", swap("urn:oasis", "URN:OASIS"), "namespace"},
		{"no namespace", swap(` xmlns="urn:oasis:names:tc:emergency:cap:1.2"`, ""), "namespace"},
		{"a namespace of somebody's own within", swap("<headline>", `<headline xmlns="urn:x">`), "namespace"},
		{"a prefix nobody declared", strings.NewReplacer("<alert", "<cap:alert", "</alert", "</cap:alert").Replace(small), "namespace"},
		{"another root", `<feed xmlns="urn:oasis:names:tc:emergency:cap:1.2"/>`, "root"},
		{"two roots", body + body, "extra"},
		{"words behind the end", body + "x", "extra"},
		{"words between elements", swap("<info>", "x<info>"), "text"},
		{"an end in the middle", small[:len(small)/2], "truncated"},
		{"nothing", "", "empty"},
		{"spaces", "  \n ", "empty"},
		{"no XML", "PK\x03\x04 zip", "syntax"},
		{"JSON", `{"alert": 1}`, "extra"},
		{"tags crossed", swap("</event>", "</urgency>"), "syntax"},
		{"an open CDATA", swap("Mưa lớn", "<![CDATA[a"), "truncated"},
		{"a script in a word", swap("<status>Actual", "<status><![CDATA[<script>]]>"), "value"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := warning.Decode([]byte(tt.file))
			if got := reason(err); got != tt.want || !fault.Is(err, fault.KindInvalid) {
				t.Errorf("refused as %q, want %q: %.300v", got, tt.want, err)
			}
		})
	}
}

func manyAttributes(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, ` a%d="1"`, i)
	}
	return b.String()
}

func wide(text string, mark bool) string {
	units := utf16.Encode([]rune(text))
	if mark {
		units = append([]uint16{0xfeff}, units...)
	}
	raw := make([]byte, 0, 2*len(units))
	for _, u := range units {
		raw = binary.LittleEndian.AppendUint16(raw, u)
	}
	return string(raw)
}

func TestWhatIsOnlyOddIsTaken(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, file, headline string }{
		{"CDATA", swap("<headline>Mưa lớn ở Đắk Nông", "<headline><![CDATA[a < b & c ]]>]]&gt;"), "a < b & c ]]>"},
		{"a style sheet", swap("<alert", `<?xml-stylesheet href="http://127.0.0.1:9/x.xsl" type="text/xsl"?><alert`), "Mưa lớn ở Đắk Nông"},
		{"a mark of UTF-8", "\xef\xbb\xbf" + small, "Mưa lớn ở Đắk Nông"},
		{"no declaration", bare(), "Mưa lớn ở Đắk Nông"},
		{"numbered characters", swap("Mưa lớn ở Đắk Nông", "M&#432;a l&#x1EDB;n"), "Mưa lớn"},
		{"letters and marks apart", swap("Mưa lớn ở Đắk Nông", "Đa\u0306\u0301k"), "Đắk"},
		{"a prefix", strings.NewReplacer("xmlns=", "xmlns:c=", "</", "</c:", "<?", "<?", "<", "<c:").Replace(small), "Mưa lớn ở Đắk Nông"},
		{"the place of a schema", swap("<alert", `<alert xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="a b"`), "Mưa lớn ở Đắk Nông"},
		{"half a surrogate", swap("Mưa lớn ở Đắk Nông", "&#xD800;"), "\uFFFD"},
		{"CAP 1.1", strings.Replace(swap("cap:1.2", "cap:1.1"), "<certainty>Likely", "<certainty>Very Likely", 1), "Mưa lớn ở Đắk Nông"},
		{
			"a signature",
			swap("</alert>", `<ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:SignedInfo><ds:Reference URI=""/></ds:SignedInfo></ds:Signature></alert>`),
			"Mưa lớn ở Đắk Nông",
		},
		{"ISO-8859-1", strings.NewReplacer("UTF-8", "ISO-8859-1", "Mưa lớn ở Đắk Nông", "\xe9t\xe9", "Mưa lớn", "x", "Huyện Đắk Mil", "y").Replace(small), "été"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			a, err := warning.Decode([]byte(tt.file))
			if err != nil {
				t.Fatalf("%v: %s", err, tt.file)
			}
			if got := a.Infos[0].Headline; got != tt.headline {
				t.Errorf("headline %q, want %q", got, tt.headline)
			}
		})
	}
}

func TestWhatIsWrongWithAMessageIsNamed(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, old, next, field, reason string }{
		{"no identifier", "<identifier>VN-1</identifier>", "", "identifier", "required"},
		{"a space in the identifier", "VN-1", "VN 1", "identifier", "format"},
		{"a comma in the sender", "tram@", "tram,@", "sender", "format"},
		{"a time in UTC by a letter", "15:00:00+07:00", "15:00:00Z", "sent", "format"},
		{"a fraction of a second", "15:00:00+", "15:00:00.5+", "sent", "format"},
		{"a day that does not exist", "2026-11-23T15", "2026-02-30T15", "sent", "format"},
		{"a status nobody knows", "Actual", "Real", "status", "value"},
		{"a type nobody knows", "<msgType>Alert", "<msgType>Warn", "msgType", "value"},
		{"an update of nothing", "<msgType>Alert", "<msgType>Update", "references", "required"},
		{"a reference of two parts", "<scope>Public</scope>", "<scope>Public</scope><references>a,b</references>", "references", "format"},
		{"parts in another order", "<scope>Public</scope>", "<scope>Public</scope><source>x</source>", "source", "order"},
		{"two statuses", "<status>Actual</status>", "<status>Actual</status><status>Test</status>", "status", "duplicate"},
		{"a part CAP has not", "<event>", "<danger/><event>", "info[0].danger", "unknown"},
		{"elements in a text", "<event>Mưa lớn", "<event><b>Mưa</b>", "info[0].event", "unknown"},
		{"no urgency", "<urgency>Expected</urgency>", "", "info[0].urgency", "required"},
		{"a severity nobody knows", "Severe", "Awful", "info[0].severity", "value"},
		{"over before it begins", "2026-11-23T21", "2026-11-23T14", "info[0].expires", "out_of_range"},
		{"a polygon left open", "12.5,107.7 12.4,107.6<", "12.5,107.7 12.4,107.5<", "info[0].area[0].polygon[0]", "open"},
		{"a polygon of three points", "12.4,107.6 12.4,107.7 12.5,107.7 12.4,107.6", "12.4,107.6 12.4,107.7 12.4,107.6", "info[0].area[0].polygon[0]", "open"},
		{"longitude first", "12.4,107.6 12.4,107.7 12.5,107.7 12.4,107.6", "107.6,12.4 107.7,12.4 107.7,12.5 107.6,12.4", "info[0].area[0].polygon[0]", "format"},
		{"a place that is no number", "12.4,107.7", "NaN,107.7", "info[0].area[0].polygon[0]", "format"},
		{"a place in hexadecimal", "12.4,107.7", "0x1p3,107.7", "info[0].area[0].polygon[0]", "format"},
		{"a radius below nothing", "107.65 8.5", "107.65 -1", "info[0].area[0].circle[0]", "format"},
		{"a ceiling without altitude", "</geocode>", "</geocode><ceiling>100</ceiling>", "info[0].area[0].ceiling", "required"},
		{"half a code", "<value>663</value>", "", "info[0].area[0].geocode[0].value", "required"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			file := swap(tt.old, tt.next)
			if file == small {
				t.Fatal("nothing was changed")
			}
			_, err := warning.Decode([]byte(file))
			if field(err) != tt.field || reason(err) != tt.reason {
				t.Errorf("%q %q, want %q %q: %v", field(err), reason(err), tt.field, tt.reason, err)
			}
		})
	}
}

func FuzzNoFileHurts(f *testing.F) {
	for _, seed := range []string{small, laughs(), "", "<", `<?xml version="1.0"?>`, swap("Mưa lớn", "<![CDATA[x]]>")} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		a, err := warning.Decode(raw)
		if err != nil {
			if !fault.Is(err, fault.KindInvalid) || reason(err) == "" {
				t.Errorf("refused without a reason: %v", err)
			}
			return
		}
		body, err := warning.Encode(a)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := warning.Decode(body); err != nil {
			t.Errorf("what was written again cannot be read: %v\n%s", err, body)
		}
	})
}

func TestAFeedListsItsMessages(t *testing.T) {
	t.Parallel()
	const atom = `<feed xmlns="http://www.w3.org/2005/Atom"><title>x</title>
		<entry><link rel="self" href="/self"/><link href="b/1.html"/><link type="application/cap+xml" href="b/1.xml#a"/><updated>2026-11-23T08:00:00Z</updated></entry>
		<entry><link href="https://other.example/2.xml"/></entry>
		<entry><link href="javascript:alert(1)"/></entry><entry><link href="file:///etc/passwd"/></entry><entry/></feed>`
	const rss = `<rss version="2.0"><channel><item><link>/3.xml</link></item><item><enclosure type="application/cap+xml" url="4.xml"/><link>/4.html</link></item></channel></rss>`
	for _, tt := range []struct {
		name, file string
		want       []string
	}{
		{"Atom", atom, []string{"https://a.example/feed/b/1.xml", "https://other.example/2.xml"}},
		{"RSS", rss, []string{"https://a.example/3.xml", "https://a.example/feed/4.xml"}},
	} {
		_, links, err := warning.DecodeFeed([]byte(tt.file), "https://a.example/feed/atom")
		var got []string
		for _, l := range links {
			got = append(got, l.Address)
		}
		if diff := cmp.Diff(tt.want, got); diff != "" || err != nil {
			t.Errorf("%s: %v\n%s", tt.name, err, diff)
		}
	}
	if a, _, err := warning.DecodeFeed([]byte(small), "https://a.example/"); err != nil || a == nil || a.Identifier != "VN-1" {
		t.Errorf("a message as a feed: %+v %v", a, err)
	}
	if _, _, err := warning.DecodeFeed([]byte(laughs()), "https://a.example/"); reason(err) != "doctype" {
		t.Errorf("a hostile feed: %v", err)
	}
	if _, _, err := warning.DecodeFeed([]byte("<html/>"), "https://a.example/"); reason(err) != "root" {
		t.Errorf("a page: %v", err)
	}
}
