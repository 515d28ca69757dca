package cli

import (
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

func newVersion(p *program) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "version",
		Short: "Show the version of this program",
		Long:  `Show the version of this program, the revision that it was built from, and Go's version.`,
		Args:  noArgs,
		RunE: func(*cobra.Command, []string) error {
			v := readVersion()
			return p.answer(v, func(t *text) { versionText(t, v) })
		},
	}
	describe(cmd, `safemigrate version --json`, exits(0, 1, 2)...)
	return cmd
}

// versionDocument is the answer of version with --json.
type versionDocument struct {
	Schema   string `json:"schema"`
	Version  string `json:"version"`
	Revision string `json:"revision,omitempty"`
	Modified bool   `json:"modified,omitempty"` // built from files that are in no revision
	Go       string `json:"go"`
	Platform string `json:"platform"`
}

// readVersion asks the program what it was built from.
func readVersion() versionDocument {
	v := versionDocument{Schema: "safemigrate/version/1", Version: "devel", Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return v
	}
	if info.Main.Version != "" && info.Main.Version != "(devel)" {
		v.Version = info.Main.Version
	}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			v.Revision = s.Value
		case "vcs.modified":
			v.Modified = s.Value == "true"
		}
	}
	return v
}

// programVersion is the version for the ledger.
func programVersion() string { return readVersion().Version }

func versionText(t *text, v versionDocument) {
	t.linef("version", "%s", v.Version)
	if v.Revision != "" {
		modified := ""
		if v.Modified {
			modified = ", with changes"
		}
		t.linef("revision", "%s%s", v.Revision, modified)
	}
	t.linef("built", "%s for %s", v.Go, v.Platform)
}
