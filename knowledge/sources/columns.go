package sources

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"github.com/deskbell/deskbell/knowledge"
)

// columnNames are how spreadsheets and exports of help centres call what an article is made of, in lower case, letters and figures alone; of several
// that a table has, the first here counts.
var columnNames = map[string][]string{
	"question": names(`question questions q frage вопрос питання otázka fråga spørgsmål spørsmål kysymys kérdés întrebare ερώτηση 質問 问题 問題 질문 fragen pregunta preguntas domanda vraag pergunta pytanie soru السؤال سؤال title titel título titulo titre titolo tytuł başlık العنوان subject betreff asunto sujet oggetto
		onderwerp name articletitle questiontext thema topic`),
	"answer": names(`answer answers a ответ відповідь odpověď svar vastaus válasz răspuns απάντηση 回答 答案 답변 antwort antworten respuesta respuestas réponse reponse risposta antwoord resposta odpowiedź cevap yanıt الجواب الإجابة body articlebody bodyhtml content contents inhalt contenido contenu
		contenuto inhoud conteúdo treść içerik المحتوى html bodytext text texto texte testo tekst metin النص response solution lösung description descriptiontext beschreibung descripción descrição`),
	"heading":  names(`heading überschrift subtitle untertitel encabezado subtítulo`),
	"url":      names(`url htmlurl publicurl link links weblink permalink href webseite enlace lien`),
	"audience": names(`audience visibility zielgruppe sichtbarkeit visibilidad visibilité`),
	"segment":  names(`usersegmentid usersegmentids`),
	"internal": names(`internal isinternal intern private isprivate privat privado privé`),
	"language": names(`language lang locale defaultlocale sprache idioma langue lingua taal język dil`),
	"tags":     names(`tags tag labels labelnames keywords schlagwörter schlagworte etiquetas étiquettes mots-clés etichette`),
	"id":       names(`id key articleid`),
	"draft":    names(`draft isdraft entwurf borrador brouillon`),
	"status":   names(`status state workflowstate publishstatus publicationstatus`),
	"public":   names(`published ispublished isactive isvisibleinpkb`),
}

func names(s string) []string { return strings.Fields(s) }

// columns say in which column of a table each part of an article stands.
type columns struct {
	at    map[string]int
	also  map[string][]int // further columns with such names, which count where the first is empty
	names []string         // as the table has them
}

// vague are names that a list of goods has as well as one of articles.
var vague = set(`name description beschreibung descripción descrição text texto texte testo heading thema topic`)

// aside are the ends of names of columns that say something of an article, and nothing to its readers.
var aside = regexp.MustCompile(`(?:id|ids|at|on|by|count|sum|position|author|autor|date|datum|created|updated|modified|votes|views|order|slug|section|category|kategorie|categoría|nr|no)$`)

// pairs is whether they make a table one of questions and answers, or of titles and texts: not where both have names that could be of anything, and
// there are columns beside them that say more.
func (c columns) pairs() bool {
	q, asked := c.at["question"]
	a, answered := c.at["answer"]
	if !asked || !answered {
		return false
	}
	if !vague[plainName(c.names[q])] || !vague[plainName(c.names[a])] {
		return true
	}
	return !slices.ContainsFunc(c.left(), func(name string) bool { return !aside.MatchString(plainName(name)) })
}

// plainName is a column's name without what nobody looks at: case, spaces, punctuation.
func plainName(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, s)
}

// mapped finds the columns by their names; chosen are those that somebody named, by part.
func mapped(heads []string, chosen map[string]string) columns {
	c := columns{at: map[string]int{}, also: map[string][]int{}, names: heads}
	plain := make([]string, len(heads))
	for i, h := range heads {
		plain[i] = plainName(h)
	}
	taken := map[int]bool{}
	for part, name := range chosen {
		if i := slices.Index(plain, plainName(name)); i >= 0 {
			c.at[part], taken[i] = i, true
		}
	}
	for _, part := range slices.Sorted(maps.Keys(columnNames)) {
		if _, known := c.at[part]; known {
			continue
		}
		for _, name := range columnNames[part] {
			i := slices.Index(plain, name)
			if i < 0 || taken[i] {
				continue
			}
			if _, known := c.at[part]; known {
				c.also[part] = append(c.also[part], i)
				continue
			}
			c.at[part], taken[i] = i, true
		}
	}
	if i, known := c.at["heading"]; known { // by itself it is the title
		if _, titled := c.at["question"]; !titled {
			c.at["question"] = i
			delete(c.at, "heading")
		}
	}
	return c
}

