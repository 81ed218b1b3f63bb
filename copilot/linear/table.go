package linear

import (
	"encoding/binary"
	"errors"
	"math"
)

// Table is a OneVsRest as it ships, eight bits a weight, over hashed features. It is read where it lies: loading costs nothing.
type Table struct {
	bits, classes int
	scale         float64
	bias          []float64
	weights       []byte // by feature, then class; signed
}

// Hashed is a text's vector of 2^bits features: those of each kind are of the length that weights give it.
func Hashed(t Text, bits int, weights ...float64) Vector {
	var all Vector
	for k, names := range t {
		found := buckets(k, names, bits)
		v := make(Vector, len(found))
		length := math.Sqrt(float64(max(1, len(v))))
		for i, at := range found {
			v[i] = Feature{at, float64(weights[k] / length)} // there or not: how often says little in a short text
		}
		all = all.plus(v)
	}
	return all
}

// tableMagic heads a table's file: bits, classes, scale, a bias for each class, then the weights; little-endian.
const tableMagic = "DBT1"

// Bytes is the model of 2^bits features as a table's file.
func (m *OneVsRest) Bytes(bits int) []byte {
	top := float32(1e-9)
	for _, w := range m.weights {
		top = max(top, w, -w)
	}
	scale := float64(top) / 127
	b := append([]byte(tableMagic), byte(bits), byte(m.classes))
	b = binary.LittleEndian.AppendUint64(b, math.Float64bits(scale))
	for _, x := range m.bias {
		b = binary.LittleEndian.AppendUint64(b, math.Float64bits(x))
	}
	for _, w := range m.weights {
		b = append(b, byte(int8(math.RoundToEven(float64(w)/scale))))
	}
	return b
}

// LoadTable reads what Bytes wrote, and keeps it.
func LoadTable(b []byte) (*Table, error) {
	const head = len(tableMagic) + 2 + 8
	if len(b) < head || string(b[:len(tableMagic)]) != tableMagic || b[4] > 24 {
		return nil, errors.New("not a table's file")
	}
	t := &Table{bits: int(b[4]), classes: int(b[5]), scale: math.Float64frombits(binary.LittleEndian.Uint64(b[6:]))}
	if len(b) != head+8*t.classes+t.classes<<t.bits {
		return nil, errors.New("a table's file that is cut short")
	}
	for c := range t.classes {
		t.bias = append(t.bias, math.Float64frombits(binary.LittleEndian.Uint64(b[head+8*c:])))
	}
	t.weights = b[head+8*t.classes:]
	return t, nil
}

// Scores are the logits of a vector, one a class.
func (t *Table) Scores(v Vector) []float64 {
	out := make([]float64, t.classes)
	for _, f := range v {
		at := int(f.Index) * t.classes
		for c, w := range t.weights[at : at+t.classes] {
			out[c] += float64(float64(int8(w)) * f.Value)
		}
	}
	for c := range out {
		out[c] = t.bias[c] + float64(out[c]*t.scale)
	}
	return out
}
