package view_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// Forge makes labelled sentences out of forms: what is written, how it is grouped, in which signs, in which sentence.
type forge struct {
	dice *rand.Rand
	out  []labelled
	seen map[string]bool
}

// Generated is the second set: every prefix, province and grouping, the same at each call.
func generated() []labelled {
	f := &forge{dice: rand.New(rand.NewPCG(28, 62)), seen: map[string]bool{}}
	f.phones()
	f.identities()
	f.plates()
	f.emails()
	f.accounts()
	f.lookAlikes()
	return f.out
}

func (f *forge) pick(from ...string) string { return from[f.dice.IntN(len(from))] }

func (f *forge) between(low, high int) int { return low + f.dice.IntN(high-low+1) }

func (f *forge) figures(n int) string {
	var b strings.Builder
	for range n {
		b.WriteByte(byte('0' + f.dice.IntN(10)))
	}
	return b.String()
}

// Say puts the quote into the sentence, whose only verb is %s. The same sentence is not said twice.
func (f *forge) say(sentence, kind, quote string) {
	before, _, _ := strings.Cut(sentence, "%s")
	l := labelled{Text: fmt.Sprintf(sentence, quote)}
	m := mark{Kind: kind, Quote: quote, Nth: 1}
	for at := strings.Index(l.Text, quote); at < len(before); m.Nth++ {
		at += 1 + strings.Index(l.Text[at+1:], quote)
	}
	if f.seen[l.Text] {
		return
	}
	f.seen[l.Text] = true
	if slices.Contains(personalKinds, kind) {
		l.Personal = []mark{m}
	} else {
		l.Stays = []mark{m}
	}
	f.out = append(f.out, l)
}

// Group cuts figures into parts of these lengths (the last takes the rest) joined by the separator.
func group(figures, separator string, lengths ...int) string {
	var parts []string
	for _, n := range lengths {
		if n >= len(figures) {
			break
		}
		parts, figures = append(parts, figures[:n]), figures[n:]
	}
	return strings.Join(append(parts, figures), separator)
}

func singly(figures, separator string) string {
	return strings.Join(strings.Split(figures, ""), separator)
}

func fullWidth(text string) string {
	return strings.Map(func(r rune) rune {
		if r > ' ' && r <= '~' {
			return r - '!' + '！'
		}
		return r
	}, text)
}

// Threaded puts an invisible sign behind some of the figures.
func (f *forge) threaded(figures string) string {
	var b strings.Builder
	for i, r := range figures {
		b.WriteRune(r)
		if i < len(figures)-1 && (i == 2 || f.dice.IntN(3) == 0) {
			b.WriteString(f.pick("\u200b", "\u200c", "\u200d", "\u2060", "\ufeff", "\u00ad"))
		}
	}
	return b.String()
}

var (
	wordsOfDigits     = strings.Fields("không một hai ba bốn năm sáu bảy tám chín")
	bareWordsOfDigits = strings.Fields("khong mot hai ba bon nam sau bay tam chin")
)

func spoken(figures, separator string, words []string) string {
	out := make([]string, 0, len(figures))
	for _, r := range figures {
		out = append(out, words[r-'0'])
	}
	return strings.Join(out, separator)
}

// Mixed says every second or third figure as a word.
func (f *forge) mixed(figures string) string {
	out := make([]string, 0, len(figures))
	for i, r := range figures {
		if i%2 == 1 || f.dice.IntN(4) == 0 {
			out = append(out, wordsOfDigits[r-'0'])
		} else {
			out = append(out, string(r))
		}
	}
	return strings.Join(out, " ")
}

func (f *forge) separator() string {
	return f.pick(" ", ".", "-", "/", " - ", "_", ", ", "\u00a0", "\u2009", "–", "·", " . ", "\u2011", "  ")
}

func (f *forge) grouped(figures string) string {
	groupings := [][]int{{4, 3}, {3, 3}, {3, 4}, {2, 2, 2, 2}, {4, 2, 2}, {5}, {4}, {3, 2, 2}}
	return group(figures, f.separator(), groupings[f.dice.IntN(len(groupings))]...)
}