// Parts are what columns can be named for, as ParseColumns takes them.
var Parts = []string{"question", "answer", "heading", "url", "audience", "language", "tags", "id"}

// ParseColumns reads "question=Frage,answer=Antwort": which column holds which part of an article.
func ParseColumns(s string) (map[string]string, error) {
	if strings.TrimSpace(s) == "" {
		return nil, nil
	}
	chosen := map[string]string{}
	for _, pair := range strings.Split(s, ",") {
		part, name, ok := strings.Cut(pair, "=")
		part, name = strings.ToLower(strings.TrimSpace(part)), strings.TrimSpace(name)
		switch part { // as exports call them
		case "title":
			part = "question"
		case "body", "text", "content":
			part = "answer"
		}
		if !ok || name == "" || !slices.Contains(Parts, part) {
			return nil, fmt.Errorf("got %q, expected PART=COLUMN with a part of %s, such as question=Frage,answer=Antwort", strings.TrimSpace(pair), strings.Join(Parts, ", "))
		}
		chosen[part] = name
	}
	return chosen, nil
}

// missing says which of the chosen columns a table does not have, "" if none.
func (c columns) missing(chosen map[string]string) string {
	for _, part := range Parts {
		if name := chosen[part]; name != "" {
			if i, known := c.at[part]; !known || plainName(c.names[i]) != plainName(name) {
				return name
			}
		}
	}
	return ""
}

// String says how they were understood: "question = Frage, answer = Antwort".
func (c columns) String() string {
	var all []string
	for _, part := range Parts {
		if i, known := c.at[part]; known {
			all = append(all, part+" = "+strings.TrimSpace(c.names[i]))
		}
	}
	return strings.Join(all, ", ")
}

// left are the columns that nothing is made of.
func (c columns) left() (all []string) {
	taken := slices.Collect(maps.Values(c.at))
	for _, also := range c.also {
		taken = append(taken, also...)
	}
	for i, name := range c.names {
		if !slices.Contains(taken, i) && strings.TrimSpace(name) != "" {
			all = append(all, strings.TrimSpace(name))
		}
	}
	return all
}

// table is one of a file: where it stands there, and where its rows do.
type table struct {
	name  string // "", or the sheet's
	rows  [][]string
	where func(row int) string // of a row, by its index: "line 7"
	key   func(row int) string // of the row's article, in the file
}

// mostAbove is how many rows may stand above the names of the columns.
const mostAbove = 10

// read makes articles of a table: of one with questions and answers an article of each row, of another one article with a sentence for each.
func (f *file) read(t table) ([]knowledge.Article, error) {
	first := slices.IndexFunc(t.rows, filled)
	if first < 0 {
		return nil, nil
	}
	for i, row := range t.rows[first:min(len(t.rows), first+mostAbove)] { // a title may stand above
		if c := mapped(row, f.o.Columns); c.pairs() && c.missing(f.o.Columns) == "" {
			first += i
			break
		}
	}
	heads := t.rows[first]
	c := mapped(heads, f.o.Columns)
	if missing := c.missing(f.o.Columns); missing != "" {
		return nil, refusal{fmt.Sprintf("no column %q", missing), fmt.Sprintf("its columns are: %s", strings.Join(trimmed(heads), ", "))}
	}
	switch {
	case c.pairs():
		if f.guessed(c) {
			said := c.String()
			if left := c.left(); len(left) > 0 {
				said += "; not taken: " + strings.Join(left, ", ")
			}
			f.note(said)
		}
	case unheaded(t.rows[first:]):
		c = columns{at: map[string]int{"question": 0, "answer": 1}, names: []string{"the first column", "the second"}}
		if next := t.rows[first+1:]; short(heads) && slices.ContainsFunc(next, filled) && unheaded(next) { // in a language whose words for them we do not know
			c.names = heads
			f.note(c.String())
			break
		}
		f.note("without a line of headings: " + c.String())
		first--
	default:
		return f.facts(t, first)
	}
	var articles []knowledge.Article
	for i := first + 1; i < len(t.rows); i++ {
		if !filled(t.rows[i]) {
			continue
		}
		all := func(part string) (values []string) {
			j, known := c.at[part]
			if !known {
				return nil
			}
			for _, j := range append([]int{j}, c.also[part]...) {
				if j < len(t.rows[i]) && strings.TrimSpace(t.rows[i][j]) != "" {
					values = append(values, strings.TrimSpace(t.rows[i][j]))
				}
			}
			return values
		}
		at := func(part string) string {
			for _, s := range all(part) {
				return s
			}
			return ""
		}
		key := t.key(i)
		if id := at("id"); id != "" {
			key = id
		}
		a, err := f.article(at, all, f.key+"#"+key)
		if err != nil {
			f.reject(f.key+"#"+key, t.where(i), err)
			continue
		}
		articles = append(articles, a)
	}
	return articles, nil
}

