package main

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"time"

	"github.com/alecthomas/kong"
)

// checkEnvironment reads every TOANCANH_* variable that a flag of any verb knows as its type, and tells every fault at
// once: the parser would stop at the first.
func checkEnvironment(model *kong.Application, lookup func(string) (string, bool)) error {
	checked := map[string]bool{}
	var faults []error
	_ = kong.Visit(model, func(node kong.Visitable, next kong.Next) error {
		if flag, ok := node.(*kong.Flag); ok {
			for _, name := range flag.Envs {
				text, set := lookup(name)
				if !set || checked[name] {
					continue
				}
				checked[name] = true
				if err := readable(flag, text); err != nil {
					faults = append(faults, fmt.Errorf("%s: %w", name, err))
				}
			}
		}
		return next(nil)
	})
	return errors.Join(faults...)
}

// readable says why text is no value of the flag.
func readable(flag *kong.Flag, text string) error {
	if flag.Enum != "" && !slices.Contains(flag.EnumSlice(), text) {
		return fmt.Errorf("%q is not one of %s", text, flag.Enum)
	}
	switch flag.Target.Interface().(type) {
	case time.Duration:
		_, err := time.ParseDuration(text)
		return err
	case bool:
		_, err := strconv.ParseBool(text)
		return err
	}
	switch flag.Target.Kind() {
	case reflect.Int, reflect.Int64:
		_, err := strconv.ParseInt(text, 10, 64)
		return err
	case reflect.Float64:
		_, err := strconv.ParseFloat(text, 64)
		return err
	default:
		return nil
	}
}
