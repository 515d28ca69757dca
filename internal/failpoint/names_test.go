//go:build failpoint

package failpoint_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/safemigrate/safemigrate/internal/failpoint"
)

func TestNamesAreThoseOfTheSource(t *testing.T) {
	t.Parallel()
	found := sourceNames(t, filepath.Join("..", ".."))
	listed := slices.Sorted(slices.Values(failpoint.Names()))
	if !slices.Equal(found, slices.Compact(slices.Clone(listed))) {
		t.Errorf("the source has\n%s\nthe list has\n%s", strings.Join(found, "\n"), strings.Join(listed, "\n"))
	}
	if len(slices.Compact(slices.Clone(listed))) != len(listed) {
		t.Error("a name is listed twice")
	}
}

// sourceNames collects the arguments of every failpoint.Hit below root. Where
// one is a parameter of the function around it, its values are what the package
// passes there.
func sourceNames(t *testing.T, root string) []string {
	t.Helper()
	names := map[string]bool{}
	for _, files := range parsePackages(t, root) {
		for _, file := range files {
			for _, d := range file.Decls {
				f, ok := d.(*ast.FuncDecl)
				if !ok {
					continue
				}
				for _, call := range calls(f, "failpoint", "Hit") {
					collect(t, names, files, f, call.Args[0])
				}
			}
		}
	}
	var sorted []string
	for name := range names {
		sorted = append(sorted, name)
	}
	slices.Sort(sorted)
	return sorted
}

func collect(t *testing.T, names map[string]bool, files []*ast.File, around *ast.FuncDecl, arg ast.Expr) {
	t.Helper()
	if name, ok := literal(arg); ok {
		names[name] = true
		return
	}
	id, ok := arg.(*ast.Ident)
	at := -1
	if ok {
		at = parameter(around, id.Name)
	}
	if at < 0 {
		t.Fatalf("%s hits a point whose name is neither a literal nor a parameter", around.Name.Name)
	}
	for _, file := range files {
		for _, call := range calls(file, "", around.Name.Name) {
			name, ok := literal(call.Args[at])
			if !ok {
				t.Fatalf("%s is called with a name that is no literal", around.Name.Name)
			}
			names[name] = true
		}
	}
}

// calls lists the calls of a function, of another package where one is named.
func calls(in ast.Node, pkg, name string) []*ast.CallExpr {
	var found []*ast.CallExpr
	ast.Inspect(in, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		switch f := call.Fun.(type) {
		case *ast.Ident:
			if pkg == "" && f.Name == name {
				found = append(found, call)
			}
		case *ast.SelectorExpr:
			if x, ok := f.X.(*ast.Ident); ok && pkg != "" && x.Name == pkg && f.Sel.Name == name {
				found = append(found, call)
			}
		}
		return true
	})
	return found
}

func parameter(f *ast.FuncDecl, name string) int {
	at := 0
	for _, field := range f.Type.Params.List {
		for _, id := range field.Names {
			if id.Name == name {
				return at
			}
			at++
		}
	}
	return -1
}

func literal(e ast.Expr) (string, bool) {
	lit, ok := e.(*ast.BasicLit)
	if !ok || lit.Kind != token.STRING {
		return "", false
	}
	name, err := strconv.Unquote(lit.Value)
	return name, err == nil
}

// parsePackages parses all Go files but tests, by directory.
func parsePackages(t *testing.T, root string) map[string][]*ast.File {
	t.Helper()
	packages := map[string][]*ast.File{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && path != root && strings.HasPrefix(d.Name(), "."):
			return fs.SkipDir
		case d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go"):
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		packages[filepath.Dir(path)] = append(packages[filepath.Dir(path)], file)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return packages
}
