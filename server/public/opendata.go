package public

import (
	"github.com/gofiber/fiber/v2"

	"toancanh/server/limit"
)

const dataKind kind = "du-lieu"

// OpenData is what the page about open data tells of them.
type OpenData struct {
	Base         string // before the name of a dataset
	Sets         []OpenSet
	Licence, URL string // its name, and where its words are
	// PerMinute is how often one network may ask for whole first pages, CostlyPerMinute for anything chosen.
	PerMinute, CostlyPerMinute int
}

// OpenSet is one dataset.
type OpenSet struct {
	ID          string
	Title, Text [2]string // Vietnamese, English
	Formats     []string
}

type dataPage struct {
	OpenData
	Rows []dataRow
}

type dataRow struct {
	ID, Title, Text string
	Files           []dataFile
}

type dataFile struct{ Format, URL string }

func (s *Site) getOpenData(c *fiber.Ctx) error {
	if err := s.Frame.Limit(c, limit.Reads(), ""); err != nil {
		return err
	}
	return s.servePage(c, pageKey{kind: dataKind})
}

// dataModel lays out the page that explains open data. It changes with the program alone.
func (s *Site) dataModel(_ *edition, key pageKey) model {
	page := dataPage{OpenData: s.OpenData}
	n := 0
	if key.look.English {
		n = 1
	}
	for _, set := range s.OpenData.Sets {
		row := dataRow{ID: set.ID, Title: set.Title[n], Text: set.Text[n]}
		for _, f := range set.Formats {
			url := s.OpenData.Base + set.ID + "." + f
			if f == "csv" {
				url += "?bom=1&limit=1000" // whoever presses a link opens it in a spreadsheet
			}
			row.Files = append(row.Files, dataFile{f, url})
		}
		page.Rows = append(page.Rows, row)
	}
	return model{Title: s.book.say(key.look, "open data") + " – " + s.Title, Here: "/du-lieu", Still: true, Page: page}
}
