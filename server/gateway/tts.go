package gateway

import "encoding/json"

// DecodeTTS reads a message of The Things Stack v3 in its JSON format. What the payload formatter decoded keeps its names;
// normalized measurements stand under "normalized.", and radio.rssi, radio.snr and status.battery are as with ChirpStack. A
// message that carries no uplink has no values.
func DecodeTTS(body []byte) (Uplink, error) {
	var m struct {
		EndDeviceIDs struct {
			DeviceID string `json:"device_id"`
			DevEUI   string `json:"dev_eui"`
		} `json:"end_device_ids"`
		ReceivedAt string     `json:"received_at"`
		Uplink     *ttsUplink `json:"uplink_message"`
		Normalized *ttsUplink `json:"uplink_normalized"`

		Join     json.RawMessage `json:"join_accept"`
		Location json.RawMessage `json:"location_solved"`
		Service  json.RawMessage `json:"service_data"`
	}
	u := Uplink{}
	if err := envelope(body, &m); err != nil {
		return u, err
	}
	u.named(m.EndDeviceIDs.DeviceID)
	if u.named(m.EndDeviceIDs.DevEUI); len(u.Things) == 0 {
		return u, malformed("end_device_ids.device_id", "Thiếu end_device_ids.device_id.")
	}
	message := m.Uplink
	switch {
	case m.Uplink != nil:
		u.Event = "up"
	case m.Normalized != nil:
		u.Event, message = "normalized", m.Normalized
	case len(m.Join) > 0:
		u.Event = "join"
	case len(m.Location) > 0:
		u.Event = "location"
	case len(m.Service) > 0:
		u.Event = "service"
	default:
		u.Event = "other" // a downlink's fate
	}
	if message == nil {
		return u, u.dated("received_at", m.ReceivedAt)
	}
	at := message.ReceivedAt
	if at == "" {
		at = m.ReceivedAt
	}
	if err := u.dated("received_at", at); err != nil {
		return u, err
	}
	u.heard(message.RxMetadata)
	u.Undecoded = message.Payload != "" && empty(message.Decoded) && empty(message.Normalized)
	if b := message.LastBattery; b != nil && b.Value != nil {
		u.aside("status.battery", *b.Value)
	}
	if err := u.take("", message.Decoded, false); err != nil {
		return u, err
	}
	return u, u.takeNormalized(message.Normalized)
}

type ttsUplink struct {
	ReceivedAt  string          `json:"received_at"`
	Payload     string          `json:"frm_payload"`
	Decoded     json.RawMessage `json:"decoded_payload"`
	Normalized  json.RawMessage `json:"normalized_payload"`
	RxMetadata  []radio         `json:"rx_metadata"`
	LastBattery *struct {
		Value *float64 `json:"value"`
	} `json:"last_battery_percentage"`
}

// takeNormalized reads one measurement, or a list of them. Those of a list share the message's time, so the first of a
// list counts: the others would contradict it.
func (u *Uplink) takeNormalized(raw json.RawMessage) error {
	var list []json.RawMessage
	if len(raw) > 0 && json.Unmarshal(raw, &list) == nil {
		if len(list) == 0 {
			return nil
		}
		raw = list[0]
		u.Omitted += len(list) - 1
	}
	// Beside decoded values that the same device sends, normalized ones are a second way to say it: nobody need register both.
	return u.take("normalized", raw, u.Measured())
}
