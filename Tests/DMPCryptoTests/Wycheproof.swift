import DMPTesting

/// One file of Wycheproof, the public test data for cryptographic libraries.
struct Wycheproof<Group: Decodable>: Decodable {
    enum Verdict: String, Decodable {
        case valid, invalid, acceptable
    }

    let numberOfTests: Int
    let testGroups: [Group]

    /// - Returns: `nil` where the public test data is missing.
    static func load(_ file: String, cases: Int) throws -> Wycheproof? {
        try PublicTestData.load("wycheproof/\(file)", skipping: cases)
    }
}
