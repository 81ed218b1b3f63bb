package main

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/deskbell/deskbell/notify/slack"
)

func TestTheManifestOfTheRepositoryIsTheProgramsOwn(t *testing.T) {
	t.Parallel()
	want := slack.Manifest("", true, false, false)
	if os.Getenv("UPDATE") != "" {
		if err := os.WriteFile("../../configs/slack-manifest.yaml", []byte(want), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile("../../configs/slack-manifest.yaml")
	if err != nil || string(got) != want {
		t.Fatalf("configs/slack-manifest.yaml is not what deskbell slack manifest prints (UPDATE=1 writes it): %v", err)
	}
	for _, m := range []string{want, slack.Manifest("https://desk.example/", false, true, true), slack.Manifest("", false, false, false)} {
		var app struct {
			Features struct {
				Commands []struct{ Command, URL string } `yaml:"slash_commands"`
				Messages []struct {
					Name        string
					CallbackID  string `yaml:"callback_id"`
					Description string
				} `yaml:"shortcuts"`
			}
			Settings struct {
				Sockets bool `yaml:"socket_mode_enabled"`
				Events  struct {
					URL string `yaml:"request_url"`
				} `yaml:"event_subscriptions"`
			}
		}
		if err := yaml.NewDecoder(bytes.NewReader([]byte(m))).Decode(&app); err != nil || app.Features.Commands[0].Command != "/deskbell" || len(app.Features.Messages) != 5 {
			t.Fatalf("%v\n%s", err, m)
		}
		for _, s := range app.Features.Messages {
			if len(s.Name) > 24 || len(s.Description) > 150 || s.CallbackID == "" {
				t.Errorf("%+v", s)
			}
		}
		if strings.Contains(m, "desk.example") && (app.Settings.Sockets || app.Settings.Events.URL != "https://desk.example/slack/events" || app.Features.Commands[0].URL != "https://desk.example/slack/commands") {
			t.Errorf("%+v", app)
		}
	}
}
