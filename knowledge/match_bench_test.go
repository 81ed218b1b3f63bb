package knowledge

import (
	"fmt"
	"testing"
)

// A question is compared with as many passages as are read.
func BenchmarkCompare(b *testing.B) {
	var passages []Passage
	var texts []*reading
	for i := range compared {
		text := fmt.Sprintf("Parts, helmets, shoes and clothing travel by parcel courier. Delivery costs £%d.95 and is free for orders of £60 or more. Orders placed before 1 pm leave our warehouse the same day; the parcel then arrives within 2 to 3 working days. As soon as it is handed over you receive an email with a tracking link. Parcels can be left with a neighbour if nobody opens the door.", i)
		passages = append(passages, Passage{Hit: Hit{Title: "Delivery", Heading: "Parcels", Whole: text}})
		texts = append(texts, read("en", "Delivery", "Parcels", text))
	}
	b.Run("compare", func(b *testing.B) {
		for range b.N {
			askedOf("how long does delivery of a helmet to my house take please", []string{"en"}).compare(passages, texts)
		}
	})
	b.Run("read", func(b *testing.B) {
		for range b.N {
			read("en", "Delivery", "Parcels", passages[0].Whole)
		}
	})
}
