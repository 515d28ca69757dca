package layering_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	testNamed = regexp.MustCompile(`\bTest[A-Z]\w+`)
	testMade  = regexp.MustCompile(`(?m)^func (Test\w+)\(`)
	link      = regexp.MustCompile(`\]\(([^)#]+)[^)]*\)`)
)

// TestDocumentsHold: the tests that a document names exist, its links within the tree lead
// somewhere, and no merge has left both sides in it.
func TestDocumentsHold(t *testing.T) {
	t.Parallel()
	documents, made := tree(t, "../..")
	if len(documents) < 10 || len(made) < 100 {
		t.Fatalf("%d documents and %d tests found", len(documents), len(made))
	}
	for path, text := range documents {
		for _, name := range testNamed.FindAllString(text, -1) {
			if !made[name] {
				t.Errorf("%s names %s, which is no test", path, name)
			}
		}
		for _, m := range link.FindAllStringSubmatch(text, -1) {
			if strings.Contains(m[1], "://") {
				continue
			}
			if _, err := os.Stat(filepath.Join(filepath.Dir(path), m[1])); err != nil {
				t.Errorf("%s has a link to %s, which is not there", path, m[1])
			}
		}
		if strings.Contains(text, "\n<<<<<<< ") || strings.Contains(text, "\n>>>>>>> ") {
			t.Errorf("%s holds both sides of a merge", path)
		}
	}
}

// tree reads all documents below a directory, and the names of all tests.
func tree(t *testing.T, root string) (documents map[string]string, made map[string]bool) {
	t.Helper()
	documents, made = map[string]string{}, map[string]bool{}
	err := filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if e.IsDir() && path != root && strings.HasPrefix(e.Name(), ".") {
			return fs.SkipDir
		}
		document, tests := strings.HasSuffix(path, ".md"), strings.HasSuffix(path, "_test.go")
		if !document && !tests {
			return nil
		}
		text, err := os.ReadFile(path)
		if document {
			documents[path] = string(text)
			return err
		}
		for _, m := range testMade.FindAllStringSubmatch(string(text), -1) {
			made[m[1]] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return documents, made
}
