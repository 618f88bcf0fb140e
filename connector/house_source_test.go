package connector_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// source is the module's Go files, parsed, by folder.
type source map[string][]*ast.File

// parseHouse reads every Go file of the module, tests too; nested modules are houses of their own.
func parseHouse(t *testing.T) (source, *token.FileSet) {
	t.Helper()
	fset, house := token.NewFileSet(), source{}
	require.NoError(t, filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if _, err := os.Stat(filepath.Join(path, "go.mod")); err == nil && path != ".." || d.Name() == "node_modules" || d.Name() == ".git" {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(path, ".go") {
			return nil
		}
		f, err := parser.ParseFile(fset, path, nil, parser.ParseComments)
		house[filepath.Dir(path)] = append(house[filepath.Dir(path)], f)
		return err
	}))
	require.Greater(t, len(house), 20, "the module's folders were found")
	return house, fset
}

// bubbled reports whether a file runs code in bubbles: only there is sleeping free.
func bubbled(f *ast.File) bool {
	return slices.ContainsFunc(f.Imports, func(i *ast.ImportSpec) bool { return i.Path.Value == `"testing/synctest"` })
}

// sleeps lists where a file calls time.Sleep.
func sleeps(f *ast.File) []token.Pos {
	var at []token.Pos
	ast.Inspect(f, func(n ast.Node) bool {
		if s, ok := n.(*ast.SelectorExpr); ok && s.Sel.Name == "Sleep" {
			if x, ok := s.X.(*ast.Ident); ok && x.Name == "time" {
				at = append(at, s.Pos())
			}
		}
		return true
	})
	return at
}

// TestSleepsStandInBubbles holds that nothing sleeps in real time: time.Sleep stands only in files
// that open bubbles, or in a package whose functions are called in them by its own tests.
func TestSleepsStandInBubbles(t *testing.T) {
	t.Parallel()
	house, fset := parseHouse(t)
	for dir, files := range house {
		for _, f := range files {
			name := fset.Position(f.Pos()).Filename
			if at := sleeps(f); len(at) > 0 && !bubbled(f) && !(strings.HasSuffix(dir, "test") && slices.ContainsFunc(files, bubbled)) {
				t.Errorf("%s sleeps outside a bubble: wait for what you wait for", fset.Position(at[0]))
			} else if len(at) > 0 && !strings.HasSuffix(name, "_test.go") && !strings.HasSuffix(dir, "test") {
				t.Errorf("%s: only tests sleep", fset.Position(at[0]))
			}
		}
	}
}

// entryPoints lists the exported functions and methods of a folder's package, but for those that
// are there for an interface of the standard library or of a backend and not called by name.
func entryPoints(files []*ast.File, fset *token.FileSet) []string {
	var out []string
	for _, f := range files {
		if strings.HasSuffix(fset.Position(f.Pos()).Filename, "_test.go") {
			continue
		}
		for _, d := range f.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Name.IsExported() && !slices.Contains(byInterface, fn.Name.Name) && onExported(fn) {
				out = append(out, fn.Name.Name)
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// byInterface are methods that a caller does not name.
var byInterface = []string{"Error", "Unwrap", "Is", "As", "Timeout", "Temporary", "String", "GoString", "Format", "LogValue",
	"MarshalText", "UnmarshalText", "MarshalJSON", "UnmarshalJSON", "MarshalYAML", "UnmarshalYAML", "MarshalBinary", "GobEncode",
	"ServeHTTP", "RoundTrip", "Mailbox", "Open", "Close", "Read", "Write", "Len", "Less", "Swap"}

// onExported reports whether a function has no receiver, or one whose type is exported.
func onExported(fn *ast.FuncDecl) bool {
	if fn.Recv == nil {
		return true
	}
	recv := fn.Recv.List[0].Type
	if p, ok := recv.(*ast.StarExpr); ok {
		recv = p.X
	}
	if p, ok := recv.(*ast.IndexExpr); ok {
		recv = p.X
	}
	id, ok := recv.(*ast.Ident)
	return ok && id.IsExported()
}

// shown lists every name that the examples of a folder use.
func shown(files []*ast.File) map[string]bool {
	used := map[string]bool{}
	for _, f := range files {
		for _, d := range f.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok || !strings.HasPrefix(fn.Name.Name, "Example") {
				continue
			}
			ast.Inspect(fn, func(n ast.Node) bool {
				if id, ok := n.(*ast.Ident); ok {
					used[id.Name] = true
				}
				return true
			})
		}
	}
	return used
}

// TestEveryEntryPointHasAnExample holds that what a user can call is called in a runnable example
// of its package.
func TestEveryEntryPointHasAnExample(t *testing.T) {
	t.Parallel()
	house, fset := parseHouse(t)
	for dir, files := range house {
		if strings.Contains(dir, "internal") || strings.Contains(dir, "testdata") {
			continue
		}
		used := shown(files)
		var missing []string
		for _, name := range entryPoints(files, fset) {
			if !used[name] {
				missing = append(missing, name)
			}
		}
		if len(missing) > 0 {
			t.Errorf("%s: no example calls %s", strings.TrimPrefix(filepath.ToSlash(dir), "../"), strings.Join(missing, ", "))
		}
	}
}

// TestHouseSourceCatches proves that the two tests above can fail.
func TestHouseSourceCatches(t *testing.T) {
	t.Parallel()
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, "x.go", "package x\n\nimport \"time\"\n\nfunc Wait() { time.Sleep(1) }\n\nfunc ExampleOther() { other() }\n", 0)
	require.NoError(t, err)
	require.Len(t, sleeps(f), 1)
	require.False(t, bubbled(f))
	require.Contains(t, entryPoints([]*ast.File{f}, fset), "Wait")
	require.False(t, shown([]*ast.File{f})["Wait"])
}