// guessed is whether columns were found by other names than those of their parts.
func (f *file) guessed(c columns) bool {
	for part, i := range c.at {
		if f.o.Columns[part] == "" && plainName(c.names[i]) != part {
			return true
		}
	}
	return len(c.left()) > 0
}

// short is whether cells could be the names of columns.
func short(row []string) bool {
	return !slices.ContainsFunc(row, func(s string) bool {
		return len(strings.Fields(s)) > 2 || strings.HasSuffix(strings.TrimSpace(s), "?") || strings.HasSuffix(strings.TrimSpace(s), ".")
	})
}

func filled(row []string) bool {
	return slices.ContainsFunc(row, func(s string) bool { return strings.TrimSpace(s) != "" })
}

func trimmed(all []string) (out []string) {
	for _, s := range all {
		out = append(out, strings.TrimSpace(s))
	}
	return out
}

// unheaded is whether rows are questions and answers below no heading: two columns, and in most rows the first asks or the second tells more.
func unheaded(rows [][]string) bool {
	n, of := 0, 0
	for _, row := range rows {
		if !filled(row) {
			continue
		}
		of++
		switch {
		case len(row) < 2 || len(row) > 2 && filled(row[2:]) || strings.TrimSpace(row[0]) == "" || strings.TrimSpace(row[1]) == "":
		case strings.HasSuffix(strings.TrimSpace(row[0]), "?") || strings.HasSuffix(strings.TrimSpace(row[0]), "؟"), len(strings.Fields(row[1])) > 4 && len(row[1]) > len(row[0]):
			n++
		}
	}
	return 3*n > 2*of
}

// facts makes one article of a table that is none of questions and answers.
func (f *file) facts(t table, first int) ([]knowledge.Article, error) {
	rows := t.rows[first:]
	width := 0
	for _, row := range rows {
		for j, cell := range row[:min(len(row), mostColumns)] {
			if strings.TrimSpace(cell) != "" {
				width = max(width, j+1)
			}
		}
	}
	for i, row := range rows {
		rows[i] = row[:min(len(row), width)]
	}
	head := headed(rows)
	node := wrapped(atom.Table)
	for i, row := range rows {
		if !filled(row) {
			continue
		}
		tr := wrapped(atom.Tr)
		for j := range width {
			cell := ""
			if j < len(row) {
				cell = row[j]
			}
			kind := atom.Td
			if i == 0 && head {
				kind = atom.Th
			}
			tr.AppendChild(element(kind, cell))
		}
		node.AppendChild(tr)
	}
	root := &html.Node{Type: html.DocumentNode}
	title := titleOf(f.key)
	if t.name != "" {
		title += ": " + t.name
	}
	root.AppendChild(node)
	_, sections, err := written(root, title)
	if err != nil {
		return nil, err
	}
	said := "no columns of questions and answers: a sentence for each row"
	if head {
		said += ", with " + strings.Join(trimmed(rows[0]), ", ")
	}
	f.note(said)
	key := f.key
	if t.name != "" {
		key += "#" + t.name
	}
	return []knowledge.Article{{Key: key, Title: title, Audience: knowledge.ForAll, Sections: sections}}, nil
}

var (
	htmlTag  = regexp.MustCompile(`(?i)<(?:p|br|div|ul|ol|li|h[1-6]|table|span|a|b|strong|em|i|img|details|section)\b[^>]*>`)
	bulleted = regexp.MustCompile(`(?m)^[ \t]*[•·▪●‣◦][ \t]*`)
)