func (f *forge) abroad(figures string) string {
	head := f.pick("+84", "+84 ", "+84-", "+84.", "84", "84 ", "0084", "0084 ", "(84) ", "(+84) ", "(+84)", "+84(0)", "+84 (0) ", "00 84 ")
	return head + f.pick(figures[1:], group(figures[1:], f.separator(), 2, 3), group(figures[1:], f.separator(), 3, 3))
}

var (
	mobilePrefixes = strings.Fields(`032 033 034 035 036 037 038 039 052 055 056 058 059 070 076 077 078 079
		081 082 083 084 085 086 087 088 089 090 091 092 093 094 096 097 098 099`)
	areaCodes = strings.Fields(`0203 0204 0205 0206 0207 0208 0209 0210 0211 0212 0213 0214 0215 0216 0218 0219 0220 0221 0222 0225
		0226 0227 0228 0229 0232 0233 0234 0235 0236 0237 0238 0239 024 0251 0252 0254 0255 0256 0257 0258 0259 0260
		0261 0262 0263 0269 0270 0271 0272 0273 0274 0275 0276 0277 028 0290 0291 0292 0293 0294 0296 0297 0299`)
)

func (f *forge) phones() {
	asked := []string{
		"Gọi %s gặp chị Hoa.", "Liên hệ %s để tôi dẫn đường.", "sđt %s nha ad", "Số zalo %s của tôi mở cả ngày.", "lh %s gap anh Tam",
		"Rác trước nhà tôi chất đống, ai cần hỏi thêm thì %s nhé.", "Điện thoại: %s, xin giữ kín.", "Người đổ đất để lại số (%s) rồi đi.", "%s là số của chủ quán.",
		"ĐT %s", "Đường QL28 km 62 hỏng nặng, máy tôi %s", "tel %s please call back",
	}
	glued := []string{"sđt%snhé", "ĐT:%s.Tôi chờ", "zalo%s", "Anh Tuấn(%s)báo tin"}
	for _, prefix := range mobilePrefixes {
		number := func() string { return prefix + f.figures(7) }
		for range 4 {
			f.say(f.pick(asked...), "phone", f.grouped(number()))
		}
		for range 3 {
			f.say(f.pick(asked...), "phone", f.abroad(number()))
		}
		f.say(f.pick(asked...), "phone", number())
		f.say(f.pick(glued...), "phone", f.pick(number(), f.grouped(number())))
		f.say(f.pick(asked...), "phone", singly(number(), f.pick(" ", ".", "-", ",", "*", "/")))
		f.say(f.pick(asked...), "phone", fullWidth(f.pick(number(), f.grouped(number()), f.abroad(number()))))
		f.say(f.pick(asked...), "phone", f.threaded(number()))
		f.say(f.pick(asked...), "phone", strings.ReplaceAll(f.pick(number(), f.grouped(number())), "0", f.pick("o", "O")))
		f.say(f.pick(asked...), "phone", spoken(number(), f.pick(" ", ", ", " - "), wordsOfDigits))
		f.say(f.pick(asked...), "phone", spoken(number(), " ", bareWordsOfDigits))
		f.say(f.pick(asked...), "phone", f.mixed(number()))
	}
	for _, code := range areaCodes {
		local := f.pick("3", "6", "2", "7") + f.figures(10-len(code))
		number := code + local
		f.say(f.pick(asked...), "phone", f.pick(number, code+f.pick(" ", ".", "-")+local))
		f.say(f.pick(asked...), "phone", fmt.Sprintf("(%s)%s%s", code, f.pick("", " "), group(local, f.pick("", " ", "."), len(local)-6, 3)))
		f.say(f.pick(asked...), "phone", group(number, f.separator(), len(code), len(local)-6, 3))
		f.say(f.pick(asked...), "phone", f.abroad(number))
	}
}

var citizenCodes = strings.Fields(`001 002 004 006 008 010 011 012 014 015 017 019 020 022 024 025 026 027 030 031 033 034 035 036 037 038 040 042 044
	045 046 048 049 051 052 054 056 058 060 062 064 066 067 068 070 072 074 075 077 079 080 082 083 084 086 087 089 091 092 093 094 095 096`)

