package slacktest

import "unicode/utf8"

// check refuses what Slack refuses of a message: "" or the error code.
func check(text string, blocks []map[string]any) string {
	switch {
	case text == "" && len(blocks) == 0:
		return "no_text"
	case len(blocks) > 0 && text == "":
		return "no_text" // Slack takes it, and notifications are empty: ours always have a fallback
	case utf8.RuneCountInString(text) > 40000:
		return "msg_too_long"
	case len(blocks) > 50:
		return "invalid_blocks"
	}
	ids := map[string]bool{}
	for _, b := range blocks {
		id, _ := b["block_id"].(string)
		if utf8.RuneCountInString(id) > 255 || id != "" && ids[id] || !checkBlock(b) {
			return "invalid_blocks"
		}
		ids[id] = true
	}
	return ""
}

func textOf(v any) (string, bool) {
	o, ok := v.(map[string]any)
	if !ok {
		return "", false
	}
	s, ok := o["text"].(string)
	kind, _ := o["type"].(string)
	return s, ok && s != "" && (kind == "mrkdwn" || kind == "plain_text")
}

func within(v any, n int) bool {
	s, ok := textOf(v)
	return ok && utf8.RuneCountInString(s) <= n
}

// checkBlocks says whether they are blocks, at least one and at most so many.
func checkBlocks(v any, most int) bool {
	blocks, _ := v.([]any)
	for _, b := range blocks {
		if m, _ := b.(map[string]any); !checkBlock(m) {
			return false
		}
	}
	return len(blocks) > 0 && len(blocks) <= most
}

func checkBlock(b map[string]any) bool {
	elements, _ := b["elements"].([]any)
	switch b["type"] {
	case "header":
		o, _ := b["text"].(map[string]any)
		return within(b["text"], 150) && o["type"] == "plain_text"
	case "section":
		fields, _ := b["fields"].([]any)
		for _, f := range fields {
			if !within(f, 2000) {
				return false
			}
		}
		if b["text"] == nil {
			return len(fields) > 0 && len(fields) <= 10
		}
		return within(b["text"], 3000) && len(fields) <= 10
	case "context":
		for _, e := range elements {
			if !within(e, 2000) {
				return false
			}
		}
		return len(elements) > 0 && len(elements) <= 10
	case "actions":
		for _, e := range elements {
			if m, _ := e.(map[string]any); !checkButton(m) {
				return false
			}
		}
		return len(elements) > 0 && len(elements) <= 25
	case "divider", "input":
		return true
	}
	return false // card, alert and the other newer ones are refused by chat.postMessage
}

func checkOptions(options []any) bool {
	for _, o := range options {
		m, _ := o.(map[string]any)
		if value, _ := m["value"].(string); !within(m["text"], 75) || value == "" || utf8.RuneCountInString(value) > 150 {
			return false
		}
	}
	return true
}

func checkButton(b map[string]any) bool {
	switch options, _ := b["options"].([]any); b["type"] {
	case "overflow":
		return len(options) > 0 && len(options) <= 5 && checkOptions(options)
	case "static_select":
		return len(options) > 0 && len(options) <= 100 && checkOptions(options)
	case "button":
	default:
		return false
	}
	action, _ := b["action_id"].(string)
	value, _ := b["value"].(string)
	return within(b["text"], 75) && action != "" && utf8.RuneCountInString(action) <= 255 && utf8.RuneCountInString(value) <= 2000
}

func checkView(v map[string]any) string {
	metadata, _ := v["private_metadata"].(string)
	blocks, _ := v["blocks"].([]any)
	if v["type"] != "modal" || !within(v["title"], 24) || utf8.RuneCountInString(metadata) > 3000 || len(blocks) == 0 || len(blocks) > 100 {
		return "invalid_arguments"
	}
	for _, b := range blocks {
		m, _ := b.(map[string]any)
		if id, _ := m["block_id"].(string); utf8.RuneCountInString(id) > 255 || !checkBlock(m) {
			return "invalid_blocks"
		}
		if m["type"] == "input" && v["submit"] == nil {
			return "invalid_arguments"
		}
	}
	return ""
}
