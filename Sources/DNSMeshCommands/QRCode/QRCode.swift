/// A QR code of version 4 with error correction M, in alphanumeric mode (ISO/IEC 18004).
///
/// 33 by 33 modules; 64 bytes of data in two blocks, with 18 bytes of error correction each.
struct QRCode: Hashable, Sendable {
    static let size = 33
    static let mostCharacters = 90

    /// Row by row from the top left; `true` is dark.
    let modules: [Bool]

    /// Fails for any other text.
    ///
    /// - Parameters:
    ///   - text: At most 90 digits, capital letters, spaces and characters of `$%*+-./:`.
    ///   - mask: From 0 to 7; without it the one that is easiest to scan.
    init?(_ text: String, mask: Int? = nil) {
        guard let data = QRData.codewords(for: text) else { return nil }
        let matrix = QRMatrix(codewords: QRErrorCorrection.interleaved(data))
        let candidates = (mask.map { [$0] } ?? Array(0..<8)).map { matrix.masked($0) }
        let best = candidates.min { QRPenalty.score($0) < QRPenalty.score($1) }
        guard let best else { return nil }
        self.modules = best
    }

    func isDark(row: Int, column: Int) -> Bool {
        let range = 0..<Self.size
        guard range.contains(row), range.contains(column) else { return false }
        return self.modules[row * Self.size + column]
    }
}