func (f *forge) identities() {
	citizen := []string{
		"CCCD %s bị nhập sai trên hệ thống.", "Số căn cước của tôi là %s, xin kiểm tra lại.", "so dinh danh %s tra khong ra",
		"Tôi tên Lan, %s, nộp hồ sơ đã lâu.", "căn cước:%s", "Người bị phạt mang số %s chứ không phải tôi.",
	}
	for _, code := range citizenCodes {
		number := func() string {
			return fmt.Sprintf("%s%d%02d%s", code, f.dice.IntN(4), f.dice.IntN(100), f.figures(6))
		}
		f.say(f.pick(citizen...), "id", number())
		f.say(f.pick(citizen...), "id", group(number(), f.separator(), 3, 3, 3))
		f.say(f.pick(citizen...), "id", group(number(), f.pick(" ", ".", "-"), 4, 4))
		f.say(f.pick(citizen...), "id", f.pick(
			fullWidth(number()), f.threaded(number()), singly(number(), f.pick(" ", ".")), group(number(), " ", 3, 1, 2), spoken(number(), " ", wordsOfDigits),
		))
	}
	for range 80 {
		old := f.pick("24", "23", "02", "18", "27", "19") + f.figures(7)
		f.say(f.pick("CMND %s cấp tại Đắk Nông.", "chứng minh nhân dân số %s của mẹ tôi", "cmnd:%s", "Số chứng minh thư %s bị lộ."),
			"id", f.pick(old, group(old, f.pick(" ", ".", "-"), 3, 3), fullWidth(old)))
	}
	for range 50 {
		f.say(f.pick("Hộ chiếu %s bị giữ ở khách sạn.", "ho chieu so %s het han", "My passport number is %s, please help.", "passport %s was lost on the bus"),
			"id", f.pick("B", "C", "E", "G", "K", "M", "N", "P", "X")+f.pick("", "", " ")+f.figures(f.between(7, 8)))
	}
	for range 50 {
		customer := f.pick("PA", "PB", "PC", "PD", "PE") + fmt.Sprintf("%02d", f.between(1, 25)) + f.pick("AA", "BB", "DD", "0"+f.figures(1)) + f.figures(7)
		f.say(f.pick("Mã khách hàng %s bị cắt điện nhầm.", "Tiền điện nhà %s tăng gấp ba.", "ma khach hang dien %s"),
			"id", f.pick(customer, customer, group(customer, " ", 4, 2)))
	}
}

func (f *forge) plates() {
	seen := []string{
		"Xe %s đổ rác trộm xuống suối.", "Biển số %s chạy quá tốc độ.", "bs %s vuot den do", "Xe tải biển kiểm soát %s làm rơi vãi đất trên QL14.",
		"Đề nghị phạt xe (%s) đậu chắn lối đi.", "xe may %s bo truoc nha", "A car with plate %s hit us.", "XE %s GÂY TAI NẠN RỒI BỎ CHẠY",
	}
	for province := 11; province <= 99; province++ {
		if province == 13 || province == 42 || province == 44 || province == 45 || province == 46 || province == 87 || province == 91 || province == 96 {
			continue // never issued
		}
		p := fmt.Sprint(province)
		car := p + f.pick(strings.Split("ABCDEFGHKLMNPSTUVXYZ", "")...)
		bike := p + f.pick(strings.Split("BCDEFGHKLMNPSTUVXYZ", "")...) + fmt.Sprint(f.between(1, 9))
		five := f.figures(5)
		f.say(f.pick(seen...), "plate", car+f.pick("-", " ", "", "–", ".", " - ")+group(f.figures(5), f.pick(".", "", " ", "-"), 3))
		f.say(f.pick(seen...), "plate", bike+f.pick("-", " ", " - ", ".")+group(five, f.pick(".", "", " "), 3))
		f.say(f.pick(seen...), "plate", f.pick(strings.ToLower(car+"-"+five), strings.ToLower(bike+" "+five), fullWidth(car+"-"+five), f.threaded(car+"-"+five)))
		f.say(f.pick(seen...), "plate", f.pick(car, bike)+f.pick("-", " ")+f.figures(4))
		f.say(f.pick(seen...), "plate", p+f.pick("-", " ")+f.pick("B", "F", "H", "K")+fmt.Sprint(f.between(1, 9))+f.pick("-", " ")+group(five, f.pick(".", ""), 3))
		f.say(f.pick(seen...), "plate", p+f.pick("AA", "AB", "AC", "AK", "MĐ1", "MĐ2", "LD", "R", "MA", "NN")+f.pick("-", " ")+group(f.figures(5), f.pick(".", ""), 3))
	}
	for range 40 {
		f.say(f.pick("Xe quân đội %s dừng giữa đường.", "Xe biển đỏ %s chở hàng.", "xe quan su %s chay nhanh"),
			"plate", f.pick("TM", "QH", "KT", "KB", "AA", "BB", "HC", "PK", "TC")+f.pick("-", " ")+f.figures(2)+"-"+f.figures(2))
	}
	for range 20 {
		f.say(f.pick("Xe ngoại giao %s đậu trên vỉa hè.", "Embassy car %s blocked the road."),
			"plate", f.pick("80-", "29-", "41-")+fmt.Sprintf("%03d", f.between(1, 180))+f.pick("-NG-", "-QT-", "-NN-")+f.figures(2))
	}
}

