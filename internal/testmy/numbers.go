//go:build unix

package testmy

import "fmt"

// Numbers is SQL of a derived table, called numbers, whose column seq counts from 1 to n,
// at most a million, on both products. MariaDB's own seq_1_to_n is not known to MySQL.
func Numbers(n int) string {
	return fmt.Sprintf("(WITH RECURSIVE digits (d) AS (SELECT 0 UNION ALL SELECT d + 1 FROM digits WHERE d < 999) "+
		"SELECT CAST(1000 * a.d + b.d + 1 AS SIGNED) AS seq FROM digits a, digits b WHERE 1000 * a.d + b.d < %d) AS numbers", n)
}
