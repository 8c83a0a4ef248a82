package open311_test

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"strings"
	"testing"
	"time"

	"golang.org/x/text/unicode/norm"

	"toancanh/server/open311"
	"toancanh/server/report"
)

// hard is a text with whatever breaks encoders: signs of XML and HTML, quotes, an end of CDATA, several lines, emoji of four
// bytes alone and joined, letters with marks of their own.
const hard = "Đã dọn <b>rác</b> & \"nước\" ]]> 'thải' &amp; \n dòng hai \U0001F5D1 \U0001F468\u200D\U0001F469\u200D\U0001F467 Đắk R\u2019Lấp e\u0302\u0301"

func TestEveryAnswerIsValidInBothFormats(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	if !hasXMLLint(t) {
		t.Log("xmllint is missing: the XML is read and not held to its schema (apt-get install libxml2-utils)")
	}
	both := func(t *testing.T, kind, path string, status int) {
		t.Helper()
		for _, format := range []string{"xml", "json"} {
			a := h.get(strings.Replace(path, ".F", "."+format, 1))
			if a.status != status || !norm.NFC.IsNormalString(a.body) {
				t.Errorf("%s as %s: %d %s", path, format, a.status, a.body)
			}
			want := map[string]string{"xml": "text/xml; charset=utf-8", "json": "application/json; charset=utf-8"}[format]
			if got := a.header.Get("Content-Type"); got != want {
				t.Errorf("%s: Content-Type %q, want %q", path, got, want)
			}
			valid(t, kind, format, a.body)
		}
	}
	t.Run("lists without anything in them", func(t *testing.T) {
		both(t, "service_requests", "/open311/v2/requests.F", 200)
		if a := h.get("/open311/v2/requests.json"); a.body != "[]" {
			t.Errorf("%s", a.body)
		}
		if a := h.get("/open311/v2/requests.xml"); !strings.HasSuffix(a.body, "<service_requests></service_requests>") {
			t.Errorf("%s", a.body)
		}
	})
	both(t, "discovery", "/open311/discovery.F", 200)
	both(t, "services", "/open311/v2/services.F", 200)
	for _, s := range read[[]map[string]any](t, h.get("/open311/v2/services.json")) {
		both(t, "service_definition", fmt.Sprintf("/open311/v2/services/%s.F", s["service_code"]), 200)
	}

	accepted, working, closed, broken := h.send(form()), h.send(form("service_code", "XD")), h.send(form("service_code", "TT")), h.send(form("service_code", "AN"))
	h.act(accepted, report.Act{Name: report.Accept})
	h.act(working, report.Act{Name: report.Accept}, report.Act{Name: report.Assign, Unit: "so-xd"}, report.Act{Name: report.Start})
	h.publish(closed, hard)
	h.publish(broken, "x")
	// What no door of ours would take, and an old copy may hold.
	_, err := h.db.Owner.Exec(t.Context(), `update public_report set text = E'a\x0b\x1b\x01z' || U&'\FFFE' where code = $1`, broken)
	must(t, err)
	both(t, "service_requests", "/open311/v2/requests.F", 200)
	both(t, "service_requests", "/open311/v2/requests.F?extensions=true", 200)
	for _, code := range []string{accepted, working, closed, broken} {
		both(t, "service_requests", "/open311/v2/requests/"+code+".F?extensions=true", 200)
	}
	t.Run("both formats say the same text", func(t *testing.T) {
		var fromXML struct {
			Description string `xml:"request>description"`
		}
		must(t, xml.Unmarshal([]byte(h.get("/open311/v2/requests/"+closed+".xml").body), &fromXML))
		fromJSON := h.records("/open311/v2/requests/" + closed + ".json")[0]["description"]
		for _, part := range []string{"<b>rác</b> & \"nước\" ]]> 'thải' &amp;", "\n dòng hai", "\U0001F5D1", "ế"} {
			if !strings.Contains(fromXML.Description, part) {
				t.Errorf("%q is not in %q", part, fromXML.Description)
			}
		}
		if fromXML.Description != fromJSON {
			t.Errorf("XML %q, JSON %q", fromXML.Description, fromJSON)
		}
	})
	t.Run("what XML cannot carry stands as a mark", func(t *testing.T) {
		if a := h.get("/open311/v2/requests/" + broken + ".xml"); !strings.Contains(a.body, "<description>a\uFFFD\uFFFD\uFFFDz\uFFFD</description>") {
			t.Errorf("%s", a.body)
		}
	})
	t.Run("receipts and tokens", func(t *testing.T) {
		for _, format := range []string{"xml", "json"} {
			a := h.do("POST", "/open311/v2/requests."+format, form("description", hard+format), nil)
			if a.status != 201 || !strings.HasPrefix(a.header.Get("Location"), "/open311/v2/requests/") {
				t.Errorf("%d %s", a.status, a.body)
			}
			valid(t, "sent", format, a.body)
			a = h.do("POST", "/open311/v2/requests."+format, form("description", "phiếu chờ "+format), map[string]string{"Prefer": "respond-async"})
			if a.status != 202 || a.header.Get("Preference-Applied") != "respond-async" {
				t.Errorf("%d %s", a.status, a.body)
			}
			valid(t, "sent", format, a.body)
			_, token, _ := strings.Cut(a.body, map[string]string{"xml": "<token>", "json": `"token":"`}[format])
			both(t, "token", "/open311/v2/tokens/"+token[:36]+".F", 200)
		}
	})
}