func (f *forge) emails() {
	sent := []string{
		"Gửi kết quả về %s giúp tôi.", "mail e la %s nha", "Thư điện tử: %s.", "Please reply to %s soon.", "Địa chỉ %s nhận được thư.", "Ai có ảnh xin gửi (%s) cho tôi.",
		"email %s",
	}
	families, given := strings.Fields("nguyen tran le pham hoang huynh vo dang bui do ho ngo duong ly dieu kbrong"), strings.Fields("lan hoa minh tuan binh huong thao dung phuc linh yen tam quyen nam")
	for i := range 320 {
		local := f.pick(families...) + f.pick("", ".", "_", "-") + f.pick(given...) + f.pick("", "", f.figures(2), f.figures(4), "."+f.figures(2))
		host, end := f.pick("gmail", "yahoo", "outlook", "hotmail", "icloud", "daknong.edu", "fpt"), f.pick("com", "com", "vn", "com.vn", "net")
		address := local + "@" + host + "." + end
		switch i % 8 {
		case 0:
			address = strings.ToUpper(address)
		case 1:
			address = local + f.pick(" a còng ", " a cong ", " a-còng ", "(a)") + host + f.pick(" chấm ", " cham ", ".") + f.pick("com", "vn", "net")
		case 2:
			address = local + f.pick("(at)", " (at) ", "[at]", " [at] ", " at ") + host + f.pick("(dot)", " [dot] ", " dot ") + f.pick("com", "vn", "net")
		case 3:
			address = f.pick(fullWidth(address), local+" @ "+host+"."+end, local+"@ "+host+"."+end, f.threaded(address))
		}
		f.say(f.pick(sent...), "email", address)
	}
}

func (f *forge) accounts() {
	paid := []string{
		"Chuyển tiền vào stk %s Agribank.", "Số tài khoản %s ngân hàng BIDV nhận cọc rồi biến mất.", "nó bắt ck vô stk %s MB nha mn", "tk %s Vietcombank lừa đảo",
		"Tài khoản %s mở tại VietinBank.", "so tai khoan %s techcombank", "STK:%s",
	}
	starts := []string{"6300205", "5600215", "1903", "0071000", "0600", "104", "631100", "19", "0381", "888", "3100205", "42110"}
	for i := range 180 {
		number := starts[i%len(starts)]
		number += f.figures(f.between(9, 14) - min(len(number), 7))
		f.say(f.pick(paid...), "account", f.pick(number, number, group(number, f.pick(" ", ".", "-"), 4, 4, 4), group(number, " ", 3, 3, 3, 3), fullWidth(number), f.threaded(number)))
	}
}

