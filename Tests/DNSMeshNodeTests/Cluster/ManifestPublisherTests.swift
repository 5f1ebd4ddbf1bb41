import DMPCrypto
import DMPProtocol
import DMPTesting
import DNSTransport
import Foundation
import Logging
import Synchronization
import Testing

@testable import DNSMeshNode

@Suite("Publishing the manifest of a file")
struct ManifestPublisherTests {
    private static let name: RecordName = "cluster.mesh.test"

    @Test("A manifest is published until it expires, longer than any writer may ask for")
    func published() async throws {
        try await Self.withPublisher { world async throws in
            try world.put(7, lifetime: 30 * 86_400)
            let state = try await world.publisher.check(after: nil)
            #expect(state == .published(try world.manifest(7, lifetime: 30 * 86_400), now: world.time.now))
            let values = try await world.values()
            #expect(values.map(\.text) == [try world.manifest(7, lifetime: 30 * 86_400).value.text])
            #expect(values.map(\.secondsLeft) == [30 * 86_400])
            #expect(world.log.lines.count == 1)
            #expect(
                world.log.lines[0].hasPrefix("info cluster manifest published at cluster.mesh.test: seq 7, 1 nodes")
            )
        }
    }

    @Test("A new manifest in the file takes the place of the one before, and each change is logged once")
    func replaced() async throws {
        try await Self.withPublisher { world async throws in
            var state: ManifestState?
            for sequence in [7, 7, 8, 8] as [UInt64] {
                try world.put(sequence)
                state = try await world.publisher.check(after: state)
            }
            #expect(try await world.texts() == [try world.manifest(8).value.text])
            #expect(world.log.lines.map { $0.contains("seq 8") } == [false, true], "\(world.log.lines)")
        }
    }

    @Test("What was withdrawn or has run out is published again while the file is there")
    func restored() async throws {
        try await Self.withPublisher { world async throws in
            try world.put(7)
            let state = try await world.publisher.check(after: nil)
            #expect(try await world.store.delete(nil, at: Self.name))
            _ = try await world.publisher.check(after: state)
            #expect(try await world.texts().count == 1)
            #expect(world.log.lines.count == 1)
        }
    }

    @Test("A manifest that is older than the published one of the same key is not published")
    func superseded() async throws {
        try await Self.withPublisher { world async throws in
            let newer = try world.manifest(9).value.text
            #expect(try await world.store.publish(newer, at: Self.name, lifetime: 60, now: world.time.now) == .stored)
            try world.put(8)
            #expect(try await world.publisher.check(after: nil) == .superseded(sequence: 8, by: 9))
            #expect(try await world.texts() == [newer])
            world.time.advance(by: 61)
            guard case .published = try await world.publisher.check(after: nil) else {
                Issue.record("not published after the newer one was gone")
                return
            }
        }
    }

    @Test("Values of others at the name stay, and don't count")
    func foreign() async throws {
        try await Self.withPublisher { world async throws in
            let others = ["text", try world.manifest(9, key: .random()).value.text]
            for value in others {
                #expect(
                    try await world.store.publish(value, at: Self.name, lifetime: 60, now: world.time.now) == .stored
                )
            }
            try world.put(7)
            _ = try await world.publisher.check(after: nil)
            #expect(try await world.texts() == others + [world.manifest(7).value.text])
        }
    }

    @Test("A file that clients would not accept is not published, and what was before stays")
    func refused() async throws {
        try await Self.withPublisher { world async throws in
            try world.put(7)
            var state = try await world.publisher.check(after: nil)
            let valid = try world.manifest(8).value.text
            for (text, reason) in [
                ("", "is empty"), ("v=dmp1;t=bootstrap;AA", "holds no cluster manifest"),
                ("\(valid.dropLast(8))AAAAAAAA", "holds a manifest that the operator's key has not signed"),
                ("v=dmp1;t=cluster;!", "holds a damaged manifest (base64)"),
                (
                    try world.manifest(8, lifetime: 5 * 366 * 86_400).value.text,
                    "holds a manifest that expires more than"
                ),
            ] {
                try world.put(text: text)
                state = try await world.publisher.check(after: state)
                guard case .refused(let words) = state else {
                    Issue.record("\(text): \(state)")
                    continue
                }
                #expect(words.hasPrefix(reason))
                #expect(try await world.texts() == [world.manifest(7).value.text])
            }
            #expect(
                world.log.lines.dropFirst().allSatisfy { $0.hasPrefix("error the cluster manifest is not published") }
            )
            #expect(world.log.lines.count == 6)
        }
    }

    @Test("A manifest that expires while the node runs is called out before and after")
    func expiry() async throws {
        try await Self.withPublisher { world async throws in
            try world.put(7, lifetime: 604_800)
            var state: ManifestState?
            for seconds in [0, 1, 604_799, 1] as [UInt64] {
                world.time.advance(by: seconds)
                state = try await world.publisher.check(after: state)
            }
            #expect(state == .refused("holds a manifest that has expired"))
            let levels = world.log.lines.map { $0.prefix { $0 != " " } }
            #expect(levels == ["info", "info", "warning", "error"], "\(world.log.lines)")
            #expect(try await world.texts().isEmpty)
        }
    }

    @Test("With a pinned key or name, the manifests of others are refused")
    func pinned() async throws {
        try await Self.withPublisher { world async throws in
            try world.put(7)
            let (own, other) = (
                world.publisher(key: world.key.publicKey), world.publisher(key: OperatorKey.random().publicKey)
            )
            #expect(
                try await other.check(after: nil) == .refused("holds a manifest that the operator's key has not signed")
            )
            let elsewhere = world.publisher(cluster: try ZoneName("other.test"))
            guard case .refused(let reason) = try await elsewhere.check(after: nil) else {
                Issue.record("published")
                return
            }
            #expect(reason.hasPrefix("holds the manifest of another cluster"))
            let ownElsewhere = world.publisher(key: world.key.publicKey, cluster: try ZoneName("other.test"))
            #expect(try await ownElsewhere.check(after: nil) == .refused(reason))
            #expect(try await world.texts().isEmpty)
            guard case .published = try await own.check(after: nil) else {
                Issue.record("not published")
                return
            }
        }
    }

    @Test("A missing file is a warning where one was named, and nothing where none was", arguments: [true, false])
    func missing(isExpected: Bool) async throws {
        try await Self.withPublisher { world async throws in
            #expect(try await world.publisher(isExpected: isExpected).check(after: nil) == .missing)
            #expect(world.log.lines.map { $0.prefix { $0 != " " } } == [isExpected ? "warning" : "debug"])
        }
    }

    @Test("A name that is full is an error, which is logged")
    func full() async throws {
        var limits = RecordLimits()
        limits.valuesPerName = 1
        try await Self.withPublisher(limits: limits) { world async throws in
            #expect(try await world.store.publish("x", at: Self.name, lifetime: 60, now: world.time.now) == .stored)
            try world.put(7)
            #expect(
                try await world.publisher.check(after: nil)
                    == .unstored("cluster.mesh.test holds as many values as it may")
            )
            #expect(world.log.lines.count == 1 && world.log.lines[0].hasPrefix("error "))
        }
    }

    @Test("The service reads the file at each interval, and ends when it is cancelled")
    func service() async throws {
        try await Self.withPublisher { world async throws in
            let clock = ManualClock()
            let publisher = world.publisher(clock: ErasedClock(clock))
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await publisher.run() }
                await clock.waitForSleepers()
                try world.put(7)
                #expect(try await world.texts().isEmpty, "not before the interval has passed")
                clock.advance(by: .seconds(10))
                await clock.waitForSleepers()
                #expect(try await world.texts().count == 1)
                group.cancelAll()
                try await group.waitForAll()
            }
            #expect(clock.sleeperCount == 0)
        }
    }

    // MARK: - Support

    private static func withPublisher(
        limits: RecordLimits = RecordLimits(),
        _ body: (PublisherWorld) async throws -> Void
    ) async throws {
        try await withTemporaryFolder { folder in
            try await withTemporaryStore(limits: limits) { store in
                try await body(PublisherWorld(path: folder.appending(path: "cluster.wire").path, store: store))
            }
        }
    }
}

