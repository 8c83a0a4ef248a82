package client

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// Location is a place in WGS 84 degrees.
type Location struct {
	Lat float64 `json:"lat"`
	Lon float64 `json:"lon"`
}

// Contact is how a sender can be reached.
type Contact struct {
	Name  string `json:"name,omitempty"`
	Phone string `json:"phone,omitempty"`
	Email string `json:"email,omitempty"`
}

// NewReport is what a sender tells: the body of POST /api/v1/reports.
type NewReport struct {
	Category    string     `json:"category"`
	Description string     `json:"description"`
	Location    Location   `json:"location"`
	Address     string     `json:"address,omitempty"`
	Contact     *Contact   `json:"contact,omitempty"`
	OccurredAt  *time.Time `json:"occurred_at,omitempty"`
	Emergency   bool       `json:"emergency,omitempty"`
}

// PastReport is a report with its past: an item of POST /api/v1/history.
type PastReport struct {
	NewReport
	ReceivedAt time.Time `json:"received_at"`
	Origin     string    `json:"origin"`
	Acts       []Act     `json:"acts,omitempty"`
}

// Act is one step of a report's life. Version is that of the report it acts on
// (live only); At and Actor are told only about the past.
type Act struct {
	Act     string    `json:"act"`
	At      time.Time `json:"at,omitzero"`
	Version int64     `json:"version,omitempty"`
	Unit    string    `json:"unit,omitempty"`
	Reason  string    `json:"reason,omitempty"`
	Text    string    `json:"text,omitempty"`
	Parent  string    `json:"parent,omitempty"`
	Until   time.Time `json:"until,omitzero"`
	Area    string    `json:"area,omitempty"`
	Actor   string    `json:"actor,omitempty"`
}

// Report is what staff see of a report, as far as a client acts on it.
type Report struct {
	ID         string     `json:"id"`
	Code       string     `json:"code"`
	Version    int64      `json:"version"`
	Origin     string     `json:"origin"`
	Source     string     `json:"source"`
	Category   string     `json:"category"`
	Status     string     `json:"status"`
	Emergency  bool       `json:"emergency"`
	Area       string     `json:"area"`
	Location   Location   `json:"location"`
	Unit       string     `json:"unit"`
	ReceivedAt time.Time  `json:"received_at"`
	AcceptedAt *time.Time `json:"accepted_at"`
	AssignedAt *time.Time `json:"assigned_at"`
	ResolvedAt *time.Time `json:"resolved_at"`
	PublicAt   *time.Time `json:"published_at"`
	Due        Due        `json:"due"`
	Bounces    int        `json:"bounces"`
	Reopens    int        `json:"reopens"`
	HasContact bool       `json:"has_contact"`
}

// Due holds the instants by which a report's steps are to be done.
type Due struct {
	Accept   *time.Time `json:"accept"`
	Assign   *time.Time `json:"assign"`
	Resolve  *time.Time `json:"resolve"`
	Original *time.Time `json:"original"`
	Publish  *time.Time `json:"publish"`
}

// Reading is one measured value.
type Reading struct {
	Sensor string    `json:"sensor"`
	At     time.Time `json:"at"`
	Value  float64   `json:"value"`
}

// Sensor is the definition of a sensor: an item of PUT /api/v1/sensors.
type Sensor struct {
	Code        string   `json:"code"`
	Name        string   `json:"name"`
	Kind        string   `json:"kind"`
	Unit        string   `json:"unit"`
	Lat         float64  `json:"lat"`
	Lon         float64  `json:"lon"`
	StaleAfterS int      `json:"stale_after_s"`
	Min         *float64 `json:"min,omitempty"`
	Max         *float64 `json:"max,omitempty"`
	Levels      []Level  `json:"levels,omitempty"`
	Unconfirmed []string `json:"unconfirmed,omitempty"` // names of limits no source confirms
	Thing       string   `json:"thing,omitempty"`       // the device behind it
	Field       string   `json:"field,omitempty"`       // the name of its data within what the device sends
	Gateway     string   `json:"gateway,omitempty"`     // code of the gateway it speaks through
	Owner       string   `json:"owner,omitempty"`       // id of the unit that answers for it
	Sample      bool     `json:"sample,omitempty"`      // made up for a demonstration
	Note        string   `json:"note,omitempty"`
}

