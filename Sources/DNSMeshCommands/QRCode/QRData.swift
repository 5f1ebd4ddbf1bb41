/// The data bytes of a QR code of version 4-M in alphanumeric mode.
enum QRData {
    static let byteCount = 64

    private static let alphabet = Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:".utf8)

    /// - Returns: 64 bytes, or `nil` if the text is too long or holds other characters.
    static func codewords(for text: String) -> [UInt8]? {
        let values = text.utf8.compactMap { self.alphabet.firstIndex(of: $0) }
        guard values.count == text.utf8.count, values.count <= QRCode.mostCharacters else { return nil }
        var bits: [Bool] = []
        func append(_ value: Int, _ width: Int) {
            for shift in (0..<width).reversed() { bits.append(value >> shift & 1 == 1) }
        }
        append(0b0010, 4)  // alphanumeric
        append(values.count, 9)
        for index in stride(from: 0, to: values.count, by: 2) {
            if index + 1 < values.count {
                append(values[index] * 45 + values[index + 1], 11)
            } else {
                append(values[index], 6)
            }
        }
        append(0, min(4, self.byteCount * 8 - bits.count))
        append(0, (8 - bits.count % 8) % 8)
        var bytes = stride(from: 0, to: bits.count, by: 8).map { start in
            bits[start..<start + 8].reduce(UInt8(0)) { $0 << 1 | ($1 ? 1 : 0) }
        }
        var isFirst = true
        while bytes.count < self.byteCount {
            bytes.append(isFirst ? 0xec : 0x11)
            isFirst.toggle()
        }
        return bytes
    }
}
