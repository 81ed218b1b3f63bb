// Command licences lists the modules that are built into deskbell, each with its licence as its own text shows, in docs/licences.md. With -check it
// fails when the list is not that of go.mod.
package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/google/licensecheck"
)

const file = "docs/licences.md"

func main() {
	check := flag.Bool("check", false, "fail if "+file+" is not up to date, and change nothing")
	flag.Parse()
	if err := run(*check); err != nil {
		fmt.Fprintln(os.Stderr, "licences:", err)
		os.Exit(1)
	}
}

func run(check bool) error {
	list, err := exec.Command("go", "list", "-deps", "-f", "{{with .Module}}{{if not .Main}}{{.Path}}\t{{.Version}}\t{{.Dir}}{{end}}{{end}}", "./cmd/deskbell").Output()
	if err != nil {
		return fmt.Errorf("go list: %w", err)
	}
	lines := strings.Split(strings.TrimSpace(string(list)), "\n")
	slices.Sort(lines)
	var b bytes.Buffer
	b.WriteString("# Licences\n\nThe modules that are built into `deskbell`, with the licences that their own texts are. Made by `make licences`; `make check` fails when it is\nnot that of `go.mod`. Go itself: BSD-3-Clause. A bill of materials in CycloneDX: `make sbom`.\n\n| Module | Version | Licence |\n|---|---|---|\n")
	var unknown []error
	for _, line := range slices.Compact(lines) {
		f := strings.Split(line, "\t")
		if len(f) != 3 {
			continue
		}
		licence, err := licenceOf(f[2])
		if err != nil {
			unknown = append(unknown, fmt.Errorf("%s: %w", f[0], err))
		}
		fmt.Fprintf(&b, "| %s | %s | %s |\n", f[0], f[1], licence)
	}
	if err := errors.Join(unknown...); err != nil {
		return err
	}
	if !check {
		return os.WriteFile(file, b.Bytes(), 0o644) //nolint:gosec // a document
	}
	if was, err := os.ReadFile(file); err != nil || !bytes.Equal(was, b.Bytes()) {
		return errors.Join(errors.New(file+" is not up to date: make licences"), err)
	}
	return nil
}

// licenceOf reads what a module's licence files are.
func licenceOf(dir string) (string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return "", err
	}
	var ids []string
	for _, e := range entries {
		name := strings.ToUpper(e.Name())
		if e.IsDir() || !strings.HasPrefix(name, "LICEN") && !strings.HasPrefix(name, "COPYING") {
			continue
		}
		text, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			return "", err
		}
		for _, m := range licensecheck.Scan(text).Match {
			if !slices.Contains(ids, m.ID) && !m.IsURL {
				ids = append(ids, m.ID)
			}
		}
	}
	if len(ids) == 0 {
		return "", errors.New("no licence was found in " + dir)
	}
	slices.Sort(ids)
	return strings.Join(ids, ", "), nil
}
