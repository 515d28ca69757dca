package flyway

import "hash/crc32"

// checksum is Flyway's: CRC-32 over the UTF-8 bytes of all lines, without what
// ends them, as a signed number. The byte order mark is off already.
func checksum(text string) *int32 {
	var sum uint32
	buffer := make([]byte, 0, min(len(text), pieceBytes))
	for i := range len(text) {
		if text[i] != '\n' && text[i] != '\r' {
			buffer = append(buffer, text[i])
		}
		if len(buffer) == pieceBytes || i == len(text)-1 {
			sum = crc32.Update(sum, crc32.IEEETable, buffer)
			buffer = buffer[:0]
		}
	}
	signed := int32(sum) // the history stores the same 32 bits as a signed number
	return &signed
}

func equalChecksums(a, b *int32) bool {
	if a == nil || b == nil {
		return a == b
	}
	return *a == *b
}