/// A store, a file, and a key that signs what comes into it.
private struct PublisherWorld {
    let path: String
    let store: RecordStore
    let time = TestTime()
    let key = OperatorKey.random()
    let log = RecordedLog()
    /// When all manifests are signed.
    private var signingTime: UnixSeconds { TestTime().now }

    init(path: String, store: RecordStore) {
        self.path = path
        self.store = store
    }

    var publisher: ManifestPublisher { self.publisher() }

    func publisher(
        key: Ed25519.PublicKey? = nil,
        cluster: ZoneName? = nil,
        isExpected: Bool = true,
        clock: ErasedClock = .continuous
    ) -> ManifestPublisher {
        var logger = Logger(label: "test") { _ in self.log }
        logger.logLevel = .debug
        return ManifestPublisher(
            file: ManifestFile(path: self.path),
            isExpected: isExpected,
            operatorKey: key,
            cluster: cluster,
            store: self.store,
            interval: .seconds(10),
            clock: clock,
            now: { [time] in time.now },
            logger: logger
        )
    }

    func manifest(
        _ sequence: UInt64,
        lifetime: UInt64 = 30 * 86_400,
        key: OperatorKey? = nil
    ) throws -> Signed<ClusterManifest> {
        let key = key ?? self.key
        let manifest = try ClusterManifest(
            name: RecordDomain("Mesh.test"),
            operatorKey: key.publicKey,
            sequence: sequence,
            expires: self.signingTime.adding(lifetime),
            nodes: [ClusterNode(id: "n1", httpEndpoint: "https://n1.test", dnsEndpoint: nil)]
        )
        let isTooFar = lifetime > 157_680_000
        return try key.sign(manifest, now: isTooFar ? self.signingTime.adding(lifetime) : self.signingTime)
    }

    func put(_ sequence: UInt64, lifetime: UInt64 = 30 * 86_400) throws {
        try self.put(text: self.manifest(sequence, lifetime: lifetime).value.text + "\n")
    }

    func put(text: String) throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: self.path))
    }

    func values() async throws -> [StoredValue] {
        try await self.store.values(at: "cluster.mesh.test", now: self.time.now)
    }

    func texts() async throws -> [String] { try await self.values().map(\.text) }
}

/// Keeps each message with its level in front.
private struct RecordedLog: LogHandler {
    private final class Lines: Sendable {
        let lines = Mutex<[String]>([])
    }

    private let kept = Lines()
    var logLevel = Logger.Level.debug
    var metadata: Logger.Metadata = [:]
    var lines: [String] { self.kept.lines.withLock(\.self) }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { self.metadata[key] }
        set { self.metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        self.kept.lines.withLock { $0.append("\(event.level) \(event.message)") }
    }
}
