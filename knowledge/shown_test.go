package knowledge

import "testing"

func TestWhatATextShows(t *testing.T) {
	t.Parallel()
	const all = money | duration | clock | phoneOrMail | place | amount
	for text, want := range map[string]kind{
		"It costs 12 €.":                                    money | amount,
		"Der Versand ist kostenlos.":                        money,
		"Delivery takes three to five days.":                duration,
		"La garantía dura dos años.":                        duration,
		"czas dostawy: 2 tygodnie":                          duration | amount,
		"The mayor opened the year with a dance.":           0, // a unit without a number
		"Wir haben dienstags von 9:30 bis 18 Uhr geöffnet.": clock | amount,
		"Mercoledì siamo chiusi.":                           clock,
		"w sobotę zamknięte":                                clock,
		"Write to help@example.com.":                        phoneOrMail,
		"Wir sind in der Hauptstraße, hinter dem Bahnhof.":  place,
		"Size 38":             amount,
		"Please be on time.":  0,
		"التوصيل خلال ٣ أيام": 0, // digits of Latin script alone
	} {
		if got := shows(text, all); got != want {
			t.Errorf("%q shows %b, want %b", text, got, want)
		}
		for k := money; k <= amount; k <<= 1 { // one at a time is the same
			if got := shows(text, k); got != want&k {
				t.Errorf("%q shows %b of %b", text, got, k)
			}
		}
	}
}

func TestVectorsAreComparedAsOneByOne(t *testing.T) {
	t.Parallel()
	x, y := "\x01\xff\x80\x7f\x05\x06\xfb", "\x80\x02\x80\x7f\xff\x09\x03"
	want := int32(0)
	for i := range x {
		want += int32(int8(x[i])) * int32(int8(y[i]))
	}
	if got := dot(x, y); got != want {
		t.Errorf("%d, want %d", got, want)
	}
	v := vectors()
	for _, pair := range [][2]string{{"refund", "reimbursement"}, {"car", "vehicle"}, {"doctor", "physician"}} {
		a, b := v.find(pair[0]), v.find(pair[1])
		if a < 0 || b < 0 || v.cosine(a, b) < 0.5 || !v.outline(a).near(v.outline(b)) {
			t.Errorf("%v: %d, %d", pair, a, b)
		}
	}
}
