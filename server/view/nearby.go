package view

import "time"

// NearbyReport is an open report near a place as somebody sees it who is about to send the same: what the public
// projection says, and nothing of where in its area it lies.
type NearbyReport struct {
	Code         string    `json:"code"`
	Category     string    `json:"category"`
	Area         string    `json:"area"`
	Status       string    `json:"status"`
	ReceivedHour time.Time `json:"received_hour"`
	DueDate      *string   `json:"due_date"`
}

// NearbyZoom is the web-mercator zoom of the tiles by which reports near a place are found: some 300 m wide here. Asking
// from many places narrows a report down to such a tile and no further.
const NearbyZoom = 17

// NearbyByArea reports whether reports of a category are found by their whole commune only: who told of a crime or of
// stolen forest must not be found by where.
func NearbyByArea(category string) bool { return category == "AN" || category == "RG" }
