// Command buildcost measures what the first build of a program costs that uses a part of this module: the CPU seconds,
// the largest process, the binary, and the modules that are linked. Run it on a quiet machine from the module's root:
//
//	go run -C .ci/tools ./buildcost -root ../.. [row …]
//
// Each row is built in a cache of its own that holds the compiled standard library and nothing else.
package main

import (
	"flag"
	"fmt"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"time"
)

const module = "github.com/cloudmail-go/cloudmail/"

// row is a one-file program: what it imports.
type row struct{ name, imports string }

var rows = []row{
	{"std net/http", "net/http"},
	{"connector", module + "connector"},
	{"connector/memory", module + "connector/memory"},
	{"connector/gmail", module + "connector/gmail"},
	{"gmail/v1 alone", "google.golang.org/api/gmail/v1"},
	{"connector/graph", module + "connector/graph"},
	{"msgraph-sdk-go root", "github.com/microsoftgraph/msgraph-sdk-go"},
	{"connector/imap", module + "connector/imap"},
	{"connector/pop3", module + "connector/pop3"},
	{"keyvault", module + "keyvault"},
	{"keyvault/envvault", module + "keyvault/envvault"},
	{"keyvault/filevault", module + "keyvault/filevault"},
	{"keyvault/hashivault", module + "keyvault/hashivault"},
	{"keyvault/azurevault", module + "keyvault/azurevault"},
	{"keyvault/awsvault", module + "keyvault/awsvault"},
	{"keyvault/gcpvault", module + "keyvault/gcpvault"},
	{"keyvault/cyberarkvault", module + "keyvault/cyberarkvault"},
	{"keyvault/conjurvault", module + "keyvault/conjurvault"},
	{"keyvault/keyringvault", module + "keyvault/keyringvault"},
	{"keyvault/execvault", module + "keyvault/execvault"},
}

func main() {
	root := flag.String("root", ".", "the module's root")
	flag.Parse()
	work, err := os.MkdirTemp("", "buildcost")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(work)
	// What a row needs beyond the module's own requirements goes into a copy of go.mod.
	for _, name := range []string{"go.mod", "go.sum"} {
		data, err := os.ReadFile(filepath.Join(*root, name))
		if err == nil {
			err = os.WriteFile(filepath.Join(work, name), data, 0o600)
		}
		if err != nil {
			log.Fatal(err)
		}
	}
	base := filepath.Join(work, "std")
	if _, err := build(*root, work, base, "", "std"); err != nil {
		log.Fatal(err)
	}
	fmt.Println("| program imports | CPU s | peak MiB | binary MiB | modules linked |\n|---|---|---|---|---|")
	for _, r := range rows {
		if flag.NArg() > 0 && !slices.Contains(flag.Args(), r.name) {
			continue
		}
		if _, err := os.Stat(filepath.Join(*root, strings.TrimPrefix(r.imports, module))); strings.HasPrefix(r.imports, module) && err != nil {
			continue
		}
		line, err := measure(*root, base, work, r)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(line)
	}
}

// measure builds one program in a copy of the base cache.
func measure(root, base, work string, r row) (string, error) {
	dir := filepath.Join(work, strings.NewReplacer("/", "-", " ", "-").Replace(r.name))
	cache, bin, src := filepath.Join(dir, "cache"), filepath.Join(dir, "program"), filepath.Join(dir, "main.go")
	defer os.RemoveAll(dir)
	if err := os.CopyFS(cache, os.DirFS(base)); err != nil {
		return "", err
	}
	text := fmt.Sprintf("package main\n\nimport _ %q\n\nfunc main() {}\n", r.imports)
	if err := os.WriteFile(src, []byte(text), 0o600); err != nil {
		return "", err
	}
	p, err := build(root, work, cache, bin, src)
	if err != nil {
		return "", err
	}
	size, err := os.Stat(bin)
	if err != nil {
		return "", err
	}
	cpu := p.UserTime() + p.SystemTime()
	return fmt.Sprintf("| %s | %.1f | %d | %.1f | %d |", r.name, cpu.Round(100*time.Millisecond).Seconds(), peak(p)>>10,
		float64(size.Size())/(1<<20), linked(bin)), nil
}

// build runs go build with a cache of its own.
func build(root, work, cache, bin, what string) (*os.ProcessState, error) {
	args := []string{"build", "-buildvcs=false", "-mod=mod", "-modfile=" + filepath.Join(work, "go.mod")}
	if bin != "" {
		args = append(args, "-o", bin)
	}
	cmd := exec.Command("go", append(args, what)...)
	cmd.Dir, cmd.Stderr = root, os.Stderr
	cmd.Env = append(os.Environ(), "GOCACHE="+cache)
	err := cmd.Run()
	return cmd.ProcessState, err
}

// linked counts the modules in a binary beside this one.
func linked(bin string) int {
	out, err := exec.Command("go", "version", "-m", bin).Output()
	if err != nil {
		return -1
	}
	_, text, _ := strings.Cut(string(out), "\n")
	info, err := debug.ParseBuildInfo(strings.ReplaceAll(text, "\n\t", "\n")[1:])
	if err != nil {
		return -1
	}
	return len(info.Deps)
}
