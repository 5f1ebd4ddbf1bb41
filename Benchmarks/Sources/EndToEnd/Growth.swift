import DMPCrypto
import DMPNetwork
import DMPProtocol
import DNSMesh
import DNSTransport
import Foundation
import Synchronization

/// How the cost of a receive pass grows with contacts, zones and waiting messages: `EndToEnd --growth`.
///
/// The records lie in memory, so that counted are the questions and the CPU time of the client alone. Prints a line of
/// JSON for each size, and the slope against the size before: 1 is linear.
struct Growth {
    static let sizes = [1, 10, 100, 1_000]

    private struct Point {
        let size: Int
        let questions: Int
        let microseconds: Double
    }

    func run() async throws {
        for (name, measure) in [
            ("contacts", self.contacts), ("zones", self.zones), ("messages", self.messages),
        ] as [(String, (Int) async throws -> (Int, Double))] {
            var before: Point?
            for size in Self.sizes {
                let (questions, time) = try await measure(size)
                let point = Point(size: size, questions: questions, microseconds: time)
                Self.print(name, point, before)
                before = point
            }
        }
    }

    private static func print(_ name: String, _ point: Point, _ before: Point?) {
        func slope(_ value: (Point) -> Double) -> String {
            guard let before, value(before) > 0 else { return "null" }
            let slope = log(value(point) / value(before)) / log(Double(point.size) / Double(before.size))
            return String(format: "%.2f", slope)
        }
        Swift.print(
            """
            {"grows": "\(name)", "size": \(point.size), "questions": \(point.questions), \
            "questions_slope": \(slope { Double($0.questions) }), "cpu_us": \(Int(point.microseconds)), \
            "cpu_slope": \(slope(\.microseconds)), "resident_kib": \(Self.residentKilobytes)}
            """
        )
    }

    // MARK: What grows

    /// Contacts of one zone, one of whom has sent a message.
    private func contacts(_ count: Int) async throws -> (Int, Double) {
        let world = try GrowthWorld()
        let contacts = try (0..<count).map { try GrowthWorld.contact("contact-\($0)", zone: "bench.test") }
        let bob = try world.client("bob", contacts: contacts)
        try await world.send(1, from: try world.client("contact-0", contacts: []))
        return try await world.receive(bob, expecting: 1)
    }

    /// Contacts who each have a zone of their own, and no mail.
    private func zones(_ count: Int) async throws -> (Int, Double) {
        let world = try GrowthWorld()
        let contacts = try (0..<count).map { try GrowthWorld.contact("contact-\($0)", zone: "zone-\($0).test") }
        let bob = try world.client("bob", contacts: contacts)
        return try await world.receive(bob, expecting: 0)
    }

    /// Messages of one contact.
    private func messages(_ count: Int) async throws -> (Int, Double) {
        let world = try GrowthWorld()
        let alice = try GrowthWorld.contact("alice", zone: "bench.test")
        let bob = try world.client("bob", contacts: [alice])
        try await world.send(count, from: try world.client("alice", contacts: []))
        return try await world.receive(bob, expecting: count)
    }

    /// The most memory that the program has used so far.
    private static var residentKilobytes: Int {
        var usage = rusage()
        #if canImport(Glibc)
            let own = __rusage_who_t(RUSAGE_SELF.rawValue)
        #else
            let own = RUSAGE_SELF
        #endif
        unsafe getrusage(own, &usage)
        return Int(usage.ru_maxrss)
    }
}

/// A store in memory that counts the questions, and the users on it.
private struct GrowthWorld {
    let network: CountingReader
    private let store: MemoryRecordStore

    init() throws {
        self.store = MemoryRecordStore(caps: .none, now: UnixSeconds.systemTime)
        self.network = CountingReader(base: self.store)
    }

    private static func keys(of name: String) throws -> IdentityKeys {
        try IdentityKeys(privateKey: SecretBytes(copying: SHA256.hash(Array(name.utf8))))
    }

    func client(_ name: String, contacts: [Contact]) throws -> DMPClient {
        let configuration = MeshConfiguration(username: try Username(name), zone: try ZoneName("bench.test"))
        return try DMPClient(
            keys: Self.keys(of: name),
            configuration: configuration,
            reader: self.network,
            writer: self.store,
            contacts: MemoryContactStore(contacts),
            stores: .memory()
        )
    }

    static func contact(_ name: String, zone: String) throws -> Contact {
        let keys = try Self.keys(of: name)
        return Contact(
            name: name,
            username: name,
            encryptionKey: keys.encryptionKey,
            signingKey: keys.signingKey,
            zone: try ZoneName(zone)
        )
    }

    func send(_ count: Int, from sender: DMPClient) async throws {
        try await sender.contacts.put(try Self.contact("bob", zone: "bench.test"))
        for number in 0..<count { _ = try await sender.send("message \(number)", to: "bob") }
    }

    /// - Returns: How many questions the pass has asked, and its CPU time in microseconds.
    func receive(_ bob: DMPClient, expecting count: Int) async throws -> (Int, Double) {
        let before = self.network.questions
        let start = Self.processTime
        let report = try await bob.receive()
        let time = Self.processTime - start
        guard report.messages.count == count else { throw Missing(messages: count - report.messages.count) }
        return (self.network.questions - before, time)
    }

    struct Missing: Error { let messages: Int }

    private static var processTime: Double {
        var time = timespec()
        unsafe clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Double(time.tv_sec) * 1e6 + Double(time.tv_nsec) / 1e3
    }
}

private final class CountingReader: RecordReader {
    private let base: MemoryRecordStore
    private let count = Atomic<Int>(0)

    init(base: MemoryRecordStore) { self.base = base }

    var questions: Int { self.count.load(ordering: .relaxed) }

    func read(_ name: OwnerName, deadline: ErasedClock.Instant) async throws(CancellationError) -> ReadResult {
        self.count.add(1, ordering: .relaxed)
        return try await self.base.read(name, deadline: deadline)
    }
}