// The states of an article, as exports have them: published, or not. A state that is in neither list refuses the article.
var (
	published   = set(`published public live active online visible approved current final ok 2 veröffentlicht aktiv online publicado activo publié actif pubblicato gepubliceerd opublikowany opublikowano yayında`)
	unpublished = set(`draft unpublished notpublished archived hidden inactive deleted retired review inreview pending private trash inprogress expired obsolete scheduled outdated entwurf archiviert inaktiv borrador archivado brouillon archivé bozza concept
		rascunho szkic taslak`)
)

// What columns of audiences hold.
var (
	everybody = set(`public all everyone everybody published öffentlich alle público pública todos publique tous`)
	ourselves = set(`internal private agents agent staff team signedin intern interno interna interne privat privado privé`)
	yes       = set(`true yes 1 ja sí si oui y x wahr vrai verdadero vero waar prawda verdadeiro t`)
	no        = set(`false no 0 nein non n falsch faux falso onwaar fałsz f null none`)
)

func set(s string) map[string]bool {
	all := map[string]bool{}
	for _, w := range strings.Fields(s) {
		all[w] = true
	}
	return all
}

// served is an error of an article that is not to be served, or of which that cannot be told; all are the values of a part, of each column that has it.
func served(all func(part string) []string) error {
	draft := false
	for _, s := range all("draft") {
		switch v := plainName(s); {
		case yes[v] || unpublished[v]:
			draft = true
		case !no[v] && !published[v]:
			return refusal{fmt.Sprintf("draft %q", s), "expected yes or no"}
		}
	}
	for _, s := range all("status") {
		switch v := plainName(s); {
		case unpublished[v]:
			draft = true
		case !published[v]:
			return refusal{fmt.Sprintf("state %q", s), "expected published or draft; name the column otherwise if it says something else"}
		}
	}
	for _, s := range all("public") {
		switch v := plainName(s); {
		case no[v] || unpublished[v]:
			draft = true
		case !yes[v] && !published[v] && !strings.ContainsFunc(s, unicode.IsDigit): // a date tells since when
			return refusal{fmt.Sprintf("published %q", s), "expected yes or no"}
		}
	}
	if draft {
		return errDraft
	}
	return nil
}

// article makes one of a row's parts.
func (f *file) article(at func(part string) string, all func(part string) []string, key string) (a knowledge.Article, err error) {
	switch err := served(all); {
	case err != nil:
		return a, err
	case at("question") == "":
		return a, refusal{"no question", "fill the cell, or remove the row"}
	case at("answer") == "":
		return a, refusal{"no answer", "fill the cell, or remove the row"}
	}
	a = knowledge.Article{Key: key, Title: spaced(at("question")), URL: at("url"), Audience: knowledge.ForAll, Tags: tagsOf(at("tags"))}
	switch audience := plainName(at("audience")); {
	case audience == "" || everybody[audience]:
	case ourselves[audience]:
		a.Audience = knowledge.Internal
	default:
		return a, refusal{fmt.Sprintf("audience %q", at("audience")), "expected public or internal"}
	}
	for _, s := range all("segment") { // shown to some readers alone, of whom we cannot tell
		if s != "null" {
			a.Audience = knowledge.Internal
		}
	}
	for _, s := range all("internal") {
		if !no[plainName(s)] {
			a.Audience = knowledge.Internal
		}
	}
	if l, _, _ := strings.Cut(strings.ToLower(strings.ReplaceAll(at("language"), "_", "-")), "-"); len(l) == 2 {
		a.Language = l
	}
	_, a.Sections, err = bodyOf(at("answer"), a.Title)
	if heading := spaced(at("heading")); heading != "" && heading != a.Title {
		for i, s := range a.Sections {
			a.Sections[i].Heading = strings.TrimSuffix(heading+" › "+s.Heading, " › ")
		}
	}
	return a, err
}

// bodyOf reads a cell that may hold HTML, Markdown or lines of text.
func bodyOf(body, title string) (string, []knowledge.Section, error) {
	if htmlTag.MatchString(body) {
		a, err := readFragment(body, title)
		return a.Title, a.Sections, err
	}
	return cellSections(bulleted.ReplaceAllString(body, "- "), title)
}
