package copilot_test

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/deskbell/deskbell/copilot"
	"github.com/deskbell/deskbell/handover"
	"github.com/deskbell/deskbell/internal/pg/pgtest"
)

func TestNamesAndAddressesAreHiddenFromAModelAndPutBack(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var sent strings.Builder
	m := model(t, func(w http.ResponseWriter, _, user string) {
		mu.Lock()
		sent.WriteString(user)
		mu.Unlock()
		var out any
		switch {
		case strings.Contains(user, "Style"):
			out = map[string]any{"text": "Of course, [name 1]: parcels for [address 1] arrive within three working days, we write to [email 1].", "sources": []int{1}}
		case !strings.Contains(user, "Passages"):
			out = map[string]any{"summary": "[name 1] of [address 1] asks when their parcel arrives, [email 1].", "wants": "delivery times", "key_points": []string{}}
		default:
			out = map[string]any{"answer": "[name 1], your parcel for [address 1] arrives within three working days; we write to [email 1].", "confidence": 0.99, "source": 1, "wants_human": false, "frustration": 0}
		}
		b, _ := json.Marshal(out)
		c, _ := json.Marshal(map[string]any{"choices": []any{map[string]any{"message": map[string]any{"role": "assistant", "content": string(b)}}}})
		_, _ = w.Write(c)
	})
	c := copilot.New(library(t), m, copilot.Options{Logger: pgtest.Logger(), MaskNames: true})
	conv := handover.Conversation{Contact: handover.Contact{Name: "Olga Brenner", Email: "olga@post.example"}}
	talk := said("hi, this is OLGA, I live at 12 Mill Lane", "agent: Hello Olga, I am Tom Reed.", "my name is Olga Brenner, write to olga@post.example", "when do parcels arrive")
	talk[1].Agent = handover.Agent{Title: "Tom Reed"}
	s, err := c.Read(t.Context(), conv, talk)
	if err != nil || !strings.HasPrefix(s.Answer, "Olga Brenner, your parcel for 12 Mill Lane arrives within three working days; we write to olga@post.example.") {
		t.Errorf("%q %v", s.Answer, err)
	}
	d, err := c.Draft(t.Context(), conv, talk, handover.Style{}, nil)
	if err != nil || !strings.Contains(d.Text, "Of course, Olga Brenner: parcels for 12 Mill Lane arrive") || strings.Contains(d.Text, "olga@") {
		t.Errorf("%q %v", d.Text, err)
	}
	b, err := c.Brief(t.Context(), conv, talk)
	if err != nil || !strings.HasPrefix(b.Summary, "Olga Brenner of 12 Mill Lane asks when") || strings.Contains(b.Summary, "olga@") {
		t.Errorf("%q %v", b.Summary, err)
	}
	for _, secret := range []string{"Olga", "OLGA", "Brenner", "Mill Lane", "olga@", "Tom", "Reed"} {
		if strings.Contains(sent.String(), secret) {
			t.Errorf("%s was sent to the model: %s", secret, sent.String())
		}
	}
}

func TestWhoSaysTheirNameAndAddressIsNotSentToAModel(t *testing.T) {
	t.Parallel()
	var got string
	m := model(t, func(w http.ResponseWriter, _, user string) {
		got = user
		_, _ = io.WriteString(w, "{}")
	})
	c := copilot.New(library(t), m, copilot.Options{Logger: pgtest.Logger(), MaskNames: true})
	for text, secrets := range map[string][]string{
		"my name is priya where is my parcel":                                   {"priya"},
		"Mein Name ist Jörg von der Au, ich wohne Lindenweg 7, 04103 Leipzig":   {"Jörg", "Lindenweg 7", "Leipzig"},
		"me llamo Lucía Paz y vivo en la calle Mayor 12":                        {"Lucía", "calle Mayor 12"},
		"je m'appelle Chloé Petit, 5 rue des Lilas, 75011 Paris":                {"Chloé", "rue des Lilas", "Paris"},
		"mi chiamo Carla Neri, via Roma 3":                                      {"Carla", "via Roma 3"},
		"o meu nome é Rui Alves, rua das Flores 8":                              {"Rui", "rua das Flores 8"},
		"ik heet Daan Smit, Keizersgracht 10, 1015 CJ":                          {"Daan", "Keizersgracht 10", "1015 CJ"},
		"nazywam się Ewa Lis, ul. Polna 4, 00-001 Warszawa":                     {"Ewa", "Polna 4", "Warszawa"},
		"benim adım Deniz, Gül Sokak No:5":                                      {"Deniz", "Gül Sokak"},
		"اسمي سلمى وأريد معرفة موعد الطرد":                                      {"سلمى"},
		"where is my parcel?\n\nKind regards,\nMaud Ellis":                      {"Maud", "Ellis"},
		"send it to 221b Long Acre Street, Flat 3 please, postcode is WC2E 9HH": {"Long Acre", "WC2E 9HH"},
	} {
		got = ""
		if _, err := c.Brief(t.Context(), handover.Conversation{}, said(text)); err != nil || got == "" {
			t.Fatal(err, got)
		}
		for _, s := range secrets {
			if strings.Contains(got, s) {
				t.Errorf("%q was sent: %s", s, got)
			}
		}
	}
	for _, text := range []string{"my name is not on the list", "my name is spelled wrong", "I waited 20 minutes on the way", "order 4711 was placed on 12 May", "is there a place in the course", "we are 5 people"} {
		if _, err := c.Brief(t.Context(), handover.Conversation{}, said(text)); err != nil || !strings.Contains(got, text) {
			t.Errorf("%q was changed: %s", text, got)
		}
	}
}
