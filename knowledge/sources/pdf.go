package sources

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"strings"
	"sync"

	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/model"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/types"

	"github.com/deskbell/deskbell/knowledge"
)

// The bounds of a PDF: how deep what is drawn may be nested, and how much of its text may be without a meaning.
const (
	mostForms        = 6
	mostInstructions = 50_000_000 // of a file
	mostDrawn        = 1000       // forms, a page
	mostRuns         = 200_000    // a page
	mostPages        = 10_000
	mostUnread       = 0.2
	fewestGlyphs     = 8 // of a page that is no picture
)

var pdfSettings = sync.OnceValue(func() *model.Configuration {
	model.ConfigPath = "disable" // it would write a file of its own into the user's home
	c := model.NewDefaultConfiguration()
	c.ValidationMode = model.ValidationRelaxed
	c.Cmd = model.EXTRACTCONTENT
	return c
})

// run is a piece of text as a page draws it.
type run struct {
	text    string
	x, end  float64 // where it begins and ends, in points
	y, size float64
	bold    bool
}

// readPDF reads the text of a PDF: what pdfcpu finds in the file, drawn here without ink, and then read by where it stands.
func readPDF(key string, b []byte) (a knowledge.Article, err error) {
	settings := *pdfSettings()
	doc, err := pdfcpu.Read(bytes.NewReader(b), &settings)
	switch {
	case errors.Is(err, pdfcpu.ErrWrongPassword):
		return a, refusal{"protected by a password", "save it without one"}
	case err == nil:
		err = doc.EnsurePageCount()
	}
	if err != nil {
		return a, refusal{"damaged: " + err.Error(), "open it and save it again, or print it to a new PDF"}
	}
	if doc.PageCount > mostPages {
		return a, refusal{fmt.Sprintf("%d pages are more than a file may have (%d)", doc.PageCount, mostPages), "cut it in parts"}
	}
	p := &printer{doc: doc, fonts: map[int]*pdfFont{}, said: map[[2]int][]run{}}
	p.layers = p.unshownLayers()
	var l layout
	pictures, glyphs, unread := 0, 0, 0
	for n := 1; n <= doc.PageCount; n++ {
		runs, turned, err := p.page(n)
		if err != nil {
			return a, refusal{fmt.Sprintf("page %d is damaged: %v", n, err), "open it and save it again, or print it to a new PDF"}
		}
		if p.glyphs < fewestGlyphs && p.images > 0 {
			pictures++
		}
		glyphs, unread = glyphs+p.glyphs, unread+p.unread
		l.page(runs)
		for _, runs := range turned { // a table that lies on its side, say
			if len(runs) > 0 {
				l.page(runs)
			}
		}
	}
	switch {
	case doc.PageCount > 0 && 2*pictures > doc.PageCount && glyphs < fewestGlyphs*doc.PageCount:
		return a, refusal{"a scan: pictures of pages without a text layer", "run it through text recognition first, such as ocrmypdf"}
	case float64(unread) > mostUnread*float64(max(glyphs, 1)):
		return a, refusal{"its fonts do not tell which letters they draw", "print it to a new PDF, or run it through text recognition such as ocrmypdf --force-ocr"}
	}
	o := newOffice()
	l.write(o)
	if parts := p.tags(); parts != nil && (headings(parts) > 0 || headings(o.root) == 0) { // else nobody told the parts from one another
		o = newOffice()
		o.tagged(parts)
	}
	called := ""
	if doc.Info != nil {
		if info, err := doc.DereferenceDict(*doc.Info); err == nil && info["Title"] != nil {
			called, _ = doc.DereferenceText(info["Title"])
			called = spaced(called)
		}
	}
	if called == "" || strings.HasPrefix(called, "Microsoft ") || strings.EqualFold(called, "untitled") || strings.HasSuffix(called, ".doc") || strings.HasSuffix(called, ".docx") {
		called = titleOf(key)
	}
	return o.article(called)
}

// matrix is one of PDF's, [a b c d e f].
type matrix [6]float64

