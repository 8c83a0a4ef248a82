package api

import (
	"bytes"
	"context"
	"encoding/csv"
	"slices"
	"time"

	"github.com/gofiber/fiber/v2"

	"toancanh/server/access"
	"toancanh/server/dti"
	"toancanh/server/fault"
	"toancanh/server/sheet"
	"toancanh/server/store"
)

// dtiValues is what the store knows of values of the digital transformation index.
type dtiValues interface {
	DTIEntries(ctx context.Context, area string) ([]store.DTIEntry, error)
	DTIHistory(ctx context.Context, of dti.Key) ([]store.DTIEntry, error)
	AddDTI(ctx context.Context, list []dti.Entry, by string, at time.Time) ([]store.DTIEntry, error)
	WithdrawDTI(ctx context.Context, w store.DTIEntry) (store.DTIEntry, error)
}

func (a *API) dtiRoutes(v1 guarded) {
	v1.Get("/dti", a.within(answerLimit, a.getDTI))
	v1.Get("/dti/history", a.within(answerLimit, a.getDTIHistory))
	v1.Get("/dti/export", a.within(answerLimit, a.getDTIExport))
	v1.Post("/dti/values", a.within(answerLimit, a.postDTIValue))
	v1.Post("/dti/withdrawals", a.within(answerLimit, a.postDTIWithdrawal))
	v1.Post("/dti/import", a.within(importLimit, a.postDTIImport))
}

type dtiEntryShown struct {
	N         int64     `json:"n"`
	Scheme    string    `json:"scheme"`
	Year      int       `json:"year"`
	Code      string    `json:"code"`
	Name      string    `json:"name"`
	Value     *float64  `json:"value"` // null: it was withdrawn
	Most      *float64  `json:"most"`
	Title     string    `json:"title"`
	Issuer    string    `json:"issuer"`
	Number    string    `json:"number"`
	Reference string    `json:"reference"`
	Dated     string    `json:"dated"`
	Replaces  *int64    `json:"replaces"`
	Reason    string    `json:"reason"` // of a withdrawal
	At        time.Time `json:"at"`
	By        string    `json:"by"` // an opaque id
	ByName    string    `json:"by_name"`
}

// showDTI shows entries with the names of who entered them.
func (a *API) showDTI(ctx context.Context, list []store.DTIEntry) ([]dtiEntryShown, error) {
	who := make([]string, len(list))
	for i, e := range list {
		who[i] = e.By
	}
	slices.Sort(who)
	names, err := a.Store.PersonNames(ctx, slices.Compact(who))
	if err != nil {
		return nil, err
	}
	shown := make([]dtiEntryShown, len(list))
	for i, e := range list {
		shown[i] = dtiEntryShown{
			N: e.N, Scheme: e.Scheme, Year: e.Year, Code: e.Code, Name: e.Name, Title: e.Title, Issuer: e.Issuer, Number: e.Number,
			Reference: e.Reference, Dated: e.Dated, Reason: e.Reason, At: e.At, By: e.By, ByName: names[e.By],
		}
		if !e.Withdrawn {
			shown[i].Value, shown[i].Most = &e.Value, &e.Most
		}
		if e.Replaces != 0 {
			shown[i].Replaces = &e.Replaces
		}
	}
	return shown, nil
}

type dtiIndexShown struct {
	Code       string `json:"code"`
	Name       string `json:"name"`
	NameEN     string `json:"name_en"`
	Group      string `json:"group"`
	Weight     int    `json:"weight"`
	Components int    `json:"components"`
}

type dtiSchemeShown struct {
	Code      string          `json:"code"`
	Decision  string          `json:"decision"`
	Date      string          `json:"date"`
	FirstYear int             `json:"first_year"`
	Indices   []dtiIndexShown `json:"indices"` // empty: its structure is not known, and nothing can be entered
	Years     []dtiYearShown  `json:"years"`   // those with values, the newest first
}

