package simulation

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"log/slog"

	"toancanh/cmd/toancanh/client"
)

// ReadGateways reads a table as schema/sample/gateways.csv; columns are found by name, all faults are reported at once.
func ReadGateways(r io.Reader) ([]client.Gateway, error) {
	table := csv.NewReader(r)
	header, err := table.Read()
	if err != nil {
		return nil, fmt.Errorf("read first line of gateways: %w", err)
	}
	lines, err := table.ReadAll()
	if err != nil {
		return nil, fmt.Errorf("read gateways: %w", err)
	}
	var gateways []client.Gateway
	var faults []error
	for i, fields := range lines {
		row := sensorRow{values: make(map[string]string, len(header))}
		for n, name := range header {
			row.values[name] = fields[n]
		}
		gateways = append(gateways, client.Gateway{
			Code: row.values["code"], Name: row.values["name"], Kind: row.values["kind"], Lat: row.number("lat"), Lon: row.number("lon"),
			StaleAfterS: int(row.number("stale_after_s")), Owner: row.values["owner"], Sample: true,
		})
		if len(row.faults) > 0 {
			faults = append(faults, fmt.Errorf("gateways line %d: %w", i+2, errors.Join(row.faults...)))
		}
	}
	return gateways, errors.Join(faults...)
}

// registerGateways tells the server of the gateways that the sensors speak through. One that it refuses is left out: the
// sensors play without it.
func (p *province) registerGateways(ctx context.Context) error {
	for _, g := range p.Gateways {
		err := p.client.PutGateway(ctx, g)
		if invalid(err) && g.Owner != "" { // a house that has other units than the sample
			g.Owner = ""
			err = p.client.PutGateway(ctx, g)
		}
		switch {
		case invalid(err):
			p.Log.WarnContext(ctx, "server refuses a gateway, it is left out", slog.String("gateway", g.Code), slog.Any("err", err))
		case err != nil:
			return err
		}
	}
	return nil
}