var identity = matrix{1, 0, 0, 1, 0, 0}

// then is m, and n after it.
func (m matrix) then(n matrix) matrix {
	return matrix{
		m[0]*n[0] + m[1]*n[2], m[0]*n[1] + m[1]*n[3], m[2]*n[0] + m[3]*n[2], m[2]*n[1] + m[3]*n[3],
		m[4]*n[0] + m[5]*n[2] + n[4], m[4]*n[1] + m[5]*n[3] + n[5],
	}
}

// state is what a page's instructions have set.
type state struct {
	at                             matrix
	font                           *pdfFont
	size, gap, wordGap, wide, lead float64
	rise                           float64
	fat                            bool // drawn with an outline, which looks bold
}

// printer draws pages without ink.
type printer struct {
	doc    *model.Context
	fonts  map[int]*pdfFont // by the number of the object
	runs   []run
	state  state
	saved  []state
	text   matrix // where the next glyph stands
	line   matrix // where its line began
	aside  int    // how many marks deep in what is not the page's own: headers, page numbers
	marks  []mcid // that are open
	turned matrix // the page, as it is looked at
	// runs that stand upright, upside down or the other way up, as they are read
	upright [3][]run
	area    [4]float64   // of the page, from left and below to right and above; all 0: it is not known
	layers  map[int]bool // that are not shown, by the number of the object

	number   int              // of the page's object
	said     map[[2]int][]run // what was drawn under a mark, by the page's number and the mark's
	untagged int              // characters under none

	images, glyphs, unread, drawn int
	steps                         int
}

// mcid is a mark: that of a part of the document, by its number, or of what is not the page's own.
type mcid struct {
	aside bool
	id    int // -1: it has none
}

// page draws one.
func (p *printer) page(n int) (runs []run, turned [3][]run, err error) {
	p.upright, p.area = [3][]run{}, [4]float64{}
	p.runs, p.saved, p.marks, p.aside, p.images, p.glyphs, p.unread, p.drawn = nil, nil, nil, 0, 0, 0, 0, 0
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%v", r)
		}
	}()
	d, ref, inherited, err := p.doc.PageDict(n, false)
	if err != nil || d == nil {
		return nil, turned, err
	}
	if ref != nil {
		p.number = ref.ObjectNumber.Value()
	}
	content, err := p.doc.PageContent(d, n)
	if errors.Is(err, model.ErrNoContent) || content == nil && err == nil {
		return nil, turned, nil
	}
	if err != nil {
		return nil, turned, err
	}
	if box := inherited.MediaBox; box != nil {
		p.area = [4]float64{box.LL.X, box.LL.Y, box.UR.X, box.UR.Y}
	}
	resources := inherited.Resources
	if own, err := p.doc.DereferenceDict(d["Resources"]); err == nil && own != nil {
		resources = own
	}
	p.turned = [4]matrix{identity, {0, -1, 1, 0, 0, 0}, {-1, 0, 0, -1, 0, 0}, {0, 1, -1, 0, 0, 0}}[((inherited.Rotate/90)%4+4)%4]
	p.state = state{at: identity, wide: 1}
	p.draw(content, resources, 0)
	return p.runs, p.upright, nil
}

