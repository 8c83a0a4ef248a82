package access

import "sync"

// Reach is how far a role's right to an action goes.
type Reach int

// The reaches.
const (
	Nothing    Reach = iota
	Oneself          // what is one's own: sessions, a screen's own topic
	OwnUnit          // what belongs to a unit of one's scope
	OwnArea          // what lies in an area of one's scope
	Everything       // all of it, wherever it lies
)

// String is the reach in Vietnamese, as the table shows it.
func (r Reach) String() string {
	return [...]string{"–", "của mình", "đơn vị", "địa bàn", "tất cả"}[r]
}

// Word is the reach for programs: "none", "own", "unit", "area", "all".
func (r Reach) Word() string { return [...]string{"none", "own", "unit", "area", "all"}[r] }

// Rule is one line of the table.
type Rule struct {
	Action Action
	Label  string // Vietnamese
	// Sight is the action that makes its object visible: who has it and not this one is told no; to everybody else the
	// object does not exist.
	Sight  Action
	Grants map[Role]Reach
}

// Table is every rule, in the order people read them.
func Table() []Rule {
	return []Rule{
		{SeePublic, "Xem trang công khai, địa bàn, lĩnh vực, đơn vị", "", everybody()},
		{SendReport, "Gửi phản ánh", "", everybody()},
		{FollowReport, "Theo dõi phản ánh bằng mã tra cứu; có mã bí mật thì bổ sung, đánh giá, đề nghị xử lý lại", "", everybody()},
		{Subscribe, "Đăng ký, chuyển và ngừng nhận tin công khai bằng trình duyệt, không cần tài khoản", "", everybody()},
		{OpenSession, "Đăng nhập, đăng xuất, xem mình là ai", "", everybody()},
		{OwnSession, "Xem và kết thúc phiên của mình, đổi mật khẩu, lập mã xác thực", "", to(Oneself, PersonRoles()...)},

		{ListReports, "Xem danh sách phản ánh", "", desk().and(OwnArea, Leader, DataOfficer, Desk).and(OwnUnit, UnitLead, UnitOfficer).and(Everything, KeyReports)},
		{ReadReport, "Xem một phản ánh", "", desk().and(OwnArea, Leader, DataOfficer, Desk).and(OwnUnit, UnitLead, UnitOfficer).and(Everything, KeyReports)},
		{EnterReport, "Ghi phản ánh thay người gửi, nhập bảng", "", desk().and(Everything, KeyReports)},
		{ActOn("accept"), "Tiếp nhận", ReadReport, desk().and(Everything, KeyReports)},
		{ActOn("refuse"), "Không tiếp nhận", ReadReport, desk().and(Everything, KeyReports)},
		{ActOn("merge"), "Gộp vào phản ánh khác", ReadReport, desk().and(Everything, KeyReports)},
		{ActOn("ask"), "Yêu cầu bổ sung", ReadReport, desk().and(Everything, KeyReports)},
		{ActOn("supplement"), "Ghi phần bổ sung", ReadReport, desk().and(Everything, KeyReports)},
		{ActOn("confirm_place"), "Xác nhận địa bàn", ReadReport, desk().and(Everything, KeyReports)},
		{ActOn("assign"), "Phân công", ReadReport, desk().and(Everything, KeyReports)},
		{ActOn("escalate"), "Chuyển cấp", ReadReport, desk().and(Everything, KeyReports)},
		{SendPhoto, "Gửi ảnh vào phản ánh của mình, bằng mã bí mật trên biên nhận", "", everybody()},
		{ActOn("add_photo"), "Thêm ảnh", ReadReport, desk().and(OwnUnit, UnitLead, UnitOfficer).and(Everything, KeyReports)},
		{SendVisitPhoto, "Thêm ảnh xác minh tại hiện trường", ReadReport, desk().and(OwnArea, CommunityTeam).and(Everything, KeyReports)},
		{ActOn("redact_photo"), "Che ảnh, chọn ảnh công khai", ReadReport, desk().and(OwnArea, DataOfficer).and(Everything, KeyReports)},
		{ActOn("start"), "Bắt đầu xử lý", ReadReport, lead().and(OwnUnit, UnitLead, UnitOfficer).and(Everything, KeyReports)},
		{ActOn("resolve"), "Báo đã xử lý", ReadReport, lead().and(OwnUnit, UnitLead, UnitOfficer).and(Everything, KeyReports)},
		{ActOn("request_extension"), "Xin gia hạn", ReadReport, lead().and(OwnUnit, UnitLead, UnitOfficer).and(Everything, KeyReports)},
		{ActOn("return"), "Trả lại", ReadReport, lead().and(OwnUnit, UnitLead).and(Everything, KeyReports)},
		{ActOn("approve_extension"), "Duyệt gia hạn", ReadReport, lead().and(Everything, KeyReports)},
		{ActOn("deny_extension"), "Không duyệt gia hạn", ReadReport, lead().and(Everything, KeyReports)},
		{ActOn("publish"), "Công khai kết quả", ReadReport, lead().and(Everything, KeyReports)},
		{ActOn("reopen"), "Mở lại", ReadReport, desk().and(Everything, KeyReports)},
		{ActOn("complete"), "Hoàn thành", ReadReport, desk().and(Everything, KeyReports)},
		{ActOn("rate"), "Đánh giá kết quả (chỉ người gửi, bằng mã bí mật)", ReadReport, grants{}},
		{ActOn("withdraw"), "Thu hồi", ReadReport, lead().and(OwnArea, DataOfficer).and(Everything, KeyReports)},

		{ReadNotes, "Xem ghi chú nội bộ của một phản ánh", ReadReport, desk().and(OwnArea, Leader)},
		{WriteNotes, "Thêm ghi chú nội bộ", ReadReport, desk()},
		{ShowPresence, "Báo mình đang mở một phản ánh, giữ khóa mềm", ReadReport, desk().and(OwnUnit, UnitLead, UnitOfficer)},
		{ReadTemplates, "Xem mẫu trả lời", "", desk().and(Everything, UnitLead, UnitOfficer)},
		{PreviewText, "Xem trước phần được che của một lời văn", "", to(Everything, ShiftLead, UnitLead, UnitOfficer, KeyReports)},
		{ManageTemplates, "Thêm, sửa, bỏ mẫu trả lời", ReadTemplates, lead()},
		{OwnViews, "Lưu bộ lọc của mình", "", to(Oneself, ShiftLead, Operator, Leader, DataOfficer, UnitLead, UnitOfficer)},
		{ShareViews, "Chia sẻ bộ lọc cho địa bàn", OwnViews, lead()},
		{SignTransfer, "Ghi tình trạng ký số của phiếu chuyển", ReadReport, lead().and(Everything, KeyReports)},
		{ReadAssignments, "Xem quy tắc phân công", "", to(Everything, Administrator, ShiftLead, Operator)},
		{ChangeAssignments, "Sửa quy tắc phân công", ReadAssignments, lead().and(Everything, Administrator)},
		{ReadTeams, "Xem các tổ công nghệ số cộng đồng và bảng hoạt động", "", desk().and(OwnArea, Leader).and(Everything, Administrator)},
		{ManageTeams, "Lập, sửa tổ công nghệ số cộng đồng", ReadTeams, lead().and(Everything, Administrator)},
		{ActOn("ask_visit"), "Yêu cầu tổ xác minh tại hiện trường", ReadReport, desk().and(Everything, KeyReports)},
		{ActOn("arrive_visit"), "Báo có mặt tại hiện trường", "", to(Oneself, CommunityTeam)},
		{ActOn("finish_visit"), "Báo kết quả xác minh", "", to(Oneself, CommunityTeam)},
		{ReadBounces, "Xem các lần trả lại và đề xuất bị đổi", "", desk().and(OwnArea, Leader).and(Everything, KeyReports)},

		{ListIncidents, "Xem danh sách sự cố", "", desk().and(OwnArea, Leader, DataOfficer, Desk)},
		{ReadIncident, "Xem một sự cố", "", desk().and(OwnArea, Leader, DataOfficer, Desk)},
		{RunIncidents, "Đề xuất, nhận, bỏ qua sự cố; ghi diễn biến, giao nhiệm vụ, đính kèm tệp", ReadIncident, desk()},
		{LeadIncidents, "Cử chỉ huy, báo tin cho người phản ánh, đóng, mở lại sự cố (người chỉ huy: sự cố của mình)", ReadIncident, lead().and(Oneself, Operator)},
		{TakeEvidence, "Tải hồ sơ chứng cứ của một sự cố", ReadIncident, lead().and(OwnArea, Leader, DataOfficer)},
		{ListTasks, "Xem nhiệm vụ được giao trong các sự cố", "", desk().and(OwnArea, Leader, Desk).and(OwnUnit, UnitLead, UnitOfficer)},
		{AnswerTasks, "Xác nhận, báo xong nhiệm vụ", ListTasks, desk().and(OwnUnit, UnitLead, UnitOfficer)},

		{ReadKPIs, "Xem chỉ số", "", desk().and(OwnArea, Leader, UnitLead, UnitOfficer, DataOfficer, CommunityTeam, Desk, Screen).and(Everything, KeyReports)},
		{ReadDTI, "Xem các giá trị chỉ số chuyển đổi số đã nhập và lịch sử", "", to(Everything, Administrator, ShiftLead, Operator, Leader)},
		{EnterDTI, "Nhập, rút giá trị chỉ số chuyển đổi số có minh chứng (toàn tỉnh)", ReadDTI, lead().and(Everything, Administrator)},
		{ReadSensors, "Xem cảm biến và số đo", "", to(Everything, ShiftLead, Operator, Leader, UnitLead, UnitOfficer, CommunityTeam, Desk, Screen, KeyReports)},
		{ManageSensors, "Sửa, nhập bảng, duyệt và ngừng dùng cảm biến", ReadSensors, lead()},
		{MaintainSensors, "Đặt và kết thúc đợt bảo trì", ReadSensors, desk()},
		{ReadGateways, "Xem các cổng kết nối của cảm biến và cách chúng gửi", "", to(Everything, Administrator, ShiftLead, Operator, Leader, Desk, KeySensors)},
		{ManageGateways, "Khai báo, sửa, ngừng dùng cổng kết nối", ReadGateways, to(Everything, Administrator, ShiftLead, KeySensors)},
		{ReadPast, "Xem lại những gì màn hình đã hiện", "", desk().and(OwnArea, Leader, Desk, Screen).and(Everything, KeyReports)},
		{ReadBoundaries, "Xem các lần nhập ranh giới", "", to(Everything, Administrator, ShiftLead, Operator, Leader, Desk, KeyReports)},
		{DecidePlaces, "Quyết định địa bàn mới sau khi nhập ranh giới", "", lead().and(Everything, KeyReports)},

		{ReadWarnings, "Xem cảnh báo tới người dân và cảnh báo nhận về", "", to(Everything, Administrator, ShiftLead, Operator, Leader, Desk, KeyReports)},
		{WriteWarnings, "Soạn, gửi duyệt, cập nhật, thu hồi cảnh báo", ReadWarnings, desk()},
		{ApproveWarnings, "Duyệt hoặc trả lại cảnh báo của người khác", ReadWarnings, lead().and(OwnArea, Leader)},
		{PublishWarnings, "Phát cảnh báo đã duyệt", ReadWarnings, desk()},
		{ImportWarnings, "Nhập cảnh báo CAP của nơi khác", ReadWarnings, to(Everything, ShiftLead, Operator)},

		{GetTicket, "Xin vé nghe dữ liệu trực tiếp", "", to(Everything, ShiftLead, Operator, Leader, UnitLead, UnitOfficer, CommunityTeam, Desk, Screen, KeyReports)},
		{ListenPublic, "Nghe chủ đề công khai", "", everybody()},
		{ListenWall, "Nghe chủ đề màn hình của địa bàn", "", desk().and(OwnArea, Leader, CommunityTeam, Desk, Screen).and(Everything, KeyReports)},
		{ListenOps, "Nghe chủ đề điều hành của địa bàn", "", desk().and(OwnArea, Leader, Desk).and(Everything, KeyReports)},
		{ListenUnit, "Nghe chủ đề của đơn vị", "", to(Everything, ShiftLead, KeyReports).and(OwnUnit, UnitLead, UnitOfficer)},
		{ListenScreen, "Nghe chủ đề của một màn hình", "", to(Everything, ShiftLead, KeyReports).and(Oneself, Screen)},
		{ListenControl, "Nghe lệnh thu hồi vé", "", to(Everything, Hub)},

		{AskScreen, "Trình duyệt xin làm màn hình, hiện mã chờ ghép", "", everybody()},
		{ReadScreen, "Xem màn hình và cách bày", "", to(Everything, Administrator, ShiftLead, Operator, Leader, Desk, KeyReports, KeyScreens).and(Oneself, Screen)},
		{ReportScreen, "Màn hình báo về mình", ReadScreen, to(Everything, ShiftLead, KeyScreens).and(Oneself, Screen)},
		{OrderScreen, "Ra lệnh cho màn hình", ReadScreen, to(Everything, ShiftLead, KeyScreens)},
		{ManageScreen, "Lập, sửa, bỏ, ghép màn hình và thu hồi quyền của nó", ReadScreen, to(Everything, ShiftLead, Administrator, KeyScreens)},
		{HoldMeeting, "Mở chế độ họp", ReadScreen, to(Everything, ShiftLead, Leader, KeyScreens)},
		{ManageDesks, "Ghép và bỏ bàn trực", "", to(Everything, ShiftLead, Administrator)},
		{PlayStorm, "Diễn trận bão của tỉnh mẫu (chỉ trên máy của nó)", "", to(Everything, ShiftLead, KeyReports)},

		{ListAlarms, "Xem danh sách cảnh báo", "", desk().and(OwnArea, Leader, Desk)},
		{ReadAlarm, "Xem một cảnh báo và diễn biến của nó", "", desk().and(OwnArea, Leader, Desk)},
		{AckAlarm, "Nhận cảnh báo, tắt còi, ghi ý kiến", ReadAlarm, desk()},
		{ShelveAlarm, "Tạm gác cảnh báo, có lý do và thời hạn", ReadAlarm, desk()},
		{SuppressAlarm, "Chặn cảnh báo theo thiết kế", ReadAlarm, desk()},
		{ServiceAlarm, "Đưa cảnh báo ra khỏi vận hành và trở lại", ReadAlarm, lead()},
		{ReadAlarmTypes, "Xem loại cảnh báo", "", to(Everything, Administrator, ShiftLead, Operator, Leader, Desk)},
		{ChangeAlarmTypes, "Sửa, bật, tắt loại cảnh báo", ReadAlarmTypes, lead().and(Everything, Administrator)},
		{ReadAlarmHealth, "Xem sức khỏe của hệ thống cảnh báo", "", desk().and(OwnArea, Leader)},
		{ReadHandovers, "Xem các lần bàn giao ca", "", desk().and(OwnArea, Leader)},
		{HandOver, "Giao ca, nhận ca", ReadHandovers, desk()},

		{ReadDrills, "Xem các cuộc diễn tập và kết quả", "", desk().and(OwnArea, Leader)},
		{HoldDrill, "Lập và kết thúc diễn tập", ReadDrills, lead()},

		{SendReadings, "Gửi số đo", "", to(Everything, KeyReadings)},
		{SendEvents, "Gửi sự kiện CloudEvents", "", to(Everything, KeyReadings, KeyReports)},
		{RegisterSensors, "Đăng ký cảm biến", "", to(Everything, KeySensors)},
		{ProposeSensors, "Đề nghị cảm biến mới, chờ duyệt", "", to(Everything, KeyProvision)},
		{LoadHistory, "Nạp dữ liệu cũ", "", to(Everything, KeyHistory)},
		{AskAsHub, "Hỏi thay cho các màn hình đang nghe", "", to(Everything, Hub)},

		{ReadDuty, "Xem lịch trực, ai đang trực", "", to(Everything, Administrator, ShiftLead, Operator, Leader, UnitLead, UnitOfficer)},
		{ChangeDuty, "Sửa lịch trực, bậc gọi người trực", ReadDuty, to(Everything, Administrator, ShiftLead)},
		{OwnWays, "Đăng ký cách được gọi khi trực: trình duyệt, điện thoại, thư", "", to(Oneself, PersonRoles()...)},
		{TestContact, "Thử liên lạc với mọi người đang trực", ReadDuty, to(Everything, Administrator, ShiftLead, Operator)},
		{ReadCalls, "Xem các lần gọi người trực của một cảnh báo", ReadAlarm, desk().and(OwnArea, Leader)},
		{TellArrived, "Báo đã nhận tin gọi (bằng mã trong tin)", "", everybody()},

		{ListPeople, "Xem danh sách người dùng", "", to(Everything, Administrator, DataOfficer)},
		{ChangePeople, "Thêm, sửa, khóa người dùng", ListPeople, to(Everything, Administrator)},
		{ChangeUnits, "Thêm, sửa đơn vị", SeePublic, to(Everything, Administrator)},
		{ManageKeys, "Cấp và thu hồi khóa", "", to(Everything, Administrator)},
		{ManageHooks, "Báo tin cho hệ thống khác", "", to(Everything, Administrator)},
		{ReadRights, "Xem bảng quyền", "", to(Everything, Administrator, DataOfficer)},
		{ReadAudit, "Xem nhật ký kiểm toán", "", to(Everything, Administrator, DataOfficer)},

		{RevealContact, "Xem liên hệ của người gửi, có lý do", ReadReport, to(OwnArea, ShiftLead, DataOfficer)},
		{CallBack, "Gọi lại khẩn cấp, hai người cùng mở", ReadReport, to(OwnArea, ShiftLead, Operator)},
		{ListReveals, "Xem ai đã xem liên hệ", "", to(Everything, DataOfficer)},
	}
}

type grants map[Role]Reach

func to(reach Reach, roles ...Role) grants { return grants{}.and(reach, roles...) }

// and adds roles to the grants.
func (g grants) and(reach Reach, roles ...Role) grants {
	for _, r := range roles {
		g[r] = reach
	}
	return g
}

func everybody() grants { return to(Everything, Roles()...) }

// lead and desk are those who answer for an area: the shift lead alone, or with the operators.
func lead() grants { return to(OwnArea, ShiftLead) }
func desk() grants { return to(OwnArea, ShiftLead, Operator) }

// rules is the table by action. It is made once and never changes.
//
//nolint:gochecknoglobals // a constant Go has no literal for
var rules = sync.OnceValue(func() map[Action]Rule {
	book := map[Action]Rule{}
	for _, r := range Table() {
		book[r.Action] = r
	}
	return book
})
