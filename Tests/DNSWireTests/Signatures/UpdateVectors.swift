import DMPTesting
import DNSWire
import Testing

/// Updates and signatures that dnspython wrote.
struct UpdateVectors: Decodable {
    let key: String
    let secret: Hex
    let time: UInt64
    let cases: [Case]
    /// One of each prerequisite and each change.
    let everyKind: Hex

    struct Case: Decodable {
        let algorithm: String
        let request, accepted, refused, badtime: Hex
    }

    static func load() throws -> UpdateVectors { try Vectors.load("update", convertingSnakeCase: true) }

    func key(_ algorithm: String) throws -> TSIGKey {
        let algorithm = try #require(TSIGAlgorithm(algorithm))
        return try #require(TSIGKey(name: DNSName(self.key), algorithm: algorithm, secret: self.secret.bytes))
    }

    /// What the requests of all cases ask for.
    static func update() throws -> DNSUpdate {
        let name = try DNSName("slot-1.mb-0123456789ab.mesh.test")
        let change = DNSUpdate.Change.add(name, timeToLive: 300, .txt(TXTData("abc".utf8)))
        return DNSUpdate(zone: try DNSName("mesh.test"), changes: [change])
    }
}
