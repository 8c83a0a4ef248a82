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
