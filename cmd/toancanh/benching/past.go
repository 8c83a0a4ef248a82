package benching

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/url"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"toancanh/cmd/toancanh/client"
	"toancanh/server/area"
)

// How the past of the queue is made: as many reports in one body as replay sends, a report every ten minutes, one in ten
// still open.
const (
	pastBatch   = 500
	pastSenders = 4
	pastStep    = 10 * time.Minute
	pastPlaces  = 4000
	openOneIn   = 10
)

// loadPast loads reports through the door of the past, oldest first, and waits until all are announced.
func (h *house) loadPast(ctx context.Context, count int) (time.Duration, error) {
	teller, err := newTeller(count)
	if err != nil {
		return 0, err
	}
	c, err := client.New(client.Options{
		Base: &url.URL{Scheme: "http", Host: h.address}, Key: h.key, Outstanding: pastSenders, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		return 0, err
	}
	began := time.Now()
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(pastSenders)
	for from := 0; from < count; from += pastBatch {
		batch := make([]client.PastReport, min(pastBatch, count-from))
		for i := range batch {
			batch[i] = teller.report(from + i)
		}
		g.Go(func() error {
			taken, err := c.PostHistory(gctx, batch)
			if err == nil && taken.Accepted != len(batch) {
				err = fmt.Errorf("load the past: %d of %d were taken, the first refusal is %+v", taken.Accepted, len(batch), taken.Refused[0])
			}
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return 0, err
	}
	took := time.Since(began)
	if err := h.drained(ctx, h.name); err != nil {
		return 0, err
	}
	return took, h.vacuum(ctx)
}

// teller tells what lies behind a province: the same every time.
type teller struct {
	dice    *rand.Rand
	locator *area.Locator
	count   int
	now     time.Time
}

func newTeller(count int) (*teller, error) {
	atlas, err := area.Sample()
	if err != nil {
		return nil, err
	}
	drawn, ok := atlas.Map(atlas.Tree.Default().Code)
	if !ok {
		return nil, errors.New("the sample province has no map")
	}
	dice := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // the same reports every time
	return &teller{dice: dice, locator: drawn.Locator(), count: count, now: time.Now().UTC().Truncate(time.Millisecond)}, nil
}

// report is the n-th of all, the first being the oldest.
func (t *teller) report(n int) client.PastReport {
	at, _ := t.locator.Scatter(fmt.Sprint("place ", t.dice.IntN(pastPlaces)))
	r := client.PastReport{Origin: "replayed", ReceivedAt: t.now.Add(-time.Duration(t.count-n) * pastStep)}
	r.Category = draw(t.dice, []string{"MT", "GT", "DT", "CS", "AN", "XD", "RG", "KH"})
	r.Description = t.words()
	r.Address = fmt.Sprintf("Thôn %d", 1+t.dice.IntN(20))
	r.Location = client.Location{Lat: at.Lat, Lon: at.Lon}
	unit := draw(t.dice, []string{"so-tnmt", "so-gtvt", "so-xd", "cong-an"})
	acts := []client.Act{
		{Act: "accept"},
		{Act: "assign", Unit: unit},
		{Act: "start"},
		{Act: "resolve", Text: "Đã xử lý xong tại hiện trường."},
		{Act: "publish", Text: "Đơn vị đã kiểm tra và xử lý xong, cảm ơn người dân."},
	}
	if t.dice.IntN(openOneIn) == 0 {
		acts = acts[:t.dice.IntN(4)] // new, accepted, assigned, in progress
	}
	// The newest ones have less behind them.
	for i, a := range acts {
		if a.At = r.ReceivedAt.Add(time.Duration(i+1) * 20 * time.Minute); a.At.After(t.now) {
			break
		}
		a.Actor = "bench"
		r.Acts = append(r.Acts, a)
	}
	return r
}

// words are what somebody writes: matters come often or rarely, as they do.
func (t *teller) words() string {
	matters := strings.Split("rác thải đổ thành đống trước chợ,đường hỏng nhiều ổ gà,đèn đường không sáng,mất nước sinh hoạt,cây đổ chắn lối đi,"+
		"xe tải chạy nhanh gây bụi,quán ăn lấn chiếm vỉa hè,tiếng ồn ban đêm,ngập úng vì cống tắc,nước thải hôi thối,công trình xây dựng trái phép,"+
		"điện rò gây nguy hiểm cho trẻ em,sạt lở ta luy,mất nắp cống,biển báo gãy,chó thả rông,thực phẩm bẩn,chặt phá rừng bên suối,khói bụi từ xưởng,"+
		"dịch bệnh gia súc", ",")
	places := strings.Split("gần trường học,sau bệnh viện,cạnh nhà văn hóa thôn,đầu cầu,bên quốc lộ,trong tổ dân phố,trước ủy ban xã,gần bến xe,"+
		"cuối buôn,bên hồ", ",")
	ends := strings.Split("đề nghị cơ quan chức năng kiểm tra,đã nhiều ngày nay chưa xử lý,người dân rất bức xúc,mong sớm khắc phục,kéo dài cả tháng", ",")
	often := func(list []string) string {
		x := t.dice.Float64()
		return list[int(x*x*float64(len(list)))]
	}
	return strings.Join([]string{often(matters), draw(t.dice, places), often(matters), draw(t.dice, ends)}, ", ")
}

func draw(dice *rand.Rand, list []string) string { return list[dice.IntN(len(list))] }
