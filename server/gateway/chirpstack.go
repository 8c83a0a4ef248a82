package gateway

import (
	"encoding/json"
	"slices"
)

// ChirpStackEvents lists the events of a ChirpStack v4 integration.
func ChirpStackEvents() []string {
	return []string{"up", "join", "status", "ack", "txack", "log", "location", "integration"}
}

// DecodeChirpStack reads an event of ChirpStack v4 in its JSON marshaler. What the codec decoded keeps its names; of the
// radio and the device's own state there are radio.rssi, radio.snr, status.battery, status.margin and status.external_power.
func DecodeChirpStack(event string, body []byte) (Uplink, error) {
	if !slices.Contains(ChirpStackEvents(), event) {
		return Uplink{}, malformed("event", "Không biết loại sự kiện này của ChirpStack.")
	}
	var m struct {
		Time       string `json:"time"`
		DeviceInfo struct {
			DevEUI string `json:"devEui"`
		} `json:"deviceInfo"`
		Data   string          `json:"data"`
		Object json.RawMessage `json:"object"`
		RxInfo []radio         `json:"rxInfo"`

		Margin                  *float64 `json:"margin"`
		BatteryLevel            *float64 `json:"batteryLevel"`
		BatteryLevelUnavailable bool     `json:"batteryLevelUnavailable"`
		ExternalPowerSource     bool     `json:"externalPowerSource"`
	}
	u := Uplink{Event: event}
	if err := envelope(body, &m); err != nil {
		return u, err
	}
	if u.named(m.DeviceInfo.DevEUI); len(u.Things) == 0 {
		return u, malformed("deviceInfo.devEui", "Thiếu deviceInfo.devEui.")
	}
	if err := u.dated("time", m.Time); err != nil {
		return u, err
	}
	switch event {
	case "up":
		u.heard(m.RxInfo)
		u.Undecoded = m.Data != "" && empty(m.Object)
		return u, u.take("", m.Object, false)
	case "integration":
		return u, u.take("", m.Object, false)
	case "status":
		if m.BatteryLevel != nil && !m.BatteryLevelUnavailable && !m.ExternalPowerSource {
			u.aside("status.battery", *m.BatteryLevel)
		}
		external := 0.0
		if m.ExternalPowerSource {
			external = 1
		}
		u.aside("status.external_power", external)
		if m.Margin != nil {
			u.aside("status.margin", *m.Margin)
		}
	}
	return u, nil
}

func empty(raw json.RawMessage) bool {
	return len(raw) == 0 || string(raw) == "null" || string(raw) == "{}"
}

// radio is how well one radio gateway heard the device.
type radio struct {
	RSSI *float64 `json:"rssi"`
	SNR  *float64 `json:"snr"`
}

// heard tells of the radio gateway that heard the device best.
func (u *Uplink) heard(by []radio) {
	var best radio
	for _, r := range by {
		if r.RSSI != nil && (best.RSSI == nil || *r.RSSI > *best.RSSI) {
			best = r
		}
	}
	if best.RSSI != nil {
		u.aside("radio.rssi", *best.RSSI)
	}
	if best.SNR != nil {
		u.aside("radio.snr", *best.SNR)
	}
}

func (u *Uplink) aside(field string, x float64) {
	u.add(Value{Field: field, Number: x, Aside: true})
}