type dtiYearShown struct {
	Year  int           `json:"year"`
	Value *float64      `json:"value"` // of the whole index; null while a main index that counts has no value
	Have  int           `json:"have"`
	Need  int           `json:"need"`
	Sums  []dtiSumShown `json:"indices"`
}

type dtiSumShown struct {
	Code    string     `json:"code"`
	Value   *float64   `json:"value"` // from 0 to 1
	From    dti.Origin `json:"from"`  // "index", "components" or "" without a value
	Entered int        `json:"entered"`
	Most    float64    `json:"most"` // points of the entered components
	Fits    bool       `json:"fits"`
	Apart   bool       `json:"apart"`
}

// inForce are the entries that were not withdrawn, without who entered them.
func inForce(list []store.DTIEntry) []dti.Entry {
	var values []dti.Entry
	for _, e := range list {
		if !e.Withdrawn {
			values = append(values, e.Entry)
		}
	}
	return values
}

func showScheme(s dti.Scheme, values []dti.Entry) dtiSchemeShown {
	shown := dtiSchemeShown{
		Code: s.Code, Decision: s.Decision, Date: s.Date, FirstYear: s.FirstYear(), Indices: []dtiIndexShown{}, Years: []dtiYearShown{},
	}
	for _, x := range s.Indices {
		shown.Indices = append(shown.Indices, dtiIndexShown{x.Code, x.VI, x.EN, x.Group, x.Weight, x.Components})
	}
	for _, t := range s.Tallies(values) {
		year := dtiYearShown{Year: t.Year, Have: t.Have, Need: t.Need, Value: rounded(t.Value, t.Whole)}
		for _, sum := range t.Sums {
			year.Sums = append(year.Sums, dtiSumShown{
				sum.Code, rounded(sum.Value, sum.From != dti.None), sum.From, sum.Entered, sum.Most, sum.Fits, sum.Apart,
			})
		}
		shown.Years = append(shown.Years, year)
	}
	return shown
}

func rounded(x float64, known bool) *float64 {
	if !known {
		return nil
	}
	x = dti.Round(x)
	return &x
}

// getDTI is the schemes and the newest entry of every value.
func (a *API) getDTI(ctx context.Context, c *fiber.Ctx) error {
	if _, err := query(c); err != nil {
		return err
	}
	list, err := a.Store.DTIEntries(ctx, a.DTI.Province)
	if err != nil {
		return err
	}
	entries, err := a.showDTI(ctx, list)
	if err != nil {
		return err
	}
	values, schemes := inForce(list), []dtiSchemeShown{}
	for _, s := range a.DTI.Schemes {
		schemes = append(schemes, showScheme(s, values))
	}
	return send(c, fiber.StatusOK, map[string]any{"area": a.DTI.Province, "schemes": schemes, "entries": entries})
}

// getDTIHistory is every entry of one value, the newest first.
func (a *API) getDTIHistory(ctx context.Context, c *fiber.Ctx) error {
	q, wrongQuery := query(c, "scheme", "year", "code")
	year, wrongYear := wholeParam(q, "year", bounded{least: 1, most: 9999})
	faults := []error{wrongQuery, wrongYear}
	for _, name := range []string{"scheme", "year", "code"} {
		if q[name] == "" {
			faults = append(faults, fault.Invalid(name, "Thiếu tham số %s.", name).Because("required"))
		}
	}
	if err := fault.Join(faults...); err != nil {
		return err
	}
	list, err := a.Store.DTIHistory(ctx, dti.Key{Area: a.DTI.Province, Scheme: q["scheme"], Year: year, Code: q["code"]})
	if err != nil {
		return err
	}
	entries, err := a.showDTI(ctx, list)
	if err != nil {
		return err
	}
	return send(c, fiber.StatusOK, map[string]any{"entries": entries})
}

