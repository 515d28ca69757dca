// Command safemigrate applies database migrations that can be taken back.
package main

import (
	"context"
	"os"

	"github.com/safemigrate/safemigrate/internal/cli"
)

func main() {
	os.Exit(cli.Main(context.Background(), cli.OS(), os.Args[1:]))
}
