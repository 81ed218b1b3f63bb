package knowledge

import (
	_ "embed"
	"math"
	"strconv"
	"strings"
	"sync"
)

// usualFile has, a language a line, how many words our messages and articles have and the most usual of them with how often each is there; cmd/train
// counts them.
//
//go:embed usual.txt
var usualFile string

// usage is how often the words of a language are used.
type usage struct {
	all   float64
	times map[string]float64
}

var usages = sync.OnceValue(func() map[string]usage {
	all := map[string]usage{}
	for line := range strings.Lines(usualFile) {
		f := strings.Fields(line)
		if len(f) < 2 || strings.HasPrefix(line, "#") {
			continue
		}
		n, _ := strconv.ParseFloat(f[1], 64)
		u := usage{n, make(map[string]float64, len(f)/2)}
		for i := 2; i+1 < len(f); i += 2 {
			u.times[f[i]], _ = strconv.ParseFloat(f[i+1], 64)
		}
		all[strings.TrimSuffix(f[0], ":")] = u
	}
	return all
})

// rarity is how little a word is used in a language, 0…1; false where we have not counted.
func rarity(language, word string) (float64, bool) {
	u, ok := usages()[language]
	if !ok || u.all < 2 {
		return 0, false
	}
	return min(1, max(0, math.Log(u.all/(1+u.times[unaccented(word)]))/math.Log(u.all))), true
}

// used is whether a word is among those that people use in a language.
func used(language, word string) bool { return usages()[language].times[unaccented(word)] > 0 }

// Plain are the words of a text without accents, as usual.txt counts them.
func Plain(text string) []string {
	list := tokens(text)
	for i, w := range list {
		list[i] = unaccented(w)
	}
	return list
}

// lightFile has, a language a line, the words of everyday speech that say little of what is asked.
//
//go:embed light.txt
var lightFile string

var lightWords = sync.OnceValue(func() map[string]map[string]bool {
	all := map[string]map[string]bool{}
	for line := range strings.Lines(lightFile) {
		if language, list, ok := strings.Cut(line, ":"); ok && !strings.HasPrefix(line, "#") {
			all[language] = words(unaccented(list))
		}
	}
	return all
})

// light is whether a word of a question says little of what is asked: it need not be found.
func light(language, word string) bool { return lightWords()[language][unaccented(word)] }
