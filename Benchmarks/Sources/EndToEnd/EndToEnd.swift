import DMPNetwork
import DMPProtocol
import DNSMesh
import DNSTransport
import DNSWire
import ErasureCoding
import Foundation

/// usage: EndToEnd --dns PORT --http PORT [--ctl PORT] [--sizes 100,1024] [--reps 3] [--prekeys]
///        EndToEnd --dns PORT --update NAME:SECRET [...]
///        EndToEnd --growth
///
/// One send and one receive for each size and repetition, through the node at these ports of 127.0.0.1, each to a new
/// recipient of the zone `bench.test`; by DNS UPDATE if there is a key, whose secret is text for HMAC-SHA256. Prints a line of JSON for each operation and size. At the control port, if there
/// is one, a proxy is asked for its counts.
@main
struct EndToEnd {
    static func main() async throws {
        guard !CommandLine.arguments.contains("--growth") else { return try await Growth().run() }
        let options = Options(CommandLine.arguments.dropFirst())
        guard let upstream = UpstreamAddress(host: .v4(.loopback), port: options.dns) else { return }
        try await withResolverPool(addresses: [upstream]) { pool in
            try await self.withWriter(options, at: upstream) { writer in
                var run = Run(options: options, reader: pool, writer: writer)
                try await run.measure()
                run.print()
            }
        }
    }

    private static func withWriter(
        _ options: Options,
        at upstream: UpstreamAddress,
        _ body: (any RecordWriter) async throws -> Void
    ) async throws {
        guard let (name, secret) = options.updateKey else {
            let endpoint = try HTTPEndpoint("http://127.0.0.1:\(options.http)")
            return try await withHTTPRecordWriter(to: endpoint, token: nil) { try await body($0) }
        }
        let zone = try DNSName("bench.test")
        guard let key = TSIGKey(name: try DNSName(name), algorithm: .hmacSHA256, secret: Array(secret.utf8)) else {
            return
        }
        let target = UpdateTarget(server: upstream, zone: zone, key: key)
        try await withUpdateRecordWriter(to: target, now: UnixSeconds.systemTime) { try await body($0) }
    }
}

struct Options {
    var dns = 53
    var http = 80
    var control: UInt16?
    var updateKey: (name: String, secret: String)?
    var sizes = [100, 1_024, 4_096, 16_384, 24_576]
    var repetitions = 3
    var publishesPrekeys = false

    init(_ arguments: ArraySlice<String>) {
        var arguments = arguments
        while let name = arguments.popFirst() {
            if name == "--prekeys" {
                self.publishesPrekeys = true
                continue
            }
            guard let value = arguments.popFirst() else { return }
            switch name {
            case "--dns": self.dns = Int(value) ?? self.dns
            case "--http": self.http = Int(value) ?? self.http
            case "--ctl": self.control = UInt16(value).flatMap { $0 == 0 ? nil : $0 }
            case "--update":
                let parts = value.split(separator: ":").map(String.init)
                if parts.count == 2 { self.updateKey = (parts[0], parts[1]) }
            case "--sizes": self.sizes = value.split(separator: ",").compactMap { Int($0) }
            case "--reps": self.repetitions = Int(value) ?? self.repetitions
            default: continue
            }
        }
    }
}

/// The messages of one run of the program.
struct Run {
    let options: Options
    let reader: any RecordReader
    let writer: any RecordWriter
    private var outcomes: [Outcome] = []

    init(options: Options, reader: any RecordReader, writer: any RecordWriter) {
        self.options = options
        self.reader = reader
        self.writer = writer
    }

    mutating func measure() async throws {
        let run = String(UInt32.random(in: 0..<0xff_ffff), radix: 16)
        let book = MemoryContactStore()
        let alice = try self.client("alice\(run)", contacts: book)
        for repetition in 0..<self.options.repetitions {
            for size in self.options.sizes {
                let name = "bob\(run)\(repetition)x\(size)"
                let bob = try self.client(name, contacts: MemoryContactStore([Self.contact("alice\(run)", alice)]))
                await book.apply(.put(Self.contact(name, bob)))
                if self.options.publishesPrekeys { _ = try await bob.refreshPrekeys(target: 50) }
                let text = [UInt8](repeating: UInt8(ascii: "a"), count: size)
                let sent = try await self.time("send", size) {
                    _ = try await alice.send(text, to: name)
                    return true
                }
                if sent {
                    _ = try await self.time("recv", size) { try await bob.receive().messages.map(\.body) == [text] }
                }
                await book.apply(.remove(name: name))
            }
        }
    }