// LookAlikes are made by kind: how it is written, and the sentences it stands in.
func (f *forge) lookAlikes() {
	for _, form := range []struct {
		kind      string
		write     func() string
		sentences []string
	}{
		{"road", f.road, []string{"%s có nhiều ổ gà.", "Xe tải lật ở %s lúc chiều.", "duong %s hu nang", "The road at %s is broken."}},
		{"decree", f.decree, []string{"Theo %s thì phải tháo dỡ.", "Căn cứ %s, sao chưa xử lý?", "can cu %s", "Văn bản %s đã hết hiệu lực."}},
		{"sum", f.sum, []string{"Thu %s mà không có biên lai.", "Phạt %s là quá cao.", "toi mat %s", "They charged %s for nothing."}},
		{"place", f.place, []string{"Tọa độ %s có khói.", "Điểm sạt lở ở %s.", "vi tri %s", "Stairs broken at %s."}},
		{"time", f.time, []string{"Mất điện từ %s đến nay.", "Hẹn %s mà không ai tới.", "luc %s xe chay am am", "It happened at %s."}},
		{"code", f.code, []string{"Mã phản ánh %s quá hạn rồi.", "Xin cho biết kết quả %s.", "ma %s sao chua tra loi", "My report %s has no answer."}},
		{"public", f.public, []string{"Tổng đài %s không ai nghe.", "Gọi %s báo bận.", "goi %s cho mai", "We called the hotline %s."}},
		{"house", f.house, []string{"Đèn hỏng ở %s.", "Nhà tôi ở %s, nước ngập.", "rac chat dong o %s", "Khu dân cư %s mất nước."}},
		{"sensor", f.sensor, []string{"Trạm đo báo %s.", "Số đo %s vượt ngưỡng.", "do duoc %s", "Cảm biến ghi %s là bất thường."}},
		{"parcel", f.parcel, []string{"Họ lấn %s.", "Tranh chấp tại %s kéo dài.", "rao %s lam cua rieng", "Cây bị chặt ở %s."}},
		{"meter", f.meter, []string{"Công tơ %s là vô lý.", "Hóa đơn ghi %s.", "cong to %s", "Đồng hồ nước %s."}},
		{"standard", f.standard, []string{"Không đạt %s.", "Xây sai %s, đề nghị kiểm tra.", "vuot %s", "Theo %s thì nước bẩn."}},
		{"line", f.line, []string{"Cây chạm đường dây %s.", "Sự cố ở %s.", "duong day %s vong xuong", "Hành lang %s có nhà trái phép."}},
		{"list", f.list, []string{"Danh sách %s thiếu tổ tôi.", "Bảng ghi các số %s dán ở quán nước.", "day so %s tren bang", "Các mục %s chưa được trả lời."}},
		{"count", f.count, []string{"Xã có %s.", "Thống kê %s bị ảnh hưởng.", "mat %s", "Đã cấp phát cho %s."}},
		{"product", f.product, []string{"Hàng giả %s bán ở chợ.", "Tôi mua phải %s ở chợ đêm.", "mua %s hang dung", "Cửa hàng bán %s quá hạn."}},
	} {
		for i := range 80 {
			f.say(form.sentences[i%len(form.sentences)], form.kind, form.write())
		}
	}
}

func (f *forge) road() string {
	km := f.pick("km ", "km", "Km ", "KM") + fmt.Sprint(f.between(1, 1890))
	road := f.pick("QL28", "QL14", "QL14C", "QL 28", "ĐT.681", "ĐT684", "TL 686", "quốc lộ 28", "tỉnh lộ 683", "ql14")
	return f.pick(road+" "+km, km+" "+road, km+fmt.Sprintf("+%03d", f.between(0, 999))+" "+road, road+" đoạn "+km)
}

func (f *forge) decree() string {
	number, year := fmt.Sprint(f.between(1, 2999)), fmt.Sprint(f.between(2012, 2026))
	if f.dice.IntN(3) == 0 {
		number = fmt.Sprintf("%04d", f.between(1, 999))
	}
	return f.pick(
		number+"/"+f.pick("QĐ-UBND", "KH-UBND", "BC-UBND", "CV-SGTVT", "TB-VPUB", "QĐ-XPHC", "qd-ubnd", "GPXD", "BB-VPHC"),
		number+"/"+year+"/"+f.pick("NĐ-CP", "QĐ-TTg", "TT-BTC", "NQ-HĐND", "QĐ-UBND", "TT-BTNMT", "QH15"),
		"Quyết định số "+number+" năm "+year,
	)
}