// mayEnterDTI says why the caller may not write values: they are of the whole province.
func (a *API) mayEnterDTI(c *fiber.Ctx) error {
	if a.everywhere(c, access.EnterDTI) {
		return nil
	}
	why := fault.Forbidden("Chỉ người phụ trách toàn tỉnh nhập được chỉ số chuyển đổi số.").Because("right")
	return a.refuse(c, refused{access.EnterDTI, "dti", why})
}

// today is the day of the centre.
func (a *API) today() time.Time { return a.Now().In(a.Location) }

// postDTIValue keeps one value with its evidence. It names the entry that it replaces, or none where there is none.
func (a *API) postDTIValue(ctx context.Context, c *fiber.Ctx) error {
	if err := a.mayEnterDTI(c); err != nil {
		return err
	}
	o, _, err := readObject(c, smallBody)
	if err != nil {
		return err
	}
	e := dti.Entry{
		Key:  dti.Key{Scheme: o.text("scheme"), Year: int(o.whole("year")), Code: o.text("code")},
		Name: o.text("name"), Value: o.need("value"), Replaces: o.whole("replaces"),
		Evidence: dti.Evidence{
			Title: o.text("title"), Issuer: o.text("issuer"), Number: o.text("number"), Reference: o.text("reference"), Dated: o.text("dated"),
		},
	}
	if most := o.optional("most"); most != nil {
		e.Most = *most
	}
	if e.Replaces < 0 {
		o.wrong("replaces", "out_of_range", "Mục được thay là một số lớn hơn 0.")
	}
	clean, wrong := a.DTI.Clean(e, a.today())
	if err := fault.Join(o.done(), wrong); err != nil {
		return err
	}
	kept, err := a.Store.AddDTI(ctx, []dti.Entry{clean}, actor(asking(c).Principal), a.Now().UTC())
	if err != nil {
		return err
	}
	return a.sendDTI(ctx, c, kept[0])
}

func (a *API) sendDTI(ctx context.Context, c *fiber.Ctx, kept store.DTIEntry) error {
	shown, err := a.showDTI(ctx, []store.DTIEntry{kept})
	if err != nil {
		return err
	}
	return send(c, fiber.StatusCreated, shown[0])
}

// postDTIWithdrawal takes a value back.
func (a *API) postDTIWithdrawal(ctx context.Context, c *fiber.Ctx) error {
	if err := a.mayEnterDTI(c); err != nil {
		return err
	}
	o, _, err := readObject(c, smallBody)
	if err != nil {
		return err
	}
	w := store.DTIEntry{
		Entry:  dti.Entry{Key: dti.Key{Area: a.DTI.Province}, Replaces: o.whole("n")},
		Reason: o.phrase("reason", 1, mostReason), At: a.Now().UTC(), By: actor(asking(c).Principal),
	}
	if w.Replaces < 1 {
		o.wrong("n", "required", "Cần số của mục được rút.")
	}
	if err := o.done(); err != nil {
		return err
	}
	kept, err := a.Store.WithdrawDTI(ctx, w)
	if err != nil {
		return err
	}
	return a.sendDTI(ctx, c, kept)
}

// importedValues is what became of a table of values.
type importedValues struct {
	DryRun    bool `json:"dry_run"`
	Lines     int  `json:"lines"`
	Accepted  int  `json:"accepted"`  // in a dry run: how many would be
	Replaced  int  `json:"replaced"`  // of those accepted, how many take the place of a value
	Unchanged int  `json:"unchanged"` // lines that say what is in force already
	refusedLines
	Ignored []string `json:"ignored_columns"`
}

