package main

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"os/user"
	"path/filepath"
	"slices"
	"strings"

	"toancanh/server/area"
	"toancanh/server/boundary"
	"toancanh/server/boundary/reading"
	"toancanh/server/embedded"
	"toancanh/server/intake"
	"toancanh/server/store"
)

type geoCmd struct {
	Import geoImportCmd `cmd:"" help:"Check a boundary file and use it in place of the schematic: GeoJSON, TopoJSON, zipped Shapefile."`
	List   geoListCmd   `cmd:"" help:"List the boundary files that were imported."`
	Remove geoRemoveCmd `cmd:"" help:"Use the schematic again; what was imported is kept on record."`
}

// geoDatabase is a server's database: the one named, or the one toancanh up runs.
type geoDatabase struct {
	DatabaseURL string `env:"TOANCANH_DATABASE_URL" help:"PostgreSQL as the application role. Empty: the one toancanh up runs in its data directory."`
	Data        string `env:"TOANCANH_DATA" default:"data" help:"Data directory of a running toancanh up."`
}

func (g geoDatabase) open(ctx context.Context) (*store.Store, error) {
	url := g.DatabaseURL
	if url == "" {
		var err error
		if url, err = embedded.Running(g.Data, "toancanh_app"); errors.Is(err, embedded.ErrNotRunning) {
			return nil, fmt.Errorf("không có toancanh up nào đang chạy với thư mục dữ liệu %s; hãy khởi động nó, đặt --data, hoặc đặt TOANCANH_DATABASE_URL", g.Data)
		} else if err != nil {
			return nil, err
		}
	}
	s, err := store.Open(ctx, url, store.Sizes{Write: 1, Read: 1})
	if err != nil {
		return nil, err
	}
	if err := s.Ready(ctx); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// geoTarget names the areas whose borders are meant.
type geoTarget struct {
	Division string `required:"" placeholder:"vn-2022|vn-2025" help:"Division the areas belong to: a code means nothing without it."`
	Level    string `required:"" enum:"province,district,commune" help:"Level of the areas: province, district or commune."`
}

func (t geoTarget) check(tree *area.Tree) error {
	if _, ok := tree.Division(t.Division); ok {
		return nil
	}
	var known []string
	for _, d := range tree.Divisions() {
		known = append(known, d.Code)
	}
	return fmt.Errorf("không có bộ địa giới %q; có: %s", t.Division, strings.Join(known, ", "))
}

type geoImportCmd struct {
	geoDatabase
	geoTarget
	File string `arg:"" help:"The file, at most 64 MiB and 5 million points."`

	CodeAttribute   string `help:"Attribute that holds the areas' codes. Empty: found by its values."`
	NameAttribute   string `help:"Attribute that holds their names; - for none. Empty: found by its values."`
	ParentAttribute string `help:"Attribute that names the area above, where names repeat. Empty: found by its values."`
	Layer           string `help:"Layer of a file that has several."`
	Encoding        string `default:"auto" enum:"auto,utf-8,tcvn3,windows-1258" help:"How a Shapefile's table writes Vietnamese: auto, utf-8, tcvn3 or windows-1258."`
	CRS             string `name:"crs" placeholder:"EPSG:n" help:"Coordinate system, in place of what the file says, such as EPSG:9218 (VN-2000, 108°30')."`

	Source  string `help:"Where the file is from."`
	Licence string `help:"Terms the file may be used under."`
	Credit  string `help:"What every map prints. Empty: made of source and licence."`
	By      string `help:"Who imports it. Empty: the name of this system's user."`
	DryRun  bool   `help:"Check everything, change nothing."`
}

// Run checks the file and takes it into use.
func (c geoImportCmd) Run(ctx context.Context) error {
	atlas, err := area.Sample()
	if err != nil {
		return err
	}
	if err := c.check(atlas.Tree); err != nil {
		return err
	}
	raw, err := readBounded(c.File)
	if err != nil {
		return err
	}
	b, m, err := c.examine(atlas, raw)
	if err != nil {
		return err
	}
	s, err := c.open(ctx)
	if err != nil && c.DryRun {
		say("Chạy thử: tệp dùng được, không có gì thay đổi. Chưa hỏi cơ sở dữ liệu: %v.", err)
		return nil
	}
	if err != nil {
		return err
	}
	defer s.Close()
	waits, err := c.waits(ctx, s)
	if err != nil {
		return err
	}
	var locate store.Locate
	if !waits && !m.Schematic { // what is drawn by us moves nobody
		locate = intake.Locate(m)
	}
	version, proposed, err := s.ImportBoundary(ctx, b, locate, c.DryRun)
	if err != nil {
		return err
	}
	if c.DryRun {
		say("Chạy thử: không có gì thay đổi.")
	} else {
		say("Đã lưu phiên bản %d.", version)
	}
	switch {
	case waits:
		say("Đang dùng ranh giới cấp nhỏ hơn, nên bản này chờ đến khi cấp đó được gỡ (toancanh geo remove).")
	case m.Schematic:
		say("Máy chủ dùng ngay; bên trong vẫn là sơ đồ, nên không phản ánh nào được đề xuất đổi địa bàn.")
	default:
		say("Máy chủ dùng ngay; %d phản ánh đang mở được đề xuất đổi địa bàn (GET /api/v1/boundaries/proposals).", proposed)
	}
	return nil
}

// examine reads and judges the file and draws the map it makes.
func (c geoImportCmd) examine(atlas *area.Atlas, raw []byte) (store.Boundary, *area.Map, error) {
	options := reading.Options{Layer: c.Layer, Encoding: map[string]reading.Encoding{
		"utf-8": reading.UTF8, "tcvn3": reading.TCVN3, "windows-1258": reading.Windows1258,
	}[c.Encoding]}
	if c.CRS != "" {
		p, err := boundary.ByName(c.CRS)
		if err != nil {
			return store.Boundary{}, nil, refused(c.File, err)
		}
		options.CRS = &p
	}
	layer, err := reading.File(c.File, raw, options)
	if err != nil {
		return store.Boundary{}, nil, refused(c.File, err)
	}
	known, _ := atlas.Schematic(c.Division)
	level := area.Level(c.Level)
	accepted, err := boundary.Check(layer, boundary.Order{
		Tree: atlas.Tree, Division: c.Division, Level: level, Known: known,
		CodeAttribute: c.CodeAttribute, NameAttribute: c.NameAttribute, ParentAttribute: c.ParentAttribute,
	})
	if err != nil {
		return store.Boundary{}, nil, refused(c.File, err)
	}
	credit := c.credit()
	m, err := atlas.Around(area.Source{Division: c.Division, Credit: credit}, level, accepted.Shapes)
	if err != nil {
		return store.Boundary{}, nil, fmt.Errorf("không vẽ được bản đồ từ tệp này: %w", err)
	}
	system := cmp.Or(layer.Projection.Name, "WGS 84, kinh độ và vĩ độ")
	if layer.Encoding != "" {
		system += "; bảng thuộc tính " + layer.Encoding
	}
	say("%s: %s, %s. %d đơn vị %s, %d điểm, khoảng %.0f km².", filepath.Base(c.File), layer.Format, system, len(accepted.Shapes), level.Word(), accepted.Points, accepted.KM2)
	for _, f := range accepted.Findings {
		say("  %s", f.Text)
	}
	sum := sha256.Sum256(raw)
	return store.Boundary{
		Division: c.Division, Level: level, Importer: cmp.Or(c.By, systemUser()), Source: cmp.Or(c.Source, filepath.Base(c.File)),
		Licence: c.Licence, Credit: credit, File: filepath.Base(c.File), SHA256: sum[:], Bytes: int64(len(raw)),
		Findings: accepted.Findings, Shapes: accepted.Shapes,
	}, m, nil
}

// waits tells that the borders of a narrower level stay in use.
func (c geoImportCmd) waits(ctx context.Context, s *store.Store) (bool, error) {
	list, err := s.Boundaries(ctx)
	if err != nil {
		return false, err
	}
	return slices.ContainsFunc(list, func(b store.Boundary) bool {
		return b.Active && b.Division == c.Division && b.Level.Narrower(area.Level(c.Level))
	}), nil
}

func (c geoImportCmd) credit() string {
	if c.Credit != "" {
		return c.Credit
	}
	credit := "Ranh giới: " + cmp.Or(c.Source, filepath.Base(c.File))
	if c.Licence != "" {
		credit += " (" + c.Licence + ")"
	}
	return credit
}

// refused is the reason a file is not taken, one finding a line.
func refused(file string, err error) error {
	var r *boundary.Refusal
	if !errors.As(err, &r) {
		return err
	}
	lines := []string{"không nhận tệp " + filepath.Base(file) + ":"}
	for _, f := range r.Findings {
		lines = append(lines, "  "+f.Text)
	}
	return errors.New(strings.Join(append(lines, "Không có gì thay đổi."), "\n"))
}

// readBounded reads a file that must not be larger than is taken.
func readBounded(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("mở tệp: %w", err)
	}
	defer f.Close()
	raw, err := io.ReadAll(io.LimitReader(f, boundary.MostBytes+1))
	if err != nil {
		return nil, fmt.Errorf("đọc tệp: %w", err)
	}
	return raw, nil
}

