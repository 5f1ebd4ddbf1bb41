internal import DMPCrypto

/// A secret that a client and a server share, and what both call it. Its descriptions don't show the secret.
public struct TSIGKey: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// What both sides call the key, in lower case.
    public let name: DNSName
    public let algorithm: TSIGAlgorithm
    private let secret: Secret

    /// Takes a secret of 1...65,535 bytes, best as many as the codes have; `nil` for another length.
    public init?(name: DNSName, algorithm: TSIGAlgorithm, secret: [UInt8]) {
        guard (1...65_535).contains(secret.count) else { return nil }
        self.name = name.lowercased()
        self.algorithm = algorithm
        self.secret = Secret(secret)
    }

    /// The whole code of some bytes, not cut as the algorithm wants it.
    func wholeCode(of bytes: [UInt8]) -> [UInt8] {
        self.algorithm.function.code(for: bytes, key: self.secret.bytes)
    }

    public var description: String { "TSIGKey(\(self.name), \(self.algorithm.rawValue))" }
    public var debugDescription: String { self.description }
    public var customMirror: Mirror { Mirror(self, children: []) }

    /// Lets copies of a key share the guarded bytes.
    private final class Secret: Sendable {
        let bytes: SecretBytes

        init(_ bytes: [UInt8]) {
            self.bytes = SecretBytes(copying: bytes)
        }
    }
}
