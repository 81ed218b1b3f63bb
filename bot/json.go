package bot

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
)

// Misread says in a sentence why a body could not be read as the JSON that was expected: for whoever sent it.
func Misread(err error) string {
	var wrong *json.UnmarshalTypeError
	if !errors.As(err, &wrong) {
		return "The body is not JSON: " + err.Error() + "."
	}
	got, _, _ := strings.Cut(wrong.Value, " ") // "number 1e999"
	field := "the body"
	if wrong.Field != "" {
		field = strings.ReplaceAll(wrong.Field, ".Contact", "") // which is embedded
	}
	what := kinds[got]
	if _, number, has := strings.Cut(wrong.Value, " "); has { // out of range, or with a fraction
		what = number
	}
	return fmt.Sprintf("The body is not the JSON expected here: %s is %s, expected %s.", field, what, expected(wrong.Type))
}

var kinds = map[string]string{"string": "a text", "number": "a number", "object": "an object", "array": "a list", "bool": "true or false", "null": "null"}

func expected(t reflect.Type) string {
	switch t.Kind() {
	case reflect.String:
		return "a text"
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64, reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return "a whole number"
	case reflect.Float32, reflect.Float64:
		return "a number"
	case reflect.Bool:
		return "true or false"
	case reflect.Slice, reflect.Array:
		return "a list"
	case reflect.Map:
		return "an object of texts"
	default:
		return "an object"
	}
}
