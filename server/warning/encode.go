package warning

import (
	"encoding/xml"
	"strconv"
	"strings"
	"time"
)

// The elements of a message we write, in the order of the standard.
type (
	capAlert struct {
		XMLName    xml.Name  `xml:"urn:oasis:names:tc:emergency:cap:1.2 alert"`
		Identifier string    `xml:"identifier"`
		Sender     string    `xml:"sender"`
		Sent       string    `xml:"sent"`
		Status     string    `xml:"status"`
		MsgType    string    `xml:"msgType"`
		Source     string    `xml:"source,omitempty"`
		Scope      string    `xml:"scope"`
		Codes      []string  `xml:"code"`
		Note       string    `xml:"note,omitempty"`
		References string    `xml:"references,omitempty"`
		Infos      []capInfo `xml:"info"`
	}
	capInfo struct {
		Language      string    `xml:"language"`
		Categories    []string  `xml:"category"`
		Event         string    `xml:"event"`
		ResponseTypes []string  `xml:"responseType"`
		Urgency       string    `xml:"urgency"`
		Severity      string    `xml:"severity"`
		Certainty     string    `xml:"certainty"`
		EventCodes    []capPair `xml:"eventCode"`
		Effective     string    `xml:"effective,omitempty"`
		Onset         string    `xml:"onset,omitempty"`
		Expires       string    `xml:"expires,omitempty"`
		SenderName    string    `xml:"senderName,omitempty"`
		Headline      string    `xml:"headline,omitempty"`
		Description   string    `xml:"description,omitempty"`
		Instruction   string    `xml:"instruction,omitempty"`
		Web           string    `xml:"web,omitempty"`
		Parameters    []capPair `xml:"parameter"`
		Areas         []capArea `xml:"area"`
	}
	capPair struct {
		Name  string `xml:"valueName"`
		Value string `xml:"value"`
	}
	capArea struct {
		Description string    `xml:"areaDesc"`
		Polygons    []string  `xml:"polygon"`
		Circles     []string  `xml:"circle"`
		Geocodes    []capPair `xml:"geocode"`
	}
)

// Encode writes an alert as a CAP 1.2 document. It writes what we say ourselves: no contact, no resource, no restriction.
func Encode(a Alert) ([]byte, error) {
	out := capAlert{
		Identifier: a.Identifier, Sender: a.Sender, Sent: stamp(a.Sent), Status: string(a.Status), MsgType: string(a.MsgType),
		Source: a.Source, Scope: a.Scope, Codes: a.Codes, Note: a.Note, References: writeReferences(a.References),
	}
	for _, i := range a.Infos {
		out.Infos = append(out.Infos, writeInfo(i))
	}
	body, err := xml.MarshalIndent(out, "", " ")
	if err != nil {
		return nil, err
	}
	return append(append([]byte(xml.Header), body...), '\n'), nil
}

func writeReferences(list []Reference) string {
	words := make([]string, len(list))
	for i, r := range list {
		words[i] = r.Sender + "," + r.Identifier + "," + stamp(r.Sent)
	}
	return strings.Join(words, " ")
}

func writeInfo(i Info) capInfo {
	out := capInfo{
		Language: i.Language, Categories: i.Categories, Event: i.Event, ResponseTypes: i.ResponseTypes, Urgency: i.Urgency,
		Severity: i.Severity, Certainty: i.Certainty, EventCodes: writePairs(i.EventCodes), Effective: stamp(i.Effective),
		Onset: stamp(i.Onset), Expires: stamp(i.Expires), SenderName: i.SenderName, Headline: i.Headline, Description: i.Description,
		Instruction: i.Instruction, Web: i.Web, Parameters: writePairs(i.Parameters),
	}
	for _, a := range i.Areas {
		area := capArea{Description: a.Description, Geocodes: writePairs(a.Geocodes)}
		for _, p := range a.Polygons {
			words := make([]string, len(p))
			for k, point := range p {
				words[k] = writePoint(point)
			}
			area.Polygons = append(area.Polygons, strings.Join(words, " "))
		}
		for _, c := range a.Circles {
			area.Circles = append(area.Circles, writePoint(c.Centre)+" "+strconv.FormatFloat(c.KM, 'f', -1, 64))
		}
		out.Areas = append(out.Areas, area)
	}
	return out
}

func writePairs(list []Pair) []capPair {
	out := make([]capPair, len(list))
	for i, p := range list {
		out[i] = capPair(p)
	}
	return out
}

// writePoint writes latitude first: GeoJSON has it the other way round.
func writePoint(p Point) string {
	return strconv.FormatFloat(p.Lat, 'f', -1, 64) + "," + strconv.FormatFloat(p.Lon, 'f', -1, 64)
}

// stamp writes a time as CAP does: whole seconds, with its zone, UTC as -00:00; nothing for none.
func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	text := t.Format(stampLayout)
	if local, ok := strings.CutSuffix(text, "+00:00"); ok {
		return local + "-00:00"
	}
	return text
}