// draw follows instructions.
func (p *printer) draw(content []byte, resources types.Dict, deep int) {
	s := &p.state
	in := &instructions{b: content}
	marked := len(p.marks)
	for {
		op, args, ok := in.next()
		if p.steps++; !ok || p.steps > mostInstructions {
			break
		}
		num := func(i int) float64 {
			if i < len(args) {
				return args[i].number
			}
			return 0
		}
		str := func(i int) string {
			if i >= 0 && i < len(args) {
				return args[i].text
			}
			return ""
		}
		six := func() matrix { return matrix{num(0), num(1), num(2), num(3), num(4), num(5)} }
		newLine := func(x, y float64) {
			p.line = matrix{1, 0, 0, 1, x, y}.then(p.line)
			p.text = p.line
		}
		switch op {
		case "q":
			p.saved = append(p.saved, *s)
		case "Q":
			if n := len(p.saved); n > 0 {
				*s, p.saved = p.saved[n-1], p.saved[:n-1]
			}
		case "cm":
			s.at = six().then(s.at)
		case "BT":
			p.text, p.line = identity, identity
		case "Tf":
			s.font, s.size = p.font(resources, str(0)), num(1)
		case "Tc":
			s.gap = num(0)
		case "Tw":
			s.wordGap = num(0)
		case "Tz":
			s.wide = num(0) / 100
		case "TL":
			s.lead = num(0)
		case "Ts":
			s.rise = num(0)
		case "Tr":
			s.fat = num(0) == 2
		case "Td":
			newLine(num(0), num(1))
		case "TD":
			s.lead = -num(1)
			newLine(num(0), num(1))
		case "Tm":
			p.text, p.line = six(), six()
		case "T*":
			newLine(0, -s.lead)
		case "Tj":
			p.show(str(0))
		case "'":
			newLine(0, -s.lead)
			p.show(str(0))
		case "\"":
			s.wordGap, s.gap = num(0), num(1)
			newLine(0, -s.lead)
			p.show(str(2))
		case "TJ":
			if len(args) > 0 {
				for _, x := range args[0].list {
					if x.text != "" {
						p.show(x.text)
					} else {
						p.text = matrix{1, 0, 0, 1, -x.number / 1000 * s.size * s.wide, 0}.then(p.text)
					}
				}
			}
		case "BDC", "BMC":
			m := mcid{aside: str(0) == "Artifact" || str(0) == "OC" && p.unshown(resources, str(1)), id: -1}
			for i := 1; i+1 < len(args); i++ {
				if args[i].text == "MCID" {
					m.id = int(args[i+1].number)
				}
			}
			if m.id < 0 && len(args) == 2 {
				m.id = p.property(resources, str(1))
			}
			if m.aside {
				p.aside++
			}
			p.marks = append(p.marks, m)
		case "EMC":
			if n := len(p.marks); n > marked {
				if p.marks[n-1].aside {
					p.aside--
				}
				p.marks = p.marks[:n-1]
			}
		case "BI":
			p.images++
		case "Do":
			p.object(resources, str(0), deep)
		}
	}
}

// property is the number that a mark has in the page's list of properties; -1: none.
func (p *printer) property(resources types.Dict, name string) int {
	all, err := p.doc.DereferenceDict(resources["Properties"])
	if err != nil || all == nil {
		return -1
	}
	if d, err := p.doc.DereferenceDict(all[name]); err == nil && d != nil {
		if n := d.IntEntry("MCID"); n != nil {
			return *n
		}
	}
	return -1
}

// object draws another thing within: a form is instructions of its own.
func (p *printer) object(resources types.Dict, name string, deep int) {
	all, err := p.doc.DereferenceDict(resources["XObject"])
	if err != nil || all == nil {
		return
	}
	sd, _, err := p.doc.DereferenceStreamDict(all[name])
	if err != nil || sd == nil {
		return
	}
	switch sub := sd.NameEntry("Subtype"); {
	case sub == nil:
	case *sub == "Image":
		p.images++
	case *sub == "Form" && deep < mostForms && p.drawn < mostDrawn:
		p.drawn++
		if sd.Decode() != nil {
			return
		}
		before, saved := p.state, p.saved
		if m, err := p.doc.DereferenceArray(sd.Dict["Matrix"]); err == nil && len(m) == 6 {
			p.state.at = matrix(p.numbers(m)).then(p.state.at)
		}
		own, err := p.doc.DereferenceDict(sd.Dict["Resources"])
		if err != nil || own == nil {
			own = resources
		}
		p.saved = nil
		p.draw(sd.Content, own, deep+1)
		p.state, p.saved = before, saved
	}
}

func (p *printer) numbers(a types.Array) []float64 {
	out := make([]float64, len(a))
	for i, o := range a {
		out[i], _ = p.doc.DereferenceNumber(o)
	}
	return out
}