func TestWhatIsAskedWronglyIsRefusedInItsFormat(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	tests := []struct {
		name, method, path string
		form               [][2]string
		status             int
		says               string
	}{
		{"a day that does not exist", "GET", "requests.F?start_date=2026-02-30T00:00:00Z", nil, 400, "start_date"},
		{"a time without a zone", "GET", "requests.F?end_date=2026-02-20T00:00:00", nil, 400, "end_date"},
		{"a date alone", "GET", "requests.F?start_date=2026-02-20", nil, 400, "start_date"},
		{"no date at all", "GET", "requests.F?start_date=hôm+qua", nil, 400, "start_date"},
		{"a year before computers", "GET", "requests.F?start_date=0001-01-01T00:00:00Z", nil, 400, "start_date"},
		{"91 days", "GET", "requests.F?start_date=2026-01-01T00:00:00Z&end_date=2026-04-02T00:00:00Z", nil, 400, "90 ngày"},
		{"an end before its beginning", "GET", "requests.F?start_date=2026-01-02T00:00:00Z&end_date=2026-01-01T00:00:00Z", nil, 400, "end_date"},
		{"changes of 91 days", "GET", "requests.F?updated_after=2026-01-01T00:00:00Z&updated_before=2026-04-02T00:00:00Z", nil, 400, "90 ngày"},
		{"page 0", "GET", "requests.F?page=0", nil, 400, "page"},
		{"page -1", "GET", "requests.F?page=-1", nil, 400, "page"},
		{"page x", "GET", "requests.F?page=x", nil, 400, "page"},
		{"a page nobody can count to", "GET", "requests.F?page=99999999999999999999", nil, 400, "page"},
		{"a page too far away", "GET", "requests.F?page=102&page_size=1000", nil, 400, "page"},
		{"a page of nothing", "GET", "requests.F?page_size=0", nil, 400, "page_size"},
		{"a page of everything", "GET", "requests.F?page_size=1001", nil, 400, "page_size"},
		{"an unknown service in a list", "GET", "requests.F?service_code=MT,ZZ", nil, 400, "service_code"},
		{"an unknown status", "GET", "requests.F?status=moi", nil, 400, "status"},
		{"an unknown flag", "GET", "requests.F?extensions=maybe", nil, 400, "extensions"},
		{"too many ids", "GET", "requests.F?service_request_id=" + manyCodes(51), nil, 400, "50"},
		{"several things at once", "GET", "requests.F?page=x&status=moi", nil, 400, "status"},
		{"another jurisdiction", "GET", "services.F?jurisdiction_id=sfgov.org", nil, 404, "jurisdiction_id"},
		{"an unknown service", "GET", "services/ZZ.F", nil, 404, "service_code"},
		{"an unknown request", "GET", "requests/K7M2-Q9XD.F", nil, 404, "service_request_id"},
		{"a request that is none", "GET", "requests/nothing.F", nil, 404, "service_request_id"},
		{"an unknown token", "GET", "tokens/0192b3a4-0000-7000-8000-000000000000.F", nil, 404, "token"},
		{"a token that is none", "GET", "tokens/12345.F", nil, 404, "token"},
		{"an unknown address", "GET", "nothing.F", nil, 404, ""},
		{"a method nobody takes", "DELETE", "requests.F", nil, 405, ""},
		{"posting where nothing is taken", "POST", "services.F", [][2]string{{"a", "b"}}, 405, ""},

		{"no service", "POST", "requests.F", [][2]string{{"service_code", ""}}, 400, "service_code"},
		{"a service nobody knows", "POST", "requests.F", [][2]string{{"service_code", "ZZ"}}, 404, "service_code"},
		{"a jurisdiction that is not ours", "POST", "requests.F", [][2]string{{"jurisdiction_id", "67x"}}, 404, "jurisdiction_id"},
		{"a wrong key", "POST", "requests.F", [][2]string{{"api_key", "tck_x"}}, 403, "api_key"},
		{"no place", "POST", "requests.F", [][2]string{{"lat", ""}, {"long", ""}}, 400, "lat, long"},
		{"half a place", "POST", "requests.F", [][2]string{{"long", ""}}, 400, "long"},
		{"the other half", "POST", "requests.F", [][2]string{{"lat", ""}}, 400, "lat"},
		{"a latitude beyond the pole", "POST", "requests.F", [][2]string{{"lat", "91"}}, 400, "lat"},
		{"no number", "POST", "requests.F", [][2]string{{"long", "NaN"}}, 400, "long"},
		{"another province", "POST", "requests.F", [][2]string{{"lat", "21.03"}, {"long", "105.85"}}, 400, "lat, long"},
		{"lat and long swapped", "POST", "requests.F", [][2]string{{"lat", "107.696"}, {"long", "12.007"}}, 400, "lat"},
		{"an address without a commune", "POST", "requests.F", [][2]string{{"lat", ""}, {"long", ""}, {"address_string", "Số 5, đường Trần Phú"}}, 400, "address_string"},
		{"an address by number", "POST", "requests.F", [][2]string{{"lat", ""}, {"long", ""}, {"address_id", "17"}}, 400, "address_id"},
		{"4,001 characters", "POST", "requests.F", [][2]string{{"description", strings.Repeat("ạ", 4001)}}, 400, "description"},
		{"a control character", "POST", "requests.F", [][2]string{{"description", "a\x0bb"}}, 400, "description"},
		{"text that is no UTF-8", "POST", "requests.F", [][2]string{{"description", "a\xffb"}}, 400, "UTF-8"},
		{"a telephone that is none", "POST", "requests.F", [][2]string{{"phone", "abc"}}, 400, "phone"},
		{"an e-mail that is none", "POST", "requests.F", [][2]string{{"email", "abc"}}, 400, "email"},
		{"an answer that must be", "POST", "requests.F", [][2]string{{"service_code", "CS"}}, 400, "attribute[asset]"},
		{"a choice nobody offered", "POST", "requests.F", [][2]string{{"service_code", "CS"}, {"attribute[asset]", "meo"}}, 400, "attribute[asset]"},
		{"an answer nobody asked for", "POST", "requests.F", [][2]string{{"attribute[title]", "x"}}, 400, "attribute: Dịch vụ MT chỉ hỏi: emergency, kinds"},
		{"a number that is none", "POST", "requests.F", [][2]string{{"service_code", "TT"}, {"attribute[depth_cm]", "sâu"}}, 400, "attribute[depth_cm]"},
		{"a date that is none", "POST", "requests.F", [][2]string{{"attribute[occurred_at]", "2026-13-01T00:00:00Z"}}, 400, "attribute[occurred_at]"},
		{"a time to come", "POST", "requests.F", [][2]string{{"attribute[occurred_at]", "2126-01-01T00:00:00Z"}}, 400, "attribute[occurred_at]"},
		{"lines where one is asked", "POST", "requests.F", [][2]string{{"attribute[place_detail]", "a\nb"}}, 400, "attribute[place_detail]"},
	}
	for _, tt := range tests {
		for _, format := range []string{"xml", "json"} {
			t.Run(tt.name+" as "+format, func(t *testing.T) {
				path := "/open311/v2/" + strings.Replace(tt.path, ".F", "."+format, 1)
				f := form()
				for _, pair := range tt.form {
					f.Del(pair[0])
					if pair[1] != "" {
						f.Set(pair[0], pair[1])
					}
				}
				if tt.method != "POST" {
					f = nil
				}
				a := h.do(tt.method, path, f, nil)
				if a.status != tt.status || !strings.Contains(a.body, tt.says) {
					t.Errorf("%d, want %d and %q: %s", a.status, tt.status, tt.says, a.body)
				}
				valid(t, "errors", format, a.body)
				if !strings.Contains(a.body, fmt.Sprint(tt.status)) {
					t.Errorf("the code is not the status: %s", a.body)
				}
			})
		}
	}
	t.Run("a format nobody knows", func(t *testing.T) {
		for _, path := range []string{"/open311/v2/requests.yaml", "/open311/v2/services/MT.html", "/open311/discovery.txt", "/open311/v2/requests/K7M2-Q9XD.php"} {
			a := h.get(path)
			if a.status != 400 {
				t.Errorf("%s: %d %s", path, a.status, a.body)
			}
			valid(t, "errors", "xml", a.body)
			a = h.do("GET", path, nil, map[string]string{"Accept": "application/json"})
			valid(t, "errors", "json", a.body)
		}
	})
	t.Run("a body of another type", func(t *testing.T) {
		a := h.do("POST", "/open311/v2/requests.json", form(), map[string]string{"Content-Type": "multipart/form-data; boundary=x"})
		if a.status != 415 {
			t.Errorf("%d %s", a.status, a.body)
		}
		valid(t, "errors", "json", a.body)
	})
	t.Run("another web site", func(t *testing.T) {
		a := h.do("POST", "/open311/v2/requests.json", form(), map[string]string{"Origin": "https://elsewhere.example"})
		if a.status != 403 {
			t.Errorf("%d %s", a.status, a.body)
		}
		valid(t, "errors", "json", a.body)
	})
	t.Run("an empty parameter is none", func(t *testing.T) {
		h.records("/open311/v2/requests.json?start_date=&end_date=&status=&service_code=&page=&page_size=&jurisdiction_id=&service_request_id=")
	})
}