// Level is a limit of a sensor: from At upwards its state is State.
type Level struct {
	At     float64 `json:"at"`
	State  string  `json:"state"`
	Label  string  `json:"label"`
	Source string  `json:"source"`
}

// Taken is the answer to a batch.
type Taken struct {
	Accepted int       `json:"accepted"`
	Refused  []Refusal `json:"refused"`
}

// Origin is what the server's data are: "real" or "simulated".
func (c *Client) Origin(ctx context.Context) (string, error) {
	var answer struct {
		Origin string `json:"origin"`
	}
	err := c.Send(ctx, Call{Method: http.MethodGet, Path: "/api/v1/divisions"}, &answer)
	return answer.Origin, err
}

// PostReport sends a report and returns its public code.
func (c *Client) PostReport(ctx context.Context, r NewReport) (string, error) {
	var answer struct {
		Code string `json:"code"`
	}
	err := c.Send(ctx, Call{Method: http.MethodPost, Path: "/api/v1/reports", Body: r, Once: true}, &answer)
	return answer.Code, err
}

// PostAct takes one step with a report.
func (c *Client) PostAct(ctx context.Context, id string, a Act) error {
	path := "/api/v1/reports/" + url.PathEscape(id) + "/acts"
	return c.Send(ctx, Call{Method: http.MethodPost, Path: path, Body: a, Once: true}, nil)
}

// Query narrows a list of reports; the zero fields do not.
type Query struct {
	Status string
	Open   bool
	Sort   string
	Limit  int
	Cursor string
}

// ListReports returns a page and the cursor of the next, empty at the end.
func (c *Client) ListReports(ctx context.Context, q Query) ([]Report, string, error) {
	v := url.Values{}
	for name, value := range map[string]string{"status": q.Status, "sort": q.Sort, "cursor": q.Cursor} {
		if value != "" {
			v.Set(name, value)
		}
	}
	if q.Open {
		v.Set("open", "true")
	}
	if q.Limit > 0 {
		v.Set("limit", strconv.Itoa(q.Limit))
	}
	var answer struct {
		Reports []Report `json:"reports"`
		Next    string   `json:"next"`
	}
	err := c.Send(ctx, Call{Method: http.MethodGet, Path: "/api/v1/reports?" + v.Encode()}, &answer)
	return answer.Reports, answer.Next, err
}

// Gateway is what sensors speak through: the body of PUT /api/v1/gateways/{code}.
type Gateway struct {
	Code        string  `json:"-"`
	Name        string  `json:"name"`
	Kind        string  `json:"kind"`
	Lat         float64 `json:"lat"`
	Lon         float64 `json:"lon"`
	StaleAfterS int     `json:"stale_after_s"`
	Owner       string  `json:"owner,omitempty"`
	Sample      bool    `json:"sample,omitempty"` // made up for a demonstration
}

// PutGateway registers a gateway or changes its definition.
func (c *Client) PutGateway(ctx context.Context, g Gateway) error {
	return c.Send(ctx, Call{Method: http.MethodPut, Path: "/api/v1/gateways/" + url.PathEscape(g.Code), Body: g}, nil)
}

// PutSensors registers sensors or changes their definitions.
func (c *Client) PutSensors(ctx context.Context, sensors []Sensor) error {
	body := struct {
		Sensors []Sensor `json:"sensors"`
	}{sensors}
	return c.Send(ctx, Call{Method: http.MethodPut, Path: "/api/v1/sensors", Body: body}, nil)
}

// PostReadings sends readings of now.
func (c *Client) PostReadings(ctx context.Context, readings []Reading) (Taken, error) {
	return c.batch(ctx, "/api/v1/readings", readings)
}

// PostPastReadings sends readings of any past time; the key needs the right for it.
func (c *Client) PostPastReadings(ctx context.Context, readings []Reading) (Taken, error) {
	return c.batch(ctx, "/api/v1/history/readings", readings)
}

// PostHistory sends reports with their past; the key needs the right for it.
func (c *Client) PostHistory(ctx context.Context, reports []PastReport) (Taken, error) {
	return c.batch(ctx, "/api/v1/history", struct {
		Reports []PastReport `json:"reports"`
	}{reports})
}

func (c *Client) batch(ctx context.Context, path string, body any) (Taken, error) {
	var taken Taken
	err := c.Send(ctx, Call{Method: http.MethodPost, Path: path, Body: body, Once: true}, &taken)
	return taken, err
}
