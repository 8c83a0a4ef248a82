package alarming

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"time"

	"toancanh/server/alarm"
)

// Seeds reads the types of alarms that a province starts with; they say of themselves that they are samples. Where the data
// are real they wait for somebody to enable them.
func Seeds(files fs.FS, enabled bool) ([]alarm.Type, error) {
	raw, err := fs.ReadFile(files, "alarm_types.json")
	if err != nil {
		return nil, fmt.Errorf("read types of alarms: %w", err)
	}
	var rows []struct {
		Code        string          `json:"code"`
		Label       string          `json:"label"`
		Source      alarm.Source    `json:"source"`
		Priority    alarm.Priority  `json:"priority"`
		Cause       string          `json:"cause"`
		Consequence string          `json:"consequence"`
		Response    string          `json:"response"`
		Minutes     int             `json:"response_minutes"`
		Owner       string          `json:"owner"`
		CallList    []string        `json:"call_list"`
		Condition   alarm.Condition `json:"condition"`
	}
	if err := json.Unmarshal(raw, &rows); err != nil {
		return nil, fmt.Errorf("read types of alarms: %w", err)
	}
	list := make([]alarm.Type, len(rows))
	for i, row := range rows {
		t := alarm.Type{
			Code: row.Code, Label: row.Label, Source: row.Source, Priority: row.Priority, Condition: row.Condition, Sample: true,
			Cause: row.Cause, Consequence: row.Consequence, Response: row.Response, ResponseTime: time.Duration(row.Minutes) * time.Minute,
			Owner: row.Owner, CallList: row.CallList,
		}
		whole, err := t.Clean()
		if err == nil {
			whole, err = whole.Enable()
		}
		if err != nil {
			return nil, fmt.Errorf("type of alarms %s: %w", row.Code, err)
		}
		whole.Enabled = enabled
		list[i] = whole
	}
	return list, nil
}
