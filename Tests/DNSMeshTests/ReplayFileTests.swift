import DMPProtocol
import DMPTesting
import Foundation
import Logging
import Testing

@testable import DNSMesh

@Suite("A replay file that was damaged")
struct ReplayFileTests {
    private let now = UnixSeconds(rawValue: 1_800_000_000)
    private let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    private static let sender = String(repeating: "5a", count: 31) + "0b"
    private static let message = "000102030405060708090a0b0c0d0e0f"

    @Test("It is read, entry by entry, or kept aside", arguments: 0..<4 as Range<UInt64>)
    func mutation(offset: UInt64) async throws {
        let seed = SeededRandom.fuzzSeed &* 1_000 &+ offset
        var random = SeededRandom(seed: seed)
        let sample = Array(#"[["\#(Self.sender)", "\#(Self.message)", 1800000300], ["x", 1, true], null]"#.utf8)
        try await withTemporaryFolder { folder in
            let url = folder.appending(path: "replay_cache.json")
            let file = ReplayFile(folder: folder)
            for round in 0..<100 {
                let bytes = sample.mutated(using: &random)
                try Data(bytes).write(to: url)
                let time = self.now.adding(UInt64(round))
                let entries = try file.read(now: time, logger: self.logger)
                let aside = URL(fileURLWithPath: url.path + ".broken-\(time.rawValue)")
                if FileManager.default.fileExists(atPath: aside.path) {
                    #expect(entries.isEmpty)
                    #expect(try Data(contentsOf: aside) == Data(bytes), "seed \(seed), round \(round)")
                }
                // What was read is written, and read again.
                try file.merge(entries, now: self.now, logger: self.logger)
                let live = Set(entries.filter { $0.expires >= self.now }.map(\.key))
                let again = try file.read(now: time, logger: self.logger)
                #expect(Set(again.map(\.key)).isSuperset(of: live), "seed \(seed), round \(round)")
            }
        }
    }

    @Test("An id is hexadecimal digits and nothing else", arguments: ["+f", " f", "-1", "0x", "fg"])
    func digits(pair: String) async throws {
        try await withTemporaryFolder { folder in
            let url = folder.appending(path: "replay_cache.json")
            let message = pair + Self.message.dropFirst(2)
            try Data(#"[["\#(Self.sender)", "\#(message)", 1800000300]]"#.utf8).write(to: url)
            #expect(try ReplayFile(folder: folder).read(now: self.now, logger: self.logger).isEmpty)
        }
    }

    @Test("A file that is too large is kept aside without being read")
    func tooLarge() async throws {
        try await withTemporaryFolder { folder in
            let url = folder.appending(path: "replay_cache.json")
            try Data("[".utf8).write(to: url)
            // A hole of a terabyte: reading it would end the process.
            let handle = try FileHandle(forWritingTo: url)
            try handle.truncate(atOffset: 1 << 40)
            try handle.close()
            #expect(try ReplayFile(folder: folder).read(now: self.now, logger: self.logger).isEmpty)
            #expect(FileManager.default.fileExists(atPath: url.path + ".broken-1800000000"))
        }
    }
}