func systemUser() string {
	if u, err := user.Current(); err == nil && u.Username != "" {
		return u.Username
	}
	return "không rõ"
}

func say(format string, args ...any) { _, _ = fmt.Fprintf(os.Stdout, format+"\n", args...) }

type geoListCmd struct{ geoDatabase }

// Run lists the versions, newest first.
func (c geoListCmd) Run(ctx context.Context) error {
	s, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	list, err := s.Boundaries(ctx)
	if err != nil {
		return err
	}
	if len(list) == 0 {
		say("Chưa nhập ranh giới nào; các bản đồ là sơ đồ.")
	}
	for _, b := range list {
		state := " "
		switch {
		case b.Active:
			state = "*"
		case b.Removed:
			state = "-"
		}
		say("%s %4d  %s  %s %-8s  %s  %s  %x  (%s)", state, b.Version, b.ImportedAt.Local().Format("02/01/2006 15:04"), b.Division, b.Level,
			b.Importer, b.File, b.SHA256[:min(4, len(b.SHA256))], b.Credit)
	}
	return nil
}

type geoRemoveCmd struct {
	geoDatabase
	geoTarget
	By string `help:"Who removes it. Empty: the name of this system's user."`
}

// Run notes that a level has no borders of its own any more.
func (c geoRemoveCmd) Run(ctx context.Context) error {
	atlas, err := area.Sample()
	if err != nil {
		return err
	}
	if err := c.check(atlas.Tree); err != nil {
		return err
	}
	s, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	list, err := s.Boundaries(ctx)
	if err != nil {
		return err
	}
	for _, b := range list {
		if b.Active && b.Division == c.Division && string(b.Level) == c.Level {
			version, _, err := s.ImportBoundary(ctx, store.Boundary{
				Division: c.Division, Level: b.Level, Removed: true, Importer: cmp.Or(c.By, systemUser()),
			}, nil, false)
			if err != nil {
				return err
			}
			say("Phiên bản %d: thôi dùng ranh giới %s của %s.", version, b.Level.Word(), c.Division)
			return nil
		}
	}
	return fmt.Errorf("%s không có ranh giới %s nào đang dùng", c.Division, area.Level(c.Level).Word())
}