// Thousands writes a number with dots or commas as an amount has them.
func thousands(n int, dot string) string {
	digits := fmt.Sprint(n)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + dot + digits[i:]
	}
	return digits
}

func (f *forge) sum() string {
	n := f.between(2, 999) * []int{500, 1_000, 10_000, 250_000, 1_000_000, 10_000_000}[f.dice.IntN(6)]
	return f.pick(thousands(n, "."), thousands(n, ","), fmt.Sprint(n)) + f.pick(" đồng", "đ", " VNĐ", " vnd", " đồng/tháng")
}

func (f *forge) place() string {
	lat, lon := 11.75+1.05*f.dice.Float64(), 107.21+0.9*f.dice.Float64()
	return f.pick(
		fmt.Sprintf("%.4f, %.4f", lat, lon), fmt.Sprintf("%.6f,%.6f", lat, lon), fmt.Sprintf("%.5f N, %.5f E", lat, lon),
		fmt.Sprintf("%d°%02d'%02d\"N %d°%02d'%02d\"E", int(lat), f.between(0, 59), f.between(0, 59), int(lon), f.between(0, 59), f.between(0, 59)),
		fmt.Sprintf("(%.4f; %.4f)", lat, lon),
	)
}

func (f *forge) time() string {
	day, month, year, hour, minute := f.between(1, 28), f.between(1, 12), f.between(2019, 2026), f.between(0, 23), f.between(0, 59)
	return f.pick(
		fmt.Sprintf("%02d/%02d/%d", day, month, year), fmt.Sprintf("%02d-%02d-%d", day, month, year), fmt.Sprintf("%02d.%02d.%d", day, month, year),
		fmt.Sprintf("%dh%02d", hour, minute), fmt.Sprintf("%02d:%02d ngày %02d/%02d/%d", hour, minute, day, month, year),
		fmt.Sprintf("%d-%02d-%02d %02d:%02d", year, month, day, hour, minute), fmt.Sprintf("%d giờ %d ngày %d tháng %d năm %d", hour, minute, day, month, year),
	)
}

// Code never begins as a plate does: two figures and a letter.
func (f *forge) code() string {
	const alphabet = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
	code := []byte(f.pick("K", "M", "Q", "R", "W", "Z", "7K", "X9"))
	for len(code) < 8 {
		code = append(code, alphabet[f.dice.IntN(len(alphabet))])
	}
	return string(code[:4]) + "-" + string(code[4:])
}

func (f *forge) public() string {
	hotline := f.pick("1900", "1900", "1800")
	rest := map[string][]string{"1900": {"1909", "1075", "9095", "3228", "9068", "1006"}, "1800": {"1234", "1166", "1091", "6000"}}[hotline]
	return f.pick("111", "112", "113", "114", "115", "1022", "112 và 114", "113, 114, 115", hotline+f.pick("", " ", ".", "-")+f.pick(rest...))
}

func (f *forge) house() string {
	number := fmt.Sprint(f.between(1, 999))
	return f.pick(
		"số "+number+" đường Hùng Vương", number+f.pick("A", "B")+"/"+fmt.Sprint(f.between(1, 60))+" Lê Duẩn", "hẻm "+number+", tổ "+fmt.Sprint(f.between(1, 15)),
		fmt.Sprintf("%d/%d/%d Trần Phú", f.between(1, 300), f.between(1, 60), f.between(1, 20)), fmt.Sprintf("thôn %d, xã Đắk R'Lấp", f.between(1, 20)), "lô B"+fmt.Sprint(f.between(1, 90))+" khu tái định cư",
	)
}

