package cli

import (
	"strings"
	"time"

	"github.com/safemigrate/safemigrate"
	"github.com/safemigrate/safemigrate/snapshot"
)

const storeURL = "s3://backups/shop?endpoint=https://objects.example.org"

var storedOne = storedSnapshot{
	ID: "20260102-120431-4be1c0", Digest: strings.Repeat("d1", 32), Tag: "12", TakenAt: taken, Engine: "sqlite", Database: "app.db",
	Encrypted: true, Chunks: 59, Bytes: 61_000_000, Stored: 18_500_000, Added: 1_250_000,
}

// storedStray is what a run left that died.
var storedStray = storedSnapshot{
	ID: "20260103-120000-5cf2d1", Digest: strings.Repeat("e2", 32), Tag: "13", TakenAt: taken.Add(24 * time.Hour), Engine: "sqlite", Database: "app.db",
	Encrypted: true, Chunks: 60, Bytes: 61_500_000, Stored: 18_600_000, Added: 100_000, Stray: true,
}

var (
	storedList     = storeListDocument{storeListSchema, storeURL, []storedSnapshot{storedOne, storedStray}}
	storedNone     = storeListDocument{storeListSchema, storeURL, []storedSnapshot{}}
	storedSealed   = storeShowDocument{storeShowSchema, storeURL, storedOne, nil}
	storedShown    = storeShowDocument{storeShowSchema, storeURL, storedOne, &snapshotContents{&keptStored, []storedPart{{"database", 0, "bytes", 61_000_000, 0, 59}}}}
	storedVerified = storeVerifyDocument{storeVerifySchema, storeURL, "checksums", []storeVerified{
		{storedOne.ID, "12", safemigrate.Checked{Chunks: 8, Bytes: 2_600_000, Share: 3, Shares: 7, Recorded: true}},
	}}
	restoredFromStore = restoreDocument{restoreSchema, storeURL, storedOne,
		safemigrate.Restored{Database: "shop_restored", Address: "db2:5432", Created: true, Tables: 14, Rows: 1_240_000}, 93 * time.Second}
	exported = exportDocument{exportSchema, storeURL, storedOne, []string{"lost/database"}}
)

// keptStored is a snapshot of SQLite as a store has it.
var keptStored = snapshot.Manifest{
	Format: snapshot.Format, ID: storedOne.ID, Tag: "12", Strategy: snapshot.Clone, TakenAt: taken,
	Database: snapshot.Database{Engine: "sqlite", Name: "app.db", Address: "/srv/app.db", Server: "3.53.4", Ledger: "0d9f3c5e8a7b4c12"},
	Tables:   []snapshot.Table{{Name: "orders", Rows: 20000, Sum: "77ab", At: "database"}},
	Bytes:    61_000_000, Parts: map[string]string{"database": "c0ffee"}, Seal: strings.Repeat("5e", 32),
}

var pinnedOne = pinDocument{pinSchema, storedOne.ID, "12", true}