    func print() {
        for outcome in self.outcomes { Swift.print(outcome.json) }
    }

    private func client(_ name: String, contacts: MemoryContactStore) throws -> DMPClient {
        let keys = try IdentityKeys.derive(
            passphrase: Array("pass-\(name)".utf8),
            salt: [UInt8](repeating: UInt8(ascii: "s"), count: 32)
        )
        let zone = try ZoneName("bench.test")
        let configuration = MeshConfiguration(username: try Username(name), zone: zone, valueByteLimit: nil)
        return try DMPClient(
            keys: keys,
            configuration: configuration,
            reader: self.reader,
            writer: self.writer,
            contacts: contacts,
            stores: .memory()
        )
    }

    private static func contact(_ name: String, _ client: DMPClient) -> Contact {
        Contact(
            name: name,
            username: name,
            encryptionKey: client.keys.encryptionKey,
            signingKey: client.keys.signingKey,
            zone: client.configuration.zone
        )
    }

    private mutating func time(
        _ operation: String,
        _ size: Int,
        _ body: () async throws -> Bool
    ) async throws -> Bool {
        _ = try self.options.control.map { try ControlPort.ask("reset", at: $0) }
        let start = (wall: Self.nanoseconds(CLOCK_MONOTONIC), cpu: Self.nanoseconds(CLOCK_PROCESS_CPUTIME_ID))
        let succeeded: Bool
        do {
            succeeded = try await body()
        } catch {
            try FileHandle.standardError.write(contentsOf: Data("\(operation) \(size): \(error)\n".utf8))
            succeeded = false
        }
        let wall = Self.nanoseconds(CLOCK_MONOTONIC) - start.wall
        let cpu = Self.nanoseconds(CLOCK_PROCESS_CPUTIME_ID) - start.cpu
        let counts = try self.options.control.map { try ControlPort.ask("stats", at: $0) } ?? "{}"
        if !self.outcomes.contains(where: { $0.operation == operation && $0.size == size }) {
            self.outcomes.append(try Outcome(operation: operation, size: size))
        }
        for index in self.outcomes.indices
        where self.outcomes[index].operation == operation && self.outcomes[index].size == size {
            self.outcomes[index].add(wall: wall, cpu: cpu, succeeded: succeeded, counts: counts)
        }
        return succeeded
    }

    private static func nanoseconds(_ clock: clockid_t) -> Int {
        var time = timespec()
        unsafe clock_gettime(clock, &time)
        return time.tv_sec * 1_000_000_000 + time.tv_nsec
    }
}

/// The repetitions of one operation with one size.
struct Outcome {
    let operation: String
    let size: Int
    private let code: ErasureCode
    private var wall: [Int] = []
    private var cpu: [Int] = []
    private var successes = 0
    private var counts: [String] = []

    init(operation: String, size: Int) throws {
        self.operation = operation
        self.size = size
        self.code = try ErasureCode(messageByteCount: size + 379)  // the text, its header and framing
    }

    mutating func add(wall: Int, cpu: Int, succeeded: Bool, counts: String) {
        self.wall.append(wall)
        self.cpu.append(cpu)
        self.successes += succeeded ? 1 : 0
        self.counts.append(counts)
    }

    var json: String {
        """
        {"op": "\(self.operation)", "size": \(self.size), "k": \(self.code.dataCount), "n": \(self.code.shareCount), \
        "wall_ns": \(self.wall), "cpu_ns": \(self.cpu), "ok": \(self.successes), "tries": \(self.wall.count), \
        "counts": [\(self.counts.joined(separator: ", "))]}
        """
    }
}
