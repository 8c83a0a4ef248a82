package sample

import _ "embed"

//go:embed sensors.csv
var sensors string

// Sensors returns sensors.csv: the sample's invented sensors, each named "(mẫu)",
// with their levels and the figures a simulated sensor starts from.
func Sensors() string { return sensors }
