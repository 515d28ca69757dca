// Command safemigrate applies database migrations that can be taken back.
package main

import (
	"context"
	"os"
	"runtime/debug"

	"github.com/safemigrate/safemigrate/internal/cli"
)

// gcPercent collects garbage twice as often as usual: containers that deploy
// are small, and what the program waits for is the database.
const gcPercent = 50

func main() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	os.Exit(cli.Main(context.Background(), cli.OS(), os.Args[1:]))
}