// postDTIImport takes a table of values, whole or not at all. A dry run keeps nothing and says what is wrong line by line.
func (a *API) postDTIImport(ctx context.Context, c *fiber.Ctx) error {
	if err := a.mayEnterDTI(c); err != nil {
		return err
	}
	q, wrongQuery := query(c, "dry_run")
	dry, wrongDry := flagParam(q, "dry_run")
	if err := fault.Join(wrongQuery, wrongDry); err != nil {
		return err
	}
	raw, err := tableBody(c, listBody)
	if err != nil {
		return err
	}
	table, err := sheet.ReadValues(raw)
	if err != nil {
		return err
	}
	known, err := a.Store.DTIEntries(ctx, a.DTI.Province)
	if err != nil {
		return err
	}
	answer := importedValues{DryRun: dry, Lines: table.Lines, Ignored: append([]string{}, table.Ignored...)}
	good := a.checkValues(table, known, &answer)
	switch {
	case dry:
		return send(c, fiber.StatusOK, answer)
	case len(answer.Refused) > 0:
		answer.Accepted, answer.Replaced, answer.Unchanged = 0, 0, 0
		return send(c, fiber.StatusUnprocessableEntity, answer)
	}
	if len(good) > 0 {
		if _, err := a.Store.AddDTI(ctx, good, actor(asking(c).Principal), a.Now().UTC()); err != nil {
			return err
		}
	}
	return send(c, fiber.StatusOK, answer)
}

// checkValues judges the rows of a table, and lists in answer what is wrong with those that may not be taken. A row that
// says what is in force is not taken again.
func (a *API) checkValues(t sheet.ValueTable, known []store.DTIEntry, answer *importedValues) []dti.Entry {
	newest := map[dti.Key]store.DTIEntry{}
	for _, e := range known {
		newest[e.Key] = e
	}
	answer.unreadable(t.Wrong)
	var good []dti.Entry
	today := a.today()
	for _, row := range t.Rows {
		e, err := a.DTI.Clean(row.Entry, today)
		before, there := newest[e.Key]
		switch same := before.Entry; {
		case err != nil:
			for _, f := range fault.Items(err) {
				answer.refuse(row.Line, t.Heading(f.Field), f)
			}
		case there && !before.Withdrawn && sameValue(e, same):
			answer.Unchanged++
		case e.Replaces != before.N:
			answer.refuse(row.Line, t.Heading("replaces"), otherEntry(before, there))
		default:
			answer.Accepted++
			if there && !before.Withdrawn {
				answer.Replaced++
			}
			good = append(good, e)
		}
	}
	answer.sort()
	return good
}

// sameValue reports whether two entries say the same, whatever they replace.
func sameValue(x, y dti.Entry) bool {
	x.Replaces, y.Replaces = 0, 0
	return x == y
}

// otherEntry says which entry a line has to name.
func otherEntry(before store.DTIEntry, there bool) *fault.Error {
	if !there {
		return fault.Invalid("replaces", "Chỉ số này của năm này chưa có giá trị: để trống ô này.").Because("version")
	}
	if before.Withdrawn {
		return fault.Invalid("replaces", "Giá trị trước đã được rút ở mục %d: ghi %d vào ô này để nhập lại.", before.N, before.N).Because("version")
	}
	return fault.Invalid("replaces", "Chỉ số này của năm này đã có giá trị %s ở mục %d: ghi %d vào ô này để thay.", degrees(before.Value), before.N, before.N).Because("version")
}

// getDTIExport sends the values in force as a table that the import takes back.
func (a *API) getDTIExport(ctx context.Context, c *fiber.Ctx) error {
	if _, err := query(c); err != nil {
		return err
	}
	list, err := a.Store.DTIEntries(ctx, a.DTI.Province)
	if err != nil {
		return err
	}
	values, numbers := inForce(list), map[dti.Key]int64{}
	for _, e := range list {
		numbers[e.Key] = e.N
	}
	a.DTI.Sort(values)
	head := sheet.ValueHeadings()
	head[0] = "\ufeff" + head[0]
	rows := [][]string{head}
	for _, e := range values {
		rows = append(rows, sheet.ValueCells(e, numbers[e.Key]))
	}
	var file bytes.Buffer
	w := csv.NewWriter(&file)
	w.UseCRLF = true
	if err := w.WriteAll(rows); err != nil {
		return fault.Internal(err)
	}
	return a.sendFile(c, "chi-so-chuyen-doi-so", file.Bytes())
}