// aslant is how far a line may be turned from the page's edges, in radians.
const aslant = 0.2

// margin is how far beside the page a text may begin that is on it.
const margin = 5

func (p *printer) outside(at matrix) bool {
	if p.area == [4]float64{} {
		return false
	}
	return at[4] < p.area[0]-margin || at[4] > p.area[2]+margin || at[5] < p.area[1]-margin || at[5] > p.area[3]+margin
}

// unshown is whether a mark is of a layer that no reader shows.
func (p *printer) unshown(resources types.Dict, name string) bool {
	if len(p.layers) == 0 {
		return false
	}
	all, err := p.doc.DereferenceDict(resources["Properties"])
	if err != nil || all == nil {
		return false
	}
	ref, is := all[name].(types.IndirectRef)
	return is && p.layers[ref.ObjectNumber.Value()]
}

// unshownLayers are the layers that a document is opened without.
func (p *printer) unshownLayers() map[int]bool {
	off := map[int]bool{}
	of, err := p.doc.DereferenceDict(p.catalog()["OCProperties"])
	if err != nil || of == nil {
		return off
	}
	usual, err := p.doc.DereferenceDict(of["D"])
	if err != nil || usual == nil {
		return off
	}
	list, _ := p.doc.DereferenceArray(usual["OFF"])
	for _, o := range list {
		if ref, is := o.(types.IndirectRef); is {
			off[ref.ObjectNumber.Value()] = true
		}
	}
	return off
}

// show draws a string: a run, which ends where there is a gap.
func (p *printer) show(raw string) {
	s := &p.state
	if s.font == nil {
		s.font = &pdfFont{}
	}
	at := func() matrix {
		return matrix{s.size * s.wide, 0, 0, s.size, 0, s.rise}.then(p.text).then(s.at).then(p.turned)
	}
	first := at()
	start := p.text.then(s.at)
	var b strings.Builder
	for i := 0; i < len(raw); {
		code, n := s.font.code(raw[i:])
		t, known := s.font.letter(code, n)
		width := s.font.width(code, t) * s.size
		width += s.gap
		if n == 1 && raw[i] == ' ' {
			width += s.wordGap
		}
		i += n
		p.glyphs++
		if !known {
			p.unread++
		}
		b.WriteString(t)
		p.text = matrix{1, 0, 0, 1, width * s.wide, 0}.then(p.text)
	}
	last := at()
	size := math.Hypot(first[2], first[3])
	if p.aside > 0 || size < 0.5 || p.outside(start) { // what is not the page's own, too small to be read, or beside the page
		return
	}
	t := b.String()
	if strings.TrimSpace(t) == "" && t != "" {
		t = " "
	}
	if t == "" || len(p.runs) == mostRuns {
		return
	}
	bold := s.font.bold || s.fat
	angle := math.Atan2(first[1], first[0])
	quarter := math.Round(angle / (math.Pi / 2))
	if math.Abs(angle-quarter*math.Pi/2) > aslant { // as "draft" across a page
		return
	}
	if i := (int(quarter) + 4) % 4; i > 0 {
		turn := [4]matrix{1: {0, -1, 1, 0, 0, 0}, 2: {-1, 0, 0, -1, 0, 0}, 3: {0, 1, -1, 0, 0, 0}}[i]
		f, e := first.then(turn), last.then(turn)
		if len(p.upright[i-1]) < mostRuns {
			p.upright[i-1] = append(p.upright[i-1], run{text: t, x: f[4], end: e[4], y: f[5], size: size, bold: bold})
		}
		return
	}
	r := run{text: t, x: first[4], end: last[4], y: first[5], size: size, bold: bold}
	p.runs = append(p.runs, r)
	for i := len(p.marks) - 1; i >= 0; i-- {
		if id := p.marks[i].id; id >= 0 {
			p.said[[2]int{p.number, id}] = append(p.said[[2]int{p.number, id}], r)
			return
		}
	}
	p.untagged += len(strings.TrimSpace(t))
}
