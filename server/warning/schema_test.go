package warning_test

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"toancanh/server/warning"
)

// valid holds a message to the schema of CAP 1.2: ours, which is written after the standard's text, and the standard's own
// file where it lies beside the checkout. Without xmllint it is only read.
func valid(t *testing.T, body []byte) {
	t.Helper()
	if _, err := warning.Decode(body); err != nil {
		t.Errorf("cannot be read: %v\n%s", err, body)
	}
	if !hasXMLLint(t) {
		return
	}
	for _, file := range schemas(t) {
		if out, err := lint(t, file, body); err != nil {
			t.Errorf("%s: %s: %s", file, out, body)
		}
	}
}

func lint(t *testing.T, file string, body []byte) ([]byte, error) {
	t.Helper()
	lint := exec.CommandContext(t.Context(), "xmllint", "--nonet", "--noout", "--schema", file, "-")
	lint.Stdin = strings.NewReader(string(body))
	return lint.CombinedOutput()
}

const ownSchema = "schema/cap.xsd"

func schemas(t *testing.T) []string {
	t.Helper()
	list := []string{ownSchema}
	for _, up := range []string{"../../../", "../../../../"} {
		if file := up + "shared/data/cap/CAP-v1.2.xsd"; exists(file) {
			return append(list, file)
		}
	}
	t.Log("the standard's own schema is not beside this checkout (../shared/data/cap/CAP-v1.2.xsd): held to ours alone")
	return list
}

func exists(file string) bool {
	_, err := os.Stat(file)
	return err == nil
}

func hasXMLLint(t *testing.T) bool {
	t.Helper()
	_, err := exec.LookPath("xmllint")
	if err != nil && os.Getenv("CI") == "true" {
		t.Fatal("xmllint is missing: .ci/test-deps installs it")
	}
	if err != nil {
		t.Log("xmllint is missing: the XML is read and not held to its schema (apt-get install libxml2-utils)")
	}
	return err == nil
}

// TestTheSchemasAndTheReaderAgree breaks a good message in many ways: whatever a schema refuses, the reader refuses, and our
// schema refuses what the standard's does.
func TestTheSchemasAndTheReaderAgree(t *testing.T) {
	t.Parallel()
	if !hasXMLLint(t) {
		t.Skip("xmllint is missing")
	}
	files := schemas(t)
	for i, change := range [][2]string{
		{"", ""},
		{"<identifier>VN-1</identifier>", ""},
		{"<status>Actual", "<status>Real"},
		{"<msgType>Alert", "<msgType>alert"},
		{"<scope>Public</scope>", "<scope>Public</scope><code>a</code><code>b</code><note>n</note><incidents>i</incidents>"},
		{"<scope>Public</scope>", "<scope>Public</scope><note>n</note><code>a</code>"},
		{"<category>Met</category>", "<category>Met</category><category>Geo</category>"},
		{"<category>Met</category>", ""},
		{"</event>", "</event><responseType>Avoid</responseType><responseType>None</responseType>"},
		{"</event>", "</event><responseType>Run</responseType>"},
		{"</certainty>", "</certainty><audience>a</audience><eventCode><valueName>n</valueName><value>v</value></eventCode>"},
		{"</certainty>", "</certainty><eventCode><value>v</value><valueName>n</valueName></eventCode>"},
		{"</headline>", "</headline><description>d</description><instruction>i</instruction><web>https://a.example</web><contact>c</contact>"},
		{"<area>", "<resource><resourceDesc>r</resourceDesc><mimeType>image/png</mimeType><size>3</size></resource><area>"},
		{"<area>", "<resource><resourceDesc>r</resourceDesc></resource><area>"},
		{"<areaDesc>Huyện Đắk Mil</areaDesc>", ""},
		{"</geocode>", "</geocode><altitude>10</altitude><ceiling>20</ceiling>"},
		{"</geocode>", "</geocode><altitude>high</altitude>"},
		{"2026-11-23T15:00:00+07:00", "2026-11-23T15:00:00Z"},
		{"</info>", "</info><extra/>"},
		{"<info>", "<info id='1'>"},
		{"</alert>", `<S xmlns="http://www.w3.org/2000/09/xmldsig#"/></alert>`},
	} {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			t.Parallel()
			body := []byte(strings.Replace(small, change[0], change[1], 1))
			_, readErr := warning.Decode(body)
			for _, file := range files {
				out, err := lint(t, file, body)
				if (err == nil) != (readErr == nil) {
					t.Errorf("%q: %s says %v, the reader %v: %s", change[1], file, err, readErr, out)
				}
			}
		})
	}
}