func manyCodes(n int) string {
	const letters = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
	codes := make([]string, n)
	for i := range codes {
		codes[i] = fmt.Sprintf("K7M2-Q9%c%c", letters[i/len(letters)], letters[i%len(letters)])
	}
	return strings.Join(codes, ",")
}

func TestNobodyKnockingTooOftenIsAnswered(t *testing.T) {
	t.Parallel()
	h := newHouse(t, limited)
	var last answer
	for i := range 60 {
		last = h.do("POST", "/open311/v2/requests.xml", form("description", fmt.Sprint("lần ", i)), nil)
		if last.status != 201 {
			break
		}
	}
	if last.status != 429 || last.header.Get("Retry-After") == "" {
		t.Fatalf("%d %s", last.status, last.body)
	}
	valid(t, "errors", "xml", last.body)
	key := h.key(nil, "reports")
	if a := h.do("POST", "/open311/v2/requests.json", form("api_key", key, "description", "qua khóa"), nil); a.status != 201 {
		t.Errorf("with a key: %d %s", a.status, a.body)
	}
}

func TestTheDiscoveryNamesThisServer(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	var found struct {
		Endpoints []struct {
			URL, Type string
			Formats   []string
		}
	}
	must(t, json.Unmarshal([]byte(h.get("/open311/discovery.json").body), &found))
	formats := map[string]bool{}
	for _, e := range found.Endpoints {
		if e.URL != h.base+"/open311/v2" || e.Type != "test" { // the house's data are simulated
			t.Errorf("%+v", e)
		}
		formats[strings.Join(e.Formats, " ")] = true
	}
	if len(found.Endpoints) != 2 || !formats["text/xml"] || !formats["application/json"] {
		t.Errorf("%+v", found)
	}
}

func FuzzDatesOfAQuestion(f *testing.F) {
	for _, seed := range []string{"2026-11-23T08:00:00Z", "2026-11-23T08:00:00 07:00", "2026-11-23T08:00+07:00", "", "x", "9999-12-31T23:59:59-23:59"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, sent string) {
		at, err := open311.ParseInstant(sent)
		if err != nil {
			return
		}
		again, err := open311.ParseInstant(at.Format(time.RFC3339Nano))
		if err != nil || !again.Equal(at) {
			t.Errorf("%q is %s, and that is %s %v", sent, at, again, err)
		}
	})
}
