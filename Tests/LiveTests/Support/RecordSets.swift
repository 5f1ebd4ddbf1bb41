import DMPTesting

/// Sets of values of the sizes that matter on the way through resolvers.
enum RecordSets {
    /// A chunk; what just fits a UDP answer; two manifests; a mailbox slot with much mail; about all that TCP can carry.
    static let all: [(label: String, values: [String])] = [
        ("b241", [value(241, seed: 1)]),
        ("b1100", [value(1_100, seed: 2)]),
        ("b1215", [value(1_215, seed: 3)]),
        ("b3000", [value(1_500, seed: 4), value(1_500, seed: 5)]),
        ("b5000", (0..<5).map { value(1_000, seed: 50 + $0) }),
        ("b11000", (0..<10).map { value(1_100, seed: 10 + $0) }),
        ("b20000", (0..<10).map { value(2_000, seed: 60 + $0) }),
        ("b30000", (0..<15).map { value(2_000, seed: 30 + $0) }),
        ("b60000", (0..<30).map { value(2_000, seed: 80 + $0) }),
    ]

    private static func value(_ count: Int, seed: UInt64) -> String {
        var random = SeededRandom(seed: seed)
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        let letters = random.bytes(count - 7).map { alphabet[Int($0 & 63)] }
        return "v=dmp1;" + String(decoding: letters, as: UTF8.self)
    }
}
