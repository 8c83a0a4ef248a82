package sensor

import "time"

// Kind is a kind of sensor with its defaults. Levels are there only where a source confirms them for every
// sensor of the kind; those of one river or reservoir belong to its sensor.
type Kind struct {
	Code       string
	Name       string // Vietnamese
	Unit       string
	StaleAfter time.Duration
	Min, Max   *float64 // what the instrument can plausibly show
	Levels     []Level
	MaxRate    *float64      // the quickest believable change, unit per hour; nil: none is known
	StuckAfter time.Duration // 0: it may stand still
}

// riskLaw is the decision on levels of disaster risk.
const riskLaw = "18/2021/QĐ-TTg"

// KindOf finds a kind by its code.
func KindOf(code string) (Kind, bool) {
	for _, k := range Kinds() {
		if k.Code == code {
			return k, true
		}
	}
	return Kind{}, false
}

// Kinds lists the kinds.
func Kinds() []Kind {
	const half, hour, day = 30 * time.Minute, time.Hour, 24 * time.Hour
	return []Kind{
		// A flood wave in the hills rises by metres an hour; ten is an instrument that was touched.
		{Code: "river", Name: "Mực nước sông", Unit: "m", StaleAfter: half, Min: new(-10.0), Max: new(2000.0), MaxRate: new(10.0), StuckAfter: 3 * day},
		{Code: "inflow", Name: "Lưu lượng về hồ", Unit: "m³/s", StaleAfter: hour, Min: new(0.0), Max: new(50_000.0)},
		// The highest hour ever measured anywhere is 305 mm.
		{Code: "rain", Name: "Lượng mưa 1 giờ", Unit: "mm", StaleAfter: half, Min: new(0.0), Max: new(310.0)},
		{Code: "rain_24h", Name: "Lượng mưa 24 giờ", Unit: "mm", StaleAfter: half, Min: new(0.0), Max: new(2000.0), Levels: []Level{
			{At: 100, State: Attention, Label: "Nguy cơ lũ quét, sạt lở cấp 1", Source: riskLaw},
		}},
		{Code: "fire", Name: "Cấp dự báo cháy rừng", Unit: grade, StaleAfter: day, Min: new(1.0), Max: new(5.0), Levels: []Level{
			{At: 3, State: Attention, Label: "Cấp III", Source: "156/2018/NĐ-CP"},
			{At: 4, State: Warning, Label: "Cấp IV", Source: "156/2018/NĐ-CP"},
			{At: 5, State: Critical, Label: "Cấp V", Source: "156/2018/NĐ-CP"},
		}},
		{Code: "pm25", Name: "Bụi PM2.5", Unit: "µg/m³", StaleAfter: 2 * hour, Min: new(0.0), Max: new(2000.0), Levels: over(50), StuckAfter: day},
		{Code: "pm10", Name: "Bụi PM10", Unit: "µg/m³", StaleAfter: 2 * hour, Min: new(0.0), Max: new(5000.0), Levels: over(100), StuckAfter: day},
		{Code: "so2", Name: "SO₂ 1 giờ", Unit: "µg/m³", StaleAfter: 2 * hour, Min: new(0.0), Max: new(10_000.0), Levels: over(350), StuckAfter: day},
		{Code: "no2", Name: "NO₂ 1 giờ", Unit: "µg/m³", StaleAfter: 2 * hour, Min: new(0.0), Max: new(10_000.0), Levels: over(200), StuckAfter: day},
		{Code: "co", Name: "CO 1 giờ", Unit: "µg/m³", StaleAfter: 2 * hour, Min: new(0.0), Max: new(1_000_000.0), Levels: over(30_000), StuckAfter: day},
		{Code: "o3", Name: "O₃ 8 giờ", Unit: "µg/m³", StaleAfter: 2 * hour, Min: new(0.0), Max: new(5000.0), Levels: over(120), StuckAfter: day},
		{Code: "aqi", Name: "Chỉ số VN_AQI", Unit: "", StaleAfter: 2 * hour, Min: new(0.0), Max: new(500.0), Levels: []Level{
			{At: 101, State: Attention, Label: "Kém", Source: "1459/QĐ-TCMT"},
			{At: 151, State: Warning, Label: "Xấu", Source: "1459/QĐ-TCMT"},
			{At: 201, State: Critical, Label: "Rất xấu", Source: "1459/QĐ-TCMT"},
		}, StuckAfter: 2 * day},
		// A bulletin holds until the next one; what it says of its validity its sender turns into the sensor's own limit.
		{Code: "risk", Name: "Cấp độ rủi ro thiên tai", Unit: grade, StaleAfter: day, Min: new(0.0), Max: new(5.0), Levels: []Level{
			{At: 1, State: Attention, Label: "Cấp 1", Source: riskLaw},
			{At: 2, State: Attention, Label: "Cấp 2", Source: riskLaw},
			{At: 3, State: Warning, Label: "Cấp 3", Source: riskLaw},
			{At: 4, State: Critical, Label: "Cấp 4", Source: riskLaw},
			{At: 5, State: Critical, Label: "Cấp 5", Source: riskLaw},
		}},
		{Code: "health", Name: "Hoạt động của thiết bị", Unit: "", StaleAfter: 90 * time.Second, Min: new(0.0), Max: new(1.0)},
		{Code: "slope", Name: "Dịch chuyển mái dốc", Unit: "mm/ngày", StaleAfter: hour, Min: new(-10_000.0), Max: new(10_000.0)},
		{Code: "power", Name: "Điện lưới", Unit: "V", StaleAfter: 5 * time.Minute, Min: new(0.0), Max: new(1000.0), StuckAfter: 6 * hour},
		{Code: "humidity", Name: "Độ ẩm không khí", Unit: "%", StaleAfter: half, Min: new(0.0), Max: new(100.0), MaxRate: new(60.0), StuckAfter: 2 * day},
		{Code: "temperature", Name: "Nhiệt độ", Unit: "°C", StaleAfter: half, Min: new(-30.0), Max: new(60.0), MaxRate: new(20.0), StuckAfter: 12 * hour},
	}
}

// over is the one level of an air quality standard.
func over(at float64) []Level {
	return []Level{{At: at, State: Attention, Label: "Vượt quy chuẩn", Source: "QCVN 05:2023/BTNMT"}}
}