func (f *forge) sensor() string {
	value := strings.Replace(fmt.Sprintf("%.*f", f.between(1, 3), 900*f.dice.Float64()), ".", f.pick(",", "."), 1)
	return f.pick(value+f.pick(" m", " mm", " µg/m³", " mg/l", " dBA", " m³/s", " °C", " NTU", " V"), fmt.Sprintf("AQI %d", f.between(10, 400)),
		fmt.Sprintf("1h %d,%d mm; 24h %d,%d mm", f.between(0, 90), f.between(0, 9), f.between(90, 400), f.between(0, 9)))
}

func (f *forge) parcel() string {
	parcel, sheet := fmt.Sprint(f.between(1, 1200)), fmt.Sprint(f.between(1, 150))
	return f.pick("thửa đất số "+parcel+", tờ bản đồ số "+sheet, "thửa "+parcel+" tờ "+sheet, "tiểu khu "+fmt.Sprint(f.between(1400, 1900))+", khoảnh "+fmt.Sprint(f.between(1, 12)))
}

func (f *forge) meter() string {
	old := f.between(1_000, 90_000)
	return f.pick(fmt.Sprintf("chỉ số cũ %d, chỉ số mới %d", old, old+f.between(50, 900)), fmt.Sprintf("chỉ số %06d", old), fmt.Sprintf("từ %d lên %d kWh", old, old+f.between(50, 900)))
}

func (f *forge) standard() string {
	return f.pick(
		fmt.Sprintf("TCVN %d:%d", f.between(1000, 13999), f.between(1998, 2025)), fmt.Sprintf("QCVN %02d:%d/BTNMT", f.between(1, 99), f.between(2008, 2025)),
		fmt.Sprintf("QCVN %02d-1:%d/BYT", f.between(1, 20), f.between(2008, 2025)), fmt.Sprintf("ISO %d:%d", f.between(9000, 45001), f.between(2008, 2025)),
	)
}

func (f *forge) line() string {
	return f.pick("22kV", "35 kV", "110kV", "220 kV", "500kV") + f.pick("", fmt.Sprintf(" mạch %d", f.between(1, 4)), fmt.Sprintf(" trụ %d", f.between(10, 900)), fmt.Sprintf(" tuyến %d-E%d", f.between(470, 489), f.between(50, 60)))
}

// List counts upward, as years and house numbers do.
func (f *forge) list() string {
	at, step := f.between(1, 40), 1
	if f.dice.IntN(2) == 0 {
		at = f.between(2008, 2018)
	} else {
		step = 7
	}
	var out []string
	for range f.between(3, 7) {
		out = append(out, fmt.Sprint(at))
		at += f.between(1, step)
	}
	return strings.Join(out, ", ")
}

func (f *forge) count() string {
	return f.pick(thousands(f.between(100, 99_999), "."), fmt.Sprint(f.between(10, 9_999)), thousands(f.between(100_000, 999_999), ".")) + f.pick(" người", " hộ", " nhân khẩu", " con heo", " cây cà phê", " lượt khách")
}

func (f *forge) product() string {
	return f.pick(
		"Honda Wave "+fmt.Sprint(f.between(100, 125)), fmt.Sprintf("phân NPK %d-%d-%d", f.between(10, 30), f.between(5, 20), f.between(5, 20)), "Samsung Galaxy A"+fmt.Sprint(f.between(10, 73))+" 5G",
		"sữa mã vạch 893"+f.figures(10), fmt.Sprintf("máy cày Kubota L%d", f.between(3000, 6000)), fmt.Sprintf("thuốc %d.%dEC chai %d ml", f.between(1, 9), f.between(0, 9), f.between(100, 990)),
	)
}

func TestTheGeneratedFormsAreWhole(t *testing.T) {
	t.Parallel()
	set := generated()
	held := census(t, set)
	if len(set) < 2000 {
		t.Errorf("%d forms, want 2000", len(set))
	}
	for kind, least := range map[string]int{"phone": 700, "id": 350, "plate": 450, "email": 280, "account": 150, "": 800} {
		if held[kind] < least {
			t.Errorf("%d forms of kind %q, want %d", held[kind], kind, least)
		}
	}
	if again := generated(); len(again) != len(set) || again[len(again)-1].Text != set[len(set)-1].Text {
		t.Error("the same seed made another set")
	}
}
